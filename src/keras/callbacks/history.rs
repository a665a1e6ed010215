//! What was measured, epoch by epoch.

use super::{Callback, Params};
use crate::error::Result;
use crate::keras::models::Model;
use crate::keras::training::Logs;
use std::collections::BTreeMap;

/// The logs of all epochs (`keras.callbacks.History`): what `fit` gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// What the run was asked for.
    pub params: Params,
    /// The epochs, counted from 0.
    pub epoch: Vec<usize>,
    /// One value an epoch for each name.
    pub history: BTreeMap<String, Vec<f64>>,
}

impl Callback for History {
    fn set_params(&mut self, params: &Params) {
        self.params = params.clone();
    }

    fn on_train_begin(&mut self, _: &Model) -> Result<()> {
        self.epoch.clear();
        Ok(())
    }

    fn on_epoch_end(&mut self, _: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        self.epoch.push(epoch);
        for (name, value) in logs.iter() {
            self.history.entry(name.into()).or_default().push(value);
        }
        Ok(())
    }
}
