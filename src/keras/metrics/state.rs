//! What a metric keeps between updates.

use super::Metric;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::Literal;
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::{Tensor, Variable, init_scope};
use std::sync::{Mutex, OnceLock};

/// A variable of a metric before it is made: zeros of a shape.
#[derive(Clone, Debug)]
pub struct Weight {
    name: &'static str,
    shape: Shape,
    dtype: DType,
}

impl Weight {
    /// A float32 variable.
    pub fn new(name: &'static str, shape: impl Into<Shape>) -> Self {
        Weight { name, shape: shape.into(), dtype: DType::Float32 }
    }

    /// Another dtype.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }
}

/// What a metric keeps between updates: non-trainable variables, so that updates can be part of a compiled step.
#[derive(Debug, Default)]
pub struct MetricState {
    name: OnceLock<String>,
    variables: Mutex<Option<Vec<Variable>>>,
}

impl MetricState {
    /// The name, which is made up at first use.
    pub(super) fn name(&self, make: impl FnOnce() -> String) -> &str {
        self.name.get_or_init(make)
    }

    /// The variables; those that take their shape from labels and predictions are made when these are known.
    ///
    /// # Errors
    /// What [`Metric::weights`] refuses.
    pub fn variables<M: Metric + ?Sized>(
        &self,
        metric: &M,
        inputs: Option<(&Shape, &Shape)>,
    ) -> Result<Vec<Variable>> {
        let mut variables = crate::lock(&self.variables);
        if let Some(v) = &*variables {
            return Ok(v.clone());
        }
        let Some(weights) = metric.weights(inputs)? else { return Ok(vec![]) };
        let made = init_scope(|| {
            let make = |w: &Weight| {
                let zeros = array::fill(&w.shape, Literal::scalar(w.dtype, 0.0))?;
                Variable::named(zeros, format!("{}/{}", metric.name(), w.name), false)
            };
            weights.iter().map(make).collect::<Result<Vec<_>>>()
        })?;
        Ok(variables.insert(made).clone())
    }
}

/// The values of a metric's variables.
pub(super) fn values<const N: usize>(metric: &dyn Metric) -> Result<[Tensor; N]> {
    let values = metric.variables()?.iter().map(Variable::value).collect::<Result<Vec<_>>>()?;
    values.try_into().map_err(|_| before_update(metric))
}

/// The error of a result that is asked for too early.
pub(super) fn before_update(metric: &dyn Metric) -> crate::Error {
    let why = "has no result before its first update, which tells the number of classes";
    crate::Error::new(crate::ErrorKind::FailedPrecondition, metric.class_name(), why)
}

/// Adds to a variable.
pub(super) fn add_to(variable: &Variable, x: &Tensor) -> Result<()> {
    variable.assign(math::add(variable.value()?, x)?)
}
