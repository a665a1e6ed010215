//! Optimizers of graphs (`tf.compat.v1.train`).

use super::gradients::gradients;
use super::graph::Operation;
use super::variables::{assign_sub, group, trainable_variables};
use crate::autodiff::Source;
use crate::error::{Error, Result};
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

/// Gradient descent (`tf.compat.v1.train.GradientDescentOptimizer`).
#[derive(Clone, Debug)]
pub struct GradientDescentOptimizer {
    learning_rate: f64,
}

impl GradientDescentOptimizer {
    /// An optimizer with a learning rate.
    pub fn new(learning_rate: f64) -> Self {
        GradientDescentOptimizer { learning_rate }
    }

    /// The operation that takes one step against the gradient of `loss`, in `var_list` or all trainable variables.
    ///
    /// # Errors
    /// As [`GradientDescentOptimizer::compute_gradients`] and [`GradientDescentOptimizer::apply_gradients`].
    pub fn minimize(&self, loss: &Tensor, var_list: Option<&[Variable]>) -> Result<Operation> {
        self.apply_gradients(&self.compute_gradients(loss, var_list)?)
    }

    /// Variables with their gradients.
    ///
    /// # Errors
    /// `FailedPrecondition` without a default graph.
    pub fn compute_gradients(
        &self,
        loss: &Tensor,
        var_list: Option<&[Variable]>,
    ) -> Result<Vec<(Option<Tensor>, Variable)>> {
        let variables = match var_list {
            Some(v) => v.to_vec(),
            None => trainable_variables()?,
        };
        let found = gradients(&[loss], variables.iter().map(Source::from))?;
        Ok(found.into_iter().zip(variables).collect())
    }

    /// The operation that applies gradients.
    ///
    /// # Errors
    /// `FailedPrecondition` without a default graph; `InvalidArgument` when no variable has a gradient.
    pub fn apply_gradients(&self, grads_and_vars: &[(Option<Tensor>, Variable)]) -> Result<Operation> {
        let mut updates = vec![];
        for (d, v) in grads_and_vars {
            if let Some(d) = d {
                updates.push(assign_sub(v, math::multiply(d, self.learning_rate)?)?);
            }
        }
        if updates.is_empty() {
            let names: Vec<&str> = grads_and_vars.iter().map(|(_, v)| v.name()).collect();
            return Err(Error::invalid(
                "GradientDescentOptimizer",
                "grads_and_vars",
                "a gradient for at least one variable",
                format_args!("none for {names:?}"),
            ));
        }
        group(&updates)
    }
}
