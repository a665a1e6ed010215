//! First values of weights (`keras.initializers`).
//!
//! Random ones are drawn on the host, so that a seed gives the same weights on every device and platform.

mod constant;
mod orthogonal;
mod qr;
mod random;
mod scaling;

pub use constant::{Constant, Identity, Ones, Zeros};
pub use orthogonal::Orthogonal;
pub use random::{RandomNormal, RandomUniform, TruncatedNormal};
pub use scaling::{
    Distribution, FanMode, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform,
    VarianceScaling,
};

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::object::{Config, Registry, bare_type_name, family};
use crate::shape::Shape;
use crate::tensor::Tensor;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Makes the first value of a weight (`keras.initializers.Initializer`).
///
/// ```
/// use wgflow::keras::initializers::{self, Initializer};
/// use wgflow::{DType, Result, Shape, Tensor, ops::array};
///
/// #[derive(Debug)]
/// struct Ramp;
///
/// impl Initializer for Ramp {
///     fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
///         array::reshape(array::range(0.0, shape.size() as f64, 1.0)?, shape)
///     }
/// }
///
/// let w = initializers::get(Ramp)?.call(&[2, 2].into(), DType::Float32)?;
/// assert_eq!(w.to_vec::<f32>()?, [0.0, 1.0, 2.0, 3.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait Initializer: fmt::Debug + Send + Sync {
    /// A value of a shape and dtype. An object that was given a seed gives the same one each time.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape or dtype that it cannot fill.
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor>;

    /// The same object for a weight whose inputs and outputs are along these axes; `None` where that makes no difference.
    fn along(&self, input_axes: &[i64], output_axes: &[i64]) -> Option<Arc<dyn Initializer>> {
        let _ = (input_axes, output_axes);
        None
    }

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again.
    fn config(&self) -> Config {
        Config::new()
    }
}

static REGISTRY: Registry<dyn Initializer> = Registry::new(
    "initializer",
    "keras.initializers",
    &[constant::CLASSES, random::CLASSES, scaling::CLASSES, orthogonal::CLASSES],
);

family!(Initializer, IntoInitializer, REGISTRY, "initializer", "keras.initializers");

/// Class and configuration (`keras.initializers.serialize`).
pub fn serialize(initializer: &dyn Initializer) -> Value {
    REGISTRY.serialize(initializer.class_name(), initializer.config())
}
