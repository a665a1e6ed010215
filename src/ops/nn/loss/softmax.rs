//! Cross entropy of a softmax and given probabilities.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::sum_to;
use crate::ops::checks::{want_float, want_rank, want_same_shape};
use crate::ops::nn::softmax::Parts;
use crate::shape::resolve_axis;
use crate::tensor::{Adjoints, IntoTensor, Row, Tensor, pair, row, run_one};

crate::op! {
    /// Cross entropy of `softmax(features)` and the probabilities `labels` of each row, and its slope in the features.
    SoftmaxCrossEntropyWithLogits in "tf.nn.softmax_cross_entropy_with_logits" (features, labels) {}
    build |s, g| {
        let op = "SoftmaxCrossEntropyWithLogits";
        want_rank(g, op, &[("features", features), ("labels", labels)], |r| r == 2, "a matrix")?;
        let (features, labels) = g.broadcast_pair(op, features, labels)?;
        cross_entropy(g, op, features, labels, 1)
    };
    vjps |s, g, x, y, dy| {
        let (features, _) = g.broadcast_pair("SoftmaxCrossEntropyWithLogits", x[0], x[1])?;
        let parts = Parts::new("SoftmaxCrossEntropyWithLogits", g, features, 1)?;
        let d = rows_vjp(g, &parts, y[1], dy)?;
        let dlabels = match dy[0] {
            Some(dy) => {
                let log = parts.log_softmax(g)?;
                let dy = spread(g, dy, log, 1)?;
                let d = g.mul(dy, log)?;
                let d = g.neg(d)?;
                Some(sum_like(g, d, x[1])?)
            }
            None => None,
        };
        let d = d.map(|d| sum_like(g, d, x[0])).transpose()?;
        Ok(vec![d, dlabels])
    };
    cases [
        case().f32([3, 4]).range([3, 4], 0.0, 0.5),
        case().range([2, 3], -90.0, 90.0).values([2, 3], &[0.0, 1.0, 0.0, 0.5, 0.25, 0.25]),
        case().f32([2, 3]).range([1, 3], 0.0, 0.5).forward_only(),
        case().f32([0, 3]).f32([0, 3]).forward_only(),
    ]
    errors [case().f32([3, 4]).f32([3, 3]), case().f32([4]).f32([4]), case().f32([3, 4]).ints([3, 4], 0, 2)]
}

/// Losses without the axis, and `softmax - labels`.
pub(super) fn cross_entropy(
    g: &mut Graph,
    op: &str,
    logits: Val,
    labels: Val,
    axis: usize,
) -> Result<(Val, Val)> {
    let parts = Parts::new(op, g, logits, axis as i64)?;
    let log = parts.log_softmax(g)?;
    let weighted = g.mul(labels, log)?;
    let sum = g.reduce(ReduceKind::Sum, weighted, &[axis])?;
    let softmax = parts.softmax(g)?;
    Ok((g.neg(sum)?, g.sub(softmax, labels)?))
}

/// The adjoint of the logits from those of losses and slopes: TensorFlow's, which takes the slope for the loss's derivative.
pub(super) fn rows_vjp(g: &mut Graph, parts: &Parts, slope: Val, dy: &[Option<Val>]) -> Result<Option<Val>> {
    let axis = g.rank(slope) - 1;
    let mut total = match dy[0] {
        Some(dy) => {
            let dy = spread(g, dy, slope, axis)?;
            Some(g.mul(dy, slope)?)
        }
        None => None,
    };
    if let Some(dslope) = dy[1] {
        let softmax = parts.softmax(g)?;
        let along = g.mul(dslope, softmax)?;
        let along = g.reduce_over(ReduceKind::Sum, along, &[axis])?;
        let d = g.sub(dslope, along)?;
        let d = g.mul(d, softmax)?;
        total = Some(match total {
            Some(t) => g.add(t, d)?,
            None => d,
        });
    }
    Ok(total)
}

/// An adjoint summed to the shape of its operand.
fn sum_like(g: &mut Graph, d: Val, like: Val) -> Result<Val> {
    let shape = g.shape(like).clone();
    sum_to(g, d, &shape)
}

