//! Keras models as layers models.

use super::names::{Place, places};
use super::{downgrade, optimizer, training};
use crate::error::{Error, ErrorKind, Result};
use crate::io::ModelJson;
use crate::io::weights::encode_weights;
use crate::keras::{Model, serialize_layer};
use crate::tensor::{Tensor, Variable};
use serde_json::json;
use std::collections::HashSet;

const OP: &str = "to_tfjs_layers_model";

/// What is written of a model.
#[derive(Clone, Copy, Debug, Default)]
pub struct SaveOptions {
    /// Whether the optimizer's state is written, too.
    pub include_optimizer: bool,
}

/// A model in TensorFlow.js' format (`LayersModel.save`): the text of its model.json and the bytes of its one file of weights,
/// `weights.bin`. TensorFlow.js opens it, its converter makes a model of Keras 2 of it, and
/// [`load_layers_model`](super::load_layers_model) reads it.
///
/// Layers of mixed precision are written as float32 ones.
///
/// # Errors
/// `FailedPrecondition` for a model that is not built; `Unimplemented` for layers and arguments that Keras 2 does not have, naming them;
/// `InvalidArgument` for weights of the same name.
pub fn to_tfjs_layers_model(model: &Model) -> Result<(String, Vec<u8>)> {
    to_tfjs_layers_model_with(model, SaveOptions::default())
}

/// As [`to_tfjs_layers_model`], with options.
///
/// # Errors
/// As there.
pub fn to_tfjs_layers_model_with(model: &Model, options: SaveOptions) -> Result<(String, Vec<u8>)> {
    if !model.built() {
        let text = format!(
            "model {} has no weights yet: call it, or build it with an input shape, before it is saved",
            model.name()
        );
        return Err(Error::new(ErrorKind::FailedPrecondition, OP, text));
    }
    let config = downgrade::layer(&serialize_layer(model)?)?;
    let places = places(model);
    let mut seen = HashSet::new();
    let mut named: Vec<(String, Variable)> = vec![];
    for place in &places {
        let name = place.tfjs_name();
        if !seen.insert(name.clone()) {
            let wanted = "names of layers that are unique, also of those in inner models";
            return Err(Error::invalid(OP, "model", wanted, format_args!("weight {name:?} twice")));
        }
        named.push((name, place.weight.variable.clone()));
    }
    let values = |all: &[(String, Variable)]| -> Result<Vec<(String, Tensor)>> {
        all.iter().map(|(n, v)| Ok((n.clone(), v.value()?))).collect()
    };
    let (mut entries, mut bytes) = encode_weights(&values(&named)?, None)?;
    if options.include_optimizer {
        let (state, more) = encode_weights(&optimizer::state(model, &named)?, Some("optimizer"))?;
        entries.extend(state);
        bytes.extend(more);
    }
    let topology = json!({ "keras_version": "2.15.0", "backend": "tensorflow", "model_config": config });
    let mut json = ModelJson::new("layers-model", topology, "weights.bin", entries);
    if let Some(training) = training::training_config(model) {
        json.set("trainingConfig", training);
    }
    Ok((json.to_string(), bytes))
}

impl Place {
    /// The name that TensorFlow.js and Keras 2 have for the weight: that of the outermost layer that is no model, without cells and
    /// without the layer in a layer for each time step.
    fn tfjs_name(&self) -> String {
        let mut parts = vec![];
        for (name, class) in self.layers() {
            match *class {
                "Sequential" | "Functional" => parts.clear(),
                _ => parts.push((name.as_str(), *class)),
            }
        }
        let in_stack = parts.iter().any(|(_, c)| *c == "StackedRNNCells");
        let wrapped = parts.first().is_some_and(|(_, c)| *c == "TimeDistributed");
        if wrapped {
            parts.truncate(1);
        }
        if !in_stack {
            parts.retain(|(_, c)| !c.ends_with("Cell"));
        }
        let own = if self.class().starts_with("DepthwiseConv") && self.own() == "kernel" {
            "depthwise_kernel"
        } else {
            self.own()
        };
        let mut name: Vec<&str> = parts.into_iter().map(|(n, _)| n).collect();
        name.push(own);
        name.join("/")
    }
}
