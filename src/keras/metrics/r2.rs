//! How much of the variance of labels predictions explain.

use super::class::{metric_class, named};
use super::state::{add_to, before_update, values};
use super::{Metric, Weight};
use crate::error::{Error, Result};
use crate::keras::losses::{as_dtype, squeeze_or_expand_to_same_rank};
use crate::keras::object::{Class, Setting, classes};
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::Tensor;
use serde_json::Value;

/// What is made of the scores of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClassAggregation {
    /// Nothing: a list.
    None,
    /// Their mean.
    #[default]
    UniformAverage,
    /// Their mean, weighted by the variances of labels.
    VarianceWeightedAverage,
}

impl Setting for ClassAggregation {
    const WANTED: &'static str = "uniform_average, variance_weighted_average or null";
    fn read(v: &Value) -> Option<Self> {
        match (v, v.as_str()) {
            (Value::Null, _) => Some(ClassAggregation::None),
            (_, Some("uniform_average")) => Some(ClassAggregation::UniformAverage),
            (_, Some("variance_weighted_average")) => Some(ClassAggregation::VarianceWeightedAverage),
            _ => None,
        }
    }
    fn write(&self) -> Value {
        match self {
            ClassAggregation::None => Value::Null,
            ClassAggregation::UniformAverage => "uniform_average".into(),
            ClassAggregation::VarianceWeightedAverage => "variance_weighted_average".into(),
        }
    }
}

metric_class! {
    /// The coefficient of determination: 1 for perfect predictions, 0 for those that are always the mean.
    R2Score (), "r2_score", Float32 {
        /// What is made of the scores of outputs.
        class_aggregation: ClassAggregation = ClassAggregation::UniformAverage,
        /// The number of independent variables, for which the score is adjusted; 0 for not at all.
        num_regressors: i64 = 0,
    } {}
}

impl R2Score {
    /// The score less what `num_regressors` variables explain by chance; as it is where there are too few samples to tell.
    fn adjusted(&self, score: Tensor, samples: &Tensor) -> Result<Tensor> {
        if self.num_regressors == 0 {
            return Ok(score);
        }
        let rest = math::multiply(math::subtract(1.0, &score)?, math::subtract(samples, 1.0)?)?;
        let degrees = math::subtract(math::subtract(samples, self.num_regressors as f64)?, 1.0)?;
        let adjusted = math::subtract(1.0, math::divide(rest, &degrees)?)?;
        array::where_(math::greater(degrees, 0.0)?, adjusted, score)
    }
}

impl Metric for R2Score {
    named!();

    fn weights(&self, inputs: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        if self.num_regressors < 0 {
            return Err(Error::invalid(Self::NAME, "num_regressors", "0 or more", self.num_regressors));
        }
        let Some((y_true, y_pred)) = inputs else { return Ok(None) };
        let (2, [_, outputs]) = (y_true.rank(), &y_pred[..]) else {
            let received = format!("shapes {y_true} and {y_pred}");
            let wanted = "labels and predictions of shape (samples, outputs)";
            return Err(Error::invalid("R2Score.update_state", "y_true, y_pred", wanted, received));
        };
        let mut weights = vec![Weight::new("num_samples", ())];
        weights.extend(["squared_sum", "sum", "residual", "count"].map(|n| Weight::new(n, [*outputs])));
        Ok(Some(weights))
    }

    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let (t, p) = (as_dtype(y_true, self.dtype)?, as_dtype(y_pred, self.dtype)?);
        let (t, p) = squeeze_or_expand_to_same_rank(&t, &p, true)?;
        let variables = self.state.variables(self, Some((t.shape(), p.shape())))?;
        let weight = match sample_weight {
            None => array::ones(t.shape(), self.dtype)?,
            Some(w) => {
                let w = as_dtype(w, self.dtype)?;
                let w = if w.rank() == 1 { array::expand_dims(w, 1)? } else { w };
                array::broadcast_to(w, t.shape())?
            }
        };
        let weighted = math::multiply(&t, &weight)?;
        let error = math::multiply(math::squared_difference(&t, p)?, &weight)?;
        let over_samples = |x: &Tensor| math::reduce_sum(x, 0, false);
        let added = [
            math::cast(t.size() as i64, self.dtype)?,
            over_samples(&math::multiply(&t, &weighted)?)?,
            over_samples(&weighted)?,
            over_samples(&error)?,
            over_samples(&weight)?,
        ];
        variables.iter().zip(added).try_for_each(|(v, x)| add_to(v, &x))
    }

    fn result(&self) -> Result<Tensor> {
        if self.variables()?.is_empty() {
            return Err(before_update(self));
        }
        let [samples, squares, sum, error, count] = values(self)?;
        let mean = math::divide(&sum, count)?;
        let total = math::subtract(squares, math::multiply(sum, mean)?)?;
        let scores = math::subtract(1.0, math::divide(error, &total)?)?;
        let scores = array::where_(math::is_inf(&scores)?, 0.0, scores)?;
        let score = match self.class_aggregation {
            ClassAggregation::None => scores,
            ClassAggregation::UniformAverage => math::reduce_mean(scores, None, false)?,
            ClassAggregation::VarianceWeightedAverage => {
                let weighted = math::reduce_sum(math::multiply(&total, scores)?, None, false)?;
                math::divide(weighted, math::reduce_sum(total, None, false)?)?
            }
        };
        self.adjusted(score, &samples)
    }
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! { R2Score ["r2_score"] };
