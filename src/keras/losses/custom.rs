//! Losses of the caller's own making.

use super::{Loss, Reduction, squeeze_or_expand_to_same_rank};
use crate::error::Result;
use crate::tensor::Tensor;
use std::fmt;
use std::sync::Arc;

type Function = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync>;

/// A loss that a function computes. Made by [`from_fn`].
#[derive(Clone)]
pub struct LossFunctionWrapper {
    name: String,
    reduction: Reduction,
    function: Function,
}

/// A loss from a function of labels and predictions that gives one number a sample (`keras.losses.LossFunctionWrapper`). Before it is
/// called, a last dimension of 1 that only one of them has is removed or given to the other.
///
/// ```
/// # use wgflow::{IntoTensor, ops::math};
/// # use wgflow::keras::losses::{from_fn, Loss};
/// let sum_of_squares = from_fn("sum_of_squares", |y_true, y_pred| {
///     math::reduce_sum(math::squared_difference(y_true, y_pred)?, -1, false)
/// });
/// let loss = sum_of_squares.compute(&[[1.0, 2.0]].into_tensor(None)?, &[[2.0, 4.0]].into_tensor(None)?, None)?;
/// assert_eq!(loss.item::<f32>()?, 5.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub fn from_fn(
    name: impl Into<String>,
    function: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> LossFunctionWrapper {
    LossFunctionWrapper { name: name.into(), reduction: Reduction::default(), function: Arc::new(function) }
}

impl LossFunctionWrapper {
    /// How the losses of samples are put together.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }
}

impl Loss for LossFunctionWrapper {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let (y_true, y_pred) = squeeze_or_expand_to_same_rank(y_true, y_pred, true)?;
        (self.function)(&y_true, &y_pred)
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }
}

impl fmt::Debug for LossFunctionWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<LossFunctionWrapper({})>", self.name)
    }
}
