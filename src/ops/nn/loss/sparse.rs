//! Cross entropy of a softmax and class numbers.

use super::softmax::rows_vjp;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::checks::{want_float, want_rank};
use crate::ops::nn::softmax::Parts;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Cross entropy of `softmax(features)` and the class `labels` of each row, and its slope in the features.
    SparseSoftmaxCrossEntropyWithLogits in "tf.nn.sparse_softmax_cross_entropy_with_logits" (features, labels) {}
    build |s, g| {
        want_rank(g, "SparseSoftmaxCrossEntropyWithLogits", &[("features", features)], |r| r == 2, "a matrix")?;
        cross_entropy(g, "SparseSoftmaxCrossEntropyWithLogits", features, labels)
    };
    vjps |s, g, x, y, dy| {
        let parts = Parts::new("SparseSoftmaxCrossEntropyWithLogits", g, x[0], 1)?;
        Ok(vec![rows_vjp(g, &parts, y[1], dy)?, None])
    };
    cases [
        case().f32([3, 4]).ints([3], 0, 4),
        case().range([2, 3], -90.0, 90.0).int_values([2], &[0, 2]),
        case().f32([2, 3]).input(DType::Int64, [2], crate::tensor::Fill::Uniform(0.0, 3.0)),
        case().f32([0, 3]).ints([0], 0, 1).forward_only(),
    ]
    errors [
        case().f32([2, 3]).int_values([2], &[0, 3]),
        case().f32([2, 3]).int_values([2], &[-1, 0]),
        case().f32([2, 3]).int_values([3], &[0, 1, 2]),
        case().f32([3]).int_values([1], &[0]),
        case().f32([2, 3]).f32([2]),
    ]
}

/// Losses without the last dimension, and `softmax - one_hot(labels)`.
fn cross_entropy(g: &mut Graph, op: &str, logits: Val, labels: Val) -> Result<(Val, Val)> {
    want_float(g, op, &[("features", logits)])?;
    let shape = g.shape(logits).clone();
    let Some(last) = shape.rank().checked_sub(1) else {
        return Err(Error::invalid(op, "logits", "at least one dimension", "shape ()"));
    };
    let lead: Shape = shape[..last].into();
    if *g.shape(labels) != lead || !g.dtype(labels).is_int() {
        return Err(Error::invalid(op, "labels", format_args!("integers of shape {lead}"), g.spec(labels)));
    }
    let labels = g.convert(labels, DType::Int32)?;
    g.check_indices(op, "labels", labels, shape[last])?;
    let parts = Parts::new(op, g, logits, -1)?;
    let log = parts.log_softmax(g)?;
    let softmax = parts.softmax(g)?;
    let classes = g.iota(DType::Int32, shape.clone(), last)?;
    let labels = g.repeat_over(labels, &shape, &[last])?;
    let hit = g.eq(classes, labels)?;
    // As a masked sum, which fuses with the sums of the softmax, and whose derivative needs no scatter.
    let zero = g.zeros_like(log)?;
    let masked = g.select(hit, log, zero)?;
    let chosen = g.reduce(ReduceKind::Sum, masked, &[last])?;
    let one = g.convert(hit, g.dtype(logits))?;
    Ok((g.neg(chosen)?, g.sub(softmax, one)?))
}

/// The cross entropy of `softmax(logits)` and class numbers, for ops that end in one.
pub(crate) fn sparse_cross_entropy(g: &mut Graph, op: &str, logits: Val, labels: Val) -> Result<Val> {
    Ok(cross_entropy(g, op, logits, labels)?.0)
}

crate::op! {
    /// Cross entropy of `softmax(logits)` along the last dimension and the class numbers `labels`.
    SparseSoftmaxCrossEntropy as "sparse_softmax_cross_entropy_with_logits" in api "tf.nn.sparse_softmax_cross_entropy_with_logits" (labels, logits) {}
    build |s, g| {
        let dtype = g.dtype(logits);
        let half = matches!(dtype, DType::Float16 | DType::BFloat16);
        let logits = if half { g.convert(logits, DType::Float32)? } else { logits };
        let loss = cross_entropy(g, "sparse_softmax_cross_entropy_with_logits", logits, labels)?.0;
        g.convert(loss, dtype)
    };
    cases [
        case().ints([3], 0, 4).f32([3, 4]),
        case().ints([2, 3], 0, 2).f32([2, 3, 2]),
        case().ints([], 0, 2).f32([3]),
        case().int_values([2], &[0, 2]).range([2, 3], -90.0, 90.0),
    ]
    errors [
        case().int_values([2], &[0, 3]).f32([2, 3]),
        case().ints([2], 0, 2).f32([3, 2]),
        case().ints([2, 3], 0, 2).f32([2, 3]),
    ]
}

/// The cross entropy of `softmax(logits)` along the last dimension and the class numbers `labels`, integers of the shape without that
/// dimension (`tf.nn.sparse_softmax_cross_entropy_with_logits`).
///
/// # Errors
/// `InvalidArgument` for a label that is no class, and for shapes that do not fit.
pub fn sparse_softmax_cross_entropy_with_logits(
    labels: impl IntoTensor,
    logits: impl IntoTensor,
) -> Result<Tensor> {
    run_one(&SparseSoftmaxCrossEntropy {}, &[&labels.into_tensor(None)?, &logits.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<SparseSoftmaxCrossEntropyWithLogits>(), row::<SparseSoftmaxCrossEntropy>()];
