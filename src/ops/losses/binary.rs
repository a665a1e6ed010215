//! Cross entropy of single probabilities.

use super::build::{as_floats, clip_probability, compose, dims};
use super::function;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::{rest_of, scale, shift};
use crate::ops::checks::want_same_shape;
use crate::ops::nn::SigmoidCrossEntropy;
use crate::tensor::{Row, row};

/// Labels of the predictions' dtype and shape, moved towards one half.
fn labels(g: &mut Graph, op: &str, y_true: Val, y_pred: Val, smoothing: f64) -> Result<Val> {
    let t = as_floats(g, op, y_true, y_pred)?;
    want_same_shape(g, op, &[("y_pred", y_pred), ("y_true", t)])?;
    if smoothing == 0.0 {
        return Ok(t);
    }
    let t = scale(g, t, 1.0 - smoothing)?;
    shift(g, t, 0.5 * smoothing)
}

/// `-(t log(p) + (1 - t) log(1 - p))`.
fn cross_entropy(g: &mut Graph, t: Val, p: Val) -> Result<Val> {
    let p = clip_probability(g, p)?;
    let yes = g.log(p)?;
    let yes = g.mul(t, yes)?;
    let (absent, rest) = (rest_of(g, 1.0, t)?, rest_of(g, 1.0, p)?);
    let no = g.log(rest)?;
    let no = g.mul(absent, no)?;
    let sum = g.add(yes, no)?;
    g.neg(sum)
}

crate::op! {
    /// The mean over an axis of the cross entropy of probabilities (or logits) and labels in [0, 1].
    BinaryCrossentropy as "binary_crossentropy" in api "keras.losses.binary_crossentropy" (y_true, y_pred) {
        from_logits: bool = false,
        label_smoothing: f64 = 0.0,
        axis: i64 = -1,
    }
    build |s, g| {
        let op = "binary_crossentropy";
        let t = labels(g, op, y_true, y_pred, s.label_smoothing)?;
        let loss = if s.from_logits {
            compose(g, &SigmoidCrossEntropy {}, &[t, y_pred])?
        } else {
            cross_entropy(g, t, y_pred)?
        };
        let dims = dims(op, Some(&[s.axis]), g.rank(loss))?;
        g.mean(loss, &dims)
    };
    cases [
        case().range([2, 3], 0.0, 1.0).range([2, 3], 0.05, 0.95),
        case().ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
        case().with("from_logits", true).range([2, 3], 0.0, 1.0).range([2, 3], -5.0, 5.0),
        case().with("label_smoothing", 0.2).ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
        case().with("from_logits", true).with("label_smoothing", 0.1).ints([2, 3], 0, 2).f32([2, 3]),
        case().with("axis", 0).range([2, 3], 0.0, 1.0).range([2, 3], 0.05, 0.95),
        case().values([4], &[0.0, 1.0, 0.0, 1.0]).values([4], &[0.0, 1.0, 1.0, 0.0]),
        case().with("from_logits", true).values([4], &[0.0, 1.0, 0.0, 1.0]).values([4], &[100.0, 100.0, -100.0, 0.0]),
    ]
    errors [
        case().f32([2, 3]).f32([2, 4]),
        case().f32([2, 1]).f32([2, 3]),
        case().f32([2]).f32([2, 1]),
        case().with("axis", 2).f32([2, 3]).f32([2, 3]),
    ]
}

function! {
    /// The mean over an axis of the cross entropy of probabilities and labels in [0, 1], which are moved towards one half by
    /// `label_smoothing` (`keras.losses.binary_crossentropy`, `bce`; Keras' defaults: `false`, 0, -1). Probabilities are moved into
    /// [1e-7, 1 - 1e-7]. With `from_logits`, predictions are the logits of probabilities.
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that differ, scalars, and an axis out of range.
    binary_crossentropy = BinaryCrossentropy(from_logits: bool, label_smoothing: f64, axis: i64)
}

crate::op! {
    /// Binary cross entropy in which predictions that are right already count less, by the factor `(1 - p)^gamma` where `p` is what is
    /// predicted for the true class.
    BinaryFocalCrossentropy as "binary_focal_crossentropy" in api "keras.losses.binary_focal_crossentropy" (y_true, y_pred) {
        apply_class_balancing: bool = false,
        alpha: f64 = 0.25,
        gamma: f64 = 2.0,
        from_logits: bool = false,
        label_smoothing: f64 = 0.0,
        axis: i64 = -1,
    }
    build |s, g| {
        let op = "binary_focal_crossentropy";
        let t = labels(g, op, y_true, y_pred, s.label_smoothing)?;
        let p = if s.from_logits { g.logistic(y_pred)? } else { y_pred };
        let entropy = cross_entropy(g, t, p)?;
        let (absent, rest) = (rest_of(g, 1.0, t)?, rest_of(g, 1.0, p)?);
        let (yes, no) = (g.mul(t, p)?, g.mul(absent, rest)?);
        let right = g.add(yes, no)?;
        let wrong = rest_of(g, 1.0, right)?;
        let gamma = g.full_like(wrong, s.gamma)?;
        let factor = g.pow(wrong, gamma)?;
        let mut loss = g.mul(factor, entropy)?;
        if s.apply_class_balancing {
            let (yes, no) = (scale(g, t, s.alpha)?, scale(g, absent, 1.0 - s.alpha)?);
            let weight = g.add(yes, no)?;
            loss = g.mul(weight, loss)?;
        }
        let dims = dims(op, Some(&[s.axis]), g.rank(loss))?;
        g.mean(loss, &dims)
    };
    cases [
        case().ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
        case().with("apply_class_balancing", true).ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
        case().with("gamma", 1.5).with("alpha", 0.4).with("apply_class_balancing", true).ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
        case().with("from_logits", true).ints([2, 3], 0, 2).f32([2, 3]),
        case().with("label_smoothing", 0.2).ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
        case().with("axis", 0).ints([2, 3], 0, 2).range([2, 3], 0.05, 0.95),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// Binary cross entropy in which predictions that are right already count less: by the factor `(1 - p)^gamma`, where `p` is what is
    /// predicted for the true class (`keras.losses.binary_focal_crossentropy`; Keras' defaults: `false`, 0.25, 2, `false`, 0, -1). With
    /// `apply_class_balancing` class 1 counts `alpha` times, class 0 `1 - alpha` times.
    ///
    /// # Errors
    /// As [`binary_crossentropy`].
    binary_focal_crossentropy = BinaryFocalCrossentropy(
        apply_class_balancing: bool, alpha: f64, gamma: f64, from_logits: bool, label_smoothing: f64, axis: i64
    )
}

pub(super) const OPS: &[Row] = &[row::<BinaryCrossentropy>(), row::<BinaryFocalCrossentropy>()];
