//! The manifest of weights: what they are called, their shapes and dtypes, and how their bytes are written.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::Shape;
use serde_json::{Value, json};

const OP: &str = "weightsManifest";

/// A weight as a manifest describes it (TensorFlow.js' `WeightsManifestEntry`).
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsEntry {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// Its dtype once it is read.
    pub dtype: DType,
    /// How its bytes are narrower than its dtype, if they are.
    pub quantization: Option<Quantization>,
    /// `model` or `optimizer`, where the file says it.
    pub group: Option<String>,
}

/// How a weight is written in fewer bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantization {
    /// Integers of `dtype`, uint8 or uint16, that stand for `value * scale + min`.
    Affine {
        /// The integers' dtype.
        dtype: DType,
        /// What one step is worth.
        scale: f64,
        /// What zero stands for.
        min: f64,
    },
    /// Half-width floats.
    Float16,
}

/// Files that stand for one run of bytes, and the weights in it (TensorFlow.js' `WeightsManifestGroupConfig`).
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsGroup {
    /// Paths of the files, relative to that of the model.
    pub paths: Vec<String>,
    /// The weights, in the order of their bytes.
    pub weights: Vec<WeightsEntry>,
}

impl WeightsEntry {
    /// An entry that is not quantised.
    pub fn new(name: impl Into<String>, shape: impl Into<Shape>, dtype: DType) -> Self {
        WeightsEntry { name: name.into(), shape: shape.into(), dtype, quantization: None, group: None }
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// `InvalidArgument` where something is missing or of another type; `Unimplemented` for dtypes that files of this format do not have.
    pub fn parse(v: &Value) -> Result<Self> {
        let name = v["name"].as_str().ok_or_else(|| Error::invalid(OP, "name", "text", &v["name"]))?;
        let of = |e: Error| e.context(format!("weight {name:?}"));
        let size = |d: &Value| d.as_u64().and_then(|d| usize::try_from(d).ok());
        let shape: Option<Shape> = v["shape"].as_array().and_then(|s| s.iter().map(size).collect());
        let shape = shape.ok_or_else(|| of(Error::invalid(OP, "shape", "a list of sizes", &v["shape"])))?;
        let dtype = dtype_of(&v["dtype"]).map_err(of)?;
        let quantization = match v.get("quantization") {
            None | Some(Value::Null) => None,
            Some(q) => Some(Quantization::parse(q).map_err(of)?),
        };
        if quantization.is_some() && !matches!(dtype, DType::Float32 | DType::Int32) {
            return Err(of(Error::invalid(
                OP,
                "quantization",
                "none, or a weight of float32 or int32",
                dtype,
            )));
        }
        let group = v["group"].as_str().map(str::to_string);
        Ok(WeightsEntry { name: name.into(), shape, dtype, quantization, group })
    }

    /// The reverse of [`WeightsEntry::parse`].
    pub fn to_value(&self) -> Value {
        let mut v = json!({ "name": self.name, "shape": self.shape.to_vec(), "dtype": self.dtype.name() });
        match self.quantization {
            None => {}
            Some(Quantization::Float16) => {
                v["quantization"] = json!({ "dtype": "float16", "original_dtype": self.dtype.name() });
            }
            Some(Quantization::Affine { dtype, scale, min }) => {
                v["quantization"] = json!({ "dtype": dtype.name(), "scale": scale, "min": min, "original_dtype": self.dtype.name() });
            }
        }
        if let Some(group) = &self.group {
            v["group"] = group.as_str().into();
        }
        v
    }

    /// Bytes of one element in the file; nothing for strings, each of which says its length.
    pub(super) fn stored_bytes(&self) -> Option<usize> {
        Some(match (self.quantization, self.dtype) {
            (Some(Quantization::Affine { dtype: DType::UInt8, .. }), _) => 1,
            (Some(_), _) => 2,
            (None, DType::String) => return None,
            (None, DType::Bool | DType::UInt8) => 1,
            (None, DType::UInt16 | DType::Float16) => 2,
            (None, DType::Complex64) => 8,
            (None, _) => 4,
        })
    }
}

impl Quantization {
    fn parse(v: &Value) -> Result<Self> {
        let number = |key: &str| {
            let found = v[key].as_f64().filter(|n| n.is_finite());
            found.ok_or_else(|| Error::invalid(OP, key, "a finite number", &v[key]))
        };
        let dtype = match v["dtype"].as_str() {
            Some("float16") => return Ok(Quantization::Float16),
            Some("uint8") => DType::UInt8,
            Some("uint16") => DType::UInt16,
            _ => {
                return Err(Error::invalid(
                    OP,
                    "quantization.dtype",
                    "uint8, uint16 or float16",
                    &v["dtype"],
                ));
            }
        };
        Ok(Quantization::Affine { dtype, scale: number("scale")?, min: number("min")? })
    }
}

fn dtype_of(v: &Value) -> Result<DType> {
    let name = v.as_str().ok_or_else(|| Error::invalid(OP, "dtype", "the name of a dtype", v))?;
    match name.parse::<DType>() {
        Ok(
            d @ (DType::Float32
            | DType::Int32
            | DType::Bool
            | DType::String
            | DType::Complex64
            | DType::Float16
            | DType::UInt8
            | DType::UInt16),
        ) => Ok(d),
        _ => Err(Error::unimplemented(
            OP,
            format_args!(
                "dtype: wanted float32, int32, bool, string, complex64, float16, uint8 or uint16. Received: {name:?}"
            ),
        )),
    }
}

/// Reads the groups of a manifest.
pub(in crate::io) fn parse_manifest(v: &Value) -> Result<Vec<WeightsGroup>> {
    let refuse = |arg: &str, wanted: &str, v: &Value| Error::invalid(OP, arg, wanted, v);
    let groups = v.as_array().ok_or_else(|| refuse("weightsManifest", "a list of groups", v))?;
    let group = |g: &Value| -> Result<WeightsGroup> {
        let text = |p: &Value| p.as_str().map(str::to_string);
        let paths: Option<Vec<String>> = g["paths"].as_array().and_then(|p| p.iter().map(text).collect());
        let paths = paths.ok_or_else(|| refuse("paths", "a list of paths", &g["paths"]))?;
        let weights = g["weights"].as_array().ok_or_else(|| refuse("weights", "a list", &g["weights"]))?;
        Ok(WeightsGroup { paths, weights: weights.iter().map(WeightsEntry::parse).collect::<Result<_>>()? })
    };
    groups.iter().map(group).collect()
}

/// The reverse of [`parse_manifest`].
pub(in crate::io) fn manifest_value(groups: &[WeightsGroup]) -> Value {
    let group = |g: &WeightsGroup| {
        let weights: Vec<Value> = g.weights.iter().map(WeightsEntry::to_value).collect();
        json!({ "paths": g.paths, "weights": weights })
    };
    groups.iter().map(group).collect()
}
