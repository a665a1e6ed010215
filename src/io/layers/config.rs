//! Layers and models by their configurations alone, as TensorFlow.js writes them.

use super::{OP, downgrade, parts, upgrade};
use crate::error::{Error, ErrorKind, Result};
use crate::keras::{AnyLayer, Model, described, deserialize_layer, serialize_layer};
use serde_json::Value;

/// The layer of a class and configuration of Keras 2, as TensorFlow.js writes it.
///
/// # Errors
/// `InvalidArgument` for a class that is not known, and for arguments that do not fit.
pub fn layer_from_tfjs(config: &Value) -> Result<AnyLayer> {
    deserialize_layer(&upgrade::model(config, true)?)
}

/// Class and configuration of a layer as TensorFlow.js writes them.
///
/// # Errors
/// `Unimplemented` for layers and arguments that Keras 2 does not have.
pub fn layer_to_tfjs(layer: &AnyLayer) -> Result<Value> {
    downgrade::layer(&serialize_layer(layer)?)
}

/// The model of a topology that TensorFlow.js or Keras 2 or 3 wrote (`tf.models.modelFromJSON`), with first values for weights.
///
/// # Errors
/// `DataLoss` for text that is no JSON; `InvalidArgument` for classes that are not known, and topologies that describe no model.
pub fn model_from_tfjs(topology: &str) -> Result<Model> {
    let topology: Value = serde_json::from_str(topology)
        .map_err(|e| Error::new(ErrorKind::DataLoss, OP, format!("the topology is no JSON: {e}")))?;
    let topology = topology.get("modelTopology").unwrap_or(&topology);
    described(&parts(topology)?.0)
}
