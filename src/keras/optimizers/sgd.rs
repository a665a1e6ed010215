//! Gradient descent.

use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step};
use crate::error::{Error, Result};
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

optimizer! {
    /// Gradient descent, with momentum where it is not 0.
    SGD, 0.01, None::<f64>,
    {
        /// How much of the last change is added to a change: 0 for none.
        momentum: f64 = 0.0,
        /// Whether momentum is Nesterov's.
        nesterov: bool = false,
    }
    impl {
        fn check(&self) -> Result<()> {
            if (0.0..=1.0).contains(&self.momentum) {
                return Ok(());
            }
            Err(Error::invalid(Self::NAME, "momentum", "a value in [0, 1]", self.momentum))
        }

        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            if self.momentum == 0.0 { vec![] } else { vec![vec![Slot::new("momentum")]] }
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let change = math::multiply(gradient, as_dtype(&step.learning_rate, variable.dtype())?)?;
            let [momentum] = slots else {
                return Ok((math::subtract(variable, change)?, vec![]));
            };
            let momentum = math::subtract(math::multiply(momentum, self.momentum)?, &change)?;
            let step = if self.nesterov {
                math::subtract(math::multiply(&momentum, self.momentum)?, change)?
            } else {
                momentum.clone()
            };
            Ok((math::add(variable, step)?, vec![momentum]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { SGD };
