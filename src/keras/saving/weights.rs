//! Weights in files.

use super::file::{Archive, tensor};
use super::keys::keyed;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::keras::base::Weight;
use crate::keras::models::Model;
use crate::tensor::Variable;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// What marks a file of weights.
const FORMAT: (&str, &str) = ("format", "wgflow");

impl Model {
    /// Writes the weights to a file in the format safetensors. What is there is replaced at once, when all is written.
    ///
    /// An array's name is the names of the layers that lead to the weight, such as `dense/kernel`.
    ///
    /// ```no_run
    /// # use wgflow::keras::{Sequential, input, layers::Dense};
    /// # let model = Sequential::new(wgflow::layers![input([3]), Dense::new(1)])?;
    /// model.save_weights("line.safetensors")?;
    /// model.load_weights("line.safetensors")?;
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `FailedPrecondition` for a model that is not built; what the system says of the file.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        archive_of(self, "Model.save_weights")?.write("Model.save_weights", path.as_ref())
    }

    /// Sets the weights to those of a file that [`Model::save_weights`] or [`Model::save`] wrote. Where something does not fit, nothing is
    /// changed.
    ///
    /// # Errors
    /// `NotFound` where there is no such file; `DataLoss` for a corrupt or truncated one; `InvalidArgument` for weights that are missing in
    /// the file or unexpected, and for other shapes; `FailedPrecondition` for a model that is not built.
    pub fn load_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        self.load_weights_with(path, false)
    }

    /// As [`Model::load_weights`]; with `skip_mismatch`, layers whose weights are missing in the file or have other shapes there keep theirs, with
    /// a warning in the log, and what else the file holds is left out.
    ///
    /// # Errors
    /// As there, but for what is skipped.
    pub fn load_weights_with(&self, path: impl AsRef<Path>, skip_mismatch: bool) -> Result<()> {
        const OP: &str = "Model.load_weights";
        let archive = Archive::read(OP, path.as_ref())?;
        if skip_mismatch { restore_fitting(self, OP, &archive) } else { restore(self, OP, &archive) }
    }

    /// The bytes of the file that [`Model::save_weights`] writes.
    ///
    /// # Errors
    /// `FailedPrecondition` for a model that is not built.
    pub fn weights_to_bytes(&self) -> Result<Vec<u8>> {
        archive_of(self, "Model.weights_to_bytes")?.to_bytes("Model.weights_to_bytes")
    }

    /// As [`Model::load_weights`], from bytes.
    ///
    /// # Errors
    /// As there.
    pub fn weights_from_bytes(&self, bytes: &[u8]) -> Result<()> {
        const OP: &str = "Model.weights_from_bytes";
        restore(self, OP, &Archive::from_bytes(OP, "bytes", bytes)?)
    }
}

/// The weights of a model.
pub(super) fn archive_of(model: &Model, op: &str) -> Result<Archive> {
    built(model, op)?;
    let mut archive = Archive::default();
    archive.text.insert(FORMAT.0.into(), FORMAT.1.into());
    for (key, weight) in keyed(model) {
        let value = weight.variable.value()?.to_literal()?;
        if archive.arrays.insert(key.clone(), value).is_some() {
            let wanted = "names of layers and weights that are unique";
            return Err(Error::invalid(op, "model", wanted, format_args!("{key:?} twice")));
        }
    }
    Ok(archive)
}

/// What begins the names of an optimizer's arrays.
pub(super) const OPTIMIZER: &str = "optimizer/vars/";

/// Sets the weights of a model to those of a file.
pub(super) fn restore(model: &Model, op: &str, archive: &Archive) -> Result<()> {
    built(model, op)?;
    let keys = keyed(model);
    let missing: Vec<&str> =
        keys.iter().filter(|(k, _)| !archive.arrays.contains_key(k)).map(|(k, _)| k.as_str()).collect();
    let unexpected: Vec<&str> = archive
        .arrays
        .keys()
        .filter(|a| !a.starts_with(OPTIMIZER) && !keys.iter().any(|(k, _)| k == *a))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        let wanted = format!("the weights of model {}, {}", model.name(), listed(&keys));
        let received =
            format!("a file in which {} missing and {} unexpected", said(&missing), said(&unexpected));
        return Err(Error::invalid(op, "path", wanted, received));
    }
    let pairs: Vec<(&Variable, &Literal)> =
        keys.iter().map(|(k, w)| (&w.variable, &archive.arrays[k])).collect();
    assign_all(op, &pairs)
}

/// Sets the weights of each layer that a file fits.
fn restore_fitting(model: &Model, op: &str, archive: &Archive) -> Result<()> {
    built(model, op)?;
    let mut layers: BTreeMap<String, Vec<(String, Rc<Weight>)>> = BTreeMap::new();
    for (key, weight) in keyed(model) {
        let layer = key.rsplit_once('/').map_or("", |(layer, _)| layer);
        layers.entry(layer.into()).or_default().push((key, weight));
    }
    let mut pairs = vec![];
    for (layer, weights) in &layers {
        let found = |(key, weight): &(String, Rc<Weight>)| -> std::result::Result<_, String> {
            let wanted = weight.variable.shape();
            match archive.arrays.get(key) {
                None => Err(format!("{key} is missing in the file")),
                Some(value) if value.shape != *wanted => {
                    Err(format!("{key} has the shape {}, the file's {}", wanted, value.shape))
                }
                Some(value) => Ok(value),
            }
        };
        match weights.iter().map(found).collect::<std::result::Result<Vec<_>, _>>() {
            Ok(values) => pairs.extend(weights.iter().map(|(_, w)| &w.variable).zip(values)),
            Err(why) => log::warn!("{op}: layer {layer:?} keeps its weights: {why}"),
        }
    }
    assign_all(op, &pairs)
}

/// Gives variables values of their shapes, all or none.
pub(crate) fn assign_all(op: &str, pairs: &[(&Variable, &Literal)]) -> Result<()> {
    let mut values = vec![];
    for (variable, value) in pairs {
        if *variable.shape() != value.shape {
            let wanted = format!("shape {} for {}", variable.shape(), variable.name());
            return Err(Error::invalid(op, "path", wanted, format_args!("shape {}", value.shape)));
        }
        values.push(tensor(value)?.cast(variable.dtype())?);
    }
    pairs.iter().zip(values).try_for_each(|((variable, _), value)| variable.assign(value))
}

fn built(model: &Model, op: &str) -> Result<()> {
    if model.built() {
        return Ok(());
    }
    let text = format!(
        "model {} has no weights yet: call it, or build it with an input shape, before its weights are saved or loaded",
        model.name()
    );
    Err(Error::new(ErrorKind::FailedPrecondition, op, text))
}

fn listed<T>(keys: &[(String, T)]) -> String {
    keys.iter().map(|(k, _)| k.as_str()).collect::<Vec<_>>().join(", ")
}

fn said(names: &[&str]) -> String {
    match names {
        [] => "nothing is".into(),
        [one] => format!("{one} is"),
        all => format!("{} are", all.join(", ")),
    }
}
