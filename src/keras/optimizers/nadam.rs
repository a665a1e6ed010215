//! Nadam.

use super::adam::{moved, reached, scalar};
use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

/// The base of the schedule of momentum.
const DECAY: f64 = 0.96;

optimizer! {
    /// Adam with Nesterov's momentum.
    Nadam, 0.001, None::<f64>,
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

        fn shared_slots(&self) -> Vec<Slot> {
            vec![Slot::new("u_product").value(1.0)]
        }

        fn prepare(&self, step: &mut Step) -> Result<()> {
            // Momentum at a step: it grows from half of beta_1 to all of it.
            let momentum = |number: &Tensor| {
                let half = math::multiply(math::pow(DECAY, number)?, 0.5)?;
                math::multiply(math::subtract(1.0, half)?, self.beta_1)
            };
            let (now, next) = (momentum(&step.number)?, momentum(&math::add(&step.number, 1.0)?)?);
            let product = math::multiply(slot(&step.shared, 0)?, &now)?;
            let product_next = math::multiply(&product, &next)?;
            let of_mean = math::divide(next, math::subtract(1.0, product_next)?)?;
            let of_gradient = math::divide(math::subtract(1.0, now)?, math::subtract(1.0, &product)?)?;
            step.scalars = vec![step.learning_rate.clone(), of_mean, of_gradient, reached(step, self.beta_2)?];
            step.shared = vec![product];
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
            let of_mean = math::multiply(&m, scalar(step, 1, variable)?)?;
            let of_gradient = math::multiply(gradient, scalar(step, 2, variable)?)?;
            let ahead = math::add(of_mean, of_gradient)?;
            let root = math::sqrt(math::divide(&v, scalar(step, 3, variable)?)?)?;
            let change = math::multiply(ahead, scalar(step, 0, variable)?)?;
            let change = math::divide(change, math::add(root, self.epsilon)?)?;
            Ok((math::subtract(variable, change)?, vec![m, v]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Nadam };
