//! Normalisation by neighbouring channels.

use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val, WindowDim};
use crate::ops::build::{scale, shift};
use crate::ops::checks::{want_float, want_rank, want_same_shape};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Divides by a power of the sum of squares of neighbouring channels.
    LRN in "tf.nn.local_response_normalization" (input) {
        /// How many channels to each side count.
        depth_radius: i64 = 5,
        bias: f64 = 1.0,
        alpha: f64 = 1.0,
        beta: f64 = 0.5,
    }
    build |s, g| {
        let (_, base) = base(g, "LRN", input, s.depth_radius, s.bias, s.alpha)?;
        let factor = factor(g, base, s.beta)?;
        g.mul(input, factor)
    };
    cases [
        case().f32([1, 2, 2, 7]),
        case().with("depth_radius", 2).with("bias", 2.0).with("alpha", 0.1).with("beta", 0.75).f32([2, 1, 2, 6]),
        case().with("depth_radius", 0).f32([1, 1, 2, 3]),
    ]
    errors [case().f32([2, 3]), case().with("depth_radius", 2).f32([1, 2, 3])]
}

/// Sums over `radius` channels to each side.
fn around(g: &mut Graph, x: Val, radius: usize) -> Result<Val> {
    let reach = radius as i64;
    let channels = WindowDim { size: 2 * radius + 1, low: reach, high: reach, ..WindowDim::UNIT };
    let unit = WindowDim::UNIT;
    g.reduce_window(ReduceKind::Sum, x, &[unit, unit, unit, channels])
}

/// How many channels to each side count, and what the power of divides: `bias + alpha * sum of squares`.
fn base(g: &mut Graph, op: &str, x: Val, depth_radius: i64, bias: f64, alpha: f64) -> Result<(usize, Val)> {
    want_float(g, op, &[("input", x)])?;
    want_rank(g, op, &[("input", x)], |r| r == 4, "4 dimensions")?;
    let Ok(radius) = usize::try_from(depth_radius) else {
        return Err(Error::invalid(op, "depth_radius", "a number from 0 up", depth_radius));
    };
    // More neighbours than there are channels change nothing.
    let radius = radius.min(g.shape(x)[3]);
    let square = g.mul(x, x)?;
    let sum = around(g, square, radius)?;
    let scaled = scale(g, sum, alpha)?;
    Ok((radius, shift(g, scaled, bias)?))
}

/// `base ^ -beta`.
fn factor(g: &mut Graph, base: Val, beta: f64) -> Result<Val> {
    let exponent = g.full_like(base, -beta)?;
    g.pow(base, exponent)
}

crate::op! {
    /// The adjoint of `LRN`'s input, from its result.
    LRNGrad in "tf.raw_ops.LRNGrad" (input_grads, input_image, output_image) {
        depth_radius: i64 = 5,
        bias: f64 = 1.0,
        alpha: f64 = 1.0,
        beta: f64 = 0.5,
    }
    build |s, g| {
        let op = "LRNGrad";
        let all = [("input_image", input_image), ("input_grads", input_grads), ("output_image", output_image)];
        want_same_shape(g, op, &all)?;
        let (radius, base) = base(g, op, input_image, s.depth_radius, s.bias, s.alpha)?;
        let factor = factor(g, base, s.beta)?;
        let own = g.mul(input_grads, factor)?;
        let weighted = g.mul(input_grads, output_image)?;
        let weighted = g.div(weighted, base)?;
        let others = around(g, weighted, radius)?;
        let others = g.mul(others, input_image)?;
        let others = scale(g, others, 2.0 * s.alpha * s.beta)?;
        g.sub(own, others)
    };
    cases [
        case().f32([1, 2, 2, 7]).f32([1, 2, 2, 7]).f32([1, 2, 2, 7]),
        case().with("depth_radius", 2).with("bias", 2.0).with("alpha", 0.1).with("beta", 0.75).f32([2, 1, 2, 6]).f32([2, 1, 2, 6]).f32([2, 1, 2, 6]),
    ]
    errors [case().f32([2, 3]).f32([2, 3]).f32([2, 3]), case().f32([1, 2, 2, 3]).f32([1, 2, 2, 7]).f32([1, 2, 2, 7])]
}

/// Divides each element of images by `(bias + alpha * s) ^ beta`, `s` the sum of squares over `depth_radius` channels to each side
/// (`tf.nn.local_response_normalization`, whose defaults are 5, 1, 1 and 0.5).
///
/// # Errors
/// `InvalidArgument` for other ranks than 4 and dtypes that are no floats.
pub fn local_response_normalization(
    input: impl IntoTensor,
    depth_radius: i64,
    bias: f64,
    alpha: f64,
    beta: f64,
) -> Result<Tensor> {
    run_one(&LRN { depth_radius, bias, alpha, beta }, &[&input.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<LRN>(), row::<LRNGrad>()];
