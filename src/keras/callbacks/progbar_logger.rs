//! Progress on standard output.

use super::{Callback, Params};
use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::{Logs, StepLogs, Verbose};
use crate::keras::utils::{Progbar, print_msg};
use crate::tensor::Tensor;

/// Prints a progress bar an epoch, or a line (`keras.callbacks.ProgbarLogger`). `fit`, `evaluate` and `predict` add it by themselves.
#[derive(Debug, Default)]
pub struct ProgbarLogger {
    seen: usize,
    progbar: Option<Progbar>,
    target: Option<usize>,
    verbose: Verbose,
    epochs: usize,
    in_fit: bool,
}

impl ProgbarLogger {
    /// A logger that is told what to print by the run.
    pub fn new() -> Self {
        ProgbarLogger { epochs: 1, ..Self::default() }
    }

    fn begin(&mut self) {
        self.seen = 0;
        self.progbar = Some(Progbar::new(self.target, self.verbose));
    }

    fn step(&mut self, batch: usize, logs: Option<&StepLogs>) -> Result<()> {
        self.seen = batch + 1;
        let (target, verbose) = (self.target, self.verbose);
        let bar = self.progbar.get_or_insert_with(|| Progbar::new(target, verbose));
        if verbose != Verbose::Bar || !bar.is_due() {
            return Ok(());
        }
        let logs = logs.map(StepLogs::read).transpose()?.unwrap_or_default();
        bar.update(self.seen, &logs, false)
    }

    fn end(&mut self, logs: &Logs) -> Result<()> {
        let target = *self.target.get_or_insert(self.seen);
        match &mut self.progbar {
            Some(bar) => {
                bar.set_target(target);
                bar.update(target, logs, true)
            }
            None => Ok(()),
        }
    }
}

impl Callback for ProgbarLogger {
    fn set_params(&mut self, params: &Params) {
        self.verbose = params.verbose;
        self.epochs = params.epochs;
        self.target = params.steps;
    }

    fn on_train_begin(&mut self, _: &Model) -> Result<()> {
        self.in_fit = true;
        Ok(())
    }

    fn on_epoch_begin(&mut self, _: &Model, epoch: usize) -> Result<()> {
        self.begin();
        if self.verbose != Verbose::Silent && self.epochs > 1 {
            print_msg(&format!("Epoch {}/{}\n", epoch + 1, self.epochs))?;
        }
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        self.step(batch, Some(logs))
    }

    fn on_epoch_end(&mut self, _: &Model, _: usize, logs: &mut Logs) -> Result<()> {
        self.end(logs)
    }

    fn on_test_begin(&mut self, _: &Model) -> Result<()> {
        if !self.in_fit {
            self.begin();
        }
        Ok(())
    }

    fn on_test_batch_end(&mut self, _: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        if self.in_fit { Ok(()) } else { self.step(batch, Some(logs)) }
    }

    fn on_test_end(&mut self, _: &Model, logs: &Logs) -> Result<()> {
        if self.in_fit { Ok(()) } else { self.end(&logs.clone().sorted()) }
    }

    fn on_predict_begin(&mut self, _: &Model) -> Result<()> {
        self.begin();
        Ok(())
    }

    fn on_predict_batch_end(&mut self, _: &Model, batch: usize, _: &[Tensor]) -> Result<()> {
        self.step(batch, None)
    }

    fn on_predict_end(&mut self, _: &Model) -> Result<()> {
        self.end(&Logs::default())
    }
}
