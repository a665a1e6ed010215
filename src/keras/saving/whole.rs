//! Whole models in files.

use super::compiled::{compile_config, compile_from};
use super::file::Archive;
use super::weights::{OPTIMIZER, archive_of, assign_all, restore};
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::keras::base::{deserialize_layer, serialize_layer};
use crate::keras::layers::read_shape;
use crate::keras::models::Model;
use crate::shape::PartialShape;
use crate::tensor::Variable;
use serde_json::Value;
use std::path::Path;

impl Model {
    /// Writes the model to a file: its configuration in Keras' schema, weights, what it was compiled with, and the optimizer's state. The
    /// file is of the format safetensors; what is there is replaced at once, when all is written. [`load_model`] reads it.
    ///
    /// # Errors
    /// `Unimplemented` for layers that do not say how they are configured; `FailedPrecondition` for a model that is not built; what the
    /// system says of the file.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        const OP: &str = "Model.save";
        whole(self, OP)?.write(OP, path.as_ref())
    }

    /// The bytes of the file that [`Model::save`] writes.
    ///
    /// # Errors
    /// As there.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        whole(self, "Model.to_bytes")?.to_bytes("Model.to_bytes")
    }

    /// The model that [`Model::to_bytes`] described.
    ///
    /// # Errors
    /// As [`load_model`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        const OP: &str = "Model.from_bytes";
        made(OP, "bytes", &Archive::from_bytes(OP, "bytes", bytes)?)
    }

    /// The configuration in Keras' schema as text (`Model.to_json`).
    ///
    /// # Errors
    /// `Unimplemented` for layers that do not say how they are configured.
    pub fn to_json(&self) -> Result<String> {
        let mut config = serialize_layer(self)?;
        if let Some(compiled) = compile_config(self) {
            config["compile_config"] = compiled;
        }
        Ok(config.to_string())
    }
}

/// The model of a text that [`Model::to_json`] or Keras' wrote, without its weights (`keras.models.model_from_json`). It is compiled as the
/// text says.
///
/// # Errors
/// `DataLoss` for text that is no JSON; `InvalidArgument` for a configuration that describes no model.
pub fn model_from_json(json: &str) -> Result<Model> {
    let config = serde_json::from_str(json).map_err(|e| {
        Error::new(ErrorKind::DataLoss, "model_from_json", format!("the text is no JSON: {e}"))
    })?;
    described(&config)
}

/// The model of a file that [`Model::save`] wrote (`keras.models.load_model`). Classes of layers of one's own have to be made known before
/// ([`register_layer`](crate::keras::register_layer)).
///
/// # Errors
/// `NotFound` where there is no such file; `DataLoss` for a corrupt or truncated one, or one without a configuration; `InvalidArgument` for
/// classes that are not known and weights that do not fit.
pub fn load_model(path: impl AsRef<Path>) -> Result<Model> {
    const OP: &str = "load_model";
    let path = path.as_ref();
    made(OP, &path.display().to_string(), &Archive::read(OP, path)?)
}

const CONFIG: &str = "keras_config";

fn whole(model: &Model, op: &str) -> Result<Archive> {
    let mut archive = with_optimizer(model, op)?;
    archive.text.insert(CONFIG.into(), model.to_json()?);
    Ok(archive)
}

/// The weights of a model, and the state of its optimizer.
pub(super) fn with_optimizer(model: &Model, op: &str) -> Result<Archive> {
    let mut archive = archive_of(model, op)?;
    if let Ok(optimizer) = model.optimizer()
        && optimizer.built()
    {
        for (i, v) in optimizer.variables()?.iter().enumerate() {
            archive.arrays.insert(format!("{OPTIMIZER}{i}"), v.value()?.to_literal()?);
        }
    }
    Ok(archive)
}

fn made(op: &str, place: &str, archive: &Archive) -> Result<Model> {
    let lost = |what: String| Error::new(ErrorKind::DataLoss, op, format!("{place}: {what}"));
    let Some(text) = archive.text.get(CONFIG) else {
        return Err(lost("no model's configuration in the file: it may hold weights alone".into()));
    };
    let config: Value =
        serde_json::from_str(text).map_err(|e| lost(format!("the configuration is no JSON: {e}")))?;
    let model = described(&config)?;
    restore_with_optimizer(&model, op, place, archive)?;
    Ok(model)
}

/// The reverse of [`with_optimizer`].
pub(super) fn restore_with_optimizer(model: &Model, op: &str, place: &str, archive: &Archive) -> Result<()> {
    restore(model, op, archive)?;
    let saved: Vec<&Literal> = (0..).map_while(|i| archive.arrays.get(&format!("{OPTIMIZER}{i}"))).collect();
    if let Ok(optimizer) = model.optimizer()
        && !saved.is_empty()
    {
        optimizer.build(&model.trainable_variables())?;
        let variables = optimizer.variables()?;
        if variables.len() != saved.len() {
            let what = format!("{} arrays of the optimizer, {} wanted", saved.len(), variables.len());
            return Err(Error::new(ErrorKind::DataLoss, op, format!("{place}: {what}")));
        }
        let pairs: Vec<(&Variable, &Literal)> = variables.iter().zip(saved).collect();
        assign_all(op, &pairs)?;
    }
    Ok(())
}

pub(crate) fn described(config: &Value) -> Result<Model> {
    let model = Model::new(deserialize_layer(config)?);
    if !model.built()
        && let Some(input) = config.get("build_config").and_then(|b| b.get("input_shape"))
    {
        let one = read_shape(input).map(|s| vec![s]);
        let all: Option<Vec<PartialShape>> =
            one.or_else(|| input.as_array()?.iter().map(read_shape).collect());
        if let Some(shapes) = all {
            model.build_many(&shapes)?;
        }
    }
    if let Some(compiled) = config.get("compile_config").filter(|c| !c.is_null()) {
        model.compile(compile_from(compiled)?)?;
    }
    Ok(model)
}
