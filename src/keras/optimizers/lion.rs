//! Lion.

use super::class::{optimizer, optimizers};
use super::rmsprop::mixed;
use super::{Optimizer, Slot, Step, slot};
use crate::error::{Error, Result};
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

optimizer! {
    /// Steps by the signs of a mean of gradients: all weights change by as much.
    Lion, 0.001, None::<f64>,
    {
        /// How much of the mean counts beside the gradient: above 0.
        beta_1: f64 = 0.9,
        /// How much of the mean stays at each step.
        beta_2: f64 = 0.99,
    }
    impl {
        fn check(&self) -> Result<()> {
            if self.beta_1 > 0.0 && self.beta_1 <= 1.0 {
                return Ok(());
            }
            Err(Error::invalid(Self::NAME, "beta_1", "a value above 0 and at most 1", self.beta_1))
        }

        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            vec![vec![Slot::new("momentum")]]
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let m = slot(slots, 0)?;
            let sign = math::sign(mixed(m, gradient, self.beta_1)?)?;
            let change = math::multiply(sign, as_dtype(&step.learning_rate, variable.dtype())?)?;
            Ok((math::subtract(variable, change)?, vec![mixed(m, gradient, self.beta_2)?]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Lion };
