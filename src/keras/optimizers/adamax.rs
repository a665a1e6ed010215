//! Adamax.

use super::adam::{moved, reached, scalar};
use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

optimizer! {
    /// Adam with the largest magnitude of gradients, which fades, in the place of the root of the mean of squares.
    Adamax, 0.001, None::<f64>,
    {
        /// How much of the mean of gradients stays at each step.
        beta_1: f64 = 0.9,
        /// How much of the largest magnitude stays at each step.
        beta_2: f64 = 0.999,
        /// What is added to the largest magnitude, so that it is not 0.
        epsilon: f64 = 1e-7,
    }
    impl {
        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            vec![vec![Slot::new("momentum"), Slot::new("norm")]]
        }

        fn prepare(&self, step: &mut Step) -> Result<()> {
            step.scalars = vec![step.learning_rate.clone(), reached(step, self.beta_1)?];
            Ok(())
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let m = moved(slot(slots, 0)?, gradient, self.beta_1)?;
            let u = math::maximum(math::multiply(slot(slots, 1)?, self.beta_2)?, math::abs(gradient)?)?;
            let scale = math::multiply(math::add(&u, self.epsilon)?, scalar(step, 1, variable)?)?;
            let change = math::divide(math::multiply(&m, scalar(step, 0, variable)?)?, scale)?;
            Ok((math::subtract(variable, change)?, vec![m, u]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Adamax };
