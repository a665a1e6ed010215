//! Variables.

use crate::errors::Out;
use crate::handles::{self, Object};
use wasm_bindgen::prelude::*;
use wgflow::Variable;

/// A variable that starts as a tensor.
#[wasm_bindgen(js_name = variableNew)]
pub fn variable_new(initial: u32, name: &str, trainable: bool) -> Out<u32> {
    let variable = Variable::named(handles::tensor(initial)?, name, trainable)?;
    Ok(handles::keep(Object::Variable(variable))?)
}

/// The value now.
#[wasm_bindgen(js_name = variableRead)]
pub fn variable_read(v: u32) -> Out<u32> {
    Ok(handles::keep(Object::Tensor(handles::variable(v)?.value()?))?)
}

/// Replaces the value by one of the same shape and dtype.
#[wasm_bindgen(js_name = variableAssign)]
pub fn variable_assign(v: u32, value: u32) -> Out<()> {
    Ok(handles::variable(v)?.assign(handles::tensor(value)?)?)
}

/// The name.
#[wasm_bindgen(js_name = variableName)]
pub fn variable_name(v: u32) -> Out<String> {
    Ok(handles::variable(v)?.name().into())
}

/// For each of `variables`, 1 where it is one of `among`, else 0.
#[wasm_bindgen(js_name = variablesAmong)]
pub fn variables_among(variables: &[u32], among: &[u32]) -> Out<Vec<u8>> {
    let ids =
        |all: &[u32]| all.iter().map(|v| Ok(handles::variable(*v)?.id())).collect::<wgflow::Result<Vec<_>>>();
    let among = ids(among)?;
    Ok(ids(variables)?.into_iter().map(|id| u8::from(among.contains(&id))).collect())
}
