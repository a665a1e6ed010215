//! Layers: made, called, asked for their weights.

use super::own_layer::{OwnLayer, set_maker};
use super::{json, shapes, shapes_text};
use crate::errors::Out;
use crate::handles::{self, Object};
use js_sys::{Function, Object as JsObject};
use wasm_bindgen::prelude::*;
use wgflow::io::{layer_from_tfjs, layer_to_tfjs};
use wgflow::keras::{AnyLayer, CallArgs, deserialize_layer};
use wgflow::{Result, Tensor, Variable};

/// The layer that `{class_name, config}` describes.
#[wasm_bindgen(js_name = layerNew)]
pub fn layer_new(described: &str) -> Out<u32> {
    let layer = deserialize_layer(&json("layers", "config", described)?)?;
    Ok(handles::keep(Object::Layer(layer))?)
}

/// The layer that `{class_name, config}` describes as TensorFlow.js and Keras 2 do.
#[wasm_bindgen(js_name = layerFromTfjs)]
pub fn layer_from(described: &str) -> Out<u32> {
    let layer = layer_from_tfjs(&json("layers", "config", described)?)?;
    Ok(handles::keep(Object::Layer(layer))?)
}

/// Class and configuration as TensorFlow.js and Keras 2 write them.
#[wasm_bindgen(js_name = layerToTfjs)]
pub fn layer_to(layer: u32) -> Out<String> {
    Ok(layer_to_tfjs(&handles::layer(layer)?)?.to_string())
}

/// A layer of the program's own: `{className, name, dtype, trainable, build(shapes), call(inputs, weights, training), getConfig(),
/// supportsMasking, stateSize (of a cell), inner (handles of layers that `call` uses)}`; `build` gives the JSON of a list of weights, `call` takes and gives handles.
#[wasm_bindgen(js_name = layerOwn)]
pub fn layer_own(described: JsObject) -> Out<u32> {
    Ok(handles::keep(Object::Layer(OwnLayer::read(&described)?))?)
}

/// Says who makes layers of classes that the program knows, where models are read: a function from class name and configuration (JSON) to
/// the handle of a layer, 0 for a class that it does not know.
#[wasm_bindgen(js_name = layerMaker)]
pub fn layer_maker(make: Function) {
    set_maker(make);
}

/// Runs it on tensors: handles of its outputs. `args` holds settings as JSON and `tensors` the handles of those by name.
#[wasm_bindgen(js_name = layerCall)]
pub fn layer_call(
    layer: u32,
    inputs: &[u32],
    training: bool,
    settings: &str,
    names: Vec<String>,
    tensors: &[u32],
) -> Out<Vec<u32>> {
    let layer = handles::layer(layer)?;
    let args = call_args(settings, names, handles::tensors(tensors)?)?;
    let outputs = layer.call_with(&handles::tensors(inputs)?, &args, training)?;
    Ok(handles::keep_all(outputs)?)
}

/// The arguments of a call by name.
pub(super) fn call_args<T: Clone>(settings: &str, names: Vec<String>, values: Vec<T>) -> Result<CallArgs<T>> {
    let mut args = CallArgs::new();
    if let serde_json::Value::Object(all) = json("Layer.call", "kwargs", settings)? {
        args = all.into_iter().fold(args, |args, (name, value)| args.set(name, value));
    }
    Ok(names.into_iter().zip(values).fold(args, |args, (name, value)| args.tensor(name, value)))
}

/// Which weights: `all`, `trainable`, `nonTrainable`.
#[wasm_bindgen(js_name = layerWeights)]
pub fn layer_weights(layer: u32, which: &str) -> Out<Vec<u32>> {
    let layer = handles::layer(layer)?;
    let weights = match which {
        "trainable" => layer.trainable_weights(),
        "nonTrainable" => layer.non_trainable_weights(),
        _ => layer.weights(),
    };
    let keep = |v: Variable| handles::keep(Object::Variable(v));
    Ok(weights.into_iter().map(keep).collect::<Result<Vec<u32>>>()?)
}

/// Gives its weights other values, in the order of `layerWeights`.
#[wasm_bindgen(js_name = layerSetWeights)]
pub fn layer_set_weights(layer: u32, values: &[u32]) -> Out<()> {
    let values: Vec<Tensor> = handles::tensors(values)?;
    Ok(handles::layer(layer)?.set_weights(&values)?)
}

/// Makes its weights for inputs of shapes (JSON, a list of lists), and gives the shapes of its outputs.
#[wasm_bindgen(js_name = layerOutputShapes)]
pub fn layer_output_shapes(layer: u32, inputs: &str) -> Out<String> {
    let inputs = shapes("Layer.build", inputs)?;
    Ok(shapes_text(&handles::layer(layer)?.compute_output_shape(&inputs)?))
}

/// How many numbers its weights are.
#[wasm_bindgen(js_name = layerCountParams)]
pub fn layer_count_params(layer: u32) -> Out<usize> {
    Ok(handles::layer(layer)?.count_params()?)
}

/// Whether its weights are trained.
#[wasm_bindgen(js_name = layerSetTrainable)]
pub fn layer_set_trainable(layer: u32, trainable: bool) -> Out<()> {
    handles::layer(layer)?.set_trainable(trainable);
    Ok(())
}

/// Sets what recurrent layers keep from call to call to zeros.
#[wasm_bindgen(js_name = layerResetStates)]
pub fn layer_reset_states(layer: u32) -> Out<()> {
    Ok(handles::layer(layer)?.reset_states()?)
}

/// Penalties of the last call and of regularizers.
#[wasm_bindgen(js_name = layerLosses)]
pub fn layer_losses(layer: u32) -> Out<Vec<u32>> {
    Ok(handles::keep_all(handles::layer(layer)?.losses()?)?)
}

/// Handles of layers.
pub(super) fn keep_layers(layers: Vec<AnyLayer>) -> Result<Vec<u32>> {
    layers.into_iter().map(|l| handles::keep(Object::Layer(l))).collect()
}
