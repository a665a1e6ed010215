//! What is measured while a model is trained or evaluated (`keras.metrics`).
//!
//! A metric keeps sums in variables and updates them by ops, so that updates are part of a compiled step and nothing is read back until a
//! result is wanted.

mod accuracy;
mod at;
mod auc;
mod class;
mod counts;
mod fscore;
mod iou;
mod mean;
mod probability;
mod r2;
mod regression;
mod state;

pub use crate::ops::metrics::{
    binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
};
pub use accuracy::{
    Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
};
pub use at::{PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity};
pub use auc::{AUC, Curve, Summation};
pub use counts::{
    FalseNegatives, FalsePositives, Precision, Recall, Thresholds, TrueNegatives, TruePositives,
};
pub use fscore::{Average, F1Score, FBetaScore};
pub use iou::{BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU};
pub use mean::{Mean, MeanMetricWrapper, Sum, from_fn};
pub use probability::{
    BinaryCrossentropy, CategoricalCrossentropy, CategoricalHinge, Hinge, KLDivergence, Poisson,
    SparseCategoricalCrossentropy, SquaredHinge,
};
pub use r2::{ClassAggregation, R2Score};
pub use regression::{
    ConcordanceCorrelation, CosineSimilarity, LogCoshError, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanSquaredError, MeanSquaredLogarithmicError, PearsonCorrelation, RootMeanSquaredError,
};
pub use state::{MetricState, Weight};

use crate::error::Result;
use crate::keras::losses::TargetKind;
use crate::keras::object::{Config, Registry, bare_type_name, family};
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::{Tensor, Variable};
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

/// A metric (`keras.metrics.Metric`).
///
/// ```
/// use wgflow::keras::metrics::{Metric, SparseCategoricalAccuracy};
/// use wgflow::IntoTensor;
///
/// let accuracy = SparseCategoricalAccuracy::new();
/// accuracy.update_state(&[2, 1].into_tensor(None)?, &[[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]].into_tensor(None)?, None)?;
/// assert_eq!(accuracy.result()?.item::<f32>()?, 0.5);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// One of one's own says which variables it keeps, and what it does with them:
///
/// ```
/// use wgflow::keras::metrics::{Metric, MetricState, Weight};
/// use wgflow::{IntoTensor, Result, Shape, Tensor, ops::math};
///
/// #[derive(Debug, Default)]
/// struct Largest(MetricState);
///
/// impl Metric for Largest {
///     fn name(&self) -> &str { "largest" }
///     fn state(&self) -> &MetricState { &self.0 }
///     fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
///         Ok(Some(vec![Weight::new("largest", ())]))
///     }
///     fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, _: Option<&Tensor>) -> Result<()> {
///         let error = math::reduce_max(math::abs(math::subtract(y_true, y_pred)?)?, None, false)?;
///         let largest = &self.variables()?[0];
///         largest.assign(math::maximum(largest, error)?)
///     }
///     fn result(&self) -> Result<Tensor> {
///         self.variables()?[0].value()
///     }
/// }
///
/// let largest = Largest::default();
/// largest.update_state(&[1.0, 2.0].into_tensor(None)?, &[1.5, 4.0].into_tensor(None)?, None)?;
/// assert_eq!(largest.result()?.item::<f32>()?, 2.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait Metric: fmt::Debug + Send + Sync {
    /// Its name, such as `mean_squared_error`.
    fn name(&self) -> &str;

    /// What it keeps.
    fn state(&self) -> &MetricState;

    /// The variables that it wants, which begin as zeros; `None` where that depends on the shapes of labels and predictions and these are
    /// not known yet.
    ///
    /// # Errors
    /// `InvalidArgument` for shapes and arguments that it has no meaning for.
    fn weights(&self, inputs: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>>;

    /// Adds a batch; each sample counts as often as its weight says.
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that do not fit.
    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()>;

    /// Whether what a mask of the predictions leaves out does not count: so it is for means over samples.
    fn heeds_masks(&self) -> bool {
        false
    }

    /// The value for all batches since it was made or reset.
    ///
    /// # Errors
    /// `FailedPrecondition` before the first update where that decides about shapes.
    fn result(&self) -> Result<Tensor>;

    /// Forgets all batches.
    ///
    /// # Errors
    /// `Internal` only.
    fn reset_state(&self) -> Result<()> {
        self.variables()?.iter().try_for_each(|v| v.assign(array::zeros(v.shape(), v.dtype())?))
    }

    /// Its variables; none before the first update where that decides about shapes.
    ///
    /// # Errors
    /// As [`Metric::weights`].
    fn variables(&self) -> Result<Vec<Variable>> {
        self.state().variables(self, None)
    }

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again.
    fn config(&self) -> Config {
        [("name".to_string(), json!(self.name()))].into_iter().collect()
    }
}

static REGISTRY: Registry<dyn Metric> = Registry::new(
    "metric",
    "keras.metrics",
    &[
        mean::CLASSES,
        accuracy::CLASSES,
        probability::CLASSES,
        regression::CLASSES,
        counts::CLASSES,
        at::CLASSES,
        auc::CLASSES,
        fscore::CLASSES,
        iou::CLASSES,
        r2::CLASSES,
    ],
);

family!(Metric, IntoMetric, REGISTRY, "metric", "keras.metrics");

/// Class and configuration (`keras.metrics.serialize`).
pub fn serialize(metric: &dyn Metric) -> Value {
    REGISTRY.serialize(metric.class_name(), metric.config())
}

/// The metric that `compile` takes a name for: as [`get`], but `accuracy` (or `acc`) and `crossentropy` (or `ce`) are the binary, sparse or
/// categorical ones that the shapes of labels and predictions call for, under the name that was given.
///
/// # Errors
/// As [`get`].
pub fn resolve(identifier: &str, y_true: &Shape, y_pred: &Shape) -> Result<Arc<dyn Metric>> {
    let kind = TargetKind::of(y_true, y_pred);
    Ok(match (identifier.to_lowercase().as_str(), kind) {
        ("accuracy" | "acc", TargetKind::Binary) => Arc::new(BinaryAccuracy::new().name(identifier)),
        ("accuracy" | "acc", TargetKind::Sparse) => {
            Arc::new(SparseCategoricalAccuracy::new().name(identifier))
        }
        ("accuracy" | "acc", TargetKind::Categorical) => {
            Arc::new(CategoricalAccuracy::new().name(identifier))
        }
        ("crossentropy" | "ce", TargetKind::Binary) => Arc::new(BinaryCrossentropy::new().name(identifier)),
        ("crossentropy" | "ce", TargetKind::Sparse) => {
            Arc::new(SparseCategoricalCrossentropy::new().name(identifier))
        }
        ("crossentropy" | "ce", TargetKind::Categorical) => {
            Arc::new(CategoricalCrossentropy::new().name(identifier))
        }
        _ => get(identifier)?,
    })
}

/// What [`get`] also takes: a closure under a name.
impl<F> IntoMetric for (&str, F)
where
    F: Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    fn into_object(self) -> Result<Arc<dyn Metric>> {
        Ok(Arc::new(from_fn(self.0, self.1)))
    }
}
