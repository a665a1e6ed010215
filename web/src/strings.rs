//! Tensors of strings, and regular expressions, which JavaScript has.

use crate::errors::Out;
use crate::handles::{self, Object};
use js_sys::Int32Array;
use wasm_bindgen::prelude::*;
use wgflow::hlo::Literal;
use wgflow::ops::strings::{Groups, set_regex_finder};
use wgflow::{Error, IntoTensor, Shape};

/// A tensor of strings.
#[wasm_bindgen(js_name = tensorStrings)]
pub fn tensor_strings(values: Vec<String>, shape: &[u32]) -> Out<u32> {
    let shape: Shape = shape.iter().map(|d| *d as usize).collect();
    if shape.size() != values.len() {
        let received = format!("{} strings", values.len());
        return Err(
            Error::invalid("tensor", "values", format_args!("strings for shape {shape}"), received).into()
        );
    }
    let literal = Literal::strings(shape, values.into_iter().map(String::into_bytes).collect());
    Ok(handles::keep(Object::Tensor(literal.into_tensor(None)?))?)
}

/// The strings of a tensor.
#[wasm_bindgen(js_name = tensorStringsOf)]
pub fn tensor_strings_of(h: u32) -> Out<Vec<String>> {
    Ok(handles::tensor(h)?.to_vec::<String>()?)
}

#[wasm_bindgen(module = "/src/page.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = findMatches)]
    fn find_matches(pattern: &str, text: &str, global: bool) -> Result<Int32Array, JsValue>;
}

/// Lets ops find matches by the RegExp of JavaScript.
pub(crate) fn install() {
    set_regex_finder(find);
}

fn find(pattern: &str, text: &str, global: bool) -> Result<Vec<Groups>, String> {
    let found = find_matches(pattern, text, global).map_err(|e| crate::errors::message(&e))?.to_vec();
    let Some((groups, ends)) = found.split_first().filter(|(n, _)| **n > 0) else { return Ok(vec![]) };
    let range = |ends: &[i32]| match ends {
        [start, end] if *start >= 0 => Some(*start as usize..*end as usize),
        _ => None,
    };
    Ok(ends.chunks(2 * *groups as usize).map(|m| m.chunks(2).map(range).collect()).collect())
}
