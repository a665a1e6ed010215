//! What callbacks watch, and what is better.

use crate::error::{Error, Result};
use crate::keras::models::Model;
use crate::keras::object::choice;

choice! {
    /// Whether a monitored value is better when it is smaller or larger.
    Mode {
        /// As its name says: a loss is smaller, the compiled metric of that name knows.
        #[default]
        Auto = "auto",
        /// Smaller is better.
        Min = "min",
        /// Larger is better.
        Max = "max",
    }
}

/// Compares values of a name from the logs (`keras.callbacks.MonitorCallback`).
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub(super) name: String,
    mode: Mode,
    min_delta: f64,
    larger: Option<bool>,
}

impl Monitor {
    pub(super) fn new(name: &str, mode: Mode, min_delta: f64) -> Self {
        Monitor { name: name.into(), mode, min_delta: min_delta.abs(), larger: None }
    }

    /// Finds out what is better, once the metrics exist.
    pub(super) fn settle(&mut self, callback: &str, model: &Model) -> Result<()> {
        if self.larger.is_some() {
            return Ok(());
        }
        let bare = self.name.strip_prefix("val_").unwrap_or(&self.name);
        self.larger = match self.mode {
            Mode::Min => Some(false),
            Mode::Max => Some(true),
            Mode::Auto => match model.metric_class(bare) {
                Some(class) => direction(class),
                None if bare == "loss" => Some(false),
                None => None,
            },
        };
        match self.larger {
            Some(_) => Ok(()),
            None => {
                let wanted =
                    format!("mode min or max, as it is not known what is better for {:?}", self.name);
                Err(Error::invalid(callback, "mode", wanted, "auto"))
            }
        }
    }

    pub(super) fn improves(&self, value: f64, best: Option<f64>) -> bool {
        match (best, self.larger) {
            (None, _) => true,
            (Some(best), Some(true)) => value - self.min_delta > best,
            (Some(best), _) => value + self.min_delta < best,
        }
    }
}

/// Whether larger values of a metric's class are better, where Keras says.
fn direction(class: &str) -> Option<bool> {
    const UP: &[&str] = &[
        "Accuracy",
        "BinaryAccuracy",
        "CategoricalAccuracy",
        "SparseCategoricalAccuracy",
        "TopKCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "Precision",
        "Recall",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
        "PrecisionAtRecall",
        "RecallAtPrecision",
        "AUC",
        "FBetaScore",
        "F1Score",
        "IoU",
        "BinaryIoU",
        "MeanIoU",
        "OneHotIoU",
        "OneHotMeanIoU",
        "CosineSimilarity",
        "R2Score",
        "PearsonCorrelation",
        "ConcordanceCorrelation",
    ];
    const DOWN: &[&str] = &[
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "SparseCategoricalCrossentropy",
        "KLDivergence",
        "Poisson",
        "Hinge",
        "SquaredHinge",
        "CategoricalHinge",
        "MeanSquaredError",
        "RootMeanSquaredError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError",
        "LogCoshError",
    ];
    match class {
        c if UP.contains(&c) => Some(true),
        c if DOWN.contains(&c) => Some(false),
        _ => None,
    }
}
