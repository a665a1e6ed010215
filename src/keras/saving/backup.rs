//! States of training in files.

use super::file::Archive;
use super::whole::{restore_with_optimizer, with_optimizer};
use crate::error::{Error, ErrorKind, Result};
use crate::keras::models::Model;
use serde_json::{Value, json};
use std::path::Path;

const OP: &str = "BackupAndRestore";
const METADATA: &str = "training_metadata";

impl Model {
    /// Writes weights, the optimizer's state and how far training is.
    pub(in crate::keras) fn back_up(&self, path: &Path, epoch: usize, batch: usize) -> Result<()> {
        let mut archive = with_optimizer(self, OP)?;
        archive.text.insert(METADATA.into(), json!({ "epoch": epoch, "batch": batch }).to_string());
        archive.write(OP, path)
    }

    /// Reads what [`Model::back_up`] wrote, and gives the epoch.
    pub(in crate::keras) fn restore_backup(&self, path: &Path) -> Result<usize> {
        let archive = Archive::read(OP, path)?;
        let place = path.display().to_string();
        let metadata = archive.text.get(METADATA).and_then(|t| serde_json::from_str::<Value>(t).ok());
        let epoch = metadata.and_then(|m| m["epoch"].as_u64()).ok_or_else(|| {
            Error::new(ErrorKind::DataLoss, OP, format!("{place}: it does not say how far training was"))
        })?;
        restore_with_optimizer(self, OP, &place, &archive)?;
        Ok(epoch as usize)
    }

    /// Makes the `fit` that is beginning begin with an epoch.
    pub(in crate::keras) fn resume_with(&self, epoch: usize) {
        self.training().resume.set(Some(epoch));
    }
}
