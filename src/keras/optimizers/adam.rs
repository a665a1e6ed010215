//! Adam.

use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::Result;
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

/// `old + (new - old) * (1 - beta)`.
pub(super) fn moved(old: &Tensor, new: &Tensor, beta: f64) -> Result<Tensor> {
    math::add(old, math::multiply(math::subtract(new, old)?, 1.0 - beta)?)
}

/// `1 - beta ^ step`: how much of a moving average that began at 0 is there.
pub(super) fn reached(step: &Step, beta: f64) -> Result<Tensor> {
    math::subtract(1.0, math::pow(beta, &step.number)?)
}

/// `scale[i]` of a step in the dtype of a variable.
pub(super) fn scalar(step: &Step, i: usize, like: &Tensor) -> Result<Tensor> {
    as_dtype(slot(&step.scalars, i)?, like.dtype())
}

/// The arguments of Adam's update.
struct Rule {
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    amsgrad: bool,
}

impl Rule {
    fn slots(&self) -> Vec<Vec<Slot>> {
        let mut groups = vec![vec![Slot::new("momentum"), Slot::new("velocity")]];
        if self.amsgrad {
            groups.push(vec![Slot::new("velocity_hat")]);
        }
        groups
    }

    fn prepare(&self, step: &mut Step) -> Result<()> {
        let root = math::sqrt(reached(step, self.beta_2)?)?;
        let alpha = math::divide(math::multiply(&step.learning_rate, root)?, reached(step, self.beta_1)?)?;
        step.scalars = vec![alpha];
        Ok(())
    }

    fn update(
        &self,
        step: &Step,
        gradient: &Tensor,
        variable: &Tensor,
        slots: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let m = moved(slot(slots, 0)?, gradient, self.beta_1)?;
        let v = moved(slot(slots, 1)?, &math::square(gradient)?, self.beta_2)?;
        let mut new = vec![m.clone(), v.clone()];
        let mut scale = v;
        if self.amsgrad {
            scale = math::maximum(slot(slots, 2)?, scale)?;
            new.push(scale.clone());
        }
        let change = math::multiply(m, scalar(step, 0, variable)?)?;
        let change = math::divide(change, math::add(math::sqrt(scale)?, self.epsilon)?)?;
        Ok((math::subtract(variable, change)?, new))
    }
}

/// Declares Adam and what differs from it by a default only.
macro_rules! adam {
    ($(#[doc = $doc:literal])+ $name:ident, $decay:expr) => {
        optimizer! {
            $(#[doc = $doc])+
            $name, 0.001, $decay,
            {
                /// How much of the mean of gradients stays at each step.
                beta_1: f64 = 0.9,
                /// How much of the mean of their squares stays at each step.
                beta_2: f64 = 0.999,
                /// What is added to the root of the mean of squares, so that it is not 0.
                epsilon: f64 = 1e-7,
                /// Whether the largest mean of squares so far is used.
                amsgrad: bool = false,
            }
            impl {
                fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
                    self.rule().slots()
                }

                fn prepare(&self, step: &mut Step) -> Result<()> {
                    self.rule().prepare(step)
                }

                fn update_step(
                    &self,
                    step: &Step,
                    gradient: &Tensor,
                    variable: &Tensor,
                    slots: &[Tensor],
                ) -> Result<(Tensor, Vec<Tensor>)> {
                    self.rule().update(step, gradient, variable, slots)
                }
            }
        }

        impl $name {
            fn rule(&self) -> Rule {
                Rule { beta_1: self.beta_1, beta_2: self.beta_2, epsilon: self.epsilon, amsgrad: self.amsgrad }
            }
        }
    };
}

adam! {
    /// Adam: steps along the mean of gradients, divided by the root of the mean of their squares.
    Adam, None::<f64>
}

adam! {
    /// Adam with weight decay.
    AdamW, 0.004
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Adam, AdamW };
