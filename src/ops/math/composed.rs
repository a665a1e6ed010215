//! Functions that TensorFlow composes of others.

use super::{add, cast, divide, divide_no_nan, lgamma, multiply, reduce_sum, subtract};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::array;
use crate::tensor::{IntoTensor, Row, Tensor, host_value, pair, row, run_one};

crate::op! {
    /// The logarithm of `sigmoid(x)`, without overflow.
    LogSigmoid as "log_sigmoid" in api "tf.math.log_sigmoid" (x) {}
    build |s, g| {
        // min(x, 0) - log(1 + exp(-abs(x)))
        let zero = g.zeros_like(x)?;
        let (low, size) = (g.min(x, zero)?, g.abs(x)?);
        let e = g.neg(size)?;
        let e = g.exp(e)?;
        let rest = g.log1p(e)?;
        g.sub(low, rest)
    };
    vjp |s, g, x, y, dy| {
        let minus = g.neg(x[0])?;
        let slope = g.logistic(minus)?;
        Ok(vec![Some(g.mul(dy, slope)?)])
    };
    cases [case().range([2, 3], -8.0, 8.0), case().values([4], &[0.0, 100.0, -100.0, f64::NAN])]
    errors [case().ints([2], 0, 3)]
}

/// The logarithm of `sigmoid(x)`, without overflow (`tf.math.log_sigmoid`).
///
/// # Errors
/// `InvalidArgument` for a dtype that is no float.
pub fn log_sigmoid(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&LogSigmoid {}, &[&x.into_tensor(None)?])
}

/// `scalar * x` (`tf.math.scalar_mul`).
///
/// # Errors
/// `InvalidArgument` when `scalar` is none.
pub fn scalar_mul(scalar: impl IntoTensor, x: impl IntoTensor) -> Result<Tensor> {
    let (scalar, x) = pair(scalar, x)?;
    if scalar.rank() != 0 {
        return Err(Error::invalid(
            "scalar_mul",
            "scalar",
            "a scalar",
            format_args!("shape {}", scalar.shape()),
        ));
    }
    multiply(scalar, x)
}

/// `1 / x`, and 0 where `x` is 0 (`tf.math.reciprocal_no_nan`).
///
/// # Errors
/// `InvalidArgument` for a dtype that is no float.
pub fn reciprocal_no_nan(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    divide_no_nan(Literal::scalar(x.dtype(), 1.0), &x)
}

/// The value at `x` of the polynomial whose coefficients, the highest power's first, are `coeffs` (`tf.math.polyval`).
///
/// ```
/// # use wgflow::{IntoTensor, ops::math::polyval};
/// let coeffs = [2.0, 0.0, 1.0].map(|c: f64| c.into_tensor(None).unwrap());
/// assert_eq!(polyval(&coeffs, 3.0)?.item::<f32>()?, 19.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for coefficients of another dtype or shapes that do not broadcast.
pub fn polyval(coeffs: &[Tensor], x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(coeffs.first().map(Tensor::dtype))?;
    let Some((first, rest)) = coeffs.split_first() else { return array::zeros_like(&x) };
    rest.iter().try_fold(first.clone(), |sum, c| add(multiply(sum, &x)?, c))
}

/// The logarithm of the absolute value of the beta function along the last dimension (`tf.math.lbeta`).
///
/// # Errors
/// `InvalidArgument` for a dtype that is no float.
pub fn lbeta(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    subtract(reduce_sum(lgamma(&x)?, -1, false)?, lgamma(reduce_sum(&x, -1, false)?)?)
}

/// How often each pair of a label and a prediction occurs: row by label, column by prediction (`tf.math.confusion_matrix`). Without
/// `num_classes` there are as many as the largest number needs.
///
/// ```
/// # use wgflow::{DType, ops::math::confusion_matrix};
/// let m = confusion_matrix([1, 2, 2], [2, 2, 2], None, None, DType::Int32)?;
/// assert_eq!(m.to_vec::<i32>()?, [0, 0, 0, 0, 0, 1, 0, 0, 2]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for negative numbers, numbers that are no class, or vectors of different lengths; `Unimplemented` while a function is
/// traced, without `num_classes`.
pub fn confusion_matrix(
    labels: impl IntoTensor,
    predictions: impl IntoTensor,
    num_classes: Option<usize>,
    weights: Option<&Tensor>,
    dtype: DType,
) -> Result<Tensor> {
    let (labels, predictions) = (labels.into_tensor(None)?, predictions.into_tensor(None)?);
    if labels.rank() != 1 || labels.shape() != predictions.shape() {
        let received = format!("{} and {}", labels.shape(), predictions.shape());
        return Err(Error::invalid(
            "confusion_matrix",
            "labels, predictions",
            "vectors of one length",
            received,
        ));
    }
    let (labels, predictions) = (cast(labels, DType::Int32)?, cast(predictions, DType::Int32)?);
    let n = match num_classes {
        Some(n) => n,
        None => {
            let largest = |t: &Tensor| -> Result<i64> {
                Ok(host_value("confusion_matrix", t)?.to_i64s().into_iter().max().unwrap_or(-1))
            };
            (largest(&labels)?.max(largest(&predictions)?) + 1).max(0) as usize
        }
    };
    let values = match weights {
        Some(w) => cast(w, dtype)?,
        None => array::ones(labels.shape(), dtype)?,
    };
    array::scatter_nd(array::stack(&[labels, predictions], 1)?, values, [n, n])
}

/// The mean of the rows of each of `num_segments` segments (`tf.math.unsorted_segment_mean`); 0 for a segment without rows.
///
/// # Errors
/// As [`unsorted_segment_sum`](super::unsorted_segment_sum).
pub fn unsorted_segment_mean(
    data: impl IntoTensor,
    segment_ids: impl IntoTensor,
    num_segments: i64,
) -> Result<Tensor> {
    let (sum, count) = segment_sums(data.into_tensor(None)?, segment_ids.into_tensor(None)?, num_segments)?;
    divide(sum, count)
}

/// The sum of the rows of each of `num_segments` segments, divided by the root of their number (`tf.math.unsorted_segment_sqrt_n`).
///
/// # Errors
/// As [`unsorted_segment_sum`](super::unsorted_segment_sum).
pub fn unsorted_segment_sqrt_n(
    data: impl IntoTensor,
    segment_ids: impl IntoTensor,
    num_segments: i64,
) -> Result<Tensor> {
    let (sum, count) = segment_sums(data.into_tensor(None)?, segment_ids.into_tensor(None)?, num_segments)?;
    divide(sum, super::sqrt(count)?)
}

/// The sums, and the numbers of rows (at least 1) in a shape that broadcasts with them.
fn segment_sums(data: Tensor, ids: Tensor, n: i64) -> Result<(Tensor, Tensor)> {
    let ones = array::ones(ids.shape(), data.dtype())?;
    let count = super::maximum(super::unsorted_segment_sum(ones, &ids, n)?, 1.0)?;
    let sum = super::unsorted_segment_sum(&data, &ids, n)?;
    let mut shape = vec![1; sum.rank()];
    shape[0] = count.size();
    Ok((sum, array::reshape(count, shape)?))
}

pub(super) const OPS: &[Row] = &[row::<LogSigmoid>()];
