//! Adafactor.

use super::adam::scalar;
use super::class::{optimizer, optimizers};
use super::{LearningRate, Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::object::Class;
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::{Tensor, Variable};

/// The root of the mean of squares.
fn rms(x: &Tensor) -> Result<Tensor> {
    math::sqrt(math::reduce_mean(math::square(x)?, None, false)?)
}

/// `part * old + (1 - part) * new`.
fn mixed(old: &Tensor, new: Tensor, part: &Tensor) -> Result<Tensor> {
    math::add(math::multiply(part, old)?, math::multiply(math::subtract(1.0, part)?, new)?)
}

optimizer! {
    /// Steps along gradients, divided by roots of means of squares of which only row and column sums are kept: for large weights.
    Adafactor, 0.001, None::<f64>,
    {
        /// The power of the step that the weight of what is new falls with.
        beta_2_decay: f64 = -0.8,
        /// What is added to squares of gradients.
        epsilon_1: f64 = 1e-30,
        /// The least magnitude that a weight counts with.
        epsilon_2: f64 = 1e-3,
        /// How large the root of the mean of squares of a step may be.
        clip_threshold: f64 = 1.0,
        /// Whether the learning rate is at most one over the root of the step.
        relative_step: bool = true,
    }
    impl {
        fn slots(&self, variable: &Variable) -> Vec<Vec<Slot>> {
            let shape = variable.shape();
            let velocity = Slot::new("velocity");
            vec![match &shape[..] {
                [outer @ .., rows, columns] => {
                    let with = |n: usize| Shape::from([outer, &[n]].concat());
                    vec![Slot::new("r").shape(with(*rows)), Slot::new("c").shape(with(*columns)), velocity]
                }
                _ => vec![velocity],
            }]
        }

        fn prepare(&self, step: &mut Step) -> Result<()> {
            let falling = math::rsqrt(&step.number)?;
            let relative = self.relative_step && matches!(self.learning_rate, LearningRate::Number(_));
            let rate = if relative { math::minimum(&step.learning_rate, &falling)? } else { step.learning_rate.clone() };
            let old = math::subtract(1.0, math::pow(&step.number, self.beta_2_decay)?)?;
            step.scalars = vec![math::minimum(rate, falling)?, old];
            Ok(())
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let part = scalar(step, 1, variable)?;
            let squares = math::add(math::square(gradient)?, self.epsilon_1)?;
            let new = if variable.rank() < 2 {
                vec![mixed(slot(slots, 0)?, squares, &part)?]
            } else {
                let r = mixed(slot(slots, 0)?, math::reduce_mean(&squares, -1, false)?, &part)?;
                let c = mixed(slot(slots, 1)?, math::reduce_mean(&squares, -2, false)?, &part)?;
                let rows = math::divide(&r, math::reduce_mean(&r, -1, true)?)?;
                let v = math::multiply(array::expand_dims(rows, -1)?, array::expand_dims(&c, -2)?)?;
                vec![r, c, v]
            };
            let velocity = slot(&new, new.len() - 1)?;
            let change = math::divide(gradient, math::sqrt(velocity)?)?;
            let size = math::maximum(math::divide(rms(&change)?, self.clip_threshold)?, 1.0)?;
            let scale = math::multiply(math::maximum(rms(variable)?, self.epsilon_2)?, scalar(step, 0, variable)?)?;
            let change = math::multiply(math::divide(change, size)?, scale)?;
            Ok((math::subtract(variable, change)?, new))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Adafactor };
