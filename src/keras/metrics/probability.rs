//! Losses of distributions and margins as metrics.

use super::Metric;
use super::mean::mean_metric;
use crate::keras::object::{Class, classes};
use crate::ops::losses;

mean_metric! {
    /// The mean cross entropy of probabilities and labels in [0, 1].
    BinaryCrossentropy, "binary_crossentropy" {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How far labels are moved towards one half.
        label_smoothing: f64 = 0.0,
    } {}
    |s, y_true, y_pred| losses::binary_crossentropy(y_true, y_pred, s.from_logits, s.label_smoothing, -1)
}

mean_metric! {
    /// The mean cross entropy of distributions over classes.
    CategoricalCrossentropy, "categorical_crossentropy" {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How far labels are moved towards the uniform distribution.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| losses::categorical_crossentropy(y_true, y_pred, s.from_logits, s.label_smoothing, s.axis)
}

mean_metric! {
    /// The mean cross entropy of distributions over classes and class numbers.
    SparseCategoricalCrossentropy, "sparse_categorical_crossentropy" {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// The axis of the classes, which must be the last.
        axis: i64 = -1,
    } {
        /// A class whose samples have no loss.
        ignore_class: i64,
    }
    |s, y_true, y_pred| losses::sparse_categorical_crossentropy(y_true, y_pred, s.from_logits, s.ignore_class, s.axis)
}

mean_metric! {
    /// The mean of `y_true * log(y_true / y_pred)`, summed over the last axis.
    KLDivergence, "kl_divergence" {} {} |s, y_true, y_pred| losses::kl_divergence(y_true, y_pred)
}

mean_metric! {
    /// The mean of `y_pred - y_true * log(y_pred)`.
    Poisson, "poisson" {} {} |s, y_true, y_pred| losses::poisson(y_true, y_pred)
}

mean_metric! {
    /// The mean of `max(1 - y_true * y_pred, 0)`.
    Hinge, "hinge" {} {} |s, y_true, y_pred| losses::hinge(y_true, y_pred)
}

mean_metric! {
    /// The mean of the squares of `max(1 - y_true * y_pred, 0)`.
    SquaredHinge, "squared_hinge" {} {} |s, y_true, y_pred| losses::squared_hinge(y_true, y_pred)
}

mean_metric! {
    /// The mean of `max(other - own + 1, 0)`, with the prediction for the true class and the largest one for another.
    CategoricalHinge, "categorical_hinge" {} {} |s, y_true, y_pred| losses::categorical_hinge(y_true, y_pred)
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    BinaryCrossentropy ["binary_crossentropy", "bce", "BCE"],
    CategoricalCrossentropy ["categorical_crossentropy"],
    SparseCategoricalCrossentropy ["sparse_categorical_crossentropy"],
    KLDivergence ["kl_divergence"],
    Poisson ["poisson"],
    Hinge ["hinge"],
    SquaredHinge ["squared_hinge"],
    CategoricalHinge ["categorical_hinge"],
};
