//! The arguments that all optimizers have.

use crate::error::{Error, Result};
use crate::keras::object::Setting;
use crate::keras::schedules::{self, LearningRateSchedule};
use serde_json::Value;
use std::sync::Arc;

/// A learning rate: a number, which can be changed while a model is trained, or a function of the step.
#[derive(Clone, Debug)]
pub enum LearningRate {
    /// The first value of a variable.
    Number(f64),
    /// A value for each step.
    Schedule(Arc<dyn LearningRateSchedule>),
}

impl From<f64> for LearningRate {
    fn from(v: f64) -> Self {
        LearningRate::Number(v)
    }
}

impl From<f32> for LearningRate {
    fn from(v: f32) -> Self {
        LearningRate::Number(v.into())
    }
}

impl From<Arc<dyn LearningRateSchedule>> for LearningRate {
    fn from(s: Arc<dyn LearningRateSchedule>) -> Self {
        LearningRate::Schedule(s)
    }
}

impl<S: LearningRateSchedule + 'static> From<S> for LearningRate {
    fn from(s: S) -> Self {
        LearningRate::Schedule(Arc::new(s))
    }
}

impl Setting for LearningRate {
    const WANTED: &'static str = "a number or the configuration of a schedule";
    fn read(v: &Value) -> Option<Self> {
        match v.as_f64() {
            Some(v) => Some(v.into()),
            None => schedules::deserialize(v).ok().map(LearningRate::Schedule),
        }
    }
    fn write(&self) -> Value {
        match self {
            LearningRate::Number(v) => Value::from(*v),
            LearningRate::Schedule(s) => schedules::serialize(s.as_ref()),
        }
    }
}

/// The arguments that all optimizers have (those of `keras.optimizers.Optimizer`).
#[derive(Clone, Debug)]
pub struct Options {
    /// The name; one is made up where there is none.
    pub name: Option<String>,
    /// The learning rate.
    pub learning_rate: LearningRate,
    /// What part of a variable, times the learning rate, is taken from it at each update.
    pub weight_decay: Option<f64>,
    /// The largest norm that the gradient of a variable may have; larger ones are scaled.
    pub clipnorm: Option<f64>,
    /// The largest magnitude that an element of a gradient may have.
    pub clipvalue: Option<f64>,
    /// The largest norm that all gradients together may have; larger ones are scaled.
    pub global_clipnorm: Option<f64>,
    /// Whether moving averages of variables are kept.
    pub use_ema: bool,
    /// How much of a moving average stays at each update.
    pub ema_momentum: f64,
    /// After how many updates variables are set to their moving averages.
    pub ema_overwrite_frequency: Option<i64>,
    /// The factor of the loss that gradients are divided by.
    pub loss_scale_factor: Option<f64>,
    /// Over how many steps gradients are averaged before they are used.
    pub gradient_accumulation_steps: Option<i64>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            name: None,
            learning_rate: LearningRate::Number(0.001),
            weight_decay: None,
            clipnorm: None,
            clipvalue: None,
            global_clipnorm: None,
            use_ema: false,
            ema_momentum: 0.99,
            ema_overwrite_frequency: None,
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
        }
    }
}

impl Options {
    /// Refuses what Keras refuses.
    pub(super) fn check(&self, class: &str) -> Result<()> {
        if let Some(steps) = self.gradient_accumulation_steps.filter(|&s| s < 2) {
            return Err(Error::invalid(class, "gradient_accumulation_steps", "at least 2", steps));
        }
        if self.use_ema && !(0.0..=1.0).contains(&self.ema_momentum) {
            return Err(Error::invalid(class, "ema_momentum", "a value in [0, 1]", self.ema_momentum));
        }
        if let Some(n) = self.ema_overwrite_frequency.filter(|&n| self.use_ema && n < 1) {
            return Err(Error::invalid(class, "ema_overwrite_frequency", "at least 1", n));
        }
        let clips = [self.clipnorm, self.clipvalue, self.global_clipnorm];
        if clips.iter().flatten().count() > 1 {
            let received = format!(
                "clipnorm={:?}, clipvalue={:?}, global_clipnorm={:?}",
                self.clipnorm, self.clipvalue, self.global_clipnorm
            );
            let wanted = "only one of clipnorm, clipvalue and global_clipnorm";
            return Err(Error::invalid(class, "clipnorm", wanted, received));
        }
        Ok(())
    }
}
