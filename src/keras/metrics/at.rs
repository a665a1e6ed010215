//! One rate at the threshold where another is as wanted.

use super::class::{counted, counted_class};
use super::counts::{Counts, Selection, count, spread};
use super::state::{add_to, values};
use super::{Metric, Weight};
use crate::error::{Error, Result};
use crate::keras::object::{Class, classes};
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The variables for counts at `n` thresholds, with further dimensions.
pub(super) fn four(n: usize, labels: Option<usize>) -> Vec<Weight> {
    let shape: Shape = [n].into_iter().chain(labels).collect::<Vec<_>>().into();
    ["true_positives", "false_positives", "true_negatives", "false_negatives"]
        .map(|name| Weight::new(name, shape.clone()))
        .to_vec()
}

/// Adds counts to these variables.
pub(super) fn add_counts(variables: &[crate::Variable], counts: Counts) -> Result<()> {
    let Counts { true_positives, false_positives, true_negatives, false_negatives } = counts;
    let counts = [true_positives, false_positives, true_negatives, false_negatives];
    variables.iter().zip(counts).try_for_each(|(v, counted)| add_to(v, &counted))
}

/// `x / (x + y)`, and 0 for nothing.
pub(super) fn part(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    math::divide_no_nan(x, math::add(x, y)?)
}

/// The largest of `dependent` where `constrained` is at least `bound`, and 0 where it is nowhere.
fn best(constrained: &Tensor, dependent: &Tensor, bound: f64) -> Result<Tensor> {
    let feasible = array::where_(math::greater_equal(constrained, bound)?, dependent, 0.0)?;
    math::maximum(math::reduce_max(feasible, None, false)?, 0.0)
}

/// The rates of Keras' names.
struct Rates {
    precision: Tensor,
    recall: Tensor,
    specificity: Tensor,
}

fn rates(metric: &dyn Metric) -> Result<Rates> {
    let [tp, fp, tn, missed] = values(metric)?;
    Ok(Rates { precision: part(&tp, &fp)?, recall: part(&tp, &missed)?, specificity: part(&tn, &fp)? })
}

macro_rules! at {
    ($(#[doc = $doc:literal])+ $name:ident, $bound:ident, $held:ident, $wanted:ident) => {
        counted_class! {
            $(#[doc = $doc])+
            $name (
                /// The bound, in [0, 1].
                $bound: f64,
            ), Float32 {
                /// The number of thresholds that are tried.
                num_thresholds: i64 = 200,
            } {
                /// The class that counts; all by default.
                class_id: i64,
            }
        }

        impl Metric for $name {
            counted!();

            fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
                if !(0.0..=1.0).contains(&self.$bound) {
                    return Err(Error::invalid(Self::NAME, stringify!($bound), "a value in [0, 1]", self.$bound));
                }
                if self.num_thresholds <= 0 {
                    let wanted = "a number above 0";
                    return Err(Error::invalid(Self::NAME, "num_thresholds", wanted, self.num_thresholds));
                }
                Ok(Some(four(self.num_thresholds as usize, None)))
            }

            fn update_state(
                &self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                let variables = self.variables()?;
                let selection = Selection { class_id: self.class_id, ..Selection::default() };
                let thresholds = spread(self.num_thresholds);
                add_counts(
                    &variables,
                    count(Self::NAME, y_true, y_pred, sample_weight, &thresholds, selection)?,
                )
            }

            fn result(&self) -> Result<Tensor> {
                let rates = rates(self)?;
                best(&rates.$held, &rates.$wanted, self.$bound)
            }
        }
    };
}

at! {
    /// The best sensitivity at a threshold where specificity is at least as wanted.
    SensitivityAtSpecificity, specificity, specificity, recall
}

at! {
    /// The best specificity at a threshold where sensitivity is at least as wanted.
    SpecificityAtSensitivity, sensitivity, recall, specificity
}

at! {
    /// The best precision at a threshold where recall is at least as wanted.
    PrecisionAtRecall, recall, recall, precision
}

at! {
    /// The best recall at a threshold where precision is at least as wanted.
    RecallAtPrecision, precision, precision, recall
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    SensitivityAtSpecificity ["sensitivity_at_specificity"],
    SpecificityAtSensitivity ["specificity_at_sensitivity"],
    PrecisionAtRecall ["precision_at_recall"],
    RecallAtPrecision ["recall_at_precision"],
};
