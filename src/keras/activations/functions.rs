//! The functions of `keras.activations`.

use crate::error::{Error, Result};
use crate::ops::array::{Direction, ones_like, range, reshape, sort, split, where_, zeros_like};
use crate::ops::{math, nn};
use crate::shape::resolve_axis;
use crate::tensor::{IntoTensor, Tensor};

pub use crate::ops::math::{sigmoid, tanh};
pub use crate::ops::nn::{leaky_relu, log_softmax, relu6, selu, softmax, softplus, softsign};

/// `x` from `threshold` up, at most `max_value`; below it `negative_slope * (x - threshold)` (`keras.activations.relu`, where these are
/// 0, none and 0 by default).
///
/// # Errors
/// `InvalidArgument` for dtypes without an order.
pub fn relu(
    x: impl IntoTensor,
    negative_slope: f64,
    max_value: Option<f64>,
    threshold: f64,
) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    if negative_slope != 0.0 && max_value.is_none() && threshold == 0.0 {
        return nn::leaky_relu(x, negative_slope);
    }
    let mut y = match max_value {
        _ if threshold != 0.0 => where_(math::greater(&x, threshold)?, &x, zeros_like(&x)?)?,
        Some(6.0) => nn::relu6(&x)?,
        _ => nn::relu(&x)?,
    };
    if let Some(max) = max_value.filter(|m| threshold != 0.0 || *m != 6.0) {
        y = math::clip_by_value(y, 0.0, max)?;
    }
    if negative_slope != 0.0 {
        let below = nn::relu(math::subtract(threshold, &x)?)?;
        y = math::subtract(y, math::multiply(below, negative_slope)?)?;
    }
    Ok(y)
}

/// `x` where it is positive, else `alpha * (exp(x) - 1)` (`keras.activations.elu`, where `alpha` is 1 by default).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn elu(x: impl IntoTensor, alpha: f64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let y = nn::elu(&x)?;
    if alpha == 1.0 { Ok(y) } else { where_(math::greater(&x, 0.0)?, &y, math::multiply(&y, alpha)?) }
}

/// As [`elu`] with a slope that is continuous at 0: `max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)` (`keras.activations.celu`, where
/// `alpha` is 1 by default).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn celu(x: impl IntoTensor, alpha: f64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let below = math::expm1(math::divide(math::minimum(&x, 0.0)?, alpha)?)?;
    math::add(math::maximum(&x, 0.0)?, math::multiply(below, alpha)?)
}

/// `relu6(x + 3) / 6` (`keras.activations.hard_sigmoid`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn hard_sigmoid(x: impl IntoTensor) -> Result<Tensor> {
    math::divide(nn::relu6(math::add(x.into_tensor(None)?, 3.0)?)?, 6.0)
}

/// `0.2 * x + 0.5`, at least 0 and at most 1: what Keras 2 and TensorFlow.js call `hard_sigmoid`, whose slope is another than that of
/// [`hard_sigmoid`].
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn keras2_hard_sigmoid(x: impl IntoTensor) -> Result<Tensor> {
    math::clip_by_value(math::add(math::multiply(x.into_tensor(None)?, 0.2)?, 0.5)?, 0.0, 1.0)
}

/// `x * hard_sigmoid(x)` (`keras.activations.hard_silu`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn hard_silu(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    math::multiply(hard_sigmoid(&x)?, &x)
}

/// `x` clipped to [-1, 1] (`keras.activations.hard_tanh`).
///
/// # Errors
/// `InvalidArgument` for dtypes without an order.
pub fn hard_tanh(x: impl IntoTensor) -> Result<Tensor> {
    math::clip_by_value(x.into_tensor(None)?, -1.0, 1.0)
}

/// `x` where `|x| > threshold`, else 0 (`keras.activations.hard_shrink`, where the threshold is 0.5 by default).
///
/// # Errors
/// `InvalidArgument` for dtypes without an order.
pub fn hard_shrink(x: impl IntoTensor, threshold: f64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    where_(math::greater(math::abs(&x)?, threshold)?, &x, zeros_like(&x)?)
}

/// `x` moved towards 0 by `threshold`, 0 between (`keras.activations.soft_shrink`, where the threshold is 0.5 by default).
///
/// # Errors
/// `InvalidArgument` for dtypes without an order.
pub fn soft_shrink(x: impl IntoTensor, threshold: f64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let low = where_(math::less(&x, -threshold)?, math::add(&x, threshold)?, zeros_like(&x)?)?;
    where_(math::greater(&x, threshold)?, math::subtract(&x, threshold)?, low)
}

/// `x - tanh(x)` (`keras.activations.tanh_shrink`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn tanh_shrink(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    math::subtract(&x, math::tanh(&x)?)
}

