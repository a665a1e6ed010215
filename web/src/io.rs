//! Models in TensorFlow.js' formats.

use crate::errors::Out;
use crate::handles::{self, Object};
use js_sys::{Array, Uint8Array};
use serde_json::{Value, json};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wgflow::io::{GraphModel, GraphTensor, LoadOptions, SaveOptions};
use wgflow::io::{load_layers_model_with, model_from_tfjs, to_tfjs_layers_model_with};

/// The layers model of a model.json and the bytes of its weights in one piece.
#[wasm_bindgen(js_name = layersModelFromParts)]
pub fn layers_model_from_parts(text: &str, weights: &[u8], strict: bool) -> Out<u32> {
    let model = load_layers_model_with(text, &[weights], LoadOptions { strict })?;
    Ok(handles::keep(Object::Model(model))?)
}

/// The layers model of a topology, with first values for weights.
#[wasm_bindgen(js_name = layersModelFromTopology)]
pub fn layers_model_from_topology(text: &str) -> Out<u32> {
    Ok(handles::keep(Object::Model(model_from_tfjs(text)?))?)
}

/// A model as a layers model: the text of model.json, and the bytes of its weights.
#[wasm_bindgen(js_name = layersModelToParts)]
pub fn layers_model_to_parts(model: u32, include_optimizer: bool) -> Out<Array> {
    let (text, bytes) =
        to_tfjs_layers_model_with(&handles::model(model)?, SaveOptions { include_optimizer })?;
    Ok(Array::of2(&text.into(), &Uint8Array::from(&bytes[..]).into()))
}

/// The graph model of a model.json and the bytes of its weights in one piece.
#[wasm_bindgen(js_name = graphModelFromParts)]
pub fn graph_model_from_parts(text: &str, weights: &[u8]) -> Out<u32> {
    let model = GraphModel::from_parts(text, &[weights])?;
    Ok(handles::keep(Object::Graph(Rc::new(model)))?)
}

/// `{inputs, outputs, nodes}` as JSON; an input or output is `{key, name, shape, dtype}`.
#[wasm_bindgen(js_name = graphModelInfo)]
pub fn graph_model_info(model: u32) -> Out<String> {
    let model = handles::graph(model)?;
    let end = |t: &GraphTensor| {
        let shape = t.shape.as_ref().map(crate::keras::shape_value);
        json!({ "key": t.key, "name": t.name, "shape": shape, "dtype": t.dtype.map(|d| d.name()) })
    };
    let ends = |all: &[GraphTensor]| all.iter().map(end).collect::<Value>();
    Ok(json!({ "inputs": ends(model.inputs()), "outputs": ends(model.outputs()), "nodes": model.nodes() })
        .to_string())
}

/// Runs it on tensors by name, up to nodes by name; without any, up to its outputs.
#[wasm_bindgen(js_name = graphModelExecute)]
pub fn graph_model_execute(
    model: u32,
    names: Vec<String>,
    inputs: &[u32],
    outputs: Vec<String>,
) -> Out<Vec<u32>> {
    let inputs = handles::tensors(inputs)?;
    let named: Vec<_> = names.iter().map(String::as_str).zip(&inputs).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    Ok(handles::keep_all(handles::graph(model)?.execute(&named, &outputs)?)?)
}

/// As `graphModelExecute`, for graphs whose shapes and branches depend on values: these are waited for.
#[wasm_bindgen(js_name = graphModelExecuteAsync)]
pub async fn graph_model_execute_async(
    model: u32,
    names: Vec<String>,
    inputs: Vec<u32>,
    outputs: Vec<String>,
) -> Out<Vec<u32>> {
    let inputs = handles::tensors(&inputs)?;
    let named: Vec<_> = names.iter().map(String::as_str).zip(&inputs).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let model = handles::graph(model)?;
    Ok(handles::keep_all(model.execute_async(&named, &outputs).await?)?)
}
