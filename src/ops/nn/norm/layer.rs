//! Layer normalisation.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Literal, Val};
use crate::ops::Axes;
use crate::ops::build::shift;
use crate::shape::{Dims, Shape, resolve_axes};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Standardises `x` over axes, then multiplies by `gamma` and adds `beta`, which have the sizes of those axes.
    LayerNormalization as "layer_normalization" in api "tf.keras.ops.layer_normalization" (x, gamma, beta) {
        axis: Vec<i64> = vec![-1],
        epsilon: f64 = 1e-3,
    }
    build |s, g| build(g, s, x, gamma, beta);
    cases [
        case().f32([2, 3]).f32([3]).f32([3]),
        case().with("epsilon", 0.1).f32([2, 3, 4]).f32([4]).f32([4]),
        case().with("axis", [-2, -1]).f32([2, 3, 4]).f32([3, 4]).f32([3, 4]),
        case().with("axis", [1]).f32([2, 3, 4]).f32([3]).f32([3]),
    ]
}

fn build(g: &mut Graph, s: &LayerNormalization, x: Val, gamma: Val, beta: Val) -> Result<Val> {
    let op = "layer_normalization";
    let shape = g.shape(x).clone();
    let dims = resolve_axes(op, "axis", &s.axis, shape.rank())?;
    let sizes: Shape = dims.iter().map(|&d| shape[d]).collect();
    for (arg, v) in [("gamma", gamma), ("beta", beta)] {
        if *g.shape(v) != sizes {
            return Err(Error::invalid(
                op,
                arg,
                format_args!("shape {sizes}"),
                format_args!("shape {}", g.shape(v)),
            ));
        }
    }
    // Half-width floats are too coarse for the sums.
    let dtype = g.dtype(x);
    let wide = if matches!(dtype, DType::Float16 | DType::BFloat16) { DType::Float32 } else { dtype };
    let (x, gamma, beta) = (g.convert(x, wide)?, g.convert(gamma, wide)?, g.convert(beta, wide)?);
    let mean = g.mean(x, &dims)?;
    let center = g.repeat_over(mean, &shape, &dims)?;
    let off = g.sub(x, center)?;
    let square = g.mul(off, off)?;
    let variance = g.mean(square, &dims)?;
    let more = shift(g, variance, s.epsilon)?;
    let inverse = g.rsqrt(more)?;
    let inverse = g.repeat_over(inverse, &shape, &dims)?;
    let along: Dims = dims.clone();
    let (gamma, beta) =
        (g.broadcast_in_dim(gamma, shape.clone(), &along)?, g.broadcast_in_dim(beta, shape, &along)?);
    let normal = g.mul(off, inverse)?;
    let y = g.mul(normal, gamma)?;
    let y = g.add(y, beta)?;
    g.convert(y, dtype)
}

/// Standardises `x` over axes (mean 0, variance 1 but for `epsilon`), then multiplies by `gamma` and adds `beta`
/// (`keras.ops.layer_normalization`). These have the sizes of the axes; missing ones count as 1 and 0.
///
/// # Errors
/// `InvalidArgument` for axes out of range, shapes that do not fit, and dtypes that are no floats.
pub fn layer_normalization(
    x: impl IntoTensor,
    gamma: Option<&Tensor>,
    beta: Option<&Tensor>,
    axis: impl Into<Axes>,
    epsilon: f64,
) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let axis = axis.into().list(x.rank());
    let dims = resolve_axes("layer_normalization", "axis", &axis, x.rank())?;
    let sizes: Shape = dims.iter().map(|&d| x.shape()[d]).collect();
    let filled = |v: f64| Literal::filled(x.dtype(), sizes.clone(), v).into_tensor(None);
    let gamma = gamma.map_or_else(|| filled(1.0), |t| Ok(t.clone()))?;
    let beta = beta.map_or_else(|| filled(0.0), |t| Ok(t.clone()))?;
    run_one(&LayerNormalization { axis, epsilon }, &[&x, &gamma, &beta])
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<LayerNormalization>()];
