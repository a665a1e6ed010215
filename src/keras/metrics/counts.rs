//! Counts of true and false, positive and negative predictions at thresholds.

use super::class::{counted, counted_class};
use super::state::add_to;
use super::{Metric, Weight};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::keras::losses::{as_dtype, squeeze_or_expand_to_same_rank};
use crate::keras::object::{Class, Setting, classes};
use crate::ops::losses::EPSILON;
use crate::ops::{array, math, nn};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor};
use serde_json::Value;

/// What predictions are kept at with `top_k` that are not among the best: below every threshold that there is without thresholds.
const LOWEST: f64 = -1e10;

/// Thresholds of a metric: one, or a list, which gives a list of results.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    values: Vec<f64>,
    one: bool,
}

impl From<f64> for Thresholds {
    fn from(v: f64) -> Self {
        Thresholds { values: vec![v], one: true }
    }
}

impl From<Vec<f64>> for Thresholds {
    fn from(values: Vec<f64>) -> Self {
        Thresholds { values, one: false }
    }
}

impl<const N: usize> From<[f64; N]> for Thresholds {
    fn from(values: [f64; N]) -> Self {
        values.to_vec().into()
    }
}

impl Setting for Thresholds {
    const WANTED: &'static str = "a number or a list of numbers";
    fn read(v: &Value) -> Option<Self> {
        match v.as_f64() {
            Some(v) => Some(v.into()),
            None => Vec::<f64>::read(v).map(Thresholds::from),
        }
    }
    fn write(&self) -> Value {
        match (&self.values[..], self.one) {
            ([v], true) => Value::from(*v),
            (all, _) => Value::from(all),
        }
    }
}

/// The values of thresholds, which must be in [0, 1]; without any there is one.
pub(super) fn parse(class: &str, thresholds: &Option<Thresholds>, default: f64) -> Result<Vec<f64>> {
    let Some(t) = thresholds else { return Ok(vec![default]) };
    match t.values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
        None => Ok(t.values.clone()),
        Some(v) => Err(Error::invalid(class, "thresholds", "values in [0, 1]", v)),
    }
}

/// `n` thresholds evenly spread over [0, 1]; 0.5 for one.
pub(super) fn spread(n: i64) -> Vec<f64> {
    if n == 1 { vec![0.5] } else { (0..n).map(|i| i as f64 / (n - 1) as f64).collect() }
}

/// Whether thresholds are so spread, which Keras counts by numbers of intervals and not by comparing.
fn is_even(thresholds: &[f64]) -> bool {
    let last = thresholds.len().saturating_sub(1) as f64;
    let close = |(i, t): (usize, &f64)| {
        let even = i as f64 / last;
        (t - even).abs() <= EPSILON + 1e-5 * even.abs()
    };
    thresholds.len() >= 3 && thresholds.iter().enumerate().all(close)
}

/// What of predictions is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selection<'a> {
    /// Only the best of each sample are positive.
    pub(super) top_k: Option<i64>,
    /// Only this class counts.
    pub(super) class_id: Option<i64>,
    /// Each column has counts of its own.
    pub(super) multi_label: bool,
    /// The weight of each column.
    pub(super) label_weights: Option<&'a [f64]>,
}

/// Counts of a batch at each threshold.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) true_positives: Tensor,
    pub(super) false_positives: Tensor,
    pub(super) true_negatives: Tensor,
    pub(super) false_negatives: Tensor,
}

