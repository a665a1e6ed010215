//! Follow the regularized leader.

use super::class::{optimizer, optimizers};
use super::{Optimizer, Slot, Step, slot};
use crate::error::{Error, Result};
use crate::keras::losses::as_dtype;
use crate::keras::object::Class;
use crate::ops::math;
use crate::tensor::{Tensor, Variable};

optimizer! {
    /// Follow the regularized leader: gradient descent whose penalties make many weights 0.
    Ftrl, 0.001, None::<f64>,
    {
        /// The power of the sum of squares that the learning rate falls with: 0 or below.
        learning_rate_power: f64 = -0.5,
        /// Where the sum of squares begins.
        initial_accumulator_value: f64 = 0.1,
        /// The factor of the magnitudes of weights.
        l1_regularization_strength: f64 = 0.0,
        /// The factor of the squares of weights.
        l2_regularization_strength: f64 = 0.0,
        /// The factor of the squares of weights that only the next change counts.
        l2_shrinkage_regularization_strength: f64 = 0.0,
        /// Grows the penalty of squares where the learning rate is small.
        beta: f64 = 0.0,
    }
    impl {
        fn check(&self) -> Result<()> {
            let positive = [
                ("initial_accumulator_value", self.initial_accumulator_value),
                ("l1_regularization_strength", self.l1_regularization_strength),
                ("l2_regularization_strength", self.l2_regularization_strength),
                ("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength),
            ];
            if let Some((name, v)) = positive.into_iter().find(|(_, v)| *v < 0.0) {
                return Err(Error::invalid(Self::NAME, name, "0 or more", v));
            }
            if self.learning_rate_power > 0.0 {
                let wanted = "0 or less";
                return Err(Error::invalid(Self::NAME, "learning_rate_power", wanted, self.learning_rate_power));
            }
            Ok(())
        }

        fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
            let sum = Slot::new("accumulator").value(self.initial_accumulator_value);
            vec![vec![sum, Slot::new("linear")]]
        }

        fn update_step(
            &self,
            step: &Step,
            gradient: &Tensor,
            variable: &Tensor,
            slots: &[Tensor],
        ) -> Result<(Tensor, Vec<Tensor>)> {
            let rate = as_dtype(&step.learning_rate, variable.dtype())?;
            let (sum, linear) = (slot(slots, 0)?, slot(slots, 1)?);
            let power = |x: &Tensor| match self.learning_rate_power {
                -0.5 => math::sqrt(x),
                p => math::pow(x, -p),
            };
            let penalty = math::divide(self.beta, math::multiply(&rate, 2.0)?)?;
            let penalty = math::add(penalty, self.l2_regularization_strength)?;
            let shrunk = math::multiply(variable, 2.0 * self.l2_shrinkage_regularization_strength)?;
            let new_sum = math::add(sum, math::square(gradient)?)?;
            let sigma = math::divide(math::subtract(power(&new_sum)?, power(sum)?)?, &rate)?;
            let pull = math::subtract(math::add(gradient, shrunk)?, math::multiply(sigma, variable)?)?;
            let linear = math::add(linear, pull)?;
            let quadratic = math::divide(power(&new_sum)?, &rate)?;
            let quadratic = math::add(quadratic, math::multiply(penalty, 2.0)?)?;
            let l1 = self.l1_regularization_strength;
            let left = math::subtract(math::clip_by_value(&linear, -l1, l1)?, &linear)?;
            Ok((math::divide(left, quadratic)?, vec![new_sum, linear]))
        }
    }
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] = optimizers! { Ftrl };
