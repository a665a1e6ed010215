//! Rates that fall as a cosine does.

use super::{LearningRateSchedule, as_float, check_steps};
use crate::error::Result;
use crate::keras::object::{Class, Config, class, classes};
use crate::ops::{array, math};
use crate::tensor::Tensor;
use std::f64::consts::PI;

/// `(1 - alpha) * cosine + alpha`, where `cosine` falls from 1 to 0 while `fraction` goes from 0 to 1.
fn fall(fraction: &Tensor, alpha: f64, height: Option<&Tensor>) -> Result<Tensor> {
    let wave = math::add(math::cos(math::multiply(fraction, PI)?)?, 1.0)?;
    let mut cosine = math::multiply(wave, 0.5)?;
    if let Some(height) = height {
        cosine = math::multiply(cosine, height)?;
    }
    math::add(math::multiply(cosine, 1.0 - alpha)?, alpha)
}

class! {
    /// Half a cosine from the initial rate to `alpha` times it in `decay_steps` steps. With `warmup_target`, the rate first rises on a line
    /// to that in `warmup_steps` steps, and falls from there.
    #[derive(Clone)]
    CosineDecay (
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// In how many steps it falls.
        decay_steps: f64,
    ) {
        /// The rate at the end, as a part of the one that it falls from.
        alpha: f64 = 0.0,
        /// Its name.
        name: String = "CosineDecay",
        /// In how many steps it rises.
        warmup_steps: f64 = 0.0,
    } {
        /// The rate after the rise; without it there is none.
        warmup_target: f64,
    } []
}

impl LearningRateSchedule for CosineDecay {
    fn call(&self, step: &Tensor) -> Result<Tensor> {
        check_steps(Self::NAME, "decay_steps", self.decay_steps)?;
        let step = as_float(step)?;
        let falling = |step: &Tensor, from: f64| -> Result<Tensor> {
            let fraction = math::divide(step, self.decay_steps)?;
            math::multiply(fall(&fraction, self.alpha, None)?, from)
        };
        let Some(target) = self.warmup_target else {
            let step = math::minimum(step, self.decay_steps)?;
            return falling(&step, self.initial_learning_rate);
        };
        let step = math::minimum(step, self.decay_steps + self.warmup_steps)?;
        let after = falling(&math::subtract(&step, self.warmup_steps)?, target)?;
        if self.warmup_steps <= 0.0 {
            return Ok(after);
        }
        let rise =
            math::multiply(math::divide(&step, self.warmup_steps)?, target - self.initial_learning_rate)?;
        let rise = math::add(rise, self.initial_learning_rate)?;
        array::where_(math::less(&step, self.warmup_steps)?, rise, after)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// Half cosines one after another, each from the initial rate (times `m_mul` for each before) down to `alpha` times it; the first takes
    /// `first_decay_steps` steps, each further one `t_mul` times as many as the one before.
    #[derive(Clone)]
    CosineDecayRestarts (
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// The length of the first fall.
        first_decay_steps: f64,
    ) {
        /// The factor of lengths.
        t_mul: f64 = 2.0,
        /// The factor of heights.
        m_mul: f64 = 1.0,
        /// The lowest rate, as a part of the initial one.
        alpha: f64 = 0.0,
        /// Its name.
        name: String = "SGDRDecay",
    } {} []
}

/// What is added to the number of falls before it is rounded down: a logarithm that is a little too small is no fall less.
const SLACK: f64 = 2e-6;

impl LearningRateSchedule for CosineDecayRestarts {
    fn call(&self, step: &Tensor) -> Result<Tensor> {
        check_steps(Self::NAME, "first_decay_steps", self.first_decay_steps)?;
        let fraction = math::divide(as_float(step)?, self.first_decay_steps)?;
        let (falls, fraction) = if self.t_mul == 1.0 {
            let falls = math::floor(&fraction)?;
            let rest = math::subtract(&fraction, &falls)?;
            (falls, rest)
        } else {
            let more = self.t_mul - 1.0;
            let grown = math::add(math::multiply(&fraction, more)?, 1.0)?;
            let count = math::divide(math::log(grown)?, self.t_mul.ln())?;
            let falls = math::floor(math::add(count, SLACK)?)?;
            let length = math::pow(self.t_mul, &falls)?;
            let before = math::divide(math::subtract(&length, 1.0)?, more)?;
            (falls, math::divide(math::subtract(&fraction, before)?, length)?)
        };
        let height = math::pow(self.m_mul, falls)?;
        math::multiply(fall(&fraction, self.alpha, Some(&height))?, self.initial_learning_rate)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn LearningRateSchedule>] = classes! {
    CosineDecay [],
    CosineDecayRestarts [],
};