/// Counts a batch: one number a threshold, or one for each threshold and column.
pub(super) fn count(
    class: &str,
    y_true: &Tensor,
    y_pred: &Tensor,
    sample_weight: Option<&Tensor>,
    thresholds: &[f64],
    selection: Selection<'_>,
) -> Result<Counts> {
    let (t, p) = (as_dtype(y_true, DType::Float32)?, as_dtype(y_pred, DType::Float32)?);
    let (mut p, mut t) = squeeze_or_expand_to_same_rank(&p, &t, true)?;
    let mut weight = None;
    if let Some(w) = sample_weight {
        let w = array::expand_dims(as_dtype(w, DType::Float32)?, -1)?;
        weight = Some(squeeze_or_expand_to_same_rank(&t, &w, false)?.1);
    }
    if let Some(k) = selection.top_k {
        p = only_top(&p, k)?;
    }
    if let Some(id) = selection.class_id {
        (t, p) = (column(class, &t, id)?, column(class, &p, id)?);
    }
    if p.shape() != t.shape() {
        let wanted = format!("the shape of y_pred, {}", p.shape());
        return Err(Error::invalid(format!("{class}.update_state"), "y_true", wanted, t.shape()));
    }
    let mut weight = weight.map(|w| array::broadcast_to(w, p.shape())).transpose()?;
    if let (Some(l), false) = (selection.label_weights, selection.multi_label) {
        let l = array::broadcast_to(Literal::floats(DType::Float32, [l.len()], l.to_vec()), p.shape())?;
        weight = Some(match weight {
            Some(w) => math::multiply(w, l)?,
            None => l,
        });
    }
    let weight = match weight {
        Some(w) => w,
        None => array::ones(p.shape(), DType::Float32)?,
    };
    // Thresholds stand in a dimension before those of the predictions.
    let flat: Vec<i64> = match (selection.multi_label, &p.shape()[..]) {
        (true, [n, labels]) => vec![1, *n as i64, *labels as i64],
        (true, other) => {
            let received = format!("shape {}", Shape::from(other.to_vec()));
            return Err(Error::invalid(class, "y_pred", "rank 2, with multi_label", received));
        }
        (false, _) => vec![1, -1],
    };
    let is_true = array::reshape(math::not_equal(&t, 0.0)?, &flat)?;
    let (p, weight) = (array::reshape(&p, &flat)?, array::reshape(&weight, &flat)?);
    let is_positive = positive(&p, thresholds, flat.len())?;
    let nothing = array::zeros_like(&weight)?;
    let (trues, falses) =
        (array::where_(&is_true, &weight, &nothing)?, array::where_(&is_true, &nothing, &weight)?);
    let sum_where = |wanted: bool, weights: &Tensor| {
        let picked = if wanted {
            array::where_(&is_positive, weights, 0.0)?
        } else {
            array::where_(&is_positive, 0.0, weights)?
        };
        math::reduce_sum(picked, 1, false)
    };
    Ok(Counts {
        true_positives: sum_where(true, &trues)?,
        false_positives: sum_where(true, &falses)?,
        true_negatives: sum_where(false, &falses)?,
        false_negatives: sum_where(false, &trues)?,
    })
}

/// Where predictions lie above each threshold.
fn positive(p: &Tensor, thresholds: &[f64], rank: usize) -> Result<Tensor> {
    let n = thresholds.len();
    let mut shape = vec![1; rank];
    shape[0] = n;
    let even = match thresholds {
        [first, inner @ .., last] if n >= 3 => {
            let ends = [first.max(0.0)].into_iter().chain(inner.iter().copied()).chain([last.min(1.0)]);
            is_even(&ends.collect::<Vec<_>>())
        }
        _ => false,
    };
    if !even {
        let thresholds = Literal::floats(DType::Float32, shape, thresholds.to_vec()).into_tensor(None)?;
        return math::greater(p, thresholds);
    }
    // As Keras: the number of the interval between thresholds that a prediction lies in.
    let p = math::clip_by_value(p, 0.0, 1.0)?;
    let mut interval = math::subtract(math::ceil(math::multiply(p, (n - 1) as f64)?)?, 1.0)?;
    if thresholds[0] < 0.0 || thresholds[n - 1] > 1.0 {
        interval = math::maximum(interval, 0.0)?;
    }
    let numbers = Literal::floats(DType::Float32, shape, (0..n).map(|i| i as f64).collect());
    math::greater_equal(interval, numbers.into_tensor(None)?)
}

/// The `k` largest values of each row; the others far below.
fn only_top(p: &Tensor, k: i64) -> Result<Tensor> {
    let classes = p.shape().last().copied().unwrap_or(1) as i64;
    let (_, best) = nn::top_k(p, k, true)?;
    let best = math::reduce_sum(array::one_hot(best, classes, None, None, -1, DType::Float32)?, -2, false)?;
    let rest = math::multiply(math::subtract(1.0, &best)?, LOWEST)?;
    math::add(math::multiply(p, best)?, rest)
}

/// One class of each sample.
fn column(class: &str, x: &Tensor, id: i64) -> Result<Tensor> {
    let classes = match &x.shape()[..] {
        [_, .., classes] => *classes as i64,
        _ => {
            let wanted = "predictions of shape (samples, classes), with class_id";
            return Err(Error::invalid(class, "y_pred", wanted, format_args!("shape {}", x.shape())));
        }
    };
    if !(-classes..classes).contains(&id) {
        return Err(Error::invalid(class, "class_id", format_args!("a number below {classes}"), id));
    }
    array::gather(x, [id.rem_euclid(classes)], -1, 0)
}

