//! JavaScript functions that Rust calls.

use crate::errors::from_js;
use crate::handles;
use js_sys::{Function, Uint32Array};
use std::cell::RefCell;
use std::collections::HashMap;
use wasm_bindgen::prelude::*;
use wgflow::{Error, ErrorKind, Result, Tensor};

thread_local! {
    static FUNCTIONS: RefCell<(u32, HashMap<u32, Function>)> = RefCell::default();
}

/// A JavaScript function by number, so that what holds it can be sent between threads, of which a page has one. It is let go with this.
#[derive(Debug)]
pub(crate) struct Callback(u32);

impl Callback {
    /// Keeps a function.
    pub(crate) fn new(f: Function) -> Self {
        FUNCTIONS.with_borrow_mut(|(next, all)| {
            *next += 1;
            all.insert(*next, f);
            Callback(*next)
        })
    }

    /// The function.
    pub(crate) fn get(&self) -> Option<Function> {
        FUNCTIONS.with_borrow(|(_, all)| all.get(&self.0).cloned())
    }

    /// Calls it with arguments.
    pub(crate) fn call(&self, op: &str, args: &[JsValue]) -> Result<JsValue> {
        let f = self
            .get()
            .ok_or_else(|| Error::new(ErrorKind::Internal, op, "a function of the program is gone"))?;
        let list: js_sys::Array = args.iter().collect();
        f.apply(&JsValue::NULL, &list).map_err(|e| from_js(op, &e))
    }

    /// Calls it with handles of tensors, and takes handles of tensors: those it is given are freed afterwards, those it gives too.
    pub(crate) fn map(&self, op: &str, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let given = handles::keep_all(inputs.iter().cloned())?;
        let result = self.call(op, &[Uint32Array::from(&given[..]).into()]).and_then(|r| taken(op, &r));
        given.into_iter().for_each(handles::forget);
        result
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        let f = FUNCTIONS.with_borrow_mut(|(_, all)| all.remove(&self.0));
        drop(f);
    }
}

/// The tensors of a `Uint32Array` or list of handles, which are freed.
pub(crate) fn taken(op: &str, value: &JsValue) -> Result<Vec<Tensor>> {
    let list = numbers(op, value)?;
    let tensors = handles::tensors(&list);
    list.into_iter().for_each(handles::forget);
    tensors
}

/// Numbers of a `Uint32Array` or list.
pub(crate) fn numbers(op: &str, value: &JsValue) -> Result<Vec<u32>> {
    if let Some(a) = value.dyn_ref::<Uint32Array>() {
        return Ok(a.to_vec());
    }
    let list = js_sys::Array::from(value);
    let numbers = list.iter().map(|v| v.as_f64().map(|v| v as u32)).collect::<Option<Vec<u32>>>();
    numbers.ok_or_else(|| Error::invalid(op, "result", "a list of handles", "another value"))
}
