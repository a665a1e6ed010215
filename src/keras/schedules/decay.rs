//! Rates that fall as a power, a quotient or a polynomial of the step.

use super::{LearningRateSchedule, as_float, check_steps};
use crate::error::Result;
use crate::keras::object::{Class, Config, class, classes};
use crate::ops::{array, math};
use crate::tensor::Tensor;

/// `step / decay_steps`, whole with `staircase`.
fn periods(step: &Tensor, decay_steps: f64, staircase: bool) -> Result<Tensor> {
    let p = math::divide(as_float(step)?, decay_steps)?;
    if staircase { math::floor(p) } else { Ok(p) }
}

class! {
    /// `initial_learning_rate * decay_rate ^ (step / decay_steps)`.
    #[derive(Clone)]
    ExponentialDecay (
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// In how many steps the rate is multiplied by `decay_rate`.
        decay_steps: f64,
        /// The factor.
        decay_rate: f64,
    ) {
        /// Whether the rate changes once in `decay_steps` steps.
        staircase: bool = false,
        /// Its name.
        name: String = "ExponentialDecay",
    } {} []
}

impl LearningRateSchedule for ExponentialDecay {
    fn call(&self, step: &Tensor) -> Result<Tensor> {
        check_steps(Self::NAME, "decay_steps", self.decay_steps)?;
        let p = periods(step, self.decay_steps, self.staircase)?;
        math::multiply(math::pow(self.decay_rate, p)?, self.initial_learning_rate)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// `initial_learning_rate / (1 + decay_rate * step / decay_steps)`.
    #[derive(Clone)]
    InverseTimeDecay (
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// The number of steps that count as one.
        decay_steps: f64,
        /// The factor of steps.
        decay_rate: f64,
    ) {
        /// Whether the rate changes once in `decay_steps` steps.
        staircase: bool = false,
        /// Its name.
        name: String = "InverseTimeDecay",
    } {} []
}

impl LearningRateSchedule for InverseTimeDecay {
    fn call(&self, step: &Tensor) -> Result<Tensor> {
        check_steps(Self::NAME, "decay_steps", self.decay_steps)?;
        let p = periods(step, self.decay_steps, self.staircase)?;
        math::divide(self.initial_learning_rate, math::add(math::multiply(p, self.decay_rate)?, 1.0)?)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// From `initial_learning_rate` to `end_learning_rate` in `decay_steps` steps, as a power of what is left of them.
    #[derive(Clone)]
    PolynomialDecay (
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// The number of steps.
        decay_steps: f64,
    ) {
        /// The rate at the end.
        end_learning_rate: f64 = 0.0001,
        /// The power: 1 for a line.
        power: f64 = 1.0,
        /// Whether it starts again beyond the end, each time from where twice, thrice and more as many steps would have brought it.
        cycle: bool = false,
        /// Its name.
        name: String = "PolynomialDecay",
    } {} []
}

impl LearningRateSchedule for PolynomialDecay {
    fn call(&self, step: &Tensor) -> Result<Tensor> {
        check_steps(Self::NAME, "decay_steps", self.decay_steps)?;
        let step = as_float(step)?;
        let p = if self.cycle {
            let times = math::ceil(math::divide(&step, self.decay_steps)?)?;
            // The first cycle begins at step 0.
            let times = array::where_(math::equal(&step, 0.0)?, 1.0, times)?;
            math::divide(&step, math::multiply(times, self.decay_steps)?)?
        } else {
            math::divide(math::minimum(&step, self.decay_steps)?, self.decay_steps)?
        };
        let left = math::pow(math::subtract(1.0, p)?, self.power)?;
        let range = self.initial_learning_rate - self.end_learning_rate;
        math::add(math::multiply(left, range)?, self.end_learning_rate)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn LearningRateSchedule>] = classes! {
    ExponentialDecay [],
    InverseTimeDecay [],
    PolynomialDecay [],
};
