//! The one call through which every op goes.

use crate::attrs::args;
use crate::errors::Out;
use crate::handles;
use std::collections::HashMap;
use wasm_bindgen::prelude::*;
use wgflow::ops::{by_name, rows};
use wgflow::tensor::{Row, run};
use wgflow::{Result, Tensor};

thread_local! {
    static ROWS: HashMap<&'static str, &'static Row> = rows().map(|r| (r.info.name, r)).collect();
}

/// Runs op `name` of the registry on tensors, with the properties of `attrs` as attributes: handles of its results.
#[wasm_bindgen]
pub fn call(name: &str, inputs: &[u32], attrs: &JsValue) -> Out<Vec<u32>> {
    let inputs = handles::tensors(inputs)?;
    Ok(handles::keep_all(issue(name, &inputs, attrs)?)?)
}

fn issue(name: &str, inputs: &[Tensor], attrs: &JsValue) -> Result<Vec<Tensor>> {
    let args = args(name, attrs)?;
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    let op = match ROWS.with(|r| r.get(name).copied()) {
        Some(row) => row.make(&args)?,
        None => by_name(name, &args)?,
    };
    run(&*op, &inputs)
}

/// Whether the registry has an op of this name.
#[wasm_bindgen(js_name = hasOp)]
pub fn has_op(name: &str) -> bool {
    ROWS.with(|r| r.contains_key(name))
}
