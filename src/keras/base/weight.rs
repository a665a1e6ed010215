//! Weights of layers: what they are asked for with, and what a layer keeps of them.

use super::arg::{ConstraintArg, InitializerArg, RegularizerArg};
use crate::dtype::DType;
use crate::shape::Shape;
use crate::tensor::Variable;
use std::cell::Cell;

/// A weight as a layer asks for it (the arguments of `Layer.add_weight`).
///
/// ```
/// # use wgflow::keras::WeightSpec;
/// let moving = WeightSpec::new("moving_mean", [8]).initializer("zeros").trainable(false);
/// # let _ = moving;
/// ```
#[derive(Clone, Debug)]
pub struct WeightSpec {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) initializer: Option<InitializerArg>,
    pub(crate) dtype: Option<DType>,
    pub(crate) trainable: bool,
    pub(crate) autocast: bool,
    pub(crate) regularizer: Option<RegularizerArg>,
    pub(crate) constraint: Option<ConstraintArg>,
    /// Whether the initializer is made anew from its configuration, so that weights of one argument differ.
    pub(crate) anew: bool,
    /// Axes of inputs and of outputs.
    pub(crate) axes: Option<(Vec<i64>, Vec<i64>)>,
}

impl WeightSpec {
    /// A trainable weight of the layer's dtype, initialised by `glorot_uniform`, or by `zeros` if its dtype is no float.
    pub fn new(name: impl Into<String>, shape: impl Into<Shape>) -> Self {
        WeightSpec {
            name: name.into(),
            shape: shape.into(),
            initializer: None,
            dtype: None,
            trainable: true,
            autocast: true,
            regularizer: None,
            constraint: None,
            anew: false,
            axes: None,
        }
    }

    /// A trainable weight with what a layer was configured with for it.
    pub(crate) fn of(
        name: &str,
        shape: impl Into<Shape>,
        initializer: &InitializerArg,
        regularizer: &Option<RegularizerArg>,
        constraint: &Option<ConstraintArg>,
    ) -> Self {
        WeightSpec {
            initializer: Some(initializer.clone()),
            regularizer: regularizer.clone(),
            constraint: constraint.clone(),
            ..Self::new(name, shape)
        }
    }

    /// With an initializer that is made anew, and axes of inputs and outputs that it counts.
    pub(crate) fn drawn_along(mut self, anew: bool, input_axes: Vec<i64>, output_axes: Vec<i64>) -> Self {
        self.anew = anew;
        self.axes = Some((input_axes, output_axes));
        self
    }

    /// Its first value.
    #[must_use]
    pub fn initializer(mut self, initializer: impl Into<InitializerArg>) -> Self {
        self.initializer = Some(initializer.into());
        self
    }

    /// Its dtype, in the place of the layer's.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// Whether optimizers change it.
    #[must_use]
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }

    /// Whether it is cast to the layer's compute dtype where it is read.
    #[must_use]
    pub fn autocast(mut self, autocast: bool) -> Self {
        self.autocast = autocast;
        self
    }

    /// A penalty on it, added to the loss.
    #[must_use]
    pub fn regularizer(mut self, regularizer: impl Into<RegularizerArg>) -> Self {
        self.regularizer = Some(regularizer.into());
        self
    }

    /// What it is made to satisfy after each update.
    #[must_use]
    pub fn constraint(mut self, constraint: impl Into<ConstraintArg>) -> Self {
        self.constraint = Some(constraint.into());
        self
    }
}

/// A weight that a layer has.
#[derive(Debug)]
pub(crate) struct Weight {
    /// Its name in the layer.
    pub(crate) name: String,
    pub(crate) variable: Variable,
    /// Whether optimizers change it; a frozen layer's are not.
    pub(crate) trainable: Cell<bool>,
    pub(crate) regularizer: Option<RegularizerArg>,
    pub(crate) constraint: Option<ConstraintArg>,
}
