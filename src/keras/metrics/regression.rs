//! Errors of numbers.

use super::class::{metric_class, named};
use super::mean::{mean_metric, mean_so_far, mean_weights, update_mean};
use super::{Metric, Weight};
use crate::error::Result;
use crate::keras::losses::{as_dtype, squeeze_or_expand_to_same_rank};
use crate::keras::object::{Class, classes};
use crate::ops::losses::{self, EPSILON};
use crate::ops::math;
use crate::shape::Shape;
use crate::tensor::Tensor;

mean_metric! {
    /// The mean of the squares of errors.
    MeanSquaredError, "mean_squared_error" {} {} |s, y_true, y_pred| losses::mean_squared_error(y_true, y_pred)
}

mean_metric! {
    /// The mean of the magnitudes of errors.
    MeanAbsoluteError, "mean_absolute_error" {} {} |s, y_true, y_pred| losses::mean_absolute_error(y_true, y_pred)
}

mean_metric! {
    /// 100 times the mean of errors as parts of the true values.
    MeanAbsolutePercentageError, "mean_absolute_percentage_error" {} {}
    |s, y_true, y_pred| losses::mean_absolute_percentage_error(y_true, y_pred)
}

mean_metric! {
    /// The mean of the squared differences of `log(y + 1)`.
    MeanSquaredLogarithmicError, "mean_squared_logarithmic_error" {} {}
    |s, y_true, y_pred| losses::mean_squared_logarithmic_error(y_true, y_pred)
}

mean_metric! {
    /// The mean of the logarithms of the hyperbolic cosines of errors.
    LogCoshError, "logcosh" {} {} |s, y_true, y_pred| losses::log_cosh(y_true, y_pred)
}

mean_metric! {
    /// The mean cosine of the angle between labels and predictions: 1 for equal directions.
    CosineSimilarity, "cosine_similarity" {
        /// The axis of the vectors.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| math::negative(losses::cosine_similarity(y_true, y_pred, s.axis)?)
}

/// `x` less its mean over an axis, that mean, and the variance.
fn centered(x: &Tensor, axis: i64) -> Result<(Tensor, Tensor, Tensor)> {
    let mean = math::reduce_mean(x, axis, true)?;
    let rest = math::subtract(x, &mean)?;
    let variance = math::reduce_mean(math::square(&rest)?, axis, true)?;
    Ok((rest, mean, variance))
}

fn of_one_dtype_and_rank(y_true: &Tensor, y_pred: &Tensor) -> Result<(Tensor, Tensor)> {
    squeeze_or_expand_to_same_rank(&as_dtype(y_true, y_pred.dtype())?, y_pred, true)
}

mean_metric! {
    /// The mean of Pearson's correlation of labels and predictions.
    PearsonCorrelation, "pearson_correlation" {
        /// The axis that the correlation is taken along.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| {
        let (t, p) = of_one_dtype_and_rank(y_true, y_pred)?;
        let ((t, _, t_variance), (p, _, p_variance)) = (centered(&t, s.axis)?, centered(&p, s.axis)?);
        let (t, p) = (math::divide(t, math::sqrt(t_variance)?)?, math::divide(p, math::sqrt(p_variance)?)?);
        math::reduce_mean(math::multiply(t, p)?, s.axis, false)
    }
}

mean_metric! {
    /// The mean of Lin's correlation of labels and predictions, which is less than Pearson's where their means or variances differ.
    ConcordanceCorrelation, "concordance_correlation" {
        /// The axis that the correlation is taken along.
        axis: i64 = -1,
    } {}
    |s, y_true, y_pred| {
        let (t, p) = of_one_dtype_and_rank(y_true, y_pred)?;
        let (_, t_mean, t_variance) = centered(&t, s.axis)?;
        let (p_rest, p_mean, p_variance) = centered(&p, s.axis)?;
        let common = math::multiply(math::subtract(t, &p_mean)?, p_rest)?;
        let norm = math::add(t_variance, p_variance)?;
        let norm = math::add(norm, math::square(math::subtract(t_mean, p_mean)?)?)?;
        let each = math::divide(math::multiply(common, 2.0)?, math::add(norm, EPSILON)?)?;
        math::reduce_mean(each, s.axis, false)
    }
}

metric_class! {
    /// The root of the mean of the squares of errors.
    RootMeanSquaredError (), "root_mean_squared_error", Float32 {} {}
}

impl Metric for RootMeanSquaredError {
    named!();

    fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        mean_weights(self.dtype)
    }

    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let (t, p) = (as_dtype(y_true, self.dtype)?, as_dtype(y_pred, self.dtype)?);
        let (t, p) = squeeze_or_expand_to_same_rank(&t, &p, true)?;
        update_mean(self, self.dtype, &math::squared_difference(p, t)?, sample_weight)
    }

    fn result(&self) -> Result<Tensor> {
        math::sqrt(mean_so_far(self)?)
    }
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    MeanSquaredError ["mean_squared_error", "mse", "MSE"],
    MeanAbsoluteError ["mean_absolute_error", "mae", "MAE"],
    MeanAbsolutePercentageError ["mean_absolute_percentage_error", "mape", "MAPE"],
    MeanSquaredLogarithmicError ["mean_squared_logarithmic_error", "msle", "MSLE"],
    LogCoshError ["log_cosh_error"],
    CosineSimilarity ["cosine_similarity"],
    PearsonCorrelation ["pearson_correlation"],
    ConcordanceCorrelation ["concordance_correlation"],
    RootMeanSquaredError ["root_mean_squared_error"],
};
