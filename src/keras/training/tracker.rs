//! Running means of losses.

use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::{array, math};
use crate::tensor::{Tensor, Variable, init_scope, without_recorders};
use crate::{DType, IntoTensor};

/// The mean of a loss over the samples of an epoch: sum and count in one variable.
#[derive(Debug)]
pub(super) struct Tracker {
    pub(super) name: String,
    state: Variable,
}

impl Tracker {
    pub(super) fn new(name: &str) -> Result<Self> {
        let make = || Variable::named(zeros()?, name, false);
        Ok(Tracker { name: name.into(), state: init_scope(|| without_recorders(make))? })
    }

    /// Counts the loss of a batch so many times.
    pub(super) fn update(&self, loss: &Tensor, times: usize) -> Result<()> {
        let sum = math::multiply(loss.cast(DType::Float32)?, times as f64)?;
        let count = Literal::scalar(DType::Float32, times as f64).into_tensor(None)?;
        self.state.assign(math::add(self.state.value()?, array::stack(&[sum, count], 0)?)?)
    }

    /// The mean so far; 0 of nothing.
    pub(super) fn result(&self) -> Result<Tensor> {
        match &array::unstack(self.state.value()?, 0)?[..] {
            [sum, count] => math::divide_no_nan(sum, count),
            _ => Err(Error::internal("Tracker", "a state without sum and count")),
        }
    }

    pub(super) fn reset(&self) -> Result<()> {
        self.state.assign(zeros()?)
    }
}

fn zeros() -> Result<Tensor> {
    Literal::filled(DType::Float32, [2], 0.0).into_tensor(None)
}
