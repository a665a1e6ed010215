//! Keras for JavaScript: layers and models by the names of their classes and their configurations, which are Keras' own.

pub mod inspect;
pub mod layers;
pub mod models;
pub mod objects;
pub mod optimizers;
mod own_layer;
mod own_optimizers;
pub mod symbols;
pub mod training;

use serde_json::Value;
use wgflow::{Error, PartialShape, Result};

/// Reads JSON of an argument.
fn json(op: &str, argument: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| Error::invalid(op, argument, "JSON", e))
}

/// A shape: a list of sizes and nulls.
fn shape(op: &str, value: &Value) -> Result<PartialShape> {
    let size = |v: &Value| if v.is_null() { Some(None) } else { v.as_u64().map(|n| Some(n as usize)) };
    let sizes = value.as_array().and_then(|l| l.iter().map(size).collect::<Option<Vec<_>>>());
    sizes
        .map(PartialShape::from)
        .ok_or_else(|| Error::invalid(op, "shape", "a list of sizes and nulls", value))
}

/// Shapes: a list of lists.
fn shapes(op: &str, text: &str) -> Result<Vec<PartialShape>> {
    let value = json(op, "shapes", text)?;
    let list = value.as_array().ok_or_else(|| Error::invalid(op, "shapes", "a list of shapes", &value))?;
    list.iter().map(|s| shape(op, s)).collect()
}

/// A shape as JSON.
pub(crate) fn shape_value(shape: &PartialShape) -> Value {
    shape.iter().map(|d| d.map_or(Value::Null, Value::from)).collect()
}

/// Shapes as JSON.
fn shapes_text(shapes: &[PartialShape]) -> String {
    Value::Array(shapes.iter().map(shape_value).collect()).to_string()
}
