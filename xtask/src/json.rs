//! Attributes, dtypes and numbers as JSON. Numbers that JSON lacks are the strings "nan", "inf" and "-inf".

use serde_json::{Value, json};
use wgflow::hlo::Literal;
use wgflow::tensor::Attr;
use wgflow::{DType, Error, Result, Shape};

/// A float as a JSON number or string.
pub(crate) fn number(v: f64) -> Value {
    match v {
        v if v.is_nan() => json!("nan"),
        v if v.is_infinite() => json!(if v > 0.0 { "inf" } else { "-inf" }),
        v => json!(v),
    }
}

fn numbers(v: &[f64]) -> Value {
    v.iter().map(|&v| number(v)).collect()
}

/// The elements of a literal: integers for exact dtypes, booleans for bool.
pub(crate) fn values(l: &Literal) -> Value {
    match l.dtype {
        DType::Bool => l.to_i64s().iter().map(|&v| json!(v != 0)).collect(),
        d if d.is_exact() => l.to_i64s().iter().map(|&v| json!(v)).collect(),
        _ => l.to_f64s().iter().map(|&v| number(v)).collect(),
    }
}

/// dtype, shape and elements.
pub(crate) fn tensor(l: &Literal) -> Value {
    json!({ "dtype": l.dtype.name(), "shape": l.shape.to_vec(), "values": values(l) })
}

/// An attribute with its kind, so that an empty list keeps its type.
pub(crate) fn attr(a: &Attr) -> Value {
    let (kind, value) = match a {
        Attr::None => ("none", Value::Null),
        Attr::Int(v) => ("int", json!(v)),
        Attr::Float(v) => ("float", number(*v)),
        Attr::Bool(v) => ("bool", json!(v)),
        Attr::Str(v) => ("str", json!(v)),
        Attr::DType(v) => ("dtype", json!(v.name())),
        Attr::Ints(v) => ("ints", json!(v)),
        Attr::Floats(v) => ("floats", numbers(v)),
        Attr::Strs(v) => ("strs", json!(v)),
        Attr::Pairs(v) => ("pairs", json!(v)),
        Attr::Tensor(l) => ("tensor", tensor(l)),
    };
    json!({ "kind": kind, "value": value })
}

fn bad(op: &str, arg: &str, wanted: &str, got: &Value) -> Error {
    Error::invalid(op, arg, wanted, got)
}

fn float(op: &str, arg: &str, v: &Value) -> Result<f64> {
    let parsed = match v {
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::String(s) => match s.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        v => v.as_f64(),
    };
    parsed.ok_or_else(|| bad(op, arg, "a number, true, false, \"nan\", \"inf\" or \"-inf\"", v))
}

fn leaves<'a>(v: &'a Value, depth: usize, shape: &mut Vec<usize>, out: &mut Vec<&'a Value>) {
    match v {
        Value::Array(items) => {
            if shape.len() == depth {
                shape.push(items.len());
            }
            items.iter().for_each(|i| leaves(i, depth + 1, shape, out));
        }
        v => out.push(v),
    }
}

/// Reads `{"dtype", "shape", "values"}`; without a shape that of the nesting, without a dtype float32.
pub(crate) fn read_tensor(op: &str, arg: &str, v: &Value) -> Result<Literal> {
    let dtype = match v.get("dtype") {
        None => DType::Float32,
        Some(Value::String(s)) => s.parse()?,
        Some(other) => return Err(bad(op, arg, "a dtype's name", other)),
    };
    let Some(given) = v.get("values") else {
        return Err(bad(op, arg, "an object with \"values\"", v));
    };
    let (mut nested, mut flat) = (vec![], vec![]);
    leaves(given, 0, &mut nested, &mut flat);
    let shape: Shape = match v.get("shape") {
        None => nested.into(),
        Some(s) => {
            let dims = s.as_array().and_then(|d| d.iter().map(|d| d.as_u64().map(|d| d as usize)).collect());
            let dims: Option<Vec<usize>> = dims;
            dims.ok_or_else(|| bad(op, arg, "a shape of whole numbers", s))?.into()
        }
    };
    if shape.size() != flat.len() {
        return Err(Error::invalid(
            op,
            arg,
            format_args!("{} values for shape {shape}", shape.size()),
            flat.len(),
        ));
    }
    if dtype.is_exact() {
        let ints = flat.iter().map(|v| match v {
            Value::Bool(b) => Ok(i64::from(*b)),
            v => v.as_i64().ok_or_else(|| bad(op, arg, "whole numbers, true or false", v)),
        });
        Ok(Literal::ints(dtype, shape, ints.collect::<Result<_>>()?))
    } else {
        let floats = flat.iter().map(|v| float(op, arg, v)).collect::<Result<_>>()?;
        Ok(Literal::floats(dtype, shape, floats))
    }
}

/// Reads an attribute from plain JSON; the op's reader converts further (numbers to floats, strings to dtypes).
pub(crate) fn read_attr(op: &str, name: &str, v: &Value) -> Result<Attr> {
    let all = |f: fn(&Value) -> bool, items: &[Value]| !items.is_empty() && items.iter().all(f);
    Ok(match v {
        Value::Null => Attr::None,
        Value::Bool(b) => Attr::Bool(*b),
        Value::Number(n) => match n.as_i64() {
            Some(i) => Attr::Int(i),
            None => Attr::Float(float(op, name, v)?),
        },
        Value::String(s) if matches!(s.as_str(), "nan" | "inf" | "-inf") => Attr::Float(float(op, name, v)?),
        Value::String(s) => Attr::Str(s.clone()),
        Value::Object(_) => Attr::Tensor(read_tensor(op, name, v)?),
        Value::Array(items) if items.is_empty() => Attr::Ints(vec![]),
        Value::Array(items) if all(Value::is_i64, items) => {
            Attr::Ints(items.iter().filter_map(Value::as_i64).collect())
        }
        Value::Array(items) if all(Value::is_string, items) => {
            Attr::Strs(items.iter().filter_map(|v| v.as_str().map(String::from)).collect())
        }
        Value::Array(items) if all(Value::is_array, items) => {
            let pair = |v: &Value| match v.as_array().map(Vec::as_slice) {
                Some([a, b]) => Some([a.as_i64()?, b.as_i64()?]),
                _ => None,
            };
            let pairs: Option<Vec<[i64; 2]>> = items.iter().map(pair).collect();
            Attr::Pairs(pairs.ok_or_else(|| bad(op, name, "rows of two whole numbers", v))?)
        }
        Value::Array(items) => Attr::Floats(items.iter().map(|v| float(op, name, v)).collect::<Result<_>>()?),
    })
}
