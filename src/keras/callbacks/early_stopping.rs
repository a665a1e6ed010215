//! Stopping when nothing gets better.

use super::monitor::{Mode, Monitor};
use super::{Callback, setters};
use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::Logs;
use crate::keras::utils::print_msg;
use crate::tensor::Tensor;

/// Stops training when a value has stopped improving (`keras.callbacks.EarlyStopping`).
///
/// ```
/// use wgflow::keras::callbacks::EarlyStopping;
/// let stop = EarlyStopping::new("val_loss").patience(3).restore_best_weights(true);
/// # let _ = stop;
/// ```
#[derive(Debug)]
pub struct EarlyStopping {
    monitor: String,
    min_delta: f64,
    patience: usize,
    verbose: bool,
    mode: Mode,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    watch: Option<Monitor>,
    wait: usize,
    best: Option<f64>,
    best_epoch: usize,
    best_weights: Option<Vec<Tensor>>,
    stopped_epoch: usize,
}

impl EarlyStopping {
    /// Watches a value of the logs, such as `val_loss`, with Keras' defaults.
    pub fn new(monitor: impl Into<String>) -> Self {
        EarlyStopping {
            monitor: monitor.into(),
            min_delta: 0.0,
            patience: 0,
            verbose: false,
            mode: Mode::Auto,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            watch: None,
            wait: 0,
            best: None,
            best_epoch: 0,
            best_weights: None,
            stopped_epoch: 0,
        }
    }

    setters! {
        /// Smaller changes are no improvement.
        min_delta: f64;
        /// Epochs without improvement after which training stops.
        patience: usize;
        /// Whether it says what it does.
        verbose: bool;
        /// What is an improvement.
        mode: Mode;
        /// Whether the weights of the best epoch are put back at the end.
        restore_best_weights: bool;
        /// Epochs that are not watched at the beginning.
        start_from_epoch: usize;
    }

    /// A value that has to be beaten, too.
    #[must_use]
    pub fn baseline(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// The epoch after which training was stopped, counted from 0; 0 where it was not.
    pub fn stopped_epoch(&self) -> usize {
        self.stopped_epoch
    }

    /// The best value.
    pub fn best(&self) -> Option<f64> {
        self.best
    }

    /// The epoch of the best value, counted from 0.
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &Model) -> Result<()> {
        self.watch = None;
        (self.wait, self.stopped_epoch, self.best_epoch) = (0, 0, 0);
        (self.best, self.best_weights) = (None, None);
        Ok(())
    }

    fn on_epoch_end(&mut self, model: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        let (name, mode, min_delta) = (&self.monitor, self.mode, self.min_delta);
        let watch = self.watch.get_or_insert_with(|| Monitor::new(name, mode, min_delta));
        watch.settle("EarlyStopping", model)?;
        let Some(value) = logs.get(&self.monitor) else {
            log::warn!(
                "early stopping is conditioned on {:?}, which is not available; available are {}",
                self.monitor,
                logs.names().join(", ")
            );
            return Ok(());
        };
        if epoch < self.start_from_epoch {
            return Ok(());
        }
        if self.restore_best_weights && self.best_weights.is_none() {
            self.best_weights = Some(model.get_weights()?);
            self.best_epoch = epoch;
        }
        self.wait += 1;
        if watch.improves(value, self.best) {
            self.best = Some(value);
            self.best_epoch = epoch;
            if self.restore_best_weights {
                self.best_weights = Some(model.get_weights()?);
            }
            if self.baseline.is_none() || watch.improves(value, self.baseline) {
                self.wait = 0;
            }
            return Ok(());
        }
        if self.wait >= self.patience && epoch > 0 {
            self.stopped_epoch = epoch;
            model.stop_training();
        }
        Ok(())
    }

    fn on_train_end(&mut self, model: &Model, _: &Logs) -> Result<()> {
        if self.stopped_epoch > 0 && self.verbose {
            print_msg(&format!("Epoch {}: early stopping\n", self.stopped_epoch + 1))?;
        }
        if let Some(weights) = self.best_weights.as_ref().filter(|_| self.restore_best_weights) {
            if self.verbose {
                let epoch = self.best_epoch + 1;
                print_msg(&format!("Restoring model weights from the end of the best epoch: {epoch}.\n"))?;
            }
            model.set_weights(weights)?;
        }
        Ok(())
    }
}
