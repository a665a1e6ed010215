//! Cross entropy of one distribution over classes and another.

use super::build::{as_floats, clip_probability, compose};
use super::function;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::{rest_of, scale, shift};
use crate::ops::checks::want_same_shape;
use crate::ops::nn::{SoftmaxAlong, SoftmaxCrossEntropy};
use crate::shape::resolve_axis;
use crate::tensor::{Row, row};

/// Labels of the predictions' dtype, moved towards the uniform distribution over the last dimension.
fn labels(g: &mut Graph, op: &str, y_true: Val, y_pred: Val, smoothing: f64) -> Result<Val> {
    let t = as_floats(g, op, y_true, y_pred)?;
    if smoothing == 0.0 {
        return Ok(t);
    }
    let Some(&classes) = g.shape(t).last() else {
        return Err(Error::invalid(op, "y_true", "at least one dimension", "shape ()"));
    };
    let t = scale(g, t, 1.0 - smoothing)?;
    shift(g, t, smoothing / classes as f64)
}

/// Predictions divided by their sums along an axis, so that they are probabilities that have a logarithm.
fn probabilities(g: &mut Graph, y_pred: Val, axis: usize) -> Result<Val> {
    let sum = g.reduce_over(ReduceKind::Sum, y_pred, &[axis])?;
    let p = g.div(y_pred, sum)?;
    clip_probability(g, p)
}

crate::op! {
    /// The cross entropy along an axis of probabilities (or logits) and the distribution of labels.
    CategoricalCrossentropy as "categorical_crossentropy" in api "keras.losses.categorical_crossentropy" (y_true, y_pred) {
        from_logits: bool = false,
        label_smoothing: f64 = 0.0,
        axis: i64 = -1,
    }
    build |s, g| {
        let op = "categorical_crossentropy";
        let t = labels(g, op, y_true, y_pred, s.label_smoothing)?;
        want_same_shape(g, op, &[("y_pred", y_pred), ("y_true", t)])?;
        let axis = resolve_axis(op, "axis", s.axis, g.rank(y_pred))?;
        if s.from_logits {
            return Ok(vec![compose(g, &SoftmaxCrossEntropy { axis: s.axis }, &[t, y_pred])?]);
        }
        let p = probabilities(g, y_pred, axis)?;
        let log = g.log(p)?;
        let product = g.mul(t, log)?;
        let sum = g.reduce(ReduceKind::Sum, product, &[axis])?;
        g.neg(sum)
    };
    cases [
        case().range([2, 3], 0.0, 0.5).range([2, 3], 0.1, 0.9),
        case().values([2, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).values([2, 3], &[0.1, 0.8, 0.1, 0.0, 1.0, 0.0]),
        case().int_values([2, 3], &[0, 1, 0, 1, 0, 0]).range([2, 3], 0.1, 0.9),
        case().with("from_logits", true).range([2, 3], 0.0, 0.5).f32([2, 3]),
        case().with("label_smoothing", 0.3).int_values([2, 3], &[0, 1, 0, 1, 0, 0]).range([2, 3], 0.1, 0.9),
        case().with("from_logits", true).with("label_smoothing", 0.1).int_values([2, 3], &[0, 1, 0, 1, 0, 0]).f32([2, 3]),
        case().with("axis", 0).range([3, 2], 0.0, 0.5).range([3, 2], 0.1, 0.9),
        case().with("from_logits", true).with("axis", 1).range([2, 3, 2], 0.0, 0.5).f32([2, 3, 2]),
    ]
    errors [
        case().f32([2, 3]).f32([2, 4]),
        case().f32([3]).f32([2, 3]),
        case().with("axis", 2).f32([2, 3]).f32([2, 3]),
    ]
}

function! {
    /// The cross entropy along an axis of probabilities and the distribution of labels, which are moved towards the uniform one by
    /// `label_smoothing` (`keras.losses.categorical_crossentropy`; Keras' defaults: `false`, 0, -1). Predictions are divided by their sum and
    /// moved into [1e-7, 1 - 1e-7]. With `from_logits` they are logits: a softmax makes probabilities of them.
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that differ, scalars, and an axis out of range.
    categorical_crossentropy = CategoricalCrossentropy(from_logits: bool, label_smoothing: f64, axis: i64)
}

crate::op! {
    /// Categorical cross entropy in which predictions that are right already count less, by the factor `alpha * (1 - p)^gamma`.
    CategoricalFocalCrossentropy as "categorical_focal_crossentropy" in api "keras.losses.categorical_focal_crossentropy" (y_true, y_pred) {
        alpha: f64 = 0.25,
        gamma: f64 = 2.0,
        from_logits: bool = false,
        label_smoothing: f64 = 0.0,
        axis: i64 = -1,
    }
    build |s, g| {
        let op = "categorical_focal_crossentropy";
        let t = labels(g, op, y_true, y_pred, s.label_smoothing)?;
        let axis = resolve_axis(op, "axis", s.axis, g.rank(y_pred))?;
        let p = if s.from_logits { compose(g, &SoftmaxAlong { axis: s.axis }, &[y_pred])? } else { y_pred };
        let p = probabilities(g, p, axis)?;
        let (t, p) = g.broadcast_pair(op, t, p)?;
        let log = g.log(p)?;
        let entropy = g.mul(t, log)?;
        let entropy = g.neg(entropy)?;
        let wrong = rest_of(g, 1.0, p)?;
        let gamma = g.full_like(wrong, s.gamma)?;
        let factor = g.pow(wrong, gamma)?;
        let factor = scale(g, factor, s.alpha)?;
        let loss = g.mul(factor, entropy)?;
        g.reduce(ReduceKind::Sum, loss, &[axis])
    };
    cases [
        case().int_values([2, 3], &[0, 1, 0, 1, 0, 0]).range([2, 3], 0.1, 0.9),
        case().with("alpha", 0.5).with("gamma", 1.5).int_values([2, 3], &[0, 1, 0, 1, 0, 0]).range([2, 3], 0.1, 0.9),
        case().with("from_logits", true).int_values([2, 3], &[0, 1, 0, 1, 0, 0]).f32([2, 3]),
        case().with("label_smoothing", 0.3).int_values([2, 3], &[0, 1, 0, 1, 0, 0]).range([2, 3], 0.1, 0.9),
        case().with("axis", 0).range([3, 2], 0.0, 0.5).range([3, 2], 0.1, 0.9),
    ]
    errors [case().f32([2, 3]).f32([2, 4]), case().with("axis", 2).f32([2, 3]).f32([2, 3])]
}

function! {
    /// Categorical cross entropy in which predictions that are right already count less: by the factor `alpha * (1 - p)^gamma`, where `p`
    /// is what is predicted for a class (`keras.losses.categorical_focal_crossentropy`; Keras' defaults: 0.25, 2, `false`, 0, -1).
    ///
    /// # Errors
    /// As [`categorical_crossentropy`].
    categorical_focal_crossentropy = CategoricalFocalCrossentropy(
        alpha: f64, gamma: f64, from_logits: bool, label_smoothing: f64, axis: i64
    )
}

pub(super) const OPS: &[Row] = &[row::<CategoricalCrossentropy>(), row::<CategoricalFocalCrossentropy>()];
