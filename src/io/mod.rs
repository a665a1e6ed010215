//! Models in the formats of TensorFlow.js.
//!
//! A model is the text of a model.json and the bytes of the files that its manifest lists, in their order. [`load_layers_model`] makes a
//! Keras [`Model`](crate::keras::Model) of a layers model, whether Keras 2, Keras 3 or TensorFlow.js wrote it, and [`GraphModel`] is a graph of
//! TensorFlow. Nothing here opens a file or
//! asks a server but [`read_model`] and [`write_model`].

mod artifacts;
mod graph;
mod layers;
mod weights;

pub use artifacts::ModelJson;
#[cfg(not(target_family = "wasm"))]
pub use artifacts::{read_model, write_model};
pub use graph::{GraphModel, GraphTensor};
pub use layers::{
    LoadOptions, SaveOptions, layer_from_tfjs, layer_to_tfjs, load_layers_model, load_layers_model_with,
    model_from_tfjs, to_tfjs_layers_model, to_tfjs_layers_model_with,
};
pub use weights::{Quantization, Weight, WeightsEntry, WeightsGroup, decode_weights, encode_weights};
