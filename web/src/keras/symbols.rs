//! Symbols of the functional API.

use super::layers::call_args;
use super::shape_value;
use crate::errors::Out;
use crate::handles::{self, Object};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wgflow::keras::KerasTensor;
use wgflow::{Error, Result};

/// The symbol of an input layer.
#[wasm_bindgen(js_name = layerSymbol)]
pub fn layer_symbol(layer: u32) -> Out<u32> {
    let layer = handles::layer(layer)?;
    let symbol = layer.input_symbol();
    let symbol =
        symbol.ok_or_else(|| Error::invalid("input", "layer", "an input layer", layer.class_name()))?;
    Ok(handles::keep(Object::Symbol(symbol))?)
}

/// Calls a layer on symbols: handles of the symbols that it gives.
#[wasm_bindgen(js_name = layerApply)]
pub fn layer_apply(
    layer: u32,
    inputs: &[u32],
    settings: &str,
    names: Vec<String>,
    named: &[u32],
) -> Out<Vec<u32>> {
    let args = call_args(settings, names, symbols(named)?)?;
    keep(handles::layer(layer)?.apply_with(&symbols(inputs)?, &args)?)
}

/// `{shape, dtype, name of the layer, call, index}` of a symbol as JSON; no other symbol has the same call and index.
#[wasm_bindgen(js_name = symbolInfo)]
pub fn symbol_info(symbol: u32) -> Out<String> {
    let s = handles::symbol(symbol)?;
    Ok(json!({
        "shape": shape_value(s.shape()),
        "dtype": s.dtype().name(),
        "name": s.layer().name(),
        "call": s.call_id(),
        "index": s.index(),
    })
    .to_string())
}

/// The layer that made a symbol.
#[wasm_bindgen(js_name = symbolLayer)]
pub fn symbol_layer(symbol: u32) -> Out<u32> {
    Ok(handles::keep(Object::Layer(handles::symbol(symbol)?.layer().clone()))?)
}

/// The symbols of a layer's calls: for each that is alive, how many it took, those, how many it gave, those.
#[wasm_bindgen(js_name = layerCalls)]
pub fn layer_calls(layer: u32) -> Out<Vec<u32>> {
    let mut all = vec![];
    for (inputs, outputs) in handles::layer(layer)?.symbolic_calls() {
        for part in [inputs, outputs] {
            all.push(part.len() as u32);
            all.extend(keep(part)?);
        }
    }
    Ok(all)
}

pub(super) fn symbols(all: &[u32]) -> Result<Vec<KerasTensor>> {
    all.iter().map(|h| handles::symbol(*h)).collect()
}

pub(super) fn keep(all: Vec<KerasTensor>) -> Out<Vec<u32>> {
    Ok(all.into_iter().map(|s| handles::keep(Object::Symbol(s))).collect::<Result<Vec<u32>>>()?)
}
