//! Callbacks from functions.

use super::Callback;
use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::{Logs, StepLogs};
use std::fmt;

type OnModel<'a> = Box<dyn FnMut(&Model) -> Result<()> + 'a>;
type OnCount<'a> = Box<dyn FnMut(&Model, usize) -> Result<()> + 'a>;
type OnEpochEnd<'a> = Box<dyn FnMut(&Model, usize, &mut Logs) -> Result<()> + 'a>;
type OnBatchEnd<'a> = Box<dyn FnMut(&Model, usize, &StepLogs) -> Result<()> + 'a>;
type OnEnd<'a> = Box<dyn FnMut(&Model, &Logs) -> Result<()> + 'a>;

/// A callback of functions (`keras.callbacks.LambdaCallback`).
///
/// ```
/// use wgflow::keras::callbacks::LambdaCallback;
/// let mut losses = vec![];
/// let log = LambdaCallback::new().on_epoch_end(|_, _, logs| {
///     losses.push(logs.value("loss")?);
///     Ok(())
/// });
/// # let _ = log;
/// ```
#[derive(Default)]
pub struct LambdaCallback<'a> {
    epoch_begin: Option<OnCount<'a>>,
    epoch_end: Option<OnEpochEnd<'a>>,
    train_begin: Option<OnModel<'a>>,
    train_end: Option<OnEnd<'a>>,
    train_batch_begin: Option<OnCount<'a>>,
    train_batch_end: Option<OnBatchEnd<'a>>,
}

macro_rules! on {
    ($($(#[doc = $doc:literal])+ $name:ident, $field:ident: ($($t:ty),*);)+) => { $(
        $(#[doc = $doc])+
        #[must_use]
        pub fn $name(mut self, f: impl FnMut($($t),*) -> Result<()> + 'a) -> Self {
            self.$field = Some(Box::new(f));
            self
        }
    )+ };
}

impl<'a> LambdaCallback<'a> {
    /// A callback that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    on! {
        /// Before an epoch.
        on_epoch_begin, epoch_begin: (&Model, usize);
        /// After an epoch.
        on_epoch_end, epoch_end: (&Model, usize, &mut Logs);
        /// Before training.
        on_train_begin, train_begin: (&Model);
        /// After training.
        on_train_end, train_end: (&Model, &Logs);
        /// Before a step of training.
        on_train_batch_begin, train_batch_begin: (&Model, usize);
        /// After a step of training.
        on_train_batch_end, train_batch_end: (&Model, usize, &StepLogs);
    }
}

impl fmt::Debug for LambdaCallback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LambdaCallback(..)")
    }
}

impl Callback for LambdaCallback<'_> {
    fn on_epoch_begin(&mut self, model: &Model, epoch: usize) -> Result<()> {
        self.epoch_begin.as_mut().map_or(Ok(()), |f| f(model, epoch))
    }

    fn on_epoch_end(&mut self, model: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        self.epoch_end.as_mut().map_or(Ok(()), |f| f(model, epoch, logs))
    }

    fn on_train_begin(&mut self, model: &Model) -> Result<()> {
        self.train_begin.as_mut().map_or(Ok(()), |f| f(model))
    }

    fn on_train_end(&mut self, model: &Model, logs: &Logs) -> Result<()> {
        self.train_end.as_mut().map_or(Ok(()), |f| f(model, logs))
    }

    fn on_train_batch_begin(&mut self, model: &Model, batch: usize) -> Result<()> {
        self.train_batch_begin.as_mut().map_or(Ok(()), |f| f(model, batch))
    }

    fn on_train_batch_end(&mut self, model: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        self.train_batch_end.as_mut().map_or(Ok(()), |f| f(model, batch, logs))
    }
}
