//! A model's text and its files.

use super::weights::{Weight, WeightsEntry, WeightsGroup, decode_groups, manifest_value, parse_manifest};
use crate::error::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::fmt;

const OP: &str = "ModelJson";

/// What a model.json says (TensorFlow.js' `ModelJSON`).
pub struct ModelJson {
    text: Value,
    groups: Vec<WeightsGroup>,
}

impl ModelJson {
    /// Reads the text of a model.json.
    ///
    /// # Errors
    /// `DataLoss` for text that is no JSON; `InvalidArgument` where it describes no model.
    pub fn parse(json: &str) -> Result<Self> {
        let text: Value = serde_json::from_str(json).map_err(|e| {
            Error::new(ErrorKind::DataLoss, OP, format!("the text is no JSON, or truncated: {e}"))
        })?;
        if !text.is_object() {
            return Err(Error::invalid(OP, "json", "an object with modelTopology", kind_of(&text)));
        }
        let groups = match text.get("weightsManifest") {
            None | Some(Value::Null) => vec![],
            Some(manifest) => parse_manifest(manifest)?,
        };
        Ok(ModelJson { text, groups })
    }

    /// A model of a format with weights in one file.
    pub(super) fn new(format: &str, topology: Value, path: &str, weights: Vec<WeightsEntry>) -> Self {
        let groups = vec![WeightsGroup { paths: vec![path.into()], weights }];
        let text = json!({
            "format": format,
            "generatedBy": concat!("wgflow v", env!("CARGO_PKG_VERSION")),
            "convertedBy": null,
            "modelTopology": topology,
            "weightsManifest": manifest_value(&groups),
        });
        ModelJson { text, groups }
    }

    /// Sets a field.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.text[key] = value;
    }

    /// A field; nothing where it is missing or null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.text.get(key).filter(|v| !v.is_null())
    }

    /// The groups of files with weights.
    pub fn groups(&self) -> &[WeightsGroup] {
        &self.groups
    }

    /// Paths of the files with weights, in the order in which [`ModelJson::weights`] takes them.
    pub fn paths(&self) -> Vec<&str> {
        self.groups.iter().flat_map(|g| &g.paths).map(String::as_str).collect()
    }

    /// The weights, from the bytes of the files in the order of their paths, or from all bytes in one piece.
    ///
    /// # Errors
    /// `InvalidArgument` for another number of files; `DataLoss` for those that are truncated or of another model.
    pub fn weights<B: AsRef<[u8]>>(&self, files: &[B]) -> Result<Vec<Weight>> {
        let files: Vec<&[u8]> = files.iter().map(AsRef::as_ref).collect();
        decode_groups(&self.groups, &files)
    }

    /// The topology.
    ///
    /// # Errors
    /// `InvalidArgument` where there is none, or the file is of another format than `format`.
    pub(super) fn topology(&self, format: &str) -> Result<&Value> {
        if let Some(other) = self.get("format").filter(|f| *f != format) {
            return Err(Error::invalid(OP, "format", format_args!("{format:?}"), other));
        }
        let missing = || Error::invalid(OP, "modelTopology", "the model's topology", "nothing");
        self.get("modelTopology").ok_or_else(missing)
    }
}

/// The text of the file.
impl fmt::Display for ModelJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Debug for ModelJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = self.get("format").and_then(Value::as_str);
        f.debug_struct("ModelJson")
            .field("format", &format)
            .field("paths", &self.paths())
            .finish_non_exhaustive()
    }
}

/// What a value is, for messages that should not hold all of it.
pub(super) fn kind_of(v: &Value) -> &'static str {
    match v {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The text of a model.json and its files of weights.
///
/// # Errors
/// What the system says of a file; as [`ModelJson::parse`].
#[cfg(not(target_family = "wasm"))]
pub fn read_model(path: impl AsRef<std::path::Path>) -> Result<(String, Vec<Vec<u8>>)> {
    const OP: &str = "read_model";
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(OP, path, &e))?;
    let json = ModelJson::parse(&text).map_err(|e| e.context(path.display().to_string()))?;
    let read = |p: &str| {
        let place = path.with_file_name(p);
        std::fs::read(&place).map_err(|e| Error::io(OP, &place, &e))
    };
    let files = json.paths().into_iter().map(read).collect::<Result<_>>()?;
    Ok((text, files))
}

/// Writes model.json and its one file of weights into a folder, which is made where it is missing.
///
/// # Errors
/// What the system says of a file; as [`ModelJson::parse`]; `InvalidArgument` for a model of several files.
#[cfg(not(target_family = "wasm"))]
pub fn write_model(folder: impl AsRef<std::path::Path>, json: &str, weights: &[u8]) -> Result<()> {
    const OP: &str = "write_model";
    let folder = folder.as_ref();
    let paths: Vec<String> = ModelJson::parse(json)?.paths().into_iter().map(str::to_string).collect();
    let [path] = &paths[..] else {
        return Err(Error::invalid(
            OP,
            "json",
            "a model of one file of weights",
            format_args!("{} files", paths.len()),
        ));
    };
    std::fs::create_dir_all(folder).map_err(|e| Error::io(OP, folder, &e))?;
    // The weights first: who finds the text finds them.
    for (name, bytes) in [(path.as_str(), weights), ("model.json", json.as_bytes())] {
        let place = folder.join(name);
        std::fs::write(&place, bytes).map_err(|e| Error::io(OP, &place, &e))?;
    }
    Ok(())
}
