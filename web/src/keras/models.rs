//! Models.

use super::layers::keep_layers;
use super::symbols::{keep, symbols};
use super::{shapes, shapes_text};
use crate::errors::Out;
use crate::handles::{self, Object};
use wasm_bindgen::prelude::*;
use wgflow::keras::{Model, Sequential, model_from_json};
use wgflow::{PartialShape, Result};

/// A chain of layers, to which more can be added.
#[wasm_bindgen(js_name = sequentialNew)]
pub fn sequential_new(name: Option<String>, layers: &[u32]) -> Out<u32> {
    let layers = layers.iter().map(|l| handles::layer(*l)).collect::<Result<Vec<_>>>()?;
    let model = match name {
        Some(name) => Sequential::named(name, layers)?,
        None => Sequential::new(layers)?,
    };
    Ok(handles::keep(Object::Sequential(model))?)
}

/// Puts a layer on top.
#[wasm_bindgen(js_name = sequentialAdd)]
pub fn sequential_add(model: u32, layer: u32) -> Out<()> {
    Ok(handles::sequential(model)?.add(handles::layer(layer)?)?)
}

/// Takes the last layer away.
#[wasm_bindgen(js_name = sequentialPop)]
pub fn sequential_pop(model: u32) -> Out<()> {
    handles::sequential(model)?.pop()?;
    Ok(())
}

/// The layers between symbols.
#[wasm_bindgen(js_name = modelNew)]
pub fn model_new(inputs: &[u32], outputs: &[u32], name: Option<String>) -> Out<u32> {
    let (inputs, outputs) = (symbols(inputs)?, symbols(outputs)?);
    let model = match name {
        Some(name) => Model::functional_named(name, &inputs, &outputs)?,
        None => Model::functional(&inputs, &outputs)?,
    };
    Ok(handles::keep(Object::Model(model))?)
}

/// The model that Keras' JSON describes.
#[wasm_bindgen(js_name = modelFromJson)]
pub fn model_from(text: &str) -> Out<u32> {
    Ok(handles::keep(Object::Model(model_from_json(text)?))?)
}

/// The model as Keras' JSON.
#[wasm_bindgen(js_name = modelToJson)]
pub fn model_to_json(model: u32) -> Out<String> {
    Ok(handles::model(model)?.to_json()?)
}

/// The model that a layer is.
#[wasm_bindgen(js_name = modelOf)]
pub fn model_of(layer: u32) -> Out<u32> {
    let model = match handles::model(layer) {
        Ok(model) => model,
        Err(_) => Model::new(handles::layer(layer)?),
    };
    Ok(handles::keep(Object::Model(model))?)
}

/// The model as a layer.
#[wasm_bindgen(js_name = modelLayer)]
pub fn model_layer(model: u32) -> Out<u32> {
    Ok(handles::keep(Object::Layer(handles::model(model)?.as_layer().clone()))?)
}

/// Its layers.
#[wasm_bindgen(js_name = modelLayers)]
pub fn model_layers(model: u32) -> Out<Vec<u32>> {
    Ok(keep_layers(handles::model(model)?.layers())?)
}

/// The symbols that it begins with.
#[wasm_bindgen(js_name = modelInputs)]
pub fn model_inputs(model: u32) -> Out<Vec<u32>> {
    keep(handles::model(model)?.inputs()?)
}

/// The symbols that it ends with.
#[wasm_bindgen(js_name = modelOutputs)]
pub fn model_outputs(model: u32) -> Out<Vec<u32>> {
    keep(handles::model(model)?.outputs()?)
}

/// Makes its weights for inputs of shapes (JSON, a list of lists).
#[wasm_bindgen(js_name = modelBuild)]
pub fn model_build(model: u32, inputs: &str) -> Out<()> {
    Ok(handles::model(model)?.build_many(&shapes("Model.build", inputs)?)?)
}

/// The shapes of its outputs (JSON); `null` before it is built.
#[wasm_bindgen(js_name = modelOutputShapes)]
pub fn model_output_shapes(model: u32) -> Out<Option<String>> {
    let shapes: Option<Vec<PartialShape>> = handles::model(model)?.output_shapes();
    Ok(shapes.map(|s| shapes_text(&s)))
}

/// What it gives for a batch, compiled by itself.
#[wasm_bindgen(js_name = modelPredict)]
pub fn model_predict(model: u32, inputs: &[u32]) -> Out<Vec<u32>> {
    let outputs = handles::model(model)?.predict_on_batch(&handles::tensors(inputs)?)?;
    Ok(handles::keep_all(outputs)?)
}

/// The optimizer that it is compiled with; 0 where it is not compiled.
#[wasm_bindgen(js_name = modelOptimizer)]
pub fn model_optimizer(model: u32) -> Out<u32> {
    let model = handles::model(model)?;
    Ok(if model.compiled() { handles::keep(Object::Optimizer(model.optimizer()?))? } else { 0 })
}
