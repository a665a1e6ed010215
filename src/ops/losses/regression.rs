//! Losses of numbers.

use super::build::{EPSILON, compose, dims, matched, mean_of_last};
use super::function;
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::{scale, shift};
use crate::ops::linalg::L2Normalize;
use crate::tensor::{Row, row};

crate::op! {
    /// The mean over the last axis of the squares of errors.
    MeanSquaredError as "mean_squared_error" in api "keras.losses.mean_squared_error" (y_true, y_pred) {}
    build |s, g| {
        let (t, p) = matched(g, "mean_squared_error", y_true, y_pred)?;
        let d = g.sub(t, p)?;
        let square = g.mul(d, d)?;
        mean_of_last(g, "mean_squared_error", square)
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().ints([2, 3], -3, 4).f32([2, 3]),
        case().bools([2, 3]).f32([2, 3]).forward_only(),
        case().f32([3]).f32([3, 1]),
        case().f32([2, 3, 1]).f32([2, 3]),
        case().f32([3, 1]).f32([3, 4]),
        case().f32([4]).f32([4]),
        case().f32([0, 3]).f32([0, 3]).forward_only(),
        case().values([2, 2], &[f64::NAN, 1.0, f64::INFINITY, 0.0]).values([2, 2], &[0.0, 2.0, 1.0, 0.0]).forward_only(),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of the squares of errors (`keras.losses.mean_squared_error`, `mse`).
    ///
    /// ```
    /// # use wgflow::ops::losses::mean_squared_error;
    /// assert_eq!(mean_squared_error([[1.0, 2.0]], [[2.0, 4.0]])?.to_vec::<f32>()?, [2.5]);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that do not broadcast, and for scalars.
    mean_squared_error = MeanSquaredError()
}

crate::op! {
    /// The mean over the last axis of the magnitudes of errors.
    MeanAbsoluteError as "mean_absolute_error" in api "keras.losses.mean_absolute_error" (y_true, y_pred) {}
    build |s, g| {
        let (t, p) = matched(g, "mean_absolute_error", y_true, y_pred)?;
        let d = g.sub(t, p)?;
        let size = g.abs(d)?;
        mean_of_last(g, "mean_absolute_error", size)
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().values([4], &[1.0, 2.0, 0.0, -1.0]).values([4], &[1.0, 1.0, 0.0, 3.0]),
        case().ints([3], 0, 4).f32([3, 1]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of the magnitudes of errors (`keras.losses.mean_absolute_error`, `mae`).
    ///
    /// # Errors
    /// As [`mean_squared_error`].
    mean_absolute_error = MeanAbsoluteError()
}

crate::op! {
    /// 100 times the mean over the last axis of errors as parts of the true values, which count as at least 1e-7.
    MeanAbsolutePercentageError as "mean_absolute_percentage_error" in api "keras.losses.mean_absolute_percentage_error" (y_true, y_pred) {}
    build |s, g| {
        let (t, p) = matched(g, "mean_absolute_percentage_error", y_true, y_pred)?;
        let d = g.sub(t, p)?;
        let size = g.abs(t)?;
        let least = g.full_like(size, EPSILON)?;
        let size = g.max(size, least)?;
        let part = g.div(d, size)?;
        let part = g.abs(part)?;
        let mean = mean_of_last(g, "mean_absolute_percentage_error", part)?;
        scale(g, mean, 100.0)
    };
    cases [
        case().range([2, 3], 0.5, 2.0).f32([2, 3]),
        case().values([3], &[0.0, -2.0, 4.0]).values([3], &[0.0, -1.0, 5.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// 100 times the mean over the last axis of errors as parts of the true values, which count as at least 1e-7
    /// (`keras.losses.mean_absolute_percentage_error`, `mape`).
    ///
    /// # Errors
    /// As [`mean_squared_error`].
    mean_absolute_percentage_error = MeanAbsolutePercentageError()
}

crate::op! {
    /// The mean over the last axis of the squared differences of `log(y + 1)`; values count as at least 1e-7.
    MeanSquaredLogarithmicError as "mean_squared_logarithmic_error" in api "keras.losses.mean_squared_logarithmic_error" (y_true, y_pred) {}
    build |s, g| {
        let (t, p) = matched(g, "mean_squared_logarithmic_error", y_true, y_pred)?;
        let (t, p) = (log_of_next(g, t)?, log_of_next(g, p)?);
        let d = g.sub(p, t)?;
        let square = g.mul(d, d)?;
        mean_of_last(g, "mean_squared_logarithmic_error", square)
    };
    cases [
        case().range([2, 3], 0.1, 4.0).range([2, 3], 0.1, 4.0),
        case().values([3], &[-1.0, 0.0, 3.0]).values([3], &[0.5, -2.0, 3.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

fn log_of_next(g: &mut Graph, x: Val) -> crate::Result<Val> {
    let least = g.full_like(x, EPSILON)?;
    let x = g.max(x, least)?;
    let next = shift(g, x, 1.0)?;
    g.log(next)
}

function! {
    /// The mean over the last axis of the squared differences of `log(y + 1)`; values count as at least 1e-7
    /// (`keras.losses.mean_squared_logarithmic_error`, `msle`).
    ///
    /// # Errors
    /// As [`mean_squared_error`].
    mean_squared_logarithmic_error = MeanSquaredLogarithmicError()
}

crate::op! {
    /// Minus the cosine of the angle between labels and predictions along an axis: -1 for equal directions.
    CosineSimilarity as "cosine_similarity" in api "keras.losses.cosine_similarity" (y_true, y_pred) { axis: i64 = -1 }
    build |s, g| {
        let (t, p) = matched(g, "cosine_similarity", y_true, y_pred)?;
        let dims = dims("cosine_similarity", Some(&[s.axis]), g.rank(p))?;
        // Lengths count as at least 1e-7, as with Keras' `normalize`.
        let unit = L2Normalize { axis: Some(vec![s.axis]), epsilon: EPSILON * EPSILON };
        let (t, p) = (compose(g, &unit, &[t])?, compose(g, &unit, &[p])?);
        let product = g.mul(t, p)?;
        let sum = g.reduce(ReduceKind::Sum, product, &dims)?;
        g.neg(sum)
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().with("axis", 0).f32([2, 3]).f32([2, 3]),
        case().with("axis", 1).f32([2, 3, 2]).f32([2, 3, 2]),
        case().values([2, 2], &[0.0, 0.0, 3.0, 4.0]).values([2, 2], &[1.0, 2.0, -3.0, -4.0]).forward_only(),
    ]
    errors [case().f32([2, 3]).f32([2, 4]), case().with("axis", 2).f32([2, 3]).f32([2, 3])]
}

function! {
    /// Minus the cosine of the angle between labels and predictions along an axis, -1 for equal directions
    /// (`keras.losses.cosine_similarity`, where the axis is -1 by default).
    ///
    /// # Errors
    /// As [`mean_squared_error`]; `InvalidArgument` for an axis out of range.
    cosine_similarity = CosineSimilarity(axis: i64)
}

crate::op! {
    /// The mean over the last axis of half the squares of errors up to `delta`, continued as straight lines.
    Huber as "huber" in api "keras.losses.huber" (y_true, y_pred) { delta: f64 = 1.0 }
    build |s, g| {
        let (t, p) = matched(g, "huber", y_true, y_pred)?;
        let d = g.sub(p, t)?;
        let size = g.abs(d)?;
        let bound = g.full_like(size, s.delta)?;
        let near = g.le(size, bound)?;
        let square = g.mul(d, d)?;
        let square = scale(g, square, 0.5)?;
        let line = scale(g, size, s.delta)?;
        let line = shift(g, line, -0.5 * s.delta * s.delta)?;
        let loss = g.select(near, square, line)?;
        mean_of_last(g, "huber", loss)
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().with("delta", 0.3).f32([2, 3]).f32([2, 3]),
        case().values([4], &[0.0, 0.0, 0.0, 0.0]).values([4], &[1.0, -1.0, 0.0, 2.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of half the squares of errors up to `delta`, continued as straight lines (`keras.losses.huber`, where
    /// `delta` is 1 by default).
    ///
    /// # Errors
    /// As [`mean_squared_error`].
    huber = Huber(delta: f64)
}

crate::op! {
    /// The mean over the last axis of the logarithms of the hyperbolic cosines of errors.
    LogCosh as "log_cosh" in api "keras.losses.log_cosh" (y_true, y_pred) {}
    build |s, g| {
        let (t, p) = matched(g, "log_cosh", y_true, y_pred)?;
        let d = g.sub(p, t)?;
        // |d| + log(1 + exp(-2 |d|)) - log(2), which is even and so has slope 0 at 0.
        let size = g.abs(d)?;
        let twice = scale(g, size, -2.0)?;
        let e = g.exp(twice)?;
        let rest = g.log1p(e)?;
        let sum = g.add(size, rest)?;
        let loss = shift(g, sum, -std::f64::consts::LN_2)?;
        mean_of_last(g, "log_cosh", loss)
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().values([4], &[0.0, 0.0, 1.0, 0.0]).values([4], &[0.0, 100.0, -2.0, -100.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of the logarithms of the hyperbolic cosines of errors (`keras.losses.log_cosh`).
    ///
    /// # Errors
    /// As [`mean_squared_error`].
    log_cosh = LogCosh()
}

pub(super) const OPS: &[Row] = &[
    row::<MeanSquaredError>(),
    row::<MeanAbsoluteError>(),
    row::<MeanAbsolutePercentageError>(),
    row::<MeanSquaredLogarithmicError>(),
    row::<CosineSimilarity>(),
    row::<Huber>(),
    row::<LogCosh>(),
];