/// Repeats a loss over the axis that it lacks, in the shape of `like`.
pub(super) fn spread(g: &mut Graph, v: Val, like: Val, axis: usize) -> Result<Val> {
    g.repeat_over(v, &g.shape(like).clone(), &[axis])
}

crate::op! {
    /// Cross entropy of `softmax(logits)` and the probabilities `labels` along an axis.
    SoftmaxCrossEntropy as "softmax_cross_entropy_with_logits" in api "tf.nn.softmax_cross_entropy_with_logits" (labels, logits) { axis: i64 = -1 }
    build |s, g| {
        let op = "softmax_cross_entropy_with_logits";
        want_float(g, op, &[("logits", logits)])?;
        want_same_shape(g, op, &[("logits", logits), ("labels", labels)])?;
        let axis = resolve_axis(op, "axis", s.axis, g.rank(logits))?;
        let dtype = g.dtype(logits);
        let (logits, labels) = (widened(g, logits)?, widened(g, labels)?);
        let loss = cross_entropy(g, op, logits, labels, axis)?.0;
        g.convert(loss, dtype)
    };
    vjp |s, g, x, y, dy| entropy_vjp(g, s, x, dy);
    cases [
        case().range([3, 4], 0.0, 0.5).f32([3, 4]),
        case().with("axis", 0).range([3, 4], 0.0, 0.5).f32([3, 4]),
        case().with("axis", 1).range([2, 3, 2], 0.0, 0.5).f32([2, 3, 2]),
        case().range([4], 0.0, 0.5).f32([4]),
        case().values([1, 3], &[0.0, 1.0, 0.0]).values([1, 3], &[f64::NEG_INFINITY, 1.0, 2.0]).forward_only(),
        case().input(DType::Float16, [2, 3], crate::tensor::Fill::Uniform(0.0, 0.5)).half([2, 3]),
    ]
    errors [case().f32([3, 4]).f32([3, 3]), case().with("axis", 2).f32([3, 4]).f32([3, 4])]
}

/// Half-width floats as float32.
fn widened(g: &mut Graph, x: Val) -> Result<Val> {
    if matches!(g.dtype(x), DType::Float16 | DType::BFloat16) { g.convert(x, DType::Float32) } else { Ok(x) }
}

fn entropy_vjp(g: &mut Graph, s: &SoftmaxCrossEntropy, x: &[Val], dy: Val) -> Result<Adjoints> {
    let &[labels, logits] = x else {
        return Err(Error::internal("softmax_cross_entropy_with_logits", "wanted two operands"));
    };
    let axis = resolve_axis("softmax_cross_entropy_with_logits", "axis", s.axis, g.rank(logits))?;
    let dtype = g.dtype(logits);
    let (logits, labels, dy) = (widened(g, logits)?, widened(g, labels)?, widened(g, dy)?);
    let parts = Parts::new("softmax_cross_entropy_with_logits", g, logits, s.axis)?;
    let dy = spread(g, dy, logits, axis)?;
    let softmax = parts.softmax(g)?;
    let slope = g.sub(softmax, labels)?;
    let log = parts.log_softmax(g)?;
    let (dlogits, dlabels) = (g.mul(dy, slope)?, g.mul(dy, log)?);
    let dlabels = g.neg(dlabels)?;
    Ok(vec![Some(g.convert(dlabels, dtype)?), Some(g.convert(dlogits, dtype)?)])
}

/// The cross entropy of `softmax(logits)` and the probabilities `labels` along an axis, which the result lacks
/// (`tf.nn.softmax_cross_entropy_with_logits`, where it is the last by default). Labels should sum to 1.
///
/// ```
/// # use wgflow::ops::nn;
/// let loss = nn::softmax_cross_entropy_with_logits([[1.0, 0.0]], [[0.0, 0.0]], -1)?;
/// assert!((loss.item::<f32>()? - 2f32.ln()).abs() < 1e-6);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that differ, and an axis out of range.
pub fn softmax_cross_entropy_with_logits(
    labels: impl IntoTensor,
    logits: impl IntoTensor,
    axis: i64,
) -> Result<Tensor> {
    let (labels, logits) = pair(labels, logits)?;
    run_one(&SoftmaxCrossEntropy { axis }, &[&labels, &logits])
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<SoftmaxCrossEntropyWithLogits>(), row::<SoftmaxCrossEntropy>()];
