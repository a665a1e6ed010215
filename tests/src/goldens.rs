//! Golden values made by a real TensorFlow; see tests/goldens/ops.py.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use wgflow::hlo::Literal;
use wgflow::{DType, bf16, f16};

/// What TensorFlow says of the gradient in an input.
#[derive(Clone, Debug)]
pub enum Gradient {
    /// Not asked for, or TensorFlow has none.
    Unknown,
    /// For each input, whether it is connected.
    Connected(Vec<bool>),
}

/// A case with what TensorFlow computed.
#[derive(Clone, Debug)]
pub struct Golden {
    /// The case as text.
    pub case: String,
    /// Inputs.
    pub x: Vec<Literal>,
    /// Results.
    pub y: Vec<Literal>,
    /// Cotangents of results that are floats.
    pub g: Vec<Option<Literal>>,
    /// Gradients in connected inputs.
    pub d: Vec<Option<Literal>>,
    /// What is known of gradients.
    pub gradient: Gradient,
}

/// A case that TensorFlow refuses.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The case as text.
    pub case: String,
    /// TensorFlow's exception class.
    pub error: String,
}

/// The golden values of one op.
#[derive(Clone, Debug, Default)]
pub struct OpGoldens {
    /// Cases in the registry's order.
    pub cases: Vec<Golden>,
    /// Error cases in the registry's order.
    pub errors: Vec<Refusal>,
}

