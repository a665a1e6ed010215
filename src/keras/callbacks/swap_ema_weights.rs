//! Evaluation with moving averages of weights.

use super::{Callback, Params, setters};
use crate::error::{Error, ErrorKind, Result};
use crate::keras::models::Model;
use crate::keras::training::Logs;

/// Has a model evaluated with the moving averages of its weights, which an optimizer with `use_ema` keeps
/// (`keras.callbacks.SwapEMAWeights`). They are swapped with the weights before each evaluation, validation or prediction, and back after it.
///
/// ```
/// use wgflow::keras::callbacks::{ModelCheckpoint, SwapEMAWeights};
/// // What is saved at the ends of epochs are the averages.
/// let (mut swap, mut save) = (SwapEMAWeights::new().swap_on_epoch(true), ModelCheckpoint::new("net.safetensors"));
/// # let _ = (&mut swap, &mut save);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SwapEMAWeights {
    swap_on_epoch: bool,
    swapped: bool,
    epochs: usize,
}

impl SwapEMAWeights {
    /// Swaps for evaluations alone.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Whether the averages are in the model from the end of an epoch to the next one's beginning, so that callbacks that come later save them.
        swap_on_epoch: bool;
    }

    /// Has the averages in the model, or not.
    fn set(&mut self, model: &Model, swapped: bool) -> Result<()> {
        if self.swapped == swapped {
            return Ok(());
        }
        let optimizer = model.optimizer()?;
        let all = optimizer.moving_averages();
        if all.is_empty() && optimizer.built() {
            let text = "wanted an optimizer with use_ema=true. Received: one without";
            return Err(Error::new(ErrorKind::FailedPrecondition, "SwapEMAWeights", text));
        }
        for (weight, average) in all {
            let (w, a) = (weight.value()?, average.value()?);
            weight.assign(a)?;
            average.assign(w)?;
        }
        self.swapped = swapped;
        Ok(())
    }
}

impl Callback for SwapEMAWeights {
    fn set_params(&mut self, params: &Params) {
        self.epochs = params.epochs;
    }

    fn on_epoch_begin(&mut self, model: &Model, _: usize) -> Result<()> {
        if self.swap_on_epoch { self.set(model, false) } else { Ok(()) }
    }

    fn on_epoch_end(&mut self, model: &Model, epoch: usize, _: &mut Logs) -> Result<()> {
        if !self.swap_on_epoch {
            return Ok(());
        }
        self.set(model, true)?;
        if epoch + 1 >= self.epochs || model.is_stopping() {
            // The end of training sets weights to averages, and these are in the weights.
            for (weight, average) in model.optimizer()?.moving_averages() {
                average.assign(weight.value()?)?;
            }
            self.swapped = false;
        }
        Ok(())
    }

    fn on_test_begin(&mut self, model: &Model) -> Result<()> {
        self.set(model, true)
    }

    fn on_test_end(&mut self, model: &Model, _: &Logs) -> Result<()> {
        self.set(model, false)
    }

    fn on_predict_begin(&mut self, model: &Model) -> Result<()> {
        self.set(model, true)
    }

    fn on_predict_end(&mut self, model: &Model) -> Result<()> {
        self.set(model, false)
    }
}
