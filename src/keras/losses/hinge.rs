//! Losses of margins.

use super::Loss;
use super::class::loss;
use crate::keras::object::{Class, classes};
use crate::ops::losses;

loss! {
    /// The mean of `max(1 - y_true * y_pred, 0)`, for labels -1 and 1 (or 0 and 1).
    Hinge, "hinge" {} {} |s, y_true, y_pred| losses::hinge(y_true, y_pred)
}

loss! {
    /// The mean of the squares of `max(1 - y_true * y_pred, 0)`, for labels -1 and 1 (or 0 and 1).
    SquaredHinge, "squared_hinge" {} {} |s, y_true, y_pred| losses::squared_hinge(y_true, y_pred)
}

loss! {
    /// `max(other - own + 1, 0)`, where `own` is the prediction for the true class and `other` the largest one for another.
    CategoricalHinge, "categorical_hinge" {} {} |s, y_true, y_pred| losses::categorical_hinge(y_true, y_pred)
}

pub(super) const CLASSES: &[Class<dyn Loss>] = classes! {
    Hinge ["hinge"],
    SquaredHinge ["squared_hinge"],
    CategoricalHinge ["categorical_hinge"],
};
