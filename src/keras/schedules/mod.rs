//! Learning rates that change while a model is trained (`keras.optimizers.schedules`).

mod cosine;
mod decay;
mod piecewise;

pub use cosine::{CosineDecay, CosineDecayRestarts};
pub use decay::{ExponentialDecay, InverseTimeDecay, PolynomialDecay};
pub use piecewise::PiecewiseConstantDecay;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::object::{Config, Registry, bare_type_name, family};
use crate::ops::math;
use crate::tensor::Tensor;
use serde_json::Value;
use std::fmt;

/// The learning rate of each step (`keras.optimizers.schedules.LearningRateSchedule`).
///
/// ```
/// use wgflow::keras::schedules::{ExponentialDecay, LearningRateSchedule};
/// use wgflow::IntoTensor;
///
/// let rate = ExponentialDecay::new(0.1, 100.0, 0.5);
/// assert!((rate.call(&200.into_tensor(None)?)?.item::<f32>()? - 0.025).abs() < 1e-7);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait LearningRateSchedule: fmt::Debug + Send + Sync {
    /// The learning rate, a float32 scalar, of a step: the number of updates before it, an integer. It is made of ops, so that a compiled
    /// training step holds it.
    ///
    /// # Errors
    /// `InvalidArgument` for arguments that cannot be right.
    fn call(&self, step: &Tensor) -> Result<Tensor>;

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again.
    fn config(&self) -> Config {
        Config::new()
    }
}

static REGISTRY: Registry<dyn LearningRateSchedule> = Registry::new(
    "learning rate schedule",
    "keras.optimizers.schedules",
    &[decay::CLASSES, cosine::CLASSES, piecewise::CLASSES],
);

family!(
    LearningRateSchedule,
    IntoLearningRateSchedule,
    REGISTRY,
    "learning rate schedule",
    "keras.optimizers.schedules"
);

/// Class and configuration (`keras.optimizers.schedules.serialize`).
pub fn serialize(schedule: &dyn LearningRateSchedule) -> Value {
    REGISTRY.serialize(schedule.class_name(), schedule.config())
}

/// Refuses a number of steps that is not above 0.
fn check_steps(class: &str, name: &str, steps: f64) -> Result<()> {
    if steps > 0.0 { Ok(()) } else { Err(Error::invalid(class, name, "a value above 0", steps)) }
}

/// The step as a float32 number.
fn as_float(step: &Tensor) -> Result<Tensor> {
    math::cast(step, DType::Float32)
}
