//! The area under a curve of rates over thresholds.

use super::at::{add_counts, four, part};
use super::class::counted_class;
use super::counts::{Selection, count, spread};
use super::state::{before_update, values};
use super::{Metric, MetricState, Weight};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::keras::object::{Class, Config, auto_name, choice, classes};
use crate::ops::losses::EPSILON;
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor};

choice! {
    /// A curve.
    Curve {
        /// Recall over the rate of false positives.
        #[default]
        Roc = "ROC" or "roc",
        /// Precision over recall.
        Pr = "PR" or "pr",
        /// Gain of precision over gain of recall.
        PrGain = "PRGAIN" or "prgain",
    }
}

choice! {
    /// The height of a curve between two of its points.
    Summation {
        /// The mean of the points; for the curve of precision and recall, that of its true form.
        #[default]
        Interpolation = "interpolation" or "Interpolation",
        /// That of the higher point.
        Majoring = "majoring" or "Majoring",
        /// That of the lower point.
        Minoring = "minoring" or "Minoring",
    }
}

counted_class! {
    /// The area under a curve of rates, in the place of which a sum over intervals between thresholds is taken.
    ///
    /// ```
    /// # use wgflow::{IntoTensor, keras::metrics::{AUC, Metric}};
    /// let auc = AUC::new().num_thresholds(3_i64);
    /// auc.update_state(&[0, 0, 1, 1].into_tensor(None)?, &[0.0, 0.5, 0.3, 0.9].into_tensor(None)?, None)?;
    /// assert_eq!(auc.result()?.item::<f32>()?, 0.75);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    AUC (), Float32 {
        /// The number of thresholds.
        num_thresholds: i64 = 200,
        /// The curve.
        curve: Curve = Curve::Roc,
        /// The height between two points.
        summation_method: Summation = Summation::Interpolation,
        /// Whether each column of predictions has an area of its own, of which the mean is taken.
        multi_label: bool = false,
        /// Whether predictions are logits.
        from_logits: bool = false,
    } {
        /// Thresholds between 0 and 1, in the place of evenly spread ones.
        thresholds: Vec<f64>,
        /// The number of columns, which the first update tells otherwise.
        num_labels: i64,
        /// The weight of each column.
        label_weights: Vec<f64>,
    }
}

impl AUC {
    fn all_thresholds(&self) -> Vec<f64> {
        let mut all = match &self.thresholds {
            Some(t) => {
                let mut t = t.clone();
                t.sort_by(f64::total_cmp);
                [0.0].into_iter().chain(t).chain([1.0]).collect()
            }
            None => spread(self.num_thresholds),
        };
        // Predictions of 0 and 1 lie between the ends.
        if let [first, .., last] = &mut all[..] {
            (*first, *last) = (-EPSILON, 1.0 + EPSILON);
        }
        all
    }

    /// The mean over columns.
    fn over_labels(&self, x: Tensor) -> Result<Tensor> {
        let sum = math::reduce_sum(x, 0, false)?;
        if !self.multi_label {
            return Ok(sum);
        }
        match &self.label_weights {
            None => math::reduce_mean(sum, None, false),
            Some(w) => {
                let w = Literal::floats(DType::Float32, [w.len()], w.clone()).into_tensor(None)?;
                let weighted = math::reduce_sum(math::multiply(sum, &w)?, None, false)?;
                math::divide_no_nan(weighted, math::reduce_sum(w, None, false)?)
            }
        }
    }
}

impl Metric for AUC {
    fn name(&self) -> &str {
        self.state.name(|| self.name.clone().unwrap_or_else(|| auto_name(Self::NAME)))
    }

    fn state(&self) -> &MetricState {
        &self.state
    }

    /// With thresholds of the caller's own, as Keras writes them: sorted, and the number that the ends make of them.
    fn config(&self) -> Config {
        let mut c = self.arguments();
        c.insert("name".into(), Metric::name(self).into());
        if self.thresholds.is_some() {
            let all = self.all_thresholds();
            c.insert("num_thresholds".into(), all.len().into());
            c.insert("thresholds".into(), all[1..all.len() - 1].into());
        }
        c
    }

