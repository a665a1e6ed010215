//! Bias, and normalisation by given statistics.

use crate::error::{Error, Result};
use crate::hlo::ReduceKind;
use crate::ops::array::{ones_like, zeros_like};
use crate::ops::build::shift;
use crate::ops::nn::DataFormat;
use crate::shape::Dims;
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

crate::op! {
    /// Adds a vector along the channels.
    BiasAdd in "tf.nn.bias_add" (value, bias) { data_format: DataFormat = DataFormat::Nhwc }
    build |s, g| {
        let shape = g.shape(value).clone();
        let dim = channel_dim("BiasAdd", "value", shape.rank(), s.data_format)?;
        if **g.shape(bias) != [shape[dim]] {
            let wanted = format!("shape ({},)", shape[dim]);
            return Err(Error::invalid("BiasAdd", "bias", wanted, format_args!("shape {}", g.shape(bias))));
        }
        let bias = g.broadcast_in_dim(bias, shape, &[dim])?;
        g.add(value, bias)
    };
    cases [
        case().f32([2, 3]).f32([3]),
        case().f32([2, 3, 4]).f32([4]),
        case().f32([2, 2, 2, 2, 3]).f32([3]),
        case().with("data_format", "NCHW").f32([2, 3, 2, 4]).f32([3]),
        case().with("data_format", "NCHW").f32([2, 3]).f32([3]),
        case().ints([2, 3], -9, 9).ints([3], -9, 9),
        case().f32([0, 3]).f32([3]),
        case().half([2, 3]).half([3]).forward_only(),
    ]
    errors [case().f32([2, 3]).f32([2]), case().f32([3]).f32([3]), case().f32([2, 3]).f32([1, 3])]
}

crate::op! {
    /// The adjoint of `BiasAdd`'s bias: the sum over all dimensions but the channels.
    BiasAddGrad in "tf.raw_ops.BiasAddGrad" (out_backprop) { data_format: DataFormat = DataFormat::Nhwc }
    build |s, g| {
        let rank = g.rank(out_backprop);
        let dim = channel_dim("BiasAddGrad", "out_backprop", rank, s.data_format)?;
        let others: Dims = (0..rank).filter(|&d| d != dim).collect();
        g.reduce(ReduceKind::Sum, out_backprop, &others)
    };
    cases [
        case().f32([2, 3]),
        case().f32([2, 2, 2, 3]),
        case().with("data_format", "NCHW").f32([2, 3, 2, 4]),
    ]
    errors [case().f32([3])]
}

fn channel_dim(op: &str, arg: &str, rank: usize, format: DataFormat) -> Result<usize> {
    if rank < 2 {
        return Err(Error::invalid(op, arg, "at least two dimensions", rank));
    }
    Ok(if format.channels_first() { 1 } else { rank - 1 })
}

/// Adds a vector along the channels (`tf.nn.bias_add`): the last dimension, or the second where `data_format` has channels first.
///
/// # Errors
/// `InvalidArgument` for a bias that is not as long as there are channels, or different dtypes.
pub fn bias_add(value: impl IntoTensor, bias: impl IntoTensor, data_format: DataFormat) -> Result<Tensor> {
    let (value, bias) = pair(value, bias)?;
    run_one(&BiasAdd { data_format }, &[&value, &bias])
}

crate::op! {
    /// `(x - mean) / sqrt(variance + epsilon) * scale + offset`, all broadcast to `x`.
    BatchNormalization as "batch_normalization" in api "tf.nn.batch_normalization" (x, mean, variance, offset, scale) { variance_epsilon: f64 }
    build |s, g| {
        let shape = g.shape(x).clone();
        let more = shift(g, variance, s.variance_epsilon)?;
        let inverse = g.rsqrt(more)?;
        let (inverse, scale) = g.broadcast_pair("batch_normalization", inverse, scale)?;
        let gain = g.mul(inverse, scale)?;
        let (mean, gain) = g.broadcast_pair("batch_normalization", mean, gain)?;
        let moved = g.mul(mean, gain)?;
        let (offset, moved) = g.broadcast_pair("batch_normalization", offset, moved)?;
        let shift = g.sub(offset, moved)?;
        let (gain, shift) = (g.broadcast_to(gain, &shape)?, g.broadcast_to(shift, &shape)?);
        let y = g.mul(x, gain)?;
        g.add(y, shift)
    };
    cases [
        case().with("variance_epsilon", 1e-3).f32([2, 2, 3]).f32([3]).range([3], 0.1, 2.0).f32([3]).f32([3]),
        case().with("variance_epsilon", 0.1).f32([2, 3]).f32([2, 1]).range([2, 1], 0.1, 2.0).f32([3]).f32([1]),
    ]
    errors [case().with("variance_epsilon", 1e-3).f32([2, 3]).f32([2]).range([3], 0.1, 2.0).f32([3]).f32([3])]
}

/// `(x - mean) / sqrt(variance + variance_epsilon) * scale + offset` (`tf.nn.batch_normalization`); all broadcast to `x`.
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast to that of `x`, and different dtypes.
pub fn batch_normalization(
    x: impl IntoTensor,
    mean: impl IntoTensor,
    variance: impl IntoTensor,
    offset: Option<&Tensor>,
    scale: Option<&Tensor>,
    variance_epsilon: f64,
) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let (mean, variance) = (mean.into_tensor(Some(x.dtype()))?, variance.into_tensor(Some(x.dtype()))?);
    let offset = offset.map_or_else(|| zeros_like(&variance), |t| Ok(t.clone()))?;
    let scale = scale.map_or_else(|| ones_like(&variance), |t| Ok(t.clone()))?;
    run_one(&BatchNormalization { variance_epsilon }, &[&x, &mean, &variance, &offset, &scale])
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<BiasAdd>(), row::<BiasAddGrad>(), row::<BatchNormalization>()];
