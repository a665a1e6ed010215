//! Training that goes on where it was interrupted.

use super::save_freq::{Counted, SaveFreq};
use super::{Callback, setters};
use crate::error::{Error, ErrorKind, Result};
use crate::keras::models::Model;
use crate::keras::training::{Logs, StepLogs};
use std::fs;
use std::path::PathBuf;

/// Backs up the state of training, and goes on from there where a run was interrupted (`keras.callbacks.BackupAndRestore`).
///
/// Weights, the optimizer's state and the number of finished epochs are kept in one file in the folder, which is replaced at once. A later `fit`
/// with the same folder begins with the epoch that was not finished. At the end of training the file is deleted, and the folder if nothing
/// else is in it.
///
/// ```
/// use wgflow::keras::callbacks::BackupAndRestore;
/// let backup = BackupAndRestore::new("runs/digits/backup");
/// # let _ = backup;
/// ```
#[derive(Debug)]
pub struct BackupAndRestore {
    backup_dir: PathBuf,
    save_freq: SaveFreq,
    double_checkpoint: bool,
    delete_checkpoint: bool,
    epoch: usize,
    batches: Counted,
}

impl BackupAndRestore {
    /// Backs up after each epoch, with Keras' defaults for the rest. The folder must be for this run alone.
    pub fn new(backup_dir: impl Into<PathBuf>) -> Self {
        BackupAndRestore {
            backup_dir: backup_dir.into(),
            save_freq: SaveFreq::Epoch,
            double_checkpoint: false,
            delete_checkpoint: true,
            epoch: 0,
            batches: Counted::default(),
        }
    }

    setters! {
        /// When the state is backed up. An epoch that was interrupted is begun anew in either case.
        save_freq: SaveFreq;
        /// Whether the backup before is kept too, for the case that the last one cannot be read.
        double_checkpoint: bool;
        /// Whether the backup is deleted at the end of training.
        delete_checkpoint: bool;
    }

    fn latest(&self) -> PathBuf {
        self.backup_dir.join("latest.safetensors")
    }

    fn previous(&self) -> PathBuf {
        self.backup_dir.join("latest.safetensors.bkp")
    }

    fn save(&self, model: &Model, batch: usize) -> Result<()> {
        let (latest, previous) = (self.latest(), self.previous());
        if self.double_checkpoint && latest.exists() {
            fs::copy(&latest, &previous).map_err(|e| Error::io("BackupAndRestore", &previous, &e))?;
        }
        model.back_up(&latest, self.epoch, batch)
    }
}

impl Callback for BackupAndRestore {
    fn on_train_begin(&mut self, model: &Model) -> Result<()> {
        if self.backup_dir.as_os_str().is_empty() {
            return Err(Error::invalid("BackupAndRestore", "backup_dir", "the path of a folder", "\"\""));
        }
        self.batches = Counted::default();
        let (latest, previous) = (self.latest(), self.previous());
        if !latest.exists() {
            return Ok(());
        }
        let epoch = match model.restore_backup(&latest) {
            // A file that is broken; what another model wrote stays an error.
            Err(e) if e.kind() != ErrorKind::InvalidArgument && previous.exists() => {
                log::warn!("the last backup cannot be read, the one before is used: {e}");
                model.restore_backup(&previous)?
            }
            found => found?,
        };
        model.resume_with(epoch);
        Ok(())
    }

    fn on_epoch_begin(&mut self, _: &Model, epoch: usize) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_end(&mut self, model: &Model, batch: usize, _: &StepLogs) -> Result<()> {
        if self.batches.due(self.save_freq, batch) { self.save(model, batch) } else { Ok(()) }
    }

    fn on_epoch_end(&mut self, model: &Model, epoch: usize, _: &mut Logs) -> Result<()> {
        self.epoch = epoch + 1;
        if self.save_freq == SaveFreq::Epoch { self.save(model, 0) } else { Ok(()) }
    }

    fn on_train_end(&mut self, _: &Model, _: &Logs) -> Result<()> {
        if !self.delete_checkpoint {
            return Ok(());
        }
        for path in [self.latest(), self.previous()] {
            match fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("BackupAndRestore", &path, &e));
                }
                _ => {}
            }
        }
        // A folder with other files in it stays.
        let _ = fs::remove_dir(&self.backup_dir);
        Ok(())
    }
}
