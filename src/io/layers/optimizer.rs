//! The state of optimizers in TensorFlow.js' files.

use super::names::Place;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::io::Weight as Stored;
use crate::keras::optimizers::Optimizer;
use crate::keras::{Model, assign_all};
use crate::tensor::{Tensor, Variable};
use std::collections::HashMap;

const OP: &str = "load_layers_model";

/// Slots of an optimizer: TensorFlow.js' ending, Keras' name.
fn slots(class: &str) -> &'static [(&'static str, &'static str)] {
    match class {
        "Adam" => &[("m", "momentum"), ("v", "velocity")],
        "SGD" => &[("momentum", "momentum")],
        "RMSprop" => &[("rms", "velocity"), ("momentum", "momentum"), ("mg", "average_gradient")],
        "Adagrad" => &[("accumulator", "accumulator")],
        "Adadelta" => &[("accum_grad", "accumulated_grad"), ("accum_var", "accumulated_delta_var")],
        _ => &[],
    }
}

/// Sets the state of a model's optimizer to what a file holds of it, if anything.
pub(super) fn restore(model: &Model, found: &[(&Place, &Stored)], stored: &[Stored]) -> Result<()> {
    let optimizer = model.optimizer()?;
    let numbered: HashMap<&str, &Stored> =
        stored.iter().filter_map(|s| Some((s.name.strip_prefix("optimizer/vars/")?, s))).collect();
    if !numbered.is_empty() {
        return restore_numbered(model, &*optimizer, &numbered);
    }
    let state: HashMap<&str, &Stored> = stored
        .iter()
        .filter(|s| s.group.as_deref() == Some("optimizer"))
        .map(|s| (s.name.as_str(), s))
        .collect();
    if state.is_empty() {
        return Ok(());
    }
    optimizer.build(&model.trainable_variables())?;
    let all = optimizer.variables()?;
    let mut values: Vec<(Variable, Literal)> = vec![];
    if let Some(iter) = state.get("iter") {
        let n = iter.literal()?;
        let count = Literal::ints(DType::Int64, (), vec![if n.is_empty() { 0 } else { n.i64_at(0) }]);
        values.push((optimizer.iterations()?, count));
    }
    let scale = momentum_scale(&*optimizer)?;
    for (place, weight) in found {
        for (ending, slot) in slots(optimizer.class_name()) {
            let name = slot_name(&*optimizer, &place.weight.variable, slot);
            let (Some(variable), Some(stored)) = (
                all.iter().find(|v| v.name() == name),
                state.get(format!("{}/{ending}", weight.name).as_str()),
            ) else {
                continue;
            };
            let mut value = stored.literal()?;
            if *slot == "momentum" && optimizer.class_name() == "SGD" {
                value = Literal::floats(
                    value.dtype,
                    value.shape.clone(),
                    value.to_f64s().iter().map(|v| v * scale).collect(),
                );
            }
            values.push((variable.clone(), value));
        }
    }
    let pairs: Vec<(&Variable, &Literal)> = values.iter().map(|(v, l)| (v, l)).collect();
    assign_all(OP, &pairs)
}

/// What Keras' momentum is in terms of TensorFlow.js', which has the learning rate outside.
fn momentum_scale(optimizer: &dyn Optimizer) -> Result<f64> {
    Ok(-f64::from(optimizer.get_learning_rate()?.item::<f32>()?))
}

fn slot_name(optimizer: &dyn Optimizer, variable: &Variable, slot: &str) -> String {
    format!("{}/{}_{slot}", optimizer.name(), variable.name().replace('/', "_"))
}

/// The state as Keras 3 numbers it.
fn restore_numbered(
    model: &Model,
    optimizer: &dyn Optimizer,
    numbered: &HashMap<&str, &Stored>,
) -> Result<()> {
    optimizer.build(&model.trainable_variables())?;
    let variables = optimizer.variables()?;
    // A model that was not trained has the number of updates and the learning rate alone.
    if numbered.len() > variables.len() {
        let text =
            format!("the file holds {} arrays of the optimizer, {} wanted", numbered.len(), variables.len());
        return Err(Error::new(ErrorKind::DataLoss, OP, text));
    }
    let mut values = vec![];
    for (i, variable) in variables.iter().enumerate() {
        if let Some(stored) = numbered.get(i.to_string().as_str()) {
            values.push((variable, stored.literal()?));
        }
    }
    let pairs: Vec<(&Variable, &Literal)> = values.iter().map(|(v, l)| (*v, l)).collect();
    assign_all(OP, &pairs)
}

/// The state of a model's optimizer by TensorFlow.js' names, for weights by the names they are saved under; nothing where it has none yet
/// or TensorFlow.js saves none of its kind.
pub(super) fn state(model: &Model, names: &[(String, Variable)]) -> Result<Vec<(String, Tensor)>> {
    let Ok(optimizer) = model.optimizer() else { return Ok(vec![]) };
    if !optimizer.built() || slots(optimizer.class_name()).is_empty() {
        return Ok(vec![]);
    }
    let all = optimizer.variables()?;
    let mut state = vec![("iter".to_string(), optimizer.iterations()?.value()?.cast(DType::Int32)?)];
    let scale = momentum_scale(&*optimizer)?;
    for (ending, slot) in slots(optimizer.class_name()) {
        for (name, variable) in names {
            let slot_name = slot_name(&*optimizer, variable, slot);
            let Some(found) = all.iter().find(|v| v.name() == slot_name) else { continue };
            let mut value = found.value()?;
            if *slot == "momentum" && optimizer.class_name() == "SGD" {
                value = crate::ops::math::divide(value, scale)?;
            }
            state.push((format!("{name}/{ending}"), value));
        }
    }
    Ok(state)
}
