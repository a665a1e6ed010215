//! Models saved while they train.

use super::monitor::{Mode, Monitor};
use super::save_freq::{Counted, SaveFreq};
use super::{Callback, setters};
use crate::error::{Error, Result};
use crate::keras::models::Model;
use crate::keras::training::{Logs, StepLogs};
use crate::keras::utils::print_msg;
use std::path::PathBuf;

/// Saves the model, or its weights, after epochs or batches (`keras.callbacks.ModelCheckpoint`).
///
/// The path may have the epoch, counted from 1, and values of the logs in it, written as Python formats them:
///
/// ```
/// use wgflow::keras::callbacks::ModelCheckpoint;
/// let best = ModelCheckpoint::new("runs/{epoch:02d}-{val_loss:.2f}.safetensors").save_best_only(true);
/// # let _ = best;
/// ```
#[derive(Debug)]
pub struct ModelCheckpoint {
    filepath: String,
    monitor: String,
    verbose: bool,
    save_best_only: bool,
    save_weights_only: bool,
    mode: Mode,
    save_freq: SaveFreq,
    initial_value_threshold: Option<f64>,
    watch: Option<Monitor>,
    best: Option<f64>,
    epoch: usize,
    batches: Counted,
}

impl ModelCheckpoint {
    /// Saves after each epoch, with Keras' defaults for the rest.
    pub fn new(filepath: impl Into<String>) -> Self {
        ModelCheckpoint {
            filepath: filepath.into(),
            monitor: "val_loss".into(),
            verbose: false,
            save_best_only: false,
            save_weights_only: false,
            mode: Mode::Auto,
            save_freq: SaveFreq::Epoch,
            initial_value_threshold: None,
            watch: None,
            best: None,
            epoch: 0,
            batches: Counted::default(),
        }
    }

    setters! {
        /// Whether it says what it does.
        verbose: bool;
        /// Whether the model is saved only where the monitored value is better than ever before.
        save_best_only: bool;
        /// Whether weights alone are saved.
        save_weights_only: bool;
        /// What is better.
        mode: Mode;
        /// When the model is saved.
        save_freq: SaveFreq;
    }

    /// The value of the logs that says what is best; `val_loss` by default.
    #[must_use]
    pub fn monitor(mut self, monitor: impl Into<String>) -> Self {
        self.monitor = monitor.into();
        self
    }

    /// A value that has to be beaten by the first model that is saved.
    #[must_use]
    pub fn initial_value_threshold(mut self, value: f64) -> Self {
        self.initial_value_threshold = Some(value);
        self
    }

    fn save(&mut self, model: &Model, batch: Option<usize>, logs: &Logs) -> Result<()> {
        let path = path_of(&self.filepath, self.epoch, batch, logs)?;
        let epoch = self.epoch + 1;
        if self.save_best_only && !self.is_best(model, &path, logs)? {
            return Ok(());
        }
        if !self.save_best_only && self.verbose {
            print_msg(&format!("\nEpoch {epoch}: saving model to {path}\n"))?;
        }
        let place = PathBuf::from(&path);
        if self.save_weights_only {
            model.save_weights(&place)?
        } else {
            model.save(&place)?
        }
        if self.verbose {
            print_msg(&format!("\nEpoch {epoch}: finished saving model to {path}\n"))?;
        }
        Ok(())
    }

    fn is_best(&mut self, model: &Model, path: &str, logs: &Logs) -> Result<bool> {
        let (name, mode) = (&self.monitor, self.mode);
        let watch = self.watch.get_or_insert_with(|| Monitor::new(name, mode, 0.0));
        watch.settle("ModelCheckpoint", model)?;
        let Some(value) = logs.get(&self.monitor) else {
            log::warn!("the best model can only be saved with {:?} in the logs", self.monitor);
            return Ok(true);
        };
        let (epoch, before) = (self.epoch + 1, self.best.map_or("None".into(), |b| format!("{b:.5}")));
        let better = watch.improves(value, self.best);
        if better {
            self.best = Some(value);
        }
        if self.verbose {
            let text = if better {
                format!("improved from {before} to {value:.5}, saving model to {path}")
            } else {
                format!("did not improve from {before}")
            };
            print_msg(&format!("\nEpoch {epoch}: {} {text}\n", self.monitor))?;
        }
        Ok(better)
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _: &Model) -> Result<()> {
        self.best = self.best.or(self.initial_value_threshold);
        Ok(())
    }

