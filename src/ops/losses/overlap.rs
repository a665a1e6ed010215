//! Losses of how much two areas have in common.

use super::build::{EPSILON, as_floats, dims};
use super::function;
use crate::error::Result;
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::{rest_of, scale, shift};
use crate::tensor::{Row, row};

fn sum(g: &mut Graph, op: &str, x: Val, axis: Option<&[i64]>) -> Result<Val> {
    let dims = dims(op, axis, g.rank(x))?;
    g.reduce(ReduceKind::Sum, x, &dims)
}

crate::op! {
    /// 1 minus twice what labels and predictions have in common, as a part of their sum.
    Dice as "dice" in api "keras.losses.dice" (y_true, y_pred) { axis: Option<Vec<i64>> }
    build |s, g| {
        let (op, axis) = ("dice", s.axis.as_deref());
        let t = as_floats(g, op, y_true, y_pred)?;
        let (both_t, both_p) = g.broadcast_pair(op, t, y_pred)?;
        let common = g.mul(both_t, both_p)?;
        let common = sum(g, op, common, axis)?;
        let common = scale(g, common, 2.0)?;
        let (t, p) = (sum(g, op, t, axis)?, sum(g, op, y_pred, axis)?);
        let (t, p) = g.broadcast_pair(op, t, p)?;
        let total = g.add(t, p)?;
        let total = shift(g, total, EPSILON)?;
        let part = g.div(common, total)?;
        rest_of(g, 1.0, part)
    };
    cases [
        case().range([2, 3, 1], 0.0, 1.0).range([2, 3, 1], 0.0, 1.0),
        case().with("axis", [1, 2]).range([2, 3, 2], 0.0, 1.0).range([2, 3, 2], 0.0, 1.0),
        case().ints([2, 3], 0, 2).range([2, 3], 0.0, 1.0),
        case().values([2], &[0.0, 0.0]).values([2], &[0.0, 0.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4]), case().with("axis", [2]).f32([2, 3]).f32([2, 3])]
}

function! {
    /// 1 minus twice what labels and predictions have in common, as a part of their sum, over all axes or some (`keras.losses.dice`).
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that do not broadcast, and axes out of range.
    dice = Dice(axis: Option<Vec<i64>>)
}

crate::op! {
    /// 1 minus what labels and predictions have in common as a part of it with misses and false alarms, each with a factor.
    Tversky as "tversky" in api "keras.losses.tversky" (y_true, y_pred) { alpha: f64 = 0.5, beta: f64 = 0.5, axis: Option<Vec<i64>> }
    build |s, g| {
        let (op, axis) = ("tversky", s.axis.as_deref());
        let t = as_floats(g, op, y_true, y_pred)?;
        let (t, p) = g.broadcast_pair(op, t, y_pred)?;
        let common = g.mul(t, p)?;
        let common = sum(g, op, common, axis)?;
        let (not_p, not_t) = (rest_of(g, 1.0, p)?, rest_of(g, 1.0, t)?);
        let (missed, extra) = (g.mul(not_p, t)?, g.mul(p, not_t)?);
        let (missed, extra) = (sum(g, op, missed, axis)?, sum(g, op, extra, axis)?);
        let (missed, extra) = (scale(g, missed, s.alpha)?, scale(g, extra, s.beta)?);
        let total = g.add(common, missed)?;
        let total = g.add(total, extra)?;
        let total = shift(g, total, EPSILON)?;
        let part = g.div(common, total)?;
        rest_of(g, 1.0, part)
    };
    cases [
        case().range([2, 3, 1], 0.0, 1.0).range([2, 3, 1], 0.0, 1.0),
        case().with("alpha", 0.3).with("beta", 0.8).with("axis", [1]).range([2, 3], 0.0, 1.0).range([2, 3], 0.0, 1.0),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// 1 minus what labels and predictions have in common, as a part of it with `alpha` times what predictions miss and `beta` times what
    /// they add (`keras.losses.tversky`, where both are 0.5 by default).
    ///
    /// # Errors
    /// As [`dice`].
    tversky = Tversky(alpha: f64, beta: f64, axis: Option<Vec<i64>>)
}

pub(super) const OPS: &[Row] = &[row::<Dice>(), row::<Tversky>()];
