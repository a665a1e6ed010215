//! Softmax and its logarithm.

use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::shape::resolve_axis;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// `exp(x) / sum(exp(x))` along the last dimension, shifted by the maximum.
    Softmax in "tf.nn.softmax" (logits) {}
    build |s, g| build_softmax("Softmax", g, logits, -1);
    vjp |s, g, x, y, dy| softmax_vjp(g, y, dy, g.rank(y) - 1);
    cases [
        case().f32([2, 3]),
        case().f32([2, 2, 5]),
        case().f32([4]),
        case().f32([2, 1]),
        case().f32([0, 3]),
        case().range([3, 4], -100.0, 100.0),
        case().half([2, 5]).forward_only(),
        case().values([2, 3], &[0.0, f64::NEG_INFINITY, 1.0, 2.0, 2.0, f64::NEG_INFINITY]),
    ]
    errors [case().f32([]), case().ints([3], 0, 4)]
}

crate::op! {
    /// `exp(x) / sum(exp(x))` along a dimension.
    SoftmaxAlong as "softmax" in api "tf.nn.softmax" (logits) { axis: i64 = -1 }
    build |s, g| build_softmax("softmax", g, logits, s.axis);
    vjp |s, g, x, y, dy| {
        let axis = resolve_axis("softmax", "axis", s.axis, g.rank(y))?;
        softmax_vjp(g, y, dy, axis)
    };
    cases [case().with("axis", 0).f32([3, 2]), case().with("axis", -2).f32([2, 3, 2]), case().f32([2, 3])]
    errors [case().with("axis", 2).f32([3, 2])]
}

crate::op! {
    /// `x - log(sum(exp(x)))` along the last dimension.
    LogSoftmax in "tf.nn.log_softmax" (logits) {}
    build |s, g| build_log_softmax("LogSoftmax", g, logits, -1);
    vjp |s, g, x, y, dy| log_softmax_vjp(g, y, dy, g.rank(y) - 1);
    cases [case().f32([2, 3]), case().f32([2, 2, 5]), case().f32([4]), case().range([3, 4], -100.0, 100.0)]
    errors [case().f32([]), case().ints([3], 0, 4)]
}

crate::op! {
    /// `x - log(sum(exp(x)))` along a dimension.
    LogSoftmaxAlong as "log_softmax" in api "tf.nn.log_softmax" (logits) { axis: i64 = -1 }
    build |s, g| build_log_softmax("log_softmax", g, logits, s.axis);
    vjp |s, g, x, y, dy| {
        let axis = resolve_axis("log_softmax", "axis", s.axis, g.rank(y))?;
        log_softmax_vjp(g, y, dy, axis)
    };
    cases [case().with("axis", 0).f32([3, 2]), case().with("axis", -2).f32([2, 3, 2]), case().f32([2, 3])]
    errors [case().with("axis", 2).f32([3, 2])]
}

/// `exp(x) / sum(exp(x))` along an axis (`tf.nn.softmax`, where it is the last by default).
///
/// ```
/// # use wgflow::ops::nn;
/// assert_eq!(nn::softmax([0.0, 0.0], -1)?.to_vec::<f32>()?, [0.5, 0.5]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for scalars, an axis out of range, and dtypes that are no floats.
pub fn softmax(logits: impl IntoTensor, axis: i64) -> Result<Tensor> {
    let x = logits.into_tensor(None)?;
    if axis == -1 { run_one(&Softmax {}, &[&x]) } else { run_one(&SoftmaxAlong { axis }, &[&x]) }
}

/// `x - log(sum(exp(x)))` along an axis (`tf.nn.log_softmax`, where it is the last by default).
///
/// # Errors
/// As [`softmax`].
pub fn log_softmax(logits: impl IntoTensor, axis: i64) -> Result<Tensor> {
    let x = logits.into_tensor(None)?;
    if axis == -1 { run_one(&LogSoftmax {}, &[&x]) } else { run_one(&LogSoftmaxAlong { axis }, &[&x]) }
}

/// The parts of a softmax along a dimension.
pub(super) struct Parts {
    /// `x` less its maximum.
    pub(super) shifted: Val,
    /// The exponential of that.
    pub(super) exp: Val,
    /// The sums of the exponentials, in the shape of `x`.
    pub(super) sum: Val,
}

impl Parts {
    pub(super) fn new(op: &str, g: &mut Graph, x: Val, axis: i64) -> Result<Parts> {
        if g.rank(x) == 0 {
            return Err(Error::invalid(op, "logits", "at least one dimension", "shape ()"));
        }
        let axis = resolve_axis(op, "axis", axis, g.rank(x))?;
        let max = g.reduce_over(ReduceKind::Max, x, &[axis])?;
        let shifted = g.sub(x, max)?;
        let exp = g.exp(shifted)?;
        Ok(Parts { shifted, exp, sum: g.reduce_over(ReduceKind::Sum, exp, &[axis])? })
    }

    pub(super) fn softmax(&self, g: &mut Graph) -> Result<Val> {
        g.div(self.exp, self.sum)
    }

    pub(super) fn log_softmax(&self, g: &mut Graph) -> Result<Val> {
        let log = g.log(self.sum)?;
        g.sub(self.shifted, log)
    }
}

fn build_softmax(op: &str, g: &mut Graph, x: Val, axis: i64) -> Result<Val> {
    Parts::new(op, g, x, axis)?.softmax(g)
}

fn build_log_softmax(op: &str, g: &mut Graph, x: Val, axis: i64) -> Result<Val> {
    Parts::new(op, g, x, axis)?.log_softmax(g)
}

fn softmax_vjp(g: &mut Graph, y: Val, dy: Val, axis: usize) -> Result<Vec<Option<Val>>> {
    let weighted = g.mul(dy, y)?;
    let sum = g.reduce_over(ReduceKind::Sum, weighted, &[axis])?;
    let d = g.sub(dy, sum)?;
    Ok(vec![Some(g.mul(d, y)?)])
}

fn log_softmax_vjp(g: &mut Graph, y: Val, dy: Val, axis: usize) -> Result<Vec<Option<Val>>> {
    let sum = g.reduce_over(ReduceKind::Sum, dy, &[axis])?;
    let softmax = g.exp(y)?;
    let d = g.mul(sum, softmax)?;
    Ok(vec![Some(g.sub(dy, d)?)])
}

pub(super) const OPS: &[Row] =
    &[row::<Softmax>(), row::<SoftmaxAlong>(), row::<LogSoftmax>(), row::<LogSoftmaxAlong>()];
