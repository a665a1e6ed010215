//! Adadelta.

use super::class::{optimizer, optimizers};
use super::rmsprop::mixed;
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

optimizer! {
    /// Steps along gradients, scaled so that they are as large as steps were so far.
    Adadelta, 0.001, None::<f64>,
    {
        /// How much of means stays at each step.
        rho: f64 = 0.95,
        /// What is added to means of squares, so that they are not 0.
        epsilon: f64 = 1e-7,
    }
    impl {
        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            vec![vec![Slot::new("accumulated_grad"), Slot::new("accumulated_delta_var")]]
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let root = |x: &Tensor| math::sqrt(math::add(x, self.epsilon)?);
            let squares = mixed(slot(slots, 0)?, &math::square(gradient)?, self.rho)?;
            let steps = slot(slots, 1)?;
            let change = math::divide(math::multiply(root(steps)?, gradient)?, root(&squares)?)?;
            let steps = mixed(steps, &math::square(&change)?, self.rho)?;
            let change = math::multiply(change, as_dtype(&step.learning_rate, variable.dtype())?)?;
            Ok((math::subtract(variable, change)?, vec![squares, steps]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Adadelta };