    fn on_epoch_begin(&mut self, _: &Model, epoch: usize) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_end(&mut self, model: &Model, batch: usize, logs: &StepLogs) -> Result<()> {
        if self.batches.due(self.save_freq, batch) {
            return self.save(model, Some(batch), &logs.read()?);
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, model: &Model, epoch: usize, logs: &mut Logs) -> Result<()> {
        self.epoch = epoch;
        if self.save_freq == SaveFreq::Epoch { self.save(model, None, logs) } else { Ok(()) }
    }
}

/// The path with its fields filled in.
fn path_of(template: &str, epoch: usize, batch: Option<usize>, logs: &Logs) -> Result<String> {
    let refuse = |field: &str, wanted: String| Error::invalid("ModelCheckpoint", "filepath", wanted, field);
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out += &rest[..at];
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out += &tail[..1];
            rest = &tail[2..];
            continue;
        }
        let end = tail.find('}').filter(|_| tail.starts_with('{'));
        let end = end.ok_or_else(|| refuse(template, "fields in braces, such as {epoch:02d}".into()))?;
        let field = &tail[1..end];
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let whole = match name {
            "epoch" => Some(epoch + 1),
            "batch" => batch.map(|b| b + 1),
            _ => None,
        };
        let text = match (whole, logs.get(name)) {
            (Some(n), _) => integer(n, spec),
            (None, Some(v)) => decimal(v, spec),
            (None, None) => {
                let wanted = format!("names of fields, of epoch, {}", logs.names().join(", "));
                return Err(refuse(field, wanted));
            }
        };
        out += &text.ok_or_else(|| refuse(field, "a format such as 02d or .2f".into()))?;
        rest = &tail[end + 1..];
    }
    Ok(out + rest)
}

/// A whole number as `02d`, `3d` or without a format.
fn integer(n: usize, spec: &str) -> Option<String> {
    if spec.is_empty() {
        return Some(n.to_string());
    }
    let (digits, kind) = spec.split_at_checked(spec.len() - 1)?;
    if kind != "d" {
        return decimal(n as f64, spec);
    }
    let width = if digits.is_empty() { 0 } else { digits.parse::<usize>().ok().filter(|w| *w < 256)? };
    Some(if digits.starts_with('0') { format!("{n:0width$}") } else { format!("{n:width$}") })
}

/// A number as `.2f`, `8.3f`, `.3e` or without a format.
fn decimal(v: f64, spec: &str) -> Option<String> {
    if spec.is_empty() {
        return Some(v.to_string());
    }
    let (digits, kind) = spec.split_at_checked(spec.len() - 1)?;
    let (width, places) = digits.split_once('.').unwrap_or((digits, "6"));
    let (width, places) =
        (if width.is_empty() { "0" } else { width }.parse::<usize>().ok()?, places.parse::<usize>().ok()?);
    if width > 255 || places > 255 {
        return None;
    }
    match kind {
        "f" => Some(format!("{v:width$.places$}")),
        "e" => {
            let text = format!("{v:.places$e}");
            let (number, power) = text.split_once('e')?;
            let power: i32 = power.parse().ok()?;
            let sign = if power < 0 { '-' } else { '+' };
            Some(format!("{:>width$}", format!("{number}e{sign}{:02}", power.abs())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Python's `str.format`.
    #[test]
    fn paths_are_formatted() {
        let logs = Logs::from([("val_loss", 0.12345), ("acc", 1.0)]);
        let path = |t: &str| path_of(t, 6, Some(11), &logs).ok();
        assert_eq!(path("a/{epoch:02d}-{val_loss:.2f}.k").as_deref(), Some("a/07-0.12.k"));
        assert_eq!(path("{epoch}-{batch:4d}-{val_loss:.1e}").as_deref(), Some("7-  12-1.2e-01"));
        assert_eq!(path("{{x}}{acc:6.3f}").as_deref(), Some("{x} 1.000"));
        for bad in
            ["{loss}", "{epoch:xyz}", "{epoch", "}x", "{val_loss:.2}", "{val_loss:9999.2f}", "{epoch:é}"]
        {
            assert_eq!(path(bad), None, "{bad}");
        }
    }
}
