//! Losses of margins.

use super::build::{as_floats, last, mean_of_last, sum_of_last};
use super::function;
use crate::error::Result;
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::{rest_of, scale, shift};
use crate::tensor::{Row, row};

/// `max(1 - y_true * y_pred, 0)`; labels that are all 0 or 1 count as -1 and 1.
fn shortfall(g: &mut Graph, op: &str, y_true: Val, y_pred: Val) -> Result<Val> {
    let t = as_floats(g, op, y_true, y_pred)?;
    let (zero, one) = (g.zeros_like(t)?, g.ones_like(t)?);
    let (is_zero, is_one) = (g.eq(t, zero)?, g.eq(t, one)?);
    let binary = g.or(is_zero, is_one)?;
    let all: Vec<usize> = (0..g.rank(t)).collect();
    let binary = g.reduce_over(ReduceKind::And, binary, &all)?;
    let twice = scale(g, t, 2.0)?;
    let signs = shift(g, twice, -1.0)?;
    let t = g.select(binary, signs, t)?;
    let (t, p) = g.broadcast_pair(op, t, y_pred)?;
    let product = g.mul(t, p)?;
    let rest = rest_of(g, 1.0, product)?;
    let zero = g.zeros_like(rest)?;
    g.max(rest, zero)
}

crate::op! {
    /// The mean over the last axis of `max(1 - y_true * y_pred, 0)`; labels that are all 0 or 1 count as -1 and 1.
    Hinge as "hinge" in api "keras.losses.hinge" (y_true, y_pred) {}
    build |s, g| {
        let loss = shortfall(g, "hinge", y_true, y_pred)?;
        mean_of_last(g, "hinge", loss)
    };
    cases [
        case().values([2, 3], &[1.0, -1.0, 1.0, -1.0, -1.0, 1.0]).f32([2, 3]),
        case().values([2, 3], &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0]).f32([2, 3]),
        case().ints([2, 3], 0, 2).f32([2, 3]),
        case().values([4], &[1.0, -1.0, 1.0, -1.0]).values([4], &[1.0, -1.0, 2.0, 0.0]),
        case().values([3, 1], &[1.0, -1.0, 1.0]).f32([3, 2]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of `max(1 - y_true * y_pred, 0)`; labels that are all 0 or 1 count as -1 and 1 (`keras.losses.hinge`).
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that do not broadcast, and for scalars.
    hinge = Hinge()
}

crate::op! {
    /// The mean over the last axis of the squares of `max(1 - y_true * y_pred, 0)`; labels that are all 0 or 1 count as -1 and 1.
    SquaredHinge as "squared_hinge" in api "keras.losses.squared_hinge" (y_true, y_pred) {}
    build |s, g| {
        let loss = shortfall(g, "squared_hinge", y_true, y_pred)?;
        let square = g.mul(loss, loss)?;
        mean_of_last(g, "squared_hinge", square)
    };
    cases [
        case().values([2, 3], &[1.0, -1.0, 1.0, -1.0, -1.0, 1.0]).f32([2, 3]),
        case().values([2, 3], &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0]).f32([2, 3]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of the squares of `max(1 - y_true * y_pred, 0)`; labels that are all 0 or 1 count as -1 and 1
    /// (`keras.losses.squared_hinge`).
    ///
    /// # Errors
    /// As [`hinge`].
    squared_hinge = SquaredHinge()
}

crate::op! {
    /// `max(other - own + 1, 0)`, where `own` is the prediction for the true class and `other` the largest one for another.
    CategoricalHinge as "categorical_hinge" in api "keras.losses.categorical_hinge" (y_true, y_pred) {}
    build |s, g| {
        let op = "categorical_hinge";
        let t = as_floats(g, op, y_true, y_pred)?;
        let (t, p) = g.broadcast_pair(op, t, y_pred)?;
        let product = g.mul(t, p)?;
        let own = sum_of_last(g, op, product)?;
        let others = rest_of(g, 1.0, t)?;
        let others = g.mul(others, p)?;
        let last = last(g, op, others)?;
        let other = g.reduce(ReduceKind::Max, others, &[last])?;
        let d = g.sub(other, own)?;
        let d = shift(g, d, 1.0)?;
        let zero = g.zeros_like(d)?;
        g.max(d, zero)
    };
    cases [
        case().values([2, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).distinct([2, 3]),
        case().values([2, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).values([2, 3], &[0.5, 0.5, 0.5, 3.0, 0.0, 0.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// `max(other - own + 1, 0)`, where `own` is the prediction for the true class and `other` the largest one for another
    /// (`keras.losses.categorical_hinge`).
    ///
    /// # Errors
    /// As [`hinge`].
    categorical_hinge = CategoricalHinge()
}

pub(super) const OPS: &[Row] = &[row::<Hinge>(), row::<SquaredHinge>(), row::<CategoricalHinge>()];
