//! Smooth relatives of the rectifier.

use crate::error::{Error, Result};
use crate::ops::build::{scale, shift};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// `x` times the normal distribution's cumulative density at `x`, or a tanh close to it.
    Gelu as "gelu" in api "tf.nn.gelu" (features) { approximate: bool = false }
    build |s, g| {
        let inner = if s.approximate {
            let square = g.mul(features, features)?;
            let cube = g.mul(square, features)?;
            let cube = scale(g, cube, 0.044715)?;
            let sum = g.add(features, cube)?;
            let sum = scale(g, sum, (2.0 / std::f64::consts::PI).sqrt())?;
            g.tanh(sum)?
        } else {
            let scaled = scale(g, features, std::f64::consts::FRAC_1_SQRT_2)?;
            g.erf(scaled)?
        };
        let weight = shift(g, inner, 1.0)?;
        let half = scale(g, features, 0.5)?;
        g.mul(half, weight)
    };
    cases [
        case().f32([2, 3]),
        case().with("approximate", true).f32([2, 3]),
        case().range([6], -9.0, 9.0).tolerance(1e-5, 1e-5, "TensorFlow's 1 + erf(x) cancels for x below -4"),
    ]
    errors [case().ints([2], 0, 3)]
}

/// `x * P(X <= x)` for a standard normal `X` (`tf.nn.gelu`); with `approximate` the tanh form of Hendrycks and Gimpel.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn gelu(features: impl IntoTensor, approximate: bool) -> Result<Tensor> {
    run_one(&Gelu { approximate }, &[&features.into_tensor(None)?])
}

crate::op! {
    /// `x * sigmoid(beta * x)`.
    Silu as "silu" in api "tf.nn.silu" (features, beta) {}
    build |s, g| {
        if g.rank(beta) != 0 {
            return Err(Error::invalid("silu", "beta", "a scalar", format_args!("shape {}", g.shape(beta))));
        }
        let beta = g.broadcast_in_dim(beta, g.shape(features).clone(), &[])?;
        let scaled = g.mul(features, beta)?;
        let gate = g.logistic(scaled)?;
        g.mul(features, gate)
    };
    cases [
        case().f32([2, 3]).values([], &[1.0]),
        case().f32([4]).values([], &[1.7]),
        case().range([4], -8.0, 8.0).values([], &[1.0]),
    ]
    errors [case().ints([2], 0, 3).ints([], 1, 2)]
}

/// `x * sigmoid(beta * x)` for a scalar `beta` (`tf.nn.silu`, where it is 1 by default). Also called swish.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats, or a `beta` that is no scalar.
pub fn silu(features: impl IntoTensor, beta: impl IntoTensor) -> Result<Tensor> {
    let features = features.into_tensor(None)?;
    let beta = beta.into_tensor(Some(features.dtype()))?;
    run_one(&Silu {}, &[&features, &beta])
}

/// Another name of [`silu`] (`tf.nn.swish`).
///
/// # Errors
/// As [`silu`].
pub fn swish(features: impl IntoTensor, beta: impl IntoTensor) -> Result<Tensor> {
    silu(features, beta)
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<Gelu>(), row::<Silu>()];
