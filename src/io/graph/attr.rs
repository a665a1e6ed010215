//! Attributes of nodes.

use super::def::OP;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::shape::Shape;
use crate::tensor::Attr;
use serde_json::Value;

/// An attribute of a node.
#[derive(Clone, Debug)]
pub(super) enum AttrValue {
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(Vec<u8>),
    /// Nothing where values of the type have no dtype, as resources have none.
    Type(Option<DType>),
    /// Sizes, -1 where unknown; nothing where the rank is.
    Shape(Option<Vec<i64>>),
    Tensor(Option<Literal>),
    Function(String),
    List(Vec<AttrValue>),
}

impl AttrValue {
    pub(super) fn parse(v: &Value) -> Result<Self> {
        let wanted = "an attribute: s, i, f, b, type, shape, tensor, func or list";
        let refuse = || Error::invalid(OP, "attr", wanted, v);
        let (kind, value) = v.as_object().and_then(|o| o.iter().next()).ok_or_else(refuse)?;
        Self::of(kind, value).ok_or_else(refuse)
    }

    fn of(kind: &str, v: &Value) -> Option<Self> {
        Some(match kind {
            "s" => AttrValue::Str(from_base64(v.as_str()?)?),
            "i" => AttrValue::Int(integer(v)?),
            "f" => AttrValue::Float(float(v)?),
            "b" => AttrValue::Bool(v.as_bool()?),
            "type" => AttrValue::Type(dtype(v)?),
            "shape" => AttrValue::Shape(shape(v)?),
            "tensor" => AttrValue::Tensor(tensor(v)?),
            "func" => AttrValue::Function(v.get("name")?.as_str()?.into()),
            "list" => {
                let mut all = vec![];
                for (kind, values) in v.as_object()? {
                    for value in values.as_array()? {
                        all.push(Self::of(kind, value)?);
                    }
                }
                AttrValue::List(all)
            }
            // What is bound when a function is instantiated.
            "placeholder" => AttrValue::Str(v.as_str()?.as_bytes().to_vec()),
            _ => return None,
        })
    }

    /// As an attribute of a registered op whose schema says `ty`.
    pub(super) fn to_attr(&self, ty: &str) -> Option<Attr> {
        let text = |b: &Vec<u8>| String::from_utf8(b.clone()).ok();
        Some(match self {
            AttrValue::Int(v) => Attr::Int(*v),
            AttrValue::Float(v) => Attr::Float(*v),
            AttrValue::Bool(v) => Attr::Bool(*v),
            AttrValue::Str(v) => Attr::Str(text(v)?),
            AttrValue::Type(v) => Attr::DType((*v)?),
            AttrValue::Shape(v) => Attr::Ints(v.clone()?),
            AttrValue::Tensor(v) => Attr::Tensor(v.clone()?),
            AttrValue::Function(_) => return None,
            AttrValue::List(all) if all.is_empty() && ty.contains("string") => Attr::Strs(vec![]),
            AttrValue::List(all) => {
                let ints = |a: &AttrValue| if let AttrValue::Int(v) = a { Some(*v) } else { None };
                let floats = |a: &AttrValue| if let AttrValue::Float(v) = a { Some(*v) } else { None };
                let texts = |a: &AttrValue| if let AttrValue::Str(v) = a { text(v) } else { None };
                let ints: Option<Vec<i64>> = all.iter().map(ints).collect();
                let floats = || all.iter().map(floats).collect::<Option<Vec<f64>>>().map(Attr::Floats);
                let texts = || all.iter().map(texts).collect::<Option<Vec<String>>>().map(Attr::Strs);
                ints.map(Attr::Ints).or_else(floats).or_else(texts)?
            }
        })
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let AttrValue::Str(v) = self { std::str::from_utf8(v).ok() } else { None }
    }

    pub(super) fn as_float(&self) -> Option<f64> {
        if let AttrValue::Float(v) = self { Some(*v) } else { None }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        if let AttrValue::Bool(v) = self { Some(*v) } else { None }
    }

    pub(super) fn as_dtype(&self) -> Option<DType> {
        if let AttrValue::Type(v) = self { *v } else { None }
    }

