//! Cross entropy of distributions over classes.

use super::class::loss;
use super::{Loss, squeeze_or_expand_to_same_rank};
use crate::error::Result;
use crate::keras::object::{Class, classes};
use crate::ops::{array, losses, math};
use crate::tensor::Tensor;

loss! {
    /// The cross entropy of predicted distributions over classes and those of the labels, such as one-hot vectors.
    CategoricalCrossentropy, "categorical_crossentropy" {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How far labels are moved towards the uniform distribution: 0 for not at all, 1 for all the way.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| losses::categorical_crossentropy(y_true, y_pred, s.from_logits, s.label_smoothing, s.axis)
}

loss! {
    /// The cross entropy of distributions over classes, in which predictions that are right already count less.
    CategoricalFocalCrossentropy, "categorical_focal_crossentropy" {
        /// A factor.
        alpha: f64 = 0.25,
        /// The power of what is wrong with a prediction that its loss is multiplied by.
        gamma: f64 = 2.0,
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How far labels are moved towards the uniform distribution.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| losses::categorical_focal_crossentropy(
        y_true, y_pred, s.alpha, s.gamma, s.from_logits, s.label_smoothing, s.axis,
    )
}

loss! {
    /// The cross entropy of predicted distributions over classes and class numbers.
    SparseCategoricalCrossentropy, "sparse_categorical_crossentropy" {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// The axis of the classes, which must be the last.
        axis: i64 = -1,
    } {
        /// A class whose samples do not count.
        ignore_class: i64,
    }
    |s, y_true, y_pred| losses::sparse_categorical_crossentropy(y_true, y_pred, s.from_logits, s.ignore_class, s.axis),
    mask |s, y_true, y_pred| counted(s.ignore_class, y_true, y_pred)
}

/// Where the class is not the one to ignore, in the shape of the losses.
fn counted(ignore_class: Option<i64>, y_true: &Tensor, y_pred: &Tensor) -> Result<Option<Tensor>> {
    let Some(class) = ignore_class else { return Ok(None) };
    let (y_true, y_pred) = squeeze_or_expand_to_same_rank(y_true, y_pred, true)?;
    let valid = math::not_equal(y_true, class as f64)?;
    array::reshape(valid, &y_pred.shape()[..y_pred.rank().saturating_sub(1)]).map(Some)
}

pub(super) const CLASSES: &[Class<dyn Loss>] = classes! {
    CategoricalCrossentropy ["categorical_crossentropy"],
    CategoricalFocalCrossentropy ["categorical_focal_crossentropy"],
    SparseCategoricalCrossentropy ["sparse_categorical_crossentropy"],
};