    fn weights(&self, inputs: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        if self.thresholds.is_none() && self.num_thresholds <= 1 {
            let wanted = "a number above 1";
            return Err(Error::invalid(Self::NAME, "num_thresholds", wanted, self.num_thresholds));
        }
        let n = self.all_thresholds().len();
        match (self.multi_label, self.num_labels, inputs) {
            (false, Some(labels), _) => {
                Err(Error::invalid(Self::NAME, "num_labels", "nothing, without multi_label", labels))
            }
            (false, None, _) => Ok(Some(four(n, None))),
            (true, Some(labels), _) if labels > 0 => Ok(Some(four(n, Some(labels as usize)))),
            (true, Some(labels), _) => {
                Err(Error::invalid(Self::NAME, "num_labels", "a number above 0", labels))
            }
            (true, None, None) => Ok(None),
            (true, None, Some((_, y_pred))) => match y_pred[..] {
                [_, labels] => Ok(Some(four(n, Some(labels)))),
                _ => {
                    let received = format!("shape {y_pred}");
                    Err(Error::invalid(Self::NAME, "y_pred", "rank 2, with multi_label", received))
                }
            },
        }
    }

    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let variables = self.state.variables(self, Some((y_true.shape(), y_pred.shape())))?;
        let y_pred = if self.from_logits { math::sigmoid(y_pred)? } else { y_pred.clone() };
        let selection = Selection {
            multi_label: self.multi_label,
            label_weights: self.label_weights.as_deref(),
            ..Selection::default()
        };
        let thresholds = self.all_thresholds();
        add_counts(&variables, count(Self::NAME, y_true, &y_pred, sample_weight, &thresholds, selection)?)
    }

    fn result(&self) -> Result<Tensor> {
        if self.variables()?.is_empty() {
            return Err(before_update(self));
        }
        let [tp, fp, tn, missed] = values(self)?;
        let recall = part(&tp, &missed)?;
        let (x, y) = match self.curve {
            Curve::Pr if self.summation_method == Summation::Interpolation => {
                return self.over_labels(interpolated(&tp, &fp, &missed)?);
            }
            Curve::Pr => (recall, part(&tp, &fp)?),
            Curve::Roc => (part(&fp, &tn)?, recall),
            Curve::PrGain => gains(&tp, &fp, &tn, &missed)?,
        };
        let ((y0, y1), (x0, x1)) = (pairs(&y)?, pairs(&x)?);
        let height = match self.summation_method {
            Summation::Interpolation => math::divide(math::add(y0, y1)?, 2.0)?,
            Summation::Minoring => math::minimum(y0, y1)?,
            Summation::Majoring => math::maximum(y0, y1)?,
        };
        self.over_labels(math::multiply(math::subtract(x0, x1)?, height)?)
    }
}

/// What belongs to the lower and to the upper threshold of each interval.
fn pairs(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let mut size: Vec<i64> = x.shape().iter().map(|&n| n as i64).collect();
    size[0] -= 1;
    let (lower, mut upper) = (vec![0; size.len()], vec![0; size.len()]);
    upper[0] = 1;
    Ok((array::slice(x, lower, &size[..])?, array::slice(x, upper, &size[..])?))
}

/// Gains of recall and precision: what they are above those of predicting 1 always.
fn gains(tp: &Tensor, fp: &Tensor, tn: &Tensor, missed: &Tensor) -> Result<(Tensor, Tensor)> {
    let scale = math::divide_no_nan(math::add(tp, missed)?, math::add(tn, fp)?)?;
    let gain = |wrong: &Tensor, without: f64| {
        let lost = math::multiply(&scale, math::divide_no_nan(wrong, tp)?)?;
        array::where_(math::equal(tp, 0.0)?, without, math::subtract(1.0, lost)?)
    };
    Ok((math::maximum(gain(missed, 0.0)?, 0.0)?, gain(fp, 1.0)?))
}

/// The area of each interval under precision over recall, where true positives grow along with positives.
fn interpolated(tp: &Tensor, fp: &Tensor, missed: &Tensor) -> Result<Tensor> {
    let ((tp0, tp1), (_, missed)) = (pairs(tp)?, pairs(missed)?);
    let grown = math::subtract(tp0, &tp1)?;
    let (p0, p1) = pairs(&math::add(tp, fp)?)?;
    let slope = math::divide_no_nan(&grown, math::maximum(math::subtract(&p0, &p1)?, 0.0)?)?;
    let intercept = math::subtract(&tp1, math::multiply(&slope, &p1)?)?;
    let both = math::logical_and(math::greater(&p0, 0.0)?, math::greater(&p1, 0.0)?)?;
    let ratio =
        array::where_(both, math::divide_no_nan(p0, math::maximum(&p1, 0.0)?)?, array::ones_like(&p1)?)?;
    let area = math::add(grown, math::multiply(intercept, math::log(ratio)?)?)?;
    math::divide_no_nan(math::multiply(slope, area)?, math::maximum(math::add(tp1, missed)?, 0.0)?)
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! { AUC ["auc"] };
