//! What training makes small (`keras.losses`): classes with a reduction and weights, and the functions beneath them.

mod binary;
mod categorical;
mod class;
mod custom;
mod hinge;
mod overlap;
mod probability;
mod reduce;
mod regression;
mod weights;

pub use crate::ops::losses::{
    binary_crossentropy, binary_focal_crossentropy, categorical_crossentropy, categorical_focal_crossentropy,
    categorical_hinge, cosine_similarity, dice, hinge, huber, kl_divergence, log_cosh, mean_absolute_error,
    mean_absolute_percentage_error, mean_squared_error, mean_squared_logarithmic_error, poisson,
    sparse_categorical_crossentropy, squared_hinge, tversky,
};
pub use binary::{BinaryCrossentropy, BinaryFocalCrossentropy};
pub use categorical::{CategoricalCrossentropy, CategoricalFocalCrossentropy, SparseCategoricalCrossentropy};
pub use custom::{LossFunctionWrapper, from_fn};
pub use hinge::{CategoricalHinge, Hinge, SquaredHinge};
pub use overlap::{Dice, Tversky};
pub use probability::{KLDivergence, Poisson};
pub(in crate::keras) use reduce::as_dtype;
pub use reduce::{Reduction, apply_mask, reduce_weighted_values, squeeze_or_expand_to_same_rank};
pub use regression::{
    CosineSimilarity, Huber, LogCosh, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError,
};
pub use weights::class_weight_to_sample_weights;

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::object::{Config, Registry, bare_type_name, family};
use crate::shape::Shape;
use crate::tensor::Tensor;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

/// A loss (`keras.losses.Loss`): one number a sample, and how samples are put together.
///
/// ```
/// use wgflow::keras::losses::{Loss, MeanSquaredError, Reduction};
/// use wgflow::IntoTensor;
///
/// let (y_true, y_pred) = ([[1.0, 2.0], [0.0, 0.0]].into_tensor(None)?, [[2.0, 4.0], [0.0, 2.0]].into_tensor(None)?);
/// assert_eq!(MeanSquaredError::new().compute(&y_true, &y_pred, None)?.item::<f32>()?, 2.25);
/// let each = MeanSquaredError::new().reduction(Reduction::None);
/// assert_eq!(each.compute(&y_true, &y_pred, None)?.to_vec::<f32>()?, [2.5, 2.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// A loss of one's own says how a sample's is computed:
///
/// ```
/// use wgflow::keras::losses::{self, Loss};
/// use wgflow::{IntoTensor, Result, Tensor, ops::math};
///
/// #[derive(Debug)]
/// struct Fourth;
///
/// impl Loss for Fourth {
///     fn name(&self) -> &str { "fourth" }
///     fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
///         math::reduce_mean(math::pow(math::subtract(y_true, y_pred)?, 4.0)?, -1, false)
///     }
/// }
///
/// let loss = losses::get(Fourth)?;
/// assert_eq!(loss.compute(&[[1.0], [2.0]].into_tensor(None)?, &[[0.0], [0.0]].into_tensor(None)?, None)?.item::<f32>()?, 8.5);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait Loss: fmt::Debug + Send + Sync {
    /// Its name, such as `mean_squared_error`.
    fn name(&self) -> &str;

    /// The loss of each sample (`call`): what is left of the predictions' shape is reduced by [`Loss::compute`].
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that do not fit.
    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor>;

    /// How the losses of samples are put together.
    fn reduction(&self) -> Reduction {
        Reduction::SumOverBatchSize
    }

    /// The dtype that labels and predictions are converted to.
    fn dtype(&self) -> DType {
        DType::Float32
    }

    /// Which of the losses of [`Loss::call`] count, of all `None`.
    ///
    /// # Errors
    /// As [`Loss::call`].
    fn mask(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Option<Tensor>> {
        let _ = (y_true, y_pred);
        Ok(None)
    }

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again.
    fn config(&self) -> Config {
        use crate::keras::object::Setting;
        [("name".to_string(), json!(self.name())), ("reduction".to_string(), self.reduction().write())]
            .into_iter()
            .collect()
    }

    /// The loss of a batch (`__call__`): a scalar, unless the reduction is none. Each sample's loss is multiplied by its weight.
    ///
    /// # Errors
    /// As [`Loss::call`]; `InvalidArgument` for weights whose shape does not broadcast.
    fn compute(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<Tensor> {
        self.compute_masked(y_true, y_pred, sample_weight, None)
    }

    /// As [`Loss::compute`], where only what `mask` says counts: the loss is that of the batch without the rest.
    ///
    /// # Errors
    /// As [`Loss::compute`].
    fn compute_masked(
        &self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let dtype = self.dtype();
        let (y_true, y_pred) = (reduce::as_dtype(y_true, dtype)?, reduce::as_dtype(y_pred, dtype)?);
        let losses = self.call(&y_true, &y_pred)?;
        let own = self.mask(&y_true, &y_pred)?;
        let mask = reduce::both_masks(mask, own.as_ref())?;
        reduce_weighted_values(&losses, sample_weight, mask.as_ref(), self.reduction(), dtype)
    }
}

static REGISTRY: Registry<dyn Loss> = Registry::new(
    "loss",
    "keras.losses",
    &[
        regression::CLASSES,
        hinge::CLASSES,
        probability::CLASSES,
        binary::CLASSES,
        categorical::CLASSES,
        overlap::CLASSES,
    ],
);

family!(Loss, IntoLoss, REGISTRY, "loss", "keras.losses");

/// Class and configuration (`keras.losses.serialize`).
pub fn serialize(loss: &dyn Loss) -> Value {
    REGISTRY.serialize(loss.class_name(), loss.config())
}

/// The loss that `compile` takes a name for: as [`get`], and `crossentropy` (or `ce`) is the binary, sparse or categorical one that the
/// shapes of labels and predictions call for.
///
/// # Errors
/// As [`get`].
pub fn resolve(identifier: &str, y_true: &Shape, y_pred: &Shape) -> Result<Arc<dyn Loss>> {
    if !["crossentropy", "ce"].contains(&identifier.to_lowercase().as_str()) {
        return get(identifier);
    }
    get(match TargetKind::of(y_true, y_pred) {
        TargetKind::Binary => "binary_crossentropy",
        TargetKind::Sparse => "sparse_categorical_crossentropy",
        TargetKind::Categorical => "categorical_crossentropy",
    })
}

/// What labels are, as far as shapes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::keras) enum TargetKind {
    /// One probability a sample.
    Binary,
    /// Class numbers.
    Sparse,
    /// A value for each class.
    Categorical,
}

impl TargetKind {
    pub(in crate::keras) fn of(y_true: &Shape, y_pred: &Shape) -> Self {
        let (t, p) = (y_true.last().copied().unwrap_or(1), y_pred.last().copied().unwrap_or(1));
        if p == 1 {
            TargetKind::Binary
        } else if y_true.rank() < y_pred.rank() || t == 1 {
            TargetKind::Sparse
        } else {
            TargetKind::Categorical
        }
    }
}

/// What [`get`] also takes: a closure under a name.
impl<F> IntoLoss for (&str, F)
where
    F: Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    fn into_object(self) -> Result<Arc<dyn Loss>> {
        Ok(Arc::new(from_fn(self.0, self.1)))
    }
}
