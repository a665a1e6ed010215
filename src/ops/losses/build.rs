//! What the losses have in common.

use crate::error::{Error, Result};
use crate::hlo::{ById, Graph, Prim, ReduceKind, Val};
use crate::ops::checks::want_float;
use crate::shape::Dims;
use crate::tensor::{DynOp, Entry};
use std::sync::Arc;

/// Keras' `keras.backend.epsilon()`.
pub(crate) const EPSILON: f64 = 1e-7;

/// Labels in the dtype of the predictions, which must be floats.
pub(super) fn as_floats(g: &mut Graph, op: &str, y_true: Val, y_pred: Val) -> Result<Val> {
    want_float(g, op, &[("y_pred", y_pred)])?;
    g.convert(y_true, g.dtype(y_pred))
}

/// Both with one rank, where they differ by a last dimension of 1: it is removed, or given to the other where that is a vector.
pub(crate) fn same_rank(g: &mut Graph, x: Val, y: Val) -> Result<(Val, Val)> {
    if fits_with_one_more(g, x, y) {
        if g.rank(y) == 1 { Ok((x, g.expand_dims(y, &[1])?)) } else { Ok((without_last(g, x)?, y)) }
    } else if fits_with_one_more(g, y, x) {
        if g.rank(x) == 1 { Ok((g.expand_dims(x, &[1])?, y)) } else { Ok((x, without_last(g, y)?)) }
    } else {
        Ok((x, y))
    }
}

fn fits_with_one_more(g: &Graph, x: Val, y: Val) -> bool {
    g.rank(x) == g.rank(y) + 1 && g.shape(x).last() == Some(&1)
}

fn without_last(g: &mut Graph, x: Val) -> Result<Val> {
    let shape = g.shape(x).clone();
    g.reshape(x, &shape[..shape.rank() - 1])
}

/// Both in the dtype of the predictions and in one shape.
pub(super) fn matched(g: &mut Graph, op: &str, y_true: Val, y_pred: Val) -> Result<(Val, Val)> {
    let y_true = as_floats(g, op, y_true, y_pred)?;
    let (y_true, y_pred) = same_rank(g, y_true, y_pred)?;
    g.broadcast_pair(op, y_true, y_pred)
}

/// The last dimension.
pub(super) fn last(g: &Graph, op: &str, x: Val) -> Result<usize> {
    g.rank(x).checked_sub(1).ok_or_else(|| Error::invalid(op, "y_pred", "at least one dimension", "shape ()"))
}

/// The mean over the last dimension.
pub(super) fn mean_of_last(g: &mut Graph, op: &str, x: Val) -> Result<Val> {
    let last = last(g, op, x)?;
    g.mean(x, &[last])
}

/// The sum over the last dimension.
pub(super) fn sum_of_last(g: &mut Graph, op: &str, x: Val) -> Result<Val> {
    let last = last(g, op, x)?;
    g.reduce(ReduceKind::Sum, x, &[last])
}

/// All dimensions, or those that are named.
pub(super) fn dims(op: &str, axis: Option<&[i64]>, rank: usize) -> Result<Dims> {
    crate::ops::args::dims_of(op, axis, rank)
}

/// `x` in `[lo, hi]`.
pub(super) fn clip(g: &mut Graph, x: Val, lo: f64, hi: f64) -> Result<Val> {
    let (lo, hi) = (g.full_like(x, lo)?, g.full_like(x, hi)?);
    g.clamp(lo, x, hi)
}

/// Probabilities that have a logarithm, and whose rest has one.
pub(super) fn clip_probability(g: &mut Graph, x: Val) -> Result<Val> {
    clip(g, x, EPSILON, 1.0 - EPSILON)
}

/// Another op in its own right, with its own derivative.
pub(super) fn compose(g: &mut Graph, op: &dyn DynOp, x: &[Val]) -> Result<Val> {
    let specs: Vec<_> = x.iter().map(|&v| g.spec(v).clone()).collect();
    let entry: Arc<Entry> = Entry::of_op(op, &specs)?;
    g.push(Prim::Composite(ById(entry)), x)
}