/// Where golden values are: `WGFLOW_GOLDENS`, or those of the repository.
pub fn directory() -> PathBuf {
    std::env::var_os("WGFLOW_GOLDENS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("goldens/data"), PathBuf::from)
}

/// The bytes of a file of golden values.
///
/// # Panics
/// When it is missing.
pub fn read(name: &str) -> Vec<u8> {
    let path = directory().join(name);
    std::fs::read(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; make it with `cargo xtask goldens`", path.display()))
}

/// The tensors of a file, by name.
///
/// # Panics
/// When it is missing or broken.
pub fn tensors(name: &str) -> BTreeMap<String, Literal> {
    arrays_of(&read(name))
}

/// The tensors of a file's bytes, by name.
///
/// # Panics
/// When they are broken.
pub fn arrays_of(bytes: &[u8]) -> BTreeMap<String, Literal> {
    let all = SafeTensors::deserialize(bytes).unwrap_or_else(|e| panic!("{e}"));
    all.iter().map(|(n, v)| (n.to_string(), literal(&v))).collect()
}

/// The manifest's files with their SHA-256 digests.
pub fn manifest() -> BTreeMap<String, String> {
    let m: Value = serde_json::from_slice(&read("MANIFEST.json")).expect("MANIFEST.json is JSON");
    serde_json::from_value(m["files"].clone()).expect("MANIFEST.json lists files")
}

/// The SHA-256 digest of a file of the manifest.
pub fn digest(name: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(read(name)).iter().map(|b| format!("{b:02x}")).collect()
}

/// The golden values of a family by op.
pub fn family(name: &str) -> BTreeMap<String, OpGoldens> {
    let data = read(&format!("{name}.safetensors"));
    let tensors = SafeTensors::deserialize(&data).expect("a safetensors file");
    let listed: BTreeMap<String, Value> =
        serde_json::from_slice(&read(&format!("{name}.json"))).expect("a case list");
    let goldens = |(op, entry): (String, Value)| {
        let cases = entry["cases"].as_array().expect("cases").iter().enumerate();
        let cases = cases.map(|(k, c)| golden(&tensors, &format!("{op}/{k}"), c)).collect();
        let text = |v: &Value| v.as_str().expect("text").to_string();
        let errors = entry["errors"].as_array().expect("errors").iter();
        let errors = errors.map(|c| Refusal { case: text(&c["case"]), error: text(&c["error"]) }).collect();
        (op, OpGoldens { cases, errors })
    };
    listed.into_iter().map(goldens).collect()
}

fn golden(tensors: &SafeTensors<'_>, key: &str, c: &Value) -> Golden {
    let count = |k: &str| c[k].as_u64().expect("a count") as usize;
    let (n, m) = (count("inputs"), count("outputs"));
    let find = |kind: char, i: usize| {
        let strings = c["strings"].get(format!("{kind}{i}")).map(string_literal);
        strings.or_else(|| tensors.tensor(&format!("{key}/{kind}{i}")).ok().map(|v| literal(&v)))
    };
    let all = |kind: char, n: usize| -> Vec<Literal> {
        (0..n).map(|i| find(kind, i).unwrap_or_else(|| panic!("{key}/{kind}{i} is missing"))).collect()
    };
    let gradient = match c.get("gradient").and_then(Value::as_array) {
        None => Gradient::Unknown,
        Some(v) => Gradient::Connected(v.iter().map(|b| b.as_bool().unwrap_or(false)).collect()),
    };
    Golden {
        case: c["case"].as_str().expect("a case").into(),
        x: all('x', n),
        y: all('y', m),
        g: (0..m).map(|i| find('g', i)).collect(),
        d: (0..n).map(|i| find('d', i)).collect(),
        gradient,
    }
}

/// A tensor of strings; each byte is the character of its number.
fn string_literal(v: &Value) -> Literal {
    let shape: Vec<usize> = serde_json::from_value(v["shape"].clone()).expect("a shape");
    let texts: Vec<String> = serde_json::from_value(v["values"].clone()).expect("texts");
    Literal::strings(shape, texts.iter().map(|s| s.chars().map(|c| c as u32 as u8).collect()).collect())
}

fn literal(v: &TensorView<'_>) -> Literal {
    fn all<const N: usize, T>(b: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
        b.as_chunks::<N>().0.iter().map(|c| f(*c)).collect()
    }
    let (shape, b) = (v.shape().to_vec(), v.data());
    let ints = |d: DType, v: Vec<i64>| Literal::ints(d, shape.clone(), v);
    let floats = |d: DType, v: Vec<f64>| Literal {
        dtype: d,
        shape: shape.clone().into(),
        values: wgflow::hlo::Values::Floats(v),
    };
    match v.dtype() {
        Dtype::F16 => floats(DType::Float16, all(b, |c| f16::from_le_bytes(c).to_f64())),
        Dtype::BF16 => floats(DType::BFloat16, all(b, |c| bf16::from_le_bytes(c).to_f64())),
        Dtype::F32 => floats(DType::Float32, all(b, |c| f64::from(f32::from_le_bytes(c)))),
        Dtype::F64 => floats(DType::Float64, all(b, f64::from_le_bytes)),
        Dtype::BOOL => ints(DType::Bool, b.iter().map(|&b| i64::from(b)).collect()),
        Dtype::U8 => ints(DType::UInt8, b.iter().map(|&b| i64::from(b)).collect()),
        Dtype::I8 => ints(DType::Int8, b.iter().map(|&b| i64::from(b as i8)).collect()),
        Dtype::I16 => ints(DType::Int16, all(b, |c| i64::from(i16::from_le_bytes(c)))),
        Dtype::U16 => ints(DType::UInt16, all(b, |c| i64::from(u16::from_le_bytes(c)))),
        Dtype::I32 => ints(DType::Int32, all(b, |c| i64::from(i32::from_le_bytes(c)))),
        Dtype::U32 => ints(DType::UInt32, all(b, |c| i64::from(u32::from_le_bytes(c)))),
        Dtype::I64 => ints(DType::Int64, all(b, i64::from_le_bytes)),
        Dtype::U64 => ints(DType::UInt64, all(b, |c| u64::from_le_bytes(c) as i64)),
        Dtype::C64 => floats(DType::Complex64, all(b, |c| f64::from(f32::from_le_bytes(c)))),
        other => panic!("golden values of {other:?}"),
    }
}
