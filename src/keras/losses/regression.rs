//! Losses of numbers.

use super::Loss;
use super::class::loss;
use crate::keras::object::{Class, classes};
use crate::ops::losses;

loss! {
    /// The mean of the squares of errors.
    MeanSquaredError, "mean_squared_error" {} {} |s, y_true, y_pred| losses::mean_squared_error(y_true, y_pred)
}

loss! {
    /// The mean of the magnitudes of errors.
    MeanAbsoluteError, "mean_absolute_error" {} {} |s, y_true, y_pred| losses::mean_absolute_error(y_true, y_pred)
}

loss! {
    /// 100 times the mean of errors as parts of the true values.
    MeanAbsolutePercentageError, "mean_absolute_percentage_error" {} {}
    |s, y_true, y_pred| losses::mean_absolute_percentage_error(y_true, y_pred)
}

loss! {
    /// The mean of the squared differences of `log(y + 1)`.
    MeanSquaredLogarithmicError, "mean_squared_logarithmic_error" {} {}
    |s, y_true, y_pred| losses::mean_squared_logarithmic_error(y_true, y_pred)
}

loss! {
    /// Minus the cosine of the angle between labels and predictions: -1 for equal directions.
    CosineSimilarity, "cosine_similarity" {
        /// The axis of the vectors.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| losses::cosine_similarity(y_true, y_pred, s.axis)
}

loss! {
    /// Half the squares of errors up to `delta`, continued as straight lines.
    Huber, "huber_loss" {
        /// The error from which on the loss is a line.
        delta: f64 = 1.0,
    } {}
    |s, y_true, y_pred| losses::huber(y_true, y_pred, s.delta)
}

loss! {
    /// The logarithms of the hyperbolic cosines of errors.
    LogCosh, "log_cosh" {} {} |s, y_true, y_pred| losses::log_cosh(y_true, y_pred)
}

pub(super) const CLASSES: &[Class<dyn Loss>] = classes! {
    MeanSquaredError ["mean_squared_error", "mse", "MSE"],
    MeanAbsoluteError ["mean_absolute_error", "mae", "MAE"],
    MeanAbsolutePercentageError ["mean_absolute_percentage_error", "mape", "MAPE"],
    MeanSquaredLogarithmicError ["mean_squared_logarithmic_error", "msle", "MSLE"],
    CosineSimilarity ["cosine_similarity"],
    Huber ["huber"],
    LogCosh ["log_cosh", "logcosh"],
};
