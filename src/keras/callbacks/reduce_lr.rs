//! A smaller learning rate when nothing gets better.

use super::monitor::{Mode, Monitor};
use super::{Callback, setters};
use crate::error::{Error, Result};
use crate::keras::models::Model;
use crate::keras::training::Logs;
use crate::keras::utils::print_msg;

/// Makes the learning rate smaller when a value has stopped improving (`keras.callbacks.ReduceLROnPlateau`).
#[derive(Debug)]
pub struct ReduceLROnPlateau {
    monitor: String,
    factor: f64,
    patience: usize,
    verbose: bool,
    mode: Mode,
    min_delta: f64,
    cooldown: usize,
    min_lr: f64,
    watch: Option<Monitor>,
    best: Option<f64>,
    wait: usize,
    cooling: usize,
}

impl ReduceLROnPlateau {
    /// Watches a value of the logs, such as `val_loss`, with Keras' defaults.
    pub fn new(monitor: impl Into<String>) -> Self {
        ReduceLROnPlateau {
            monitor: monitor.into(),
            factor: 0.1,
            patience: 10,
            verbose: false,
            mode: Mode::Auto,
            min_delta: 1e-4,
            cooldown: 0,
            min_lr: 0.0,
            watch: None,
            best: None,
            wait: 0,
            cooling: 0,
        }
    }

    setters! {
        /// What the learning rate is multiplied by; below 1.
        factor: f64;
        /// Epochs without improvement after which it is.
        patience: usize;
        /// Whether it says what it does.
        verbose: bool;
        /// What is an improvement.
        mode: Mode;
        /// Smaller changes are no improvement.
        min_delta: f64;
        /// Epochs after a reduction in which nothing is watched.
        cooldown: usize;
        /// The smallest learning rate.
        min_lr: f64;
    }
}

impl Callback for ReduceLROnPlateau {
    fn on_train_begin(&mut self, _: &Model) -> Result<()> {
        if self.factor >= 1.0 {
            return Err(Error::invalid("ReduceLROnPlateau", "factor", "a factor below 1", self.factor));
        }
        self.watch = None;
        (self.best, self.wait, self.cooling) = (None, 0, 0);
        Ok(())
    }

    fn on_epoch_end(&mut self, model: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        let (name, mode, min_delta) = (&self.monitor, self.mode, self.min_delta);
        let watch = self.watch.get_or_insert_with(|| Monitor::new(name, mode, min_delta));
        watch.settle("ReduceLROnPlateau", model)?;
        let optimizer = model.optimizer()?;
        let rate = f64::from(optimizer.get_learning_rate()?.item::<f32>()?);
        logs.set("learning_rate", rate);
        let Some(value) = logs.get(&self.monitor) else {
            log::warn!(
                "learning rate reduction is conditioned on {:?}, which is not available; available are {}",
                self.monitor,
                logs.names().join(", ")
            );
            return Ok(());
        };
        if self.cooling > 0 {
            self.cooling -= 1;
            self.wait = 0;
        }
        if watch.improves(value, self.best) {
            self.best = Some(value);
            self.wait = 0;
        } else if self.cooling == 0 {
            self.wait += 1;
            if self.wait >= self.patience && rate > f64::from(self.min_lr as f32) {
                let smaller = (rate * self.factor).max(self.min_lr);
                optimizer.set_learning_rate(smaller)?;
                if self.verbose {
                    let text = format!("ReduceLROnPlateau reducing learning rate to {smaller}.");
                    print_msg(&format!("\nEpoch {}: {text}\n", epoch + 1))?;
                }
                self.cooling = self.cooldown;
                self.wait = 0;
            }
        }
        Ok(())
    }
}