/// `x` above `threshold`, else `default_value` (`keras.activations.threshold`).
///
/// # Errors
/// `InvalidArgument` for dtypes without an order.
pub fn threshold(x: impl IntoTensor, threshold: f64, default_value: f64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let other = math::multiply(ones_like(&x)?, default_value)?;
    where_(math::greater(&x, threshold)?, &x, other)
}

/// 0 up to -1, `(x + 1)^2 / 4` up to 1, then `x` (`keras.activations.sparse_plus`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn sparse_plus(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let bend = math::multiply(math::square(math::add(&x, 1.0)?)?, 0.25)?;
    let high = where_(math::less(&x, 1.0)?, bend, &x)?;
    where_(math::less_equal(&x, -1.0)?, zeros_like(&x)?, high)
}

/// `(x + 1) / 2` clipped to [0, 1] (`keras.activations.sparse_sigmoid`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn sparse_sigmoid(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let line = math::multiply(math::add(&x, 1.0)?, 0.5)?;
    let high = where_(math::greater_equal(&x, 1.0)?, ones_like(&x)?, line)?;
    where_(math::less_equal(&x, -1.0)?, zeros_like(&x)?, high)
}

/// `(x + sqrt(x^2 + b)) / 2` (`keras.activations.squareplus`, where `b` is 4 by default).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn squareplus(x: impl IntoTensor, b: f64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let root = math::sqrt(math::add(math::square(&x)?, b)?)?;
    math::divide(math::add(&x, root)?, 2.0)
}

/// `x * tanh(softplus(x))` (`keras.activations.mish`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn mish(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    math::multiply(&x, math::tanh(softplus(&x)?)?)
}

/// `-softplus(-x)` (`keras.activations.log_sigmoid`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn log_sigmoid(x: impl IntoTensor) -> Result<Tensor> {
    math::negative(softplus(math::negative(x.into_tensor(None)?)?)?)
}

/// The first half of `x` along an axis times the sigmoid of the second (`keras.activations.glu`, where the axis is the last by default).
///
/// # Errors
/// `InvalidArgument` for an axis of odd size.
pub fn glu(x: impl IntoTensor, axis: i64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let dim = resolve_axis("glu", "axis", axis, x.rank())?;
    if !x.shape()[dim].is_multiple_of(2) {
        let received = format!("shape {} with axis {axis}", x.shape());
        return Err(Error::invalid("glu", "x", "an axis of a size that is divisible by 2", received));
    }
    match &split(&x, 2, axis)?[..] {
        [value, gate] => math::multiply(value, math::sigmoid(gate)?),
        _ => Err(Error::internal("glu", "wanted two halves")),
    }
}

/// The point of the probability simplex that is nearest to `x` along an axis (`keras.activations.sparsemax`, where the axis is the last
/// by default): as softmax, with zeros. Its sum is 1; that of Keras 3.15 is not, where several elements are above zero.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn sparsemax(x: impl IntoTensor, axis: i64) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let dim = resolve_axis("sparsemax", "axis", axis, x.rank())?;
    let n = x.shape()[dim];
    let sorted = sort(&x, axis, Direction::Descending)?;
    let sums = math::cumsum(&sorted, axis, false, false)?;
    let mut along = vec![1i64; x.rank()];
    along[dim] = n as i64;
    let ranks = reshape(range(1.0, n as f64 + 1.0, 1.0)?.cast(x.dtype())?, along)?;
    let support =
        math::greater(math::subtract(&sorted, math::divide(math::subtract(&sums, 1.0)?, ranks)?)?, 0.0)?;
    let counted = math::reduce_sum(support.cast(x.dtype())?, axis, true)?;
    // The sum over the support alone is the largest of the sums there.
    let kept = where_(&support, &sorted, zeros_like(&sorted)?)?;
    let total = math::reduce_sum(kept, axis, true)?;
    let tau = math::divide(math::subtract(total, 1.0)?, counted)?;
    math::maximum(math::subtract(&x, tau)?, 0.0)
}

/// `x` itself (`keras.activations.linear`).
///
/// # Errors
/// None but those of the conversion.
pub fn linear(x: impl IntoTensor) -> Result<Tensor> {
    x.into_tensor(None)
}

/// `exp(x)` (`keras.activations.exponential`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn exponential(x: impl IntoTensor) -> Result<Tensor> {
    math::exp(x.into_tensor(None)?)
}

/// `x * sigmoid(x)` (`keras.activations.silu`), also called swish.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn silu(x: impl IntoTensor) -> Result<Tensor> {
    nn::silu(x.into_tensor(None)?, 1.0)
}

/// `x * P(X <= x)` for a standard normal `X` (`keras.activations.gelu`, exact by default), or with `approximate` a tanh close to it.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn gelu(x: impl IntoTensor, approximate: bool) -> Result<Tensor> {
    nn::gelu(x, approximate)
}
