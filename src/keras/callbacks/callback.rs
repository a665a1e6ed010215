//! What is called while a model trains.

use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::{Logs, StepLogs, Verbose};
use crate::tensor::Tensor;

/// What callbacks are told about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// How much is printed.
    pub verbose: Verbose,
    /// Epochs of the run.
    pub epochs: usize,
    /// Steps of an epoch, where known.
    pub steps: Option<usize>,
}

/// Hooks into training, evaluation and prediction (`keras.callbacks.Callback`). All do nothing by default. An error ends the run.
///
/// ```
/// use wgflow::keras::{Compile, Fit, Logs, Model, Sequential, Verbose, callbacks::Callback, layers::Dense};
/// use wgflow::{IntoTensor, Result};
///
/// #[derive(Debug, Default)]
/// struct Until { loss: f64 }
///
/// impl Callback for Until {
///     fn on_epoch_end(&mut self, model: &Model, _: usize, logs: &mut Logs) -> Result<()> {
///         if logs.value("loss")? < self.loss {
///             model.stop_training();
///         }
///         Ok(())
///     }
/// }
///
/// let (x, y) = ([[1.0], [2.0]].into_tensor(None)?, [[2.0], [4.0]].into_tensor(None)?);
/// let model = Sequential::new(wgflow::layers![Dense::new(1).kernel_initializer("ones")])?;
/// model.compile(Compile::new("sgd", "mse"))?;
/// let mut until = Until { loss: 1.5 };
/// let args = Fit { epochs: 50, verbose: Verbose::Silent, callbacks: vec![&mut until], ..Fit::default() };
/// assert!(model.fit((&x, &y), args)?.epoch.len() < 50);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[expect(unused_variables, reason = "names of arguments are part of the documentation")]
pub trait Callback {
    /// Before anything else.
    fn set_params(&mut self, params: &Params) {}

    /// Before training.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_train_begin(&mut self, model: &Model) -> Result<()> {
        Ok(())
    }

    /// After training, with the logs of the last epoch.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_train_end(&mut self, model: &Model, logs: &Logs) -> Result<()> {
        Ok(())
    }

    /// Before an epoch; epochs count from 0.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_epoch_begin(&mut self, model: &Model, epoch: usize) -> Result<()> {
        Ok(())
    }

    /// After an epoch and its validation. What is added to the logs, later callbacks and the history see.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_epoch_end(&mut self, model: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        Ok(())
    }

    /// Before a step of training; steps count from 0 in each epoch.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_train_batch_begin(&mut self, model: &Model, batch: usize) -> Result<()> {
        Ok(())
    }

    /// After a step of training was issued. Reading the logs waits for the device.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_train_batch_end(&mut self, model: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        Ok(())
    }

    /// Before a pass of evaluation or validation.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_test_begin(&mut self, model: &Model) -> Result<()> {
        Ok(())
    }

    /// After it.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_test_end(&mut self, model: &Model, logs: &Logs) -> Result<()> {
        Ok(())
    }

    /// Before a step of evaluation.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_test_batch_begin(&mut self, model: &Model, batch: usize) -> Result<()> {
        Ok(())
    }

    /// After a step of evaluation was issued.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_test_batch_end(&mut self, model: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        Ok(())
    }

    /// Before prediction.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_predict_begin(&mut self, model: &Model) -> Result<()> {
        Ok(())
    }

    /// After prediction.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_predict_end(&mut self, model: &Model) -> Result<()> {
        Ok(())
    }

    /// Before a step of prediction.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_predict_batch_begin(&mut self, model: &Model, batch: usize) -> Result<()> {
        Ok(())
    }

    /// After a step of prediction, with what the model gave.
    ///
    /// # Errors
    /// Whatever the callback meets.
    fn on_predict_batch_end(&mut self, model: &Model, batch: usize, outputs: &[Tensor]) -> Result<()> {
        Ok(())
    }
}
