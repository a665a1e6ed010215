//! Cross entropy of single probabilities.

use super::Loss;
use super::class::loss;
use crate::keras::object::{Class, classes};
use crate::ops::losses;

loss! {
    /// The cross entropy of probabilities and labels in [0, 1].
    BinaryCrossentropy, "binary_crossentropy" {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How far labels are moved towards one half: 0 for not at all, 1 for all the way.
        label_smoothing: f64 = 0.0,
        /// The axis of the mean.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| losses::binary_crossentropy(y_true, y_pred, s.from_logits, s.label_smoothing, s.axis)
}

loss! {
    /// The cross entropy of probabilities and labels in [0, 1], in which predictions that are right already count less.
    BinaryFocalCrossentropy, "binary_focal_crossentropy" {
        /// Whether class 1 counts `alpha` times and class 0 `1 - alpha` times.
        apply_class_balancing: bool = false,
        /// The weight of class 1.
        alpha: f64 = 0.25,
        /// The power of what is wrong with a prediction that its loss is multiplied by.
        gamma: f64 = 2.0,
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How far labels are moved towards one half.
        label_smoothing: f64 = 0.0,
        /// The axis of the mean.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| losses::binary_focal_crossentropy(
        y_true, y_pred, s.apply_class_balancing, s.alpha, s.gamma, s.from_logits, s.label_smoothing, s.axis,
    )
}

pub(super) const CLASSES: &[Class<dyn Loss>] = classes! {
    BinaryCrossentropy ["binary_crossentropy", "bce", "BCE"],
    BinaryFocalCrossentropy ["binary_focal_crossentropy"],
};