    pub(super) fn as_shape(&self) -> Option<&[i64]> {
        if let AttrValue::Shape(Some(v)) = self { Some(v) } else { None }
    }

    pub(super) fn as_list(&self) -> &[AttrValue] {
        if let AttrValue::List(v) = self { v } else { &[] }
    }
}

/// Whole numbers are text or numbers in JSON.
fn integer(v: &Value) -> Option<i64> {
    v.as_i64().or_else(|| v.as_str()?.parse().ok())
}

fn float(v: &Value) -> Option<f64> {
    v.as_f64().or_else(|| match v.as_str()? {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        other => other.parse().ok(),
    })
}

/// The dtype that values of a type have here: as in TensorFlow.js, integers are int32 and floats float32.
fn dtype(v: &Value) -> Option<Option<DType>> {
    let name = match v {
        Value::String(name) => name.as_str(),
        v => match v.as_u64()? {
            1 | 2 | 19 => "DT_FLOAT",
            3..=6 | 9 | 17 | 22 | 23 => "DT_INT32",
            7 => "DT_STRING",
            8 => "DT_COMPLEX64",
            10 => "DT_BOOL",
            _ => "DT_VARIANT",
        },
    };
    Some(match name.strip_suffix("_REF").unwrap_or(name) {
        "DT_FLOAT" | "DT_DOUBLE" | "DT_HALF" | "DT_BFLOAT16" => Some(DType::Float32),
        "DT_INT8" | "DT_INT16" | "DT_INT32" | "DT_INT64" | "DT_UINT8" | "DT_UINT16" | "DT_UINT32"
        | "DT_UINT64" => Some(DType::Int32),
        "DT_BOOL" => Some(DType::Bool),
        "DT_STRING" => Some(DType::String),
        "DT_COMPLEX64" => Some(DType::Complex64),
        _ => None,
    })
}

fn shape(v: &Value) -> Option<Option<Vec<i64>>> {
    if v.get("unknownRank").and_then(Value::as_bool) == Some(true) {
        return Some(None);
    }
    let dims = v.get("dim").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // A size of 0 may be left out.
    dims.iter().map(|d| d.get("size").map_or(Some(0), integer)).collect::<Option<Vec<i64>>>().map(Some)
}

/// A tensor with its values, where they are in the text and not in the files of weights.
fn tensor(v: &Value) -> Option<Option<Literal>> {
    let Some(dtype) = v.get("dtype").and_then(dtype)? else { return Some(None) };
    let sizes = v.get("tensorShape").map_or(Some(Some(vec![])), shape)??;
    let sizes = sizes.into_iter().map(|d| usize::try_from(d).ok()).collect::<Option<Vec<usize>>>()?;
    let size = sizes.iter().try_fold(1usize, |n, d| n.checked_mul(*d))?;
    let key =
        ["floatVal", "doubleVal", "intVal", "int64Val", "boolVal"].into_iter().find(|k| v.get(*k).is_some());
    let Some(found) = key.and_then(|k| v[k].as_array()) else { return Some(None) };
    let number = |v: &Value| v.as_bool().map(|b| f64::from(u8::from(b))).or_else(|| float(v));
    let mut values: Vec<f64> = found.iter().map(number).collect::<Option<_>>()?;
    // The last value stands for all that follow.
    let last = *values.last()?;
    if values.len() > size || size > (1 << 24) {
        return None;
    }
    values.resize(size, last);
    let shape: Shape = sizes.into();
    Some(Some(if dtype.is_exact() {
        Literal::ints(dtype, shape, values.into_iter().map(|v| v as i64).collect())
    } else {
        Literal::floats(dtype, shape, values)
    }))
}

/// The bytes that text in base 64 stands for.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| {
        Some(u32::from(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    };
    let (mut bytes, mut bits, mut held) = (vec![], 0u32, 0u32);
    for c in text.bytes().filter(|c| *c != b'=') {
        held = (held << 6) | digit(c)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Tg==", b"N"),
            ("TkhXQw==", b"NHWC"),
            ("U0FNRQ", b"SAME"),
            ("/+8=", &[255, 239]),
        ] {
            assert_eq!(from_base64(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(from_base64("a b"), None);
    }
}
