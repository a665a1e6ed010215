//! The golden values of ops as a page reads them: JSON without anything of Rust's.

use crate::compare::Bound;
use crate::goldens::{Golden, Gradient, OpGoldens, family};
use serde_json::{Map, Value, json};
use wgflow::DType;
use wgflow::hlo::Literal;
use wgflow::ops;
use wgflow::tensor::{Attr, Case, Row};

/// Every case of every op with what TensorFlow computed.
///
/// # Panics
/// When golden values are missing.
pub fn cases() -> Vec<Value> {
    let mut all = vec![];
    for (name, rows) in ops::families() {
        let mut goldens = family(name);
        for row in rows {
            let own = goldens.remove(row.info.name).unwrap_or_default();
            all.extend(cases_of(row, &own));
        }
    }
    all
}

fn cases_of(row: &Row, goldens: &OpGoldens) -> Vec<Value> {
    let cases = (row.cases)();
    assert_eq!(cases.len(), goldens.cases.len(), "{}: golden values are missing", row.info.name);
    let text = |g: &Golden| g.x.iter().chain(&g.y).all(is_text);
    let both = cases.iter().zip(&goldens.cases).filter(|(_, g)| text(g));
    both.map(|(c, g)| value(row, c, g)).collect()
}

fn value(row: &Row, case: &Case, golden: &Golden) -> Value {
    let wanted = |l: &Literal| {
        if l.dtype == DType::String {
            return tensor(l);
        }
        let bound = match case.tolerance {
            Some((rel, abs, _)) if l.dtype.is_float() || l.dtype == DType::Complex64 => Bound { rel, abs },
            _ => Bound::of(l.dtype),
        };
        json!({ "dtype": l.dtype.name(), "shape": sizes(l), "values": numbers(&l.to_f64s()), "rel": bound.rel, "abs": bound.abs })
    };
    let mut out = json!({
        "op": row.info.name,
        "case": case.to_string(),
        "attrs": attrs(case),
        "inputs": golden.x.iter().map(tensor).collect::<Vec<_>>(),
        "outputs": golden.y.iter().map(wanted).collect::<Vec<_>>(),
    });
    if let Some((_, listed)) = &case.deviation {
        // What differs from TensorFlow on purpose.
        out["deviation"] = listed.iter().map(|v| numbers(v)).collect();
    } else if let Gradient::Connected(connected) = &golden.gradient {
        out["seeds"] = golden.g.iter().map(|g| g.as_ref().map_or(Value::Null, tensor)).collect();
        let each = golden.d.iter().zip(connected);
        out["gradients"] = each.map(|(d, c)| d.as_ref().filter(|_| *c).map_or(Value::Null, wanted)).collect();
    }
    out
}

/// The strings of a tensor, where they are text: JavaScript has no others.
fn texts(l: &Literal) -> Vec<Option<&str>> {
    l.as_strings().iter().map(|s| std::str::from_utf8(s).ok()).collect()
}

fn is_text(l: &Literal) -> bool {
    l.dtype != DType::String || texts(l).iter().all(Option::is_some)
}

fn sizes(l: &Literal) -> Vec<usize> {
    l.shape.to_vec()
}

/// Numbers as JSON has them; others as JavaScript writes them.
fn numbers(all: &[f64]) -> Value {
    let number = |v: &f64| match *v {
        v if v.is_nan() => "NaN".into(),
        v if v.is_infinite() => if v > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        v => json!(v),
    };
    all.iter().map(number).collect()
}

/// A tensor by its bytes, or by its strings.
fn tensor(l: &Literal) -> Value {
    if l.dtype == DType::String {
        return json!({ "dtype": "string", "shape": sizes(l), "strings": texts(l) });
    }
    let bytes = l.to_storage("golden").expect("golden inputs can be stored");
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    json!({ "dtype": l.dtype.name(), "shape": sizes(l), "hex": hex })
}

fn attrs(case: &Case) -> Map<String, Value> {
    let value = |a: &Attr| match a {
        Attr::None => Value::Null,
        Attr::Int(v) => json!(v),
        Attr::Float(v) => numbers(&[*v])[0].clone(),
        Attr::Bool(v) => json!(v),
        Attr::Str(v) => json!(v),
        Attr::DType(v) => json!(v.name()),
        Attr::Ints(v) => json!(v),
        Attr::Floats(v) => numbers(v),
        Attr::Strs(v) => json!(v),
        Attr::Pairs(v) => json!(v),
        Attr::Tensor(l) => tensor(l),
    };
    case.attrs.iter().map(|(n, a)| (n.to_string(), value(a))).collect()
}
