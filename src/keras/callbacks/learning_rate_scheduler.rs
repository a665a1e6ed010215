//! A learning rate for each epoch.

use super::Callback;
use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::Logs;
use crate::keras::utils::print_msg;
use std::fmt;

/// Sets the learning rate before each epoch, from the epoch and the rate so far (`keras.callbacks.LearningRateScheduler`).
///
/// ```
/// use wgflow::keras::callbacks::LearningRateScheduler;
/// let halve = LearningRateScheduler::new(|epoch, rate| if epoch < 10 { rate } else { rate / 2.0 });
/// # let _ = halve;
/// ```
pub struct LearningRateScheduler {
    schedule: Box<dyn FnMut(usize, f64) -> f64>,
    verbose: bool,
}

impl LearningRateScheduler {
    /// A scheduler of a function.
    pub fn new(schedule: impl FnMut(usize, f64) -> f64 + 'static) -> Self {
        LearningRateScheduler { schedule: Box::new(schedule), verbose: false }
    }

    /// Whether it says what it does.
    #[must_use]
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }
}

impl fmt::Debug for LearningRateScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LearningRateScheduler(..)")
    }
}

fn rate_of(model: &Model) -> Result<f64> {
    Ok(f64::from(model.optimizer()?.get_learning_rate()?.item::<f32>()?))
}

impl Callback for LearningRateScheduler {
    fn on_epoch_begin(&mut self, model: &Model, epoch: usize) -> Result<()> {
        let rate = (self.schedule)(epoch, rate_of(model)?);
        model.optimizer()?.set_learning_rate(rate)?;
        if self.verbose {
            let text = format!("LearningRateScheduler setting learning rate to {rate}.");
            print_msg(&format!("\nEpoch {}: {text}\n", epoch + 1))?;
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, model: &Model, _: usize, logs: &mut Logs) -> Result<()> {
        logs.set("learning_rate", rate_of(model)?);
        Ok(())
    }
}
