//! Stopping at a loss that is no number.

use super::Callback;
use crate::error::{Error, ErrorKind, Result};
use crate::keras::models::Model;
use crate::keras::training::StepLogs;
use crate::keras::utils::print_msg;

/// Stops training when the loss is NaN or infinite (`keras.callbacks.TerminateOnNaN`). It reads the loss after each step, which waits for
/// the device.
#[derive(Clone, Debug, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
}

impl TerminateOnNaN {
    /// Stops as if training had come to its end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it ends training with an error.
    #[must_use]
    pub fn raise_error(mut self, raise_error: bool) -> Self {
        self.raise_error = raise_error;
        self
    }
}

impl Callback for TerminateOnNaN {
    fn on_train_batch_end(&mut self, model: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        let loss = logs.read()?.get("loss");
        let Some(loss) = loss.filter(|l| !l.is_finite()) else { return Ok(()) };
        if self.raise_error {
            let text = format!("NaN or infinite loss at batch {batch}. Loss value: {loss}");
            return Err(Error::new(ErrorKind::FailedPrecondition, "TerminateOnNaN", text));
        }
        print_msg(&format!("Batch {batch}: Invalid loss, terminating training\n"))?;
        model.stop_training();
        Ok(())
    }
}
