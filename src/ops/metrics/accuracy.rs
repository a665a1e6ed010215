//! Whether a prediction is the label.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::build::above;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// Float32 ones where both are equal.
fn matches(g: &mut Graph, op: &str, x: Val, y: Val) -> Result<Val> {
    let (x, y) = g.broadcast_pair(op, x, y)?;
    let equal = g.eq(x, y)?;
    g.convert(equal, DType::Float32)
}

/// The class with the largest value along the last dimension, in another dtype.
pub(super) fn argmax(g: &mut Graph, op: &str, arg: &str, x: Val, dtype: DType) -> Result<Val> {
    let Some(last) = g.rank(x).checked_sub(1) else {
        return Err(Error::invalid(op, arg, "at least one dimension", "shape ()"));
    };
    if g.shape(x)[last] == 0 {
        return Err(Error::invalid(op, arg, "at least one class", format_args!("shape {}", g.shape(x))));
    }
    let best = g.arg_reduce(x, true, last)?;
    g.convert(best, dtype)
}

crate::op! {
    /// 1 where a prediction above the threshold meets the label 1, or one that is not the label 0; else 0.
    BinaryAccuracy as "binary_accuracy" in api "keras.metrics.binary_accuracy" (y_true, y_pred) { threshold: f64 = 0.5 }
    build |s, g| {
        let op = "binary_accuracy";
        let (t, p) = crate::ops::losses::same_rank(g, y_true, y_pred)?;
        let positive = above(g, p, s.threshold)?;
        let class = g.convert(positive, g.dtype(t))?;
        matches(g, op, t, class)
    };
    cases [
        case().ints([2, 3], 0, 2).range([2, 3], 0.0, 1.0),
        case().with("threshold", 0.3).values([2, 3], &[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]).range([2, 3], 0.0, 1.0),
        case().ints([4], 0, 2).range([4, 1], 0.0, 1.0),
        case().values([4], &[1.0, 0.0, 0.0, 1.0]).values([4], &[0.5, 0.5, f64::NAN, 0.6]),
        case().values([3], &[0.0, 0.4, 1.0]).values([3], &[0.5, 0.7, 1.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

/// 1 where a prediction above `threshold` meets the label 1, or one that is not the label 0; else 0 (`keras.metrics.binary_accuracy`, where
/// the threshold is 0.5 by default).
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast.
pub fn binary_accuracy(y_true: impl IntoTensor, y_pred: impl IntoTensor, threshold: f64) -> Result<Tensor> {
    run_one(&BinaryAccuracy { threshold }, &[&y_true.into_tensor(None)?, &y_pred.into_tensor(None)?])
}

crate::op! {
    /// 1 where labels and predictions have their largest value in the same place of the last axis, else 0.
    CategoricalAccuracy as "categorical_accuracy" in api "keras.metrics.categorical_accuracy" (y_true, y_pred) {}
    build |s, g| {
        let op = "categorical_accuracy";
        let t = argmax(g, op, "y_true", y_true, DType::Int32)?;
        let p = argmax(g, op, "y_pred", y_pred, DType::Int32)?;
        matches(g, op, t, p)
    };
    cases [
        case().f32([4, 3]).f32([4, 3]),
        case().int_values([3, 3], &[0, 0, 1, 0, 1, 0, 1, 0, 0]).values([3, 3], &[0.1, 0.9, 0.8, 0.05, 0.95, 0.0, 0.5, 0.5, 0.5]),
        case().f32([2, 3, 4]).f32([2, 3, 4]),
    ]
    errors [case().f32([2, 3]).f32([3, 3])]
}

/// 1 where labels and predictions have their largest value in the same place of the last axis, else 0
/// (`keras.metrics.categorical_accuracy`).
///
/// # Errors
/// `InvalidArgument` for scalars and shapes that do not broadcast.
pub fn categorical_accuracy(y_true: impl IntoTensor, y_pred: impl IntoTensor) -> Result<Tensor> {
    run_one(&CategoricalAccuracy {}, &[&y_true.into_tensor(None)?, &y_pred.into_tensor(None)?])
}

crate::op! {
    /// 1 where the largest prediction along the last axis is the one for the class number, else 0.
    SparseCategoricalAccuracy as "sparse_categorical_accuracy" in api "keras.metrics.sparse_categorical_accuracy" (y_true, y_pred) {}
    build |s, g| {
        let op = "sparse_categorical_accuracy";
        let p = argmax(g, op, "y_pred", y_pred, g.dtype(y_true))?;
        let shape = g.shape(y_true).clone();
        let one_more = shape.rank() == g.rank(y_pred) && shape.last() == Some(&1);
        let t = if one_more { g.reshape(y_true, &shape[..shape.rank() - 1])? } else { y_true };
        let found = matches(g, op, t, p)?;
        let found = if one_more { g.reshape(found, shape)? } else { found };
        let shape = g.shape(found).clone();
        match &shape[..] {
            [rest @ .., 1] if !rest.is_empty() => g.reshape(found, rest),
            _ => Ok(found),
        }
    };
    cases [
        case().ints([5], 0, 3).f32([5, 3]),
        case().ints([5, 1], 0, 3).f32([5, 3]),
        case().ints([2, 3], 0, 4).f32([2, 3, 4]),
        case().values([3], &[2.0, 1.0, 0.0]).values([3, 3], &[0.1, 0.6, 0.3, 0.05, 0.95, 0.0, 0.5, 0.5, 0.5]),
        case().int_values([3], &[2, 1, 0]).values([3, 3], &[0.1, 0.6, 0.3, 0.05, 0.95, 0.0, 0.5, 0.2, 0.1]),
    ]
    errors [case().ints([2], 0, 2).f32([3, 2])]
}

/// 1 where the largest prediction along the last axis is the one for the class number, else 0
/// (`keras.metrics.sparse_categorical_accuracy`).
///
/// ```
/// # use wgflow::ops::metrics::sparse_categorical_accuracy;
/// let right = sparse_categorical_accuracy([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])?;
/// assert_eq!(right.to_vec::<f32>()?, [0.0, 1.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for scalar predictions and shapes that do not broadcast.
pub fn sparse_categorical_accuracy(y_true: impl IntoTensor, y_pred: impl IntoTensor) -> Result<Tensor> {
    run_one(&SparseCategoricalAccuracy {}, &[&y_true.into_tensor(None)?, &y_pred.into_tensor(None)?])
}

pub(super) const OPS: &[Row] =
    &[row::<BinaryAccuracy>(), row::<CategoricalAccuracy>(), row::<SparseCategoricalAccuracy>()];