/// Adds one of the counts to the variable of a metric.
fn update_count(
    metric: &dyn Metric,
    thresholds: &[f64],
    batch: [&Tensor; 2],
    sample_weight: Option<&Tensor>,
    pick: fn(Counts) -> Tensor,
) -> Result<()> {
    let variables = metric.variables()?;
    let [y_true, y_pred] = batch;
    let counts = count(metric.class_name(), y_true, y_pred, sample_weight, thresholds, Selection::default())?;
    let counted = pick(counts);
    variables.iter().try_for_each(|v| add_to(v, &counted))
}

/// The only one of a list of results where there is one threshold.
pub(super) fn unlisted(result: Tensor) -> Result<Tensor> {
    if result.shape()[..] == [1] { array::reshape(result, ()) } else { Ok(result) }
}

macro_rules! count_metric {
    ($(#[doc = $doc:literal])+ $name:ident, $which:ident) => {
        counted_class! {
            $(#[doc = $doc])+
            $name (), Float32 {} {
                /// The predictions above which count as positive; 0.5 by default.
                thresholds: Thresholds,
            }
        }

        impl Metric for $name {
            counted!();

            fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
                let n = parse(Self::NAME, &self.thresholds, 0.5)?.len();
                Ok(Some(vec![Weight::new("accumulator", [n])]))
            }

            fn update_state(
                &self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                let thresholds = parse(Self::NAME, &self.thresholds, 0.5)?;
                update_count(self, &thresholds, [y_true, y_pred], sample_weight, |c| c.$which)
            }

            fn result(&self) -> Result<Tensor> {
                let [counted] = super::state::values(self)?;
                unlisted(counted)
            }
        }
    };
}

count_metric! {
    /// How many predictions of 1 are right.
    TruePositives, true_positives
}

count_metric! {
    /// How many predictions of 1 are wrong.
    FalsePositives, false_positives
}

count_metric! {
    /// How many predictions of 0 are right.
    TrueNegatives, true_negatives
}

count_metric! {
    /// How many predictions of 0 are wrong.
    FalseNegatives, false_negatives
}

/// Declares precision and recall, which differ in what is set against true positives.
macro_rules! part_metric {
    ($(#[doc = $doc:literal])+ $name:ident, $other:ident) => {
        counted_class! {
            $(#[doc = $doc])+
            $name (), Float32 {} {
                /// The predictions above which count as positive; by default 0.5, or all with `top_k`.
                thresholds: Thresholds,
                /// How many of a sample's predictions, the best, can be positive.
                top_k: i64,
                /// The class that counts; all by default.
                class_id: i64,
            }
        }

        impl $name {
            fn thresholds_or_default(&self) -> Result<Vec<f64>> {
                parse(Self::NAME, &self.thresholds, if self.top_k.is_some() { LOWEST } else { 0.5 })
            }
        }

        impl Metric for $name {
            counted!();

            fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
                let n = self.thresholds_or_default()?.len();
                Ok(Some(vec![Weight::new("true_positives", [n]), Weight::new(stringify!($other), [n])]))
            }

            fn update_state(
                &self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                let thresholds = self.thresholds_or_default()?;
                let selection =
                    Selection { top_k: self.top_k, class_id: self.class_id, ..Selection::default() };
                let counts = count(Self::NAME, y_true, y_pred, sample_weight, &thresholds, selection)?;
                let variables = self.variables()?;
                variables
                    .iter()
                    .zip([counts.true_positives, counts.$other])
                    .try_for_each(|(v, counted)| add_to(v, &counted))
            }

            fn result(&self) -> Result<Tensor> {
                let [hits, other] = super::state::values(self)?;
                unlisted(math::divide_no_nan(&hits, math::add(&hits, other)?)?)
            }
        }
    };
}

part_metric! {
    /// What part of the predictions of 1 is right.
    Precision, false_positives
}

part_metric! {
    /// What part of the labels 1 is predicted.
    Recall, false_negatives
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    TruePositives ["true_positives"],
    FalsePositives ["false_positives"],
    TrueNegatives ["true_negatives"],
    FalseNegatives ["false_negatives"],
    Precision ["precision"],
    Recall ["recall"],
};
