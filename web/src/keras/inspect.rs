//! What layers and models say of themselves.

use super::json;
use crate::errors::Out;
use crate::handles;
use serde_json::json as value;
use wasm_bindgen::prelude::*;
use wgflow::keras::{Model, Summary, serialize_layer};

/// `{id, name, className, trainable, built, dtype, path}` as JSON.
#[wasm_bindgen(js_name = layerInfo)]
pub fn layer_info(layer: u32) -> Out<String> {
    let layer = handles::layer(layer)?;
    let info = value!({
        "id": layer.id(),
        "name": layer.name(),
        "className": layer.class_name(),
        "trainable": layer.trainable(),
        "built": layer.built(),
        "dtype": layer.dtype_policy().compute_dtype().name(),
        "path": layer.path(),
    });
    Ok(info.to_string())
}

/// The layers in a layer.
#[wasm_bindgen(js_name = layerInner)]
pub fn layer_inner(layer: u32) -> Out<Vec<u32>> {
    Ok(super::layers::keep_layers(Model::new(handles::layer(layer)?).layers())?)
}

/// Class and configuration, as Keras writes them.
#[wasm_bindgen(js_name = layerConfig)]
pub fn layer_config(layer: u32) -> Out<String> {
    Ok(serialize_layer(&handles::layer(layer)?)?.to_string())
}

/// The table of a model's layers; options are `{lineLength, expandNested, showTrainable}` as JSON.
#[wasm_bindgen(js_name = modelSummary)]
pub fn model_summary(model: u32, options: &str) -> Out<String> {
    let options = json("summary", "options", options)?;
    let flag = |name: &str| options.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
    let summary = Summary {
        line_length: options.get("lineLength").and_then(serde_json::Value::as_u64).map(|n| n as usize),
        expand_nested: flag("expandNested"),
        show_trainable: flag("showTrainable"),
    };
    Ok(handles::model(model)?.summary_text(&summary)?)
}
