//! Functions that are traced once a signature, compiled and kept.

use crate::callbacks::Callback;
use crate::errors::Out;
use crate::handles::{self, Object};
use js_sys::Function as JsFunction;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wgflow::Tensor;
use wgflow::function::{Function, function};

/// A compiled function of the program.
pub(crate) type Compiled = Function<Vec<Tensor>>;

/// Makes a function of one from handles to handles.
#[wasm_bindgen(js_name = functionNew)]
pub fn function_new(f: JsFunction, name: &str) -> Out<u32> {
    let callback = Callback::new(f);
    let owner = name.to_string();
    let made = function(move |x: &[Tensor]| callback.map(&owner, x)).named(name);
    Ok(handles::keep(Object::Function(Rc::new(made)))?)
}

/// Calls it.
#[wasm_bindgen(js_name = functionCall)]
pub fn function_call(f: u32, inputs: &[u32]) -> Out<Vec<u32>> {
    let inputs = handles::tensors(inputs)?;
    Ok(handles::keep_all(handles::function(f)?.call(&inputs)?)?)
}

/// How often it was traced.
#[wasm_bindgen(js_name = functionTraces)]
pub fn function_traces(f: u32) -> Out<usize> {
    Ok(handles::function(f)?.traces())
}
