//! Optimizers.

use super::{json, own_optimizers};
use crate::errors::Out;
use crate::handles::{self, Object};
use wasm_bindgen::prelude::*;
use wgflow::keras::optimizers;
use wgflow::{Result, Variable};

/// The optimizer that `{class_name, config}` or a name describes. `TfjsAdam` and `TfjsAdadelta` update as TensorFlow.js does.
#[wasm_bindgen(js_name = optimizerNew)]
pub fn optimizer_new(described: &str) -> Out<u32> {
    let described = json("optimizer", "config", described)?;
    let made = match own_optimizers::described(&described) {
        Some(own) => own,
        None => optimizers::deserialize(&described)?,
    };
    Ok(handles::keep(Object::Optimizer(made))?)
}

/// Updates variables by their gradients; 0 stands for none.
#[wasm_bindgen(js_name = optimizerApply)]
pub fn optimizer_apply(optimizer: u32, gradients: &[u32], variables: &[u32]) -> Out<()> {
    let gradient = |h: &u32| if *h == 0 { Ok(None) } else { handles::tensor(*h).map(Some) };
    let gradients = gradients.iter().map(gradient).collect::<Result<Vec<_>>>()?;
    let variables = variables.iter().map(|v| handles::variable(*v)).collect::<Result<Vec<_>>>()?;
    let pairs: Vec<_> = gradients.into_iter().zip(variables).collect();
    Ok(handles::optimizer(optimizer)?.apply_gradients(&pairs)?)
}

/// Makes its slots for variables.
#[wasm_bindgen(js_name = optimizerBuild)]
pub fn optimizer_build(optimizer: u32, variables: &[u32]) -> Out<()> {
    let variables = variables.iter().map(|v| handles::variable(*v)).collect::<Result<Vec<_>>>()?;
    Ok(handles::optimizer(optimizer)?.build(&variables)?)
}

/// The number of steps, the learning rate and the slots.
#[wasm_bindgen(js_name = optimizerVariables)]
pub fn optimizer_variables(optimizer: u32) -> Out<Vec<u32>> {
    let keep = |v: Variable| handles::keep(Object::Variable(v));
    Ok(handles::optimizer(optimizer)?.variables()?.into_iter().map(keep).collect::<Result<Vec<u32>>>()?)
}

/// Sets the learning rate.
#[wasm_bindgen(js_name = optimizerSetLearningRate)]
pub fn optimizer_set_learning_rate(optimizer: u32, rate: f64) -> Out<()> {
    Ok(handles::optimizer(optimizer)?.set_learning_rate(rate)?)
}

/// Class and arguments as JSON.
#[wasm_bindgen(js_name = optimizerConfig)]
pub fn optimizer_config(optimizer: u32) -> Out<String> {
    let optimizer = handles::optimizer(optimizer)?;
    let config = serde_json::json!({ "class_name": optimizer.class_name(), "config": optimizer.config() });
    Ok(config.to_string())
}
