//! Initializers, regularizers, constraints and shuffles on their own.

use super::json;
use crate::errors::Out;
use crate::handles::{self, Object};
use wasm_bindgen::prelude::*;
use wgflow::keras::utils::{permutation, set_random_seed};
use wgflow::keras::{constraints, initializers, regularizers};
use wgflow::{DType, Shape};

/// What an initializer gives for a shape and dtype; it is described by `{class_name, config}` or its name.
#[wasm_bindgen(js_name = initializerCall)]
pub fn initializer_call(described: &str, shape: &[u32], dtype: &str) -> Out<u32> {
    let made = initializers::deserialize(&json("initializer", "config", described)?)?;
    let shape: Shape = shape.iter().map(|n| *n as usize).collect();
    Ok(handles::keep(Object::Tensor(made.call(&shape, dtype.parse::<DType>()?)?))?)
}

/// The penalty of a regularizer on a tensor.
#[wasm_bindgen(js_name = regularizerCall)]
pub fn regularizer_call(described: &str, x: u32) -> Out<u32> {
    let made = regularizers::deserialize(&json("regularizer", "config", described)?)?;
    Ok(handles::keep(Object::Tensor(made.call(&handles::tensor(x)?)?))?)
}

/// What a constraint makes of a weight.
#[wasm_bindgen(js_name = constraintCall)]
pub fn constraint_call(described: &str, w: u32) -> Out<u32> {
    let made = constraints::deserialize(&json("constraint", "config", described)?)?;
    Ok(handles::keep(Object::Tensor(made.call(&handles::tensor(w)?)?))?)
}

/// The order that `fit` takes samples in, for the next epoch.
#[wasm_bindgen(js_name = shuffledIndices)]
pub fn shuffled_indices(n: usize) -> Vec<u32> {
    permutation(n).into_iter().map(|i| i as u32).collect()
}

/// Seeds initial weights, dropout and shuffles.
#[wasm_bindgen(js_name = setRandomSeed)]
pub fn set_seed(seed: f64) -> Out<()> {
    Ok(set_random_seed(seed as i64)?)
}
