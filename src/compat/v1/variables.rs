//! Variables of graphs.

use super::graph::{Graph, Held, Operation, What};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::initializers::{self, IntoInitializer};
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, Variable, init_scope, without_recorders};

/// A variable of the default graph (`tf.compat.v1.Variable`). It has its first value in a session once its initializer ran there; that may
/// be computed by the graph.
///
/// # Errors
/// `FailedPrecondition` without a default graph; `InvalidArgument` when `initial_value` is no tensor.
pub fn variable(initial_value: impl IntoTensor, name: &str, trainable: bool) -> Result<Variable> {
    let graph = Graph::current("Variable")?;
    let initial = initial_value.into_tensor(None)?;
    let empty = || {
        let zeros = without_recorders(|| array::zeros(initial.shape().clone(), initial.dtype()))?;
        Variable::named(zeros, name, trainable)
    };
    let variable = init_scope(empty)?;
    let initializer = graph.add(What::Assign(variable.clone()), vec![initial]);
    crate::lock(&graph.0.state).variables.push(Held { variable: variable.clone(), initializer });
    Ok(variable)
}

/// A variable by name (`tf.compat.v1.get_variable`), `name` behind the name scopes around it; `initializer` is one of Keras's, by name or
/// object; `"glorot_uniform"` is TensorFlow's default.
///
/// # Errors
/// As [`variable`]; `InvalidArgument` when the name is taken.
pub fn get_variable(
    name: &str,
    shape: impl Into<Shape>,
    dtype: DType,
    initializer: impl IntoInitializer,
    trainable: bool,
) -> Result<Variable> {
    let graph = Graph::current("get_variable")?;
    let whole = crate::tensor::scoped(name);
    let taken = crate::lock(&graph.0.state).variables.iter().any(|h| h.variable.name() == whole);
    if taken {
        let received = format!("{whole}, which already exists");
        return Err(Error::invalid("get_variable", "name", "a name that is free", received));
    }
    let shape = shape.into();
    let first = || without_recorders(|| initializers::get(initializer)?.call(&shape, dtype));
    variable(init_scope(first)?, name, trainable)
}

/// All variables of the default graph.
///
/// # Errors
/// `FailedPrecondition` without a default graph.
pub fn global_variables() -> Result<Vec<Variable>> {
    let graph = Graph::current("global_variables")?;
    let s = crate::lock(&graph.0.state);
    Ok(s.variables.iter().map(|h| h.variable.clone()).collect())
}

/// The variables of the default graph that optimizers train.
///
/// # Errors
/// `FailedPrecondition` without a default graph.
pub fn trainable_variables() -> Result<Vec<Variable>> {
    Ok(global_variables()?.into_iter().filter(Variable::trainable).collect())
}

/// The operation that gives every variable of the default graph its first value.
///
/// # Errors
/// `FailedPrecondition` without a default graph.
pub fn global_variables_initializer() -> Result<Operation> {
    let graph = Graph::current("global_variables_initializer")?;
    let all = crate::lock(&graph.0.state).variables.iter().map(|h| h.initializer.clone()).collect();
    Ok(graph.add(What::Group(all), vec![]))
}

/// The operation that gives a variable a value (`tf.compat.v1.assign`).
///
/// # Errors
/// `FailedPrecondition` without a default graph; `InvalidArgument` for another dtype than the variable's.
pub fn assign(variable: &Variable, value: impl IntoTensor) -> Result<Operation> {
    let graph = Graph::current("assign")?;
    let value = value.into_tensor(Some(variable.dtype()))?;
    if value.dtype() != variable.dtype() {
        return Err(Error::invalid("assign", "value", variable.dtype(), value.dtype()));
    }
    Ok(graph.add(What::Assign(variable.clone()), vec![value]))
}

/// The operation that adds to a variable (`tf.compat.v1.assign_add`).
///
/// # Errors
/// As [`assign`].
pub fn assign_add(variable: &Variable, value: impl IntoTensor) -> Result<Operation> {
    assign(variable, math::add(variable, value)?)
}

/// The operation that subtracts from a variable (`tf.compat.v1.assign_sub`).
///
/// # Errors
/// As [`assign`].
pub fn assign_sub(variable: &Variable, value: impl IntoTensor) -> Result<Operation> {
    assign(variable, math::subtract(variable, value)?)
}

/// One operation for several (`tf.group`).
///
/// # Errors
/// `FailedPrecondition` without a default graph.
pub fn group(operations: &[Operation]) -> Result<Operation> {
    Ok(Graph::current("group")?.add(What::Group(operations.to_vec()), vec![]))
}

/// The value of a variable as a tensor of the default graph.
pub(super) fn read(variable: &Variable) -> Result<Tensor> {
    variable.value()
}
