//! Tapes and derivatives of the program's own.

use crate::callbacks::{Callback, taken};
use crate::errors::Out;
use crate::handles::{self, Object};
use js_sys::{Function, Reflect, Uint32Array};
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use wgflow::{Error, GradientTape, Source, Unconnected, custom_gradient};

/// A tape that records from now on what is computed from what it watches; variables that train are watched by themselves.
#[wasm_bindgen(js_name = tapeNew)]
pub fn tape_new(persistent: bool) -> Out<u32> {
    Ok(handles::keep(Object::Tape(Rc::new(GradientTape::with_options(persistent, true))))?)
}

/// Watches a tensor or variable.
#[wasm_bindgen(js_name = tapeWatch)]
pub fn tape_watch(t: u32, source: u32) -> Out<()> {
    handles::tape(t)?.watch(source_of(source)?);
    Ok(())
}

/// Ends the recording.
#[wasm_bindgen(js_name = tapeStop)]
pub fn tape_stop(t: u32) -> Out<()> {
    handles::tape(t)?.stop();
    Ok(())
}

/// The derivative of `target` in each source, from `output_gradient` on (0: ones); 0 where a source is unconnected.
#[wasm_bindgen(js_name = tapeGradient)]
pub fn tape_gradient(t: u32, target: u32, sources: &[u32], output_gradient: u32) -> Out<Vec<u32>> {
    let tape = handles::tape(t)?;
    let target = handles::tensor(target)?;
    let seed = if output_gradient == 0 { None } else { Some(handles::tensor(output_gradient)?) };
    let sources = sources.iter().map(|s| source_of(*s)).collect::<wgflow::Result<Vec<Source>>>()?;
    let found = tape.gradient_with(&[(&target, seed.as_ref())], &sources[..], Unconnected::None)?;
    let handle = |d| match d {
        Some(d) => handles::keep(Object::Tensor(d)),
        None => Ok(0),
    };
    Ok(found.into_iter().map(handle).collect::<wgflow::Result<Vec<u32>>>()?)
}

fn source_of(h: u32) -> wgflow::Result<Source> {
    match handles::get(h)? {
        Object::Tensor(t) => Ok(Source::Tensor(t)),
        Object::Variable(v) => Ok(Source::Variable(v)),
        _ => Err(Error::invalid("gradients", "source", "a tensor or variable", "another object")),
    }
}

/// Calls `f` with handles of the inputs; it gives `{value, gradFunc}`: a handle of the result, and a function from a handle of the result's
/// adjoint to handles of the inputs' adjoints.
#[wasm_bindgen(js_name = customGradient)]
pub fn custom(inputs: &[u32], f: Function) -> Out<u32> {
    const OP: &str = "customGrad";
    let inputs = handles::tensors(inputs)?;
    let function = Callback::new(f);
    let outputs = custom_gradient(&inputs.iter().collect::<Vec<_>>(), move |x| {
        let given = handles::keep_all(x.iter().cloned())?;
        let result = function.call(OP, &[Uint32Array::from(&given[..]).into()])?;
        let part = |name: &str| Reflect::get(&result, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let backward = part("gradFunc").dyn_into::<Function>();
        let backward =
            backward.map_err(|_| Error::invalid(OP, "f", "{value, gradFunc}", "no function gradFunc"))?;
        let value = taken(OP, &js_sys::Array::of1(&part("value")))?;
        let backward = Callback::new(backward);
        Ok((
            value,
            Arc::new(move |dy: &[wgflow::Tensor]| Ok(backward.map(OP, dy)?.into_iter().map(Some).collect())),
        ))
    })?;
    Ok(handles::keep_all(outputs)?.first().copied().unwrap_or(0))
}
