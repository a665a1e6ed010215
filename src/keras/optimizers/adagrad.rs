//! Adagrad.

use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

optimizer! {
    /// Steps along gradients, divided by the root of the sum of their squares so far.
    Adagrad, 0.001, None::<f64>,
    {
        /// Where the sum begins.
        initial_accumulator_value: f64 = 0.1,
        /// What is added to the sum of squares, so that it is not 0.
        epsilon: f64 = 1e-7,
    }
    impl {
        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            vec![vec![Slot::new("accumulator").value(self.initial_accumulator_value)]]
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let sum = math::add(slot(slots, 0)?, math::square(gradient)?)?;
            let root = math::sqrt(math::add(&sum, self.epsilon)?)?;
            let rate = as_dtype(&step.learning_rate, variable.dtype())?;
            let change = math::divide(math::multiply(gradient, rate)?, root)?;
            Ok((math::subtract(variable, change)?, vec![sum]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Adagrad };
