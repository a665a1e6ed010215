//! Normalisation by neighbouring channels.

use crate::error::{Error, Result};
use crate::hlo::{ReduceKind, WindowDim};
use crate::ops::build::{scale, shift};
use crate::ops::checks::{want_float, want_rank};
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
        want_float(g, "LRN", &[("input", input)])?;
        want_rank(g, "LRN", &[("input", input)], |r| r == 4, "4 dimensions")?;
        let Ok(radius) = usize::try_from(s.depth_radius) else {
            return Err(Error::invalid("LRN", "depth_radius", "a number from 0 up", s.depth_radius));
        };
        let square = g.mul(input, input)?;
        // More neighbours than there are channels change nothing.
        let radius = radius.min(g.shape(input)[3]);
        let reach = radius as i64;
        let channels = WindowDim { size: 2 * radius + 1, low: reach, high: reach, ..WindowDim::UNIT };
        let unit = WindowDim::UNIT;
        let sum = g.reduce_window(ReduceKind::Sum, square, &[unit, unit, unit, channels])?;
        let scaled = scale(g, sum, s.alpha)?;
        let base = shift(g, scaled, s.bias)?;
        let exponent = g.full_like(base, -s.beta)?;
        let factor = g.pow(base, exponent)?;
        g.mul(input, factor)
    };
    cases [
        case().f32([1, 2, 2, 7]),
        case().with("depth_radius", 2).with("bias", 2.0).with("alpha", 0.1).with("beta", 0.75).f32([2, 1, 2, 6]),
        case().with("depth_radius", 0).f32([1, 1, 2, 3]),
    ]
    errors [case().f32([2, 3]), case().with("depth_radius", 2).f32([1, 2, 3])]
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

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<LRN>()];
