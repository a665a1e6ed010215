//! Means of precision and recall.

use super::class::{metric_class, named};
use super::state::{add_to, before_update, values};
use super::{Metric, Weight};
use crate::error::{Error, Result};
use crate::keras::losses::as_dtype;
use crate::keras::object::{Class, choice, classes};
use crate::ops::losses::EPSILON;
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::Tensor;

choice! {
    /// What is made of the scores of classes.
    Average {
        /// One score from the counts of all classes together.
        #[default]
        Micro = "micro",
        /// Their mean.
        Macro = "macro",
        /// Their mean, weighted by how often each class occurs.
        Weighted = "weighted",
    }
}

/// A score that counts recall `beta` times as much as precision.
struct Score {
    class: &'static str,
    beta: f64,
    average: Option<Average>,
    threshold: Option<f64>,
}

impl Score {
    fn weights(&self, inputs: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        if self.beta <= 0.0 {
            return Err(Error::invalid(self.class, "beta", "a value above 0", self.beta));
        }
        if let Some(t) = self.threshold.filter(|&t| t <= 0.0 || t > 1.0) {
            return Err(Error::invalid(self.class, "threshold", "a value above 0 and at most 1", t));
        }
        let Some((y_true, y_pred)) = inputs else { return Ok(None) };
        let (2, [_, classes]) = (y_true.rank(), &y_pred[..]) else {
            let received = format!("shapes {y_true} and {y_pred}");
            let wanted = "labels and predictions of shape (samples, classes)";
            return Err(Error::invalid(
                format!("{}.update_state", self.class),
                "y_true, y_pred",
                wanted,
                received,
            ));
        };
        let shape = match self.average {
            Some(Average::Micro) => Shape::from(()),
            _ => Shape::from([*classes]),
        };
        let names = ["true_positives", "false_positives", "false_negatives", "intermediate_weights"];
        Ok(Some(names.map(|n| Weight::new(n, shape.clone())).to_vec()))
    }

    fn update(
        &self,
        metric: &dyn Metric,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let variables = metric.state().variables(metric, Some((y_true.shape(), y_pred.shape())))?;
        let dtype = crate::DType::Float32;
        let (t, p) = (as_dtype(y_true, dtype)?, as_dtype(y_pred, dtype)?);
        let positive = match self.threshold {
            Some(threshold) => math::greater(&p, threshold)?,
            None => {
                let largest = math::greater_equal(&p, math::reduce_max(&p, -1, true)?)?;
                math::logical_and(largest, math::greater(math::abs(&p)?, 1e-9)?)?
            }
        };
        let p = math::cast(positive, dtype)?;
        let weight = match sample_weight {
            Some(w) => Some(array::expand_dims(as_dtype(w, dtype)?, 1)?),
            None => None,
        };
        let (no_p, no_t) = (math::subtract(1.0, &p)?, math::subtract(1.0, &t)?);
        let each = [math::multiply(&p, &t)?, math::multiply(&p, no_t)?, math::multiply(no_p, &t)?, t];
        for (v, x) in variables.iter().zip(each) {
            let x = match &weight {
                Some(w) => math::multiply(x, w)?,
                None => x,
            };
            let sum = match self.average {
                Some(Average::Micro) => math::reduce_sum(x, None, false)?,
                _ => math::reduce_sum(x, 0, false)?,
            };
            add_to(v, &sum)?;
        }
        Ok(())
    }

    fn result(&self, metric: &dyn Metric) -> Result<Tensor> {
        if metric.variables()?.is_empty() {
            return Err(before_update(metric));
        }
        let [hits, wrong, missed, occurring] = values(metric)?;
        let rate = |other: Tensor| math::divide(&hits, math::add(math::add(&hits, other)?, EPSILON)?);
        let (precision, recall) = (rate(wrong)?, rate(missed)?);
        let square = self.beta * self.beta;
        let sum = math::add(math::multiply(&precision, square)?, &recall)?;
        let mean = math::divide(math::multiply(precision, recall)?, math::add(sum, EPSILON)?)?;
        let score = math::multiply(mean, 1.0 + square)?;
        match self.average {
            None => Ok(score),
            Some(Average::Weighted) => {
                let all = math::add(math::reduce_sum(&occurring, None, false)?, EPSILON)?;
                math::reduce_sum(math::multiply(score, math::divide(occurring, all)?)?, None, false)
            }
            Some(_) => math::reduce_mean(score, None, false),
        }
    }
}

/// Declares a score by its arguments.
macro_rules! score {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $default:literal { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* } |$s:ident| $beta:expr
    ) => {
        metric_class! {
            $(#[doc = $doc])+
            $name (), $default, Float32 { $($(#[doc = $fdoc])+ $f: $t = $d),* } {
                /// What is made of the scores of classes; nothing by default: a list.
                average: Average,
                /// The predictions above which count as positive; by default the largest one of each sample does.
                threshold: f64,
            }
        }

        impl $name {
            fn score(&self) -> Score {
                let $s = self;
                let _ = $s;
                Score { class: Self::NAME, beta: $beta, average: self.average, threshold: self.threshold }
            }
        }

        impl Metric for $name {
            named!();

            fn weights(&self, inputs: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
                self.score().weights(inputs)
            }

            fn update_state(
                &self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                self.score().update(self, y_true, y_pred, sample_weight)
            }

            fn result(&self) -> Result<Tensor> {
                self.score().result(self)
            }
        }
    };
}

score! {
    /// The weighted harmonic mean of precision and recall.
    FBetaScore, "fbeta_score" {
        /// How much more recall counts than precision.
        beta: f64 = 1.0
    } |s| s.beta
}

score! {
    /// The harmonic mean of precision and recall.
    F1Score, "f1_score" {} |s| 1.0
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    FBetaScore ["f_beta_score"],
    F1Score ["f1_score"],
};
