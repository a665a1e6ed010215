//! Models: chains and graphs of layers, and layers that are models.

mod auto;
mod config;
mod functional;
mod graph;
mod model;
mod sequential;
mod summary;
mod table;

pub use model::Model;
pub(crate) use model::{output_names, run_model};
pub use sequential::Sequential;
pub use summary::Summary;

use super::base::AnyLayer;
use super::object::Config;
use crate::error::Result;

/// Keras' module of a class of models; nothing for other classes.
pub(crate) fn module_of(class: &str) -> Option<&'static str> {
    match class {
        "Sequential" => Some("keras"),
        "Functional" => Some("keras.src.models.functional"),
        _ => None,
    }
}

/// The model that a configuration describes; nothing for classes that are no models.
pub(crate) fn deserialize_model(class: &str, config: &Config) -> Option<Result<AnyLayer>> {
    let made = match class {
        "Sequential" => sequential::Chain::from_config(config),
        "Functional" | "Model" => functional::Functional::from_config(config),
        _ => return None,
    };
    Some(made.and_then(|layer| {
        if config.get("trainable").and_then(serde_json::Value::as_bool) == Some(false) {
            layer.set_trainable(false);
        }
        if let Some(policy) = config.get("dtype") {
            layer.set_dtype_policy(super::base::read_policy(class, policy)?);
        }
        Ok(layer)
    }))
}
