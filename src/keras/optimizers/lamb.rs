//! Lamb.

use super::adam::{moved, reached, scalar};
use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::object::Class;
use crate::ops::{array, math};
use crate::tensor::{Tensor, Variable};

/// The Euclidean norm.
fn norm(x: &Tensor) -> Result<Tensor> {
    math::sqrt(math::reduce_sum(math::square(x)?, None, false)?)
}

optimizer! {
    /// Adam whose steps are as large as the variable that they are for: for large batches.
    Lamb, 0.001, None::<f64>,
    {
        /// How much of the mean of gradients stays at each step.
        beta_1: f64 = 0.9,
        /// How much of the mean of their squares stays at each step.
        beta_2: f64 = 0.999,
        /// What is added to the root of the mean of squares, so that it is not 0.
        epsilon: f64 = 1e-7,
    }
    impl {
        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            vec![vec![Slot::new("momentum"), Slot::new("velocity")]]
        }

        fn prepare(&self, step: &mut Step) -> Result<()> {
            step.scalars =
                vec![step.learning_rate.clone(), reached(step, self.beta_1)?, reached(step, self.beta_2)?];
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
            let v = moved(slot(slots, 1)?, &math::square(gradient)?, self.beta_2)?;
            let root = math::sqrt(math::divide(&v, scalar(step, 2, variable)?)?)?;
            let change = math::divide(
                math::divide(&m, scalar(step, 1, variable)?)?,
                math::add(root, self.epsilon)?,
            )?;
            let (of_weight, of_change) = (norm(variable)?, norm(&change)?);
            let both = math::logical_and(math::greater(&of_weight, 0.0)?, math::greater(&of_change, 0.0)?)?;
            let ratio = array::where_(both, math::divide(&of_weight, &of_change)?, array::ones_like(&of_weight)?)?;
            let scale = math::multiply(ratio, scalar(step, 0, variable)?)?;
            Ok((math::subtract(variable, math::multiply(change, scale)?)?, vec![m, v]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Lamb };
