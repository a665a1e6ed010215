//! RMSprop.

use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

/// `rho * old + (1 - rho) * new`.
pub(super) fn mixed(old: &Tensor, new: &Tensor, rho: f64) -> Result<Tensor> {
    math::add(math::multiply(old, rho)?, math::multiply(new, 1.0 - rho)?)
}

optimizer! {
    /// Steps along gradients, divided by the root of the mean of their squares.
    RMSprop, 0.001, None::<f64>,
    {
        /// How much of the mean stays at each step.
        rho: f64 = 0.9,
        /// How much of the last change is added to a change: 0 for none.
        momentum: f64 = 0.0,
        /// What is added to the mean of squares, so that it is not 0.
        epsilon: f64 = 1e-7,
        /// Whether gradients are divided by the root of their variance.
        centered: bool = false,
    }
    impl {
        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            let mut groups = vec![vec![Slot::new("velocity")]];
            if self.momentum > 0.0 {
                groups.push(vec![Slot::new("momentum")]);
            }
            if self.centered {
                groups.push(vec![Slot::new("average_gradient")]);
            }
            groups
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let velocity = mixed(slot(slots, 0)?, &math::square(gradient)?, self.rho)?;
            let mut spread = velocity.clone();
            let average = match slots.last().filter(|_| self.centered) {
                Some(average) => Some(mixed(average, gradient, self.rho)?),
                None => None,
            };
            if let Some(average) = &average {
                spread = math::subtract(spread, math::square(average)?)?;
            }
            let root = math::sqrt(math::add(spread, self.epsilon)?)?;
            let rate = as_dtype(&step.learning_rate, variable.dtype())?;
            let mut change = math::divide(math::multiply(gradient, rate)?, root)?;
            let mut new = vec![velocity];
            if self.momentum > 0.0 {
                change = math::add(math::multiply(slot(slots, 1)?, self.momentum)?, change)?;
                new.push(change.clone());
            }
            new.extend(average);
            Ok((math::subtract(variable, change)?, new))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { RMSprop };
