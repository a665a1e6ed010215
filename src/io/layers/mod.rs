//! Layers models: Keras models in TensorFlow.js' format.

mod config;
mod downgrade;
mod masks;
mod names;
mod nodes;
mod optimizer;
mod training;
mod upgrade;
mod write;

pub use config::{layer_from_tfjs, layer_to_tfjs, model_from_tfjs};
pub use write::{SaveOptions, to_tfjs_layers_model, to_tfjs_layers_model_with};

use super::ModelJson;
use crate::error::{Error, ErrorKind, Result};
use crate::keras::{Model, assign_all, described};
use serde_json::Value;

const OP: &str = "load_layers_model";

/// How a layers model is loaded.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// Whether weights that are missing in the files, and those that the model has no place for, are errors. Otherwise the former keep
    /// their first values.
    pub strict: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions { strict: true }
    }
}

/// The model of a model.json and its files of weights (`tf.loadLayersModel`), which TensorFlow.js, or its converter from Keras 2 or 3, wrote.
///
/// `weights` are the bytes of the files in the order of [`ModelJson::paths`], or all bytes in one piece. Where the file says what the model
/// was trained with, it is compiled, and the optimizer's state is restored; what of that is unknown leaves it uncompiled, with a warning in
/// the log.
///
/// # Errors
/// `DataLoss` for text that is no JSON and for files that are truncated or of another model; `InvalidArgument` for classes that are not
/// known, topologies that describe no model, weights that are missing, unexpected or of another shape; `FailedPrecondition` for a model
/// without an input shape.
pub fn load_layers_model<B: AsRef<[u8]>>(json: &str, weights: &[B]) -> Result<Model> {
    load_layers_model_with(json, weights, LoadOptions::default())
}

/// As [`load_layers_model`], with options.
///
/// # Errors
/// As there, but for what the options allow.
pub fn load_layers_model_with<B: AsRef<[u8]>>(
    json: &str,
    weights: &[B],
    options: LoadOptions,
) -> Result<Model> {
    let json = ModelJson::parse(json)?;
    let weights = json.weights(weights)?;
    let topology = json.topology("layers-model")?;
    let (config, compiled) = parts(topology)?;
    let model = described(&config)?;
    if !model.built() {
        let text =
            format!("model {} says no input shape, so that it has no weights to be loaded", model.name());
        return Err(Error::new(ErrorKind::FailedPrecondition, OP, text));
    }
    let places = names::places(&model);
    let found = names::find(&places, &weights, options.strict)?;
    let values = found.iter().map(|(_, w)| w.literal()).collect::<Result<Vec<_>>>()?;
    let pairs: Vec<_> = found.iter().map(|(p, _)| &p.weight.variable).zip(&values).collect();
    assign_all(OP, &pairs)?;
    let training = json.get("trainingConfig").or(topology.get("training_config")).filter(|t| !t.is_null());
    let compiled = match training {
        Some(t) => Some(training::compile_config(t)),
        None => compiled,
    };
    if let Some(compiled) = compiled {
        let restored =
            training::compile(&model, &compiled).and_then(|()| optimizer::restore(&model, &found, &weights));
        if let Err(e) = restored {
            log::warn!("{OP}: the model cannot be trained on as it was: {e}");
        }
    }
    Ok(model)
}

/// The model's configuration in the schema of Keras 3, and what it was compiled with, if it is said there.
fn parts(topology: &Value) -> Result<(Value, Option<Value>)> {
    let config = topology.get("model_config").filter(|c| !c.is_null()).unwrap_or(topology);
    let version = topology.get("keras_version").and_then(Value::as_str).unwrap_or_default();
    if !version.starts_with('3') && !upgrade::is_keras_3(config) {
        return Ok((upgrade::model(config, version.starts_with("tfjs"))?, None));
    }
    let mut config = config.clone();
    masks::simplify(&mut config);
    let compiled = config.as_object_mut().and_then(|c| c.remove("compile_config"));
    Ok((config, compiled.filter(|c| c.get("optimizer").is_some_and(|o| !o.is_null()))))
}
