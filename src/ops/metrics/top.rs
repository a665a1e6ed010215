//! Whether a label is among the most probable ones.

use super::accuracy::argmax;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::nn::in_top;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// Float32 ones where the class number is among the `k` best predictions, in the shape of the class numbers.
fn found(g: &mut Graph, op: &str, k: i64, labels: Val, y_pred: Val) -> Result<Val> {
    let (shape, wide) = (g.shape(labels).clone(), g.shape(y_pred).clone());
    let rows = rows(op, &wide)?;
    let p = if wide.rank() > 2 { g.reshape(y_pred, rows)? } else { y_pred };
    let labels = g.reshape(labels, [shape.size()])?;
    let found = in_top(g, op, k, p, labels)?;
    let found = g.convert(found, DType::Float32)?;
    g.reshape(found, shape)
}

/// All dimensions but the last as one.
fn rows(op: &str, shape: &Shape) -> Result<[usize; 2]> {
    match shape.split_last() {
        Some((&classes, lead)) => Ok([lead.iter().product(), classes]),
        None => Err(Error::invalid(op, "y_pred", "at least one dimension", "shape ()")),
    }
}

crate::op! {
    /// 1 where the class with the largest label is among the `k` best predictions, else 0.
    TopKCategoricalAccuracy as "top_k_categorical_accuracy" in api "keras.metrics.top_k_categorical_accuracy" (y_true, y_pred) { k: i64 = 5 }
    build |s, g| {
        let op = "top_k_categorical_accuracy";
        let labels = argmax(g, op, "y_true", y_true, DType::Int32)?;
        found(g, op, s.k, labels, y_pred)
    };
    cases [
        case().with("k", 2).f32([5, 4]).distinct([5, 4]),
        case().f32([5, 8]).distinct([5, 8]),
        case().with("k", 1).f32([2, 3, 4]).distinct([2, 3, 4]),
    ]
    errors [case().f32([2, 3]).f32([3, 3])]
}

/// 1 where the class with the largest label is among the `k` best predictions, else 0 (`keras.metrics.top_k_categorical_accuracy`, where `k`
/// is 5 by default).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn top_k_categorical_accuracy(
    y_true: impl IntoTensor,
    y_pred: impl IntoTensor,
    k: i64,
) -> Result<Tensor> {
    run_one(&TopKCategoricalAccuracy { k }, &[&y_true.into_tensor(None)?, &y_pred.into_tensor(None)?])
}

crate::op! {
    /// 1 where the class number is among the `k` best predictions, else 0.
    SparseTopKCategoricalAccuracy as "sparse_top_k_categorical_accuracy" in api "keras.metrics.sparse_top_k_categorical_accuracy" (y_true, y_pred) {
        k: i64 = 5,
        from_sorted_ids: bool = false,
    }
    build |s, g| {
        let op = "sparse_top_k_categorical_accuracy";
        if s.from_sorted_ids {
            return Ok(vec![found_among_ids(g, op, s.k, y_true, y_pred)?]);
        }
        let labels = g.convert(y_true, DType::Int32)?;
        found(g, op, s.k, labels, y_pred)
    };
    cases [
        case().with("k", 2).ints([5], 0, 4).distinct([5, 4]),
        case().ints([5, 1], 0, 8).distinct([5, 8]),
        case().with("k", 1).ints([2, 3], 0, 4).distinct([2, 3, 4]),
        case().with("k", 2).values([3], &[2.0, 1.0, 7.0]).distinct([3, 4]),
        case().with("k", 2).with("from_sorted_ids", true).int_values([3], &[2, 1, 0]).values([3, 3], &[1.0, 0.0, 2.0, 2.0, 1.0, 0.0, 2.0, 0.0, 1.0]),
    ]
    errors [case().with("k", 2).ints([2], 0, 3).f32([3, 3])]
}

/// Predictions that are class numbers themselves, the best first.
fn found_among_ids(g: &mut Graph, op: &str, k: i64, y_true: Val, ids: Val) -> Result<Val> {
    let (shape, wide) = (g.shape(y_true).clone(), g.shape(ids).clone());
    let rows = rows(op, &wide)?;
    let ids = g.reshape(ids, rows)?;
    let best = g.slice_in_dim(ids, 1, 0, usize::try_from(k).unwrap_or(0).min(rows[1]))?;
    let labels = g.convert(y_true, g.dtype(ids))?;
    let labels = g.reshape(labels, [shape.size(), 1])?;
    let (labels, best) = g.broadcast_pair(op, labels, best)?;
    let equal = g.eq(labels, best)?;
    let any = g.reduce(ReduceKind::Or, equal, &[1])?;
    let any = g.convert(any, DType::Float32)?;
    g.reshape(any, shape)
}

/// 1 where the class number is among the `k` best predictions, else 0 (`keras.metrics.sparse_top_k_categorical_accuracy`; Keras' defaults: 5,
/// `false`). With `from_sorted_ids` predictions are class numbers, the best first.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn sparse_top_k_categorical_accuracy(
    y_true: impl IntoTensor,
    y_pred: impl IntoTensor,
    k: i64,
    from_sorted_ids: bool,
) -> Result<Tensor> {
    let op = SparseTopKCategoricalAccuracy { k, from_sorted_ids };
    run_one(&op, &[&y_true.into_tensor(None)?, &y_pred.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<TopKCategoricalAccuracy>(), row::<SparseTopKCategoricalAccuracy>()];
