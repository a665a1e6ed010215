//! Penalties on weights and outputs, which are added to the loss (`keras.regularizers`).

mod norms;
mod orthogonal;

pub use norms::{L1, L1L2, L2};
pub use orthogonal::{OrthogonalMode, OrthogonalRegularizer};

use crate::error::{Error, Result};
use crate::keras::object::{Config, Registry, bare_type_name, family};
use crate::tensor::Tensor;
use serde_json::Value;
use std::fmt;

/// Computes a penalty (`keras.regularizers.Regularizer`).
pub trait Regularizer: fmt::Debug + Send + Sync {
    /// The penalty on `x`: a scalar of its dtype.
    ///
    /// # Errors
    /// `InvalidArgument` for arguments that cannot be right, or an `x` that has none.
    fn call(&self, x: &Tensor) -> Result<Tensor>;

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again.
    fn config(&self) -> Config {
        Config::new()
    }
}

static REGISTRY: Registry<dyn Regularizer> =
    Registry::new("regularizer", "keras.regularizers", &[norms::CLASSES, orthogonal::CLASSES]);

family!(Regularizer, IntoRegularizer, REGISTRY, "regularizer", "keras.regularizers");

/// Class and configuration (`keras.regularizers.serialize`).
pub fn serialize(regularizer: &dyn Regularizer) -> Value {
    REGISTRY.serialize(regularizer.class_name(), regularizer.config())
}

/// Refuses factors that are negative or not finite.
fn check_factor(class: &str, name: &str, factor: f64) -> Result<()> {
    if factor.is_finite() && factor >= 0.0 {
        return Ok(());
    }
    Err(Error::invalid(class, name, "a finite number of at least 0", factor))
}
