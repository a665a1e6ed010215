//! Losses of how much two areas have in common.

use super::Loss;
use super::class::loss;
use crate::keras::object::{Class, classes};
use crate::ops::{Axes, losses};

loss! {
    /// 1 minus twice what labels and predictions have in common, as a part of their sum.
    Dice, "dice" {
        /// The axes that are summed over; all by default.
        axis: Axes = Axes(None),
    } {}
    |s, y_true, y_pred| losses::dice(y_true, y_pred, s.axis.0.clone())
}

loss! {
    /// 1 minus what labels and predictions have in common, as a part of it with misses and false alarms, each with a factor.
    Tversky, "tversky" {
        /// The factor of what predictions miss.
        alpha: f64 = 0.5,
        /// The factor of what predictions add.
        beta: f64 = 0.5,
        /// The axes that are summed over; all by default.
        axis: Axes = Axes(None),
    } {}
    |s, y_true, y_pred| losses::tversky(y_true, y_pred, s.alpha, s.beta, s.axis.0.clone())
}

pub(super) const CLASSES: &[Class<dyn Loss>] = classes! {
    Dice ["dice"],
    Tversky ["tversky"],
};
