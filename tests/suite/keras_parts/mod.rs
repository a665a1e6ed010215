//! Losses, metrics, optimizers and the like against a real Keras; see tests/goldens/keras_parts.py.

mod configs;
mod errors;
mod initializers;
mod losses;
mod metrics;
mod optimizers;
mod schedules;
mod seeds;
mod weights;

use serde_json::{Value, json};
use std::sync::LazyLock;
use wgflow::hlo::Literal;
use wgflow::{DType, IntoTensor, Result, Shape, Tensor};
use wgflow_tests::compare::{Bound, difference};
use wgflow_tests::goldens::{digest, manifest, read};

static CASES: LazyLock<Vec<Value>> =
    LazyLock::new(|| serde_json::from_slice(&read("keras_parts.json")).expect("a list of cases"));

/// The cases of a kind, of which there must be some.
fn cases(kind: &str) -> Vec<&'static Value> {
    let found: Vec<_> = CASES.iter().filter(|c| c["kind"] == kind).collect();
    assert!(!found.is_empty(), "no cases of {kind}");
    found
}

fn number(v: &Value) -> f64 {
    match v {
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::String(s) => s.parse().expect("nan or inf"),
        v => v.as_f64().expect("a number"),
    }
}

/// A golden tensor.
fn literal(v: &Value) -> Literal {
    let dtype: DType = v["dtype"].as_str().expect("a dtype").parse().expect("a dtype");
    let dims: Vec<usize> = serde_json::from_value(v["shape"].clone()).expect("a shape");
    let values: Vec<f64> = v["values"].as_array().expect("values").iter().map(number).collect();
    match dtype.is_exact() {
        true => Literal::ints(dtype, dims, values.iter().map(|&v| v as i64).collect()),
        false => Literal::floats(dtype, dims, values),
    }
}

fn tensor(v: &Value) -> Tensor {
    literal(v).into_tensor(None).expect("a tensor")
}

/// A golden tensor that may be missing.
fn optional(v: &Value) -> Option<Tensor> {
    (!v.is_null()).then(|| tensor(v))
}

/// The class and the arguments that a case gave: Keras leaves some out of configurations.
fn given(case: &Value) -> Value {
    json!({ "class_name": case["class_name"], "config": case["given"] })
}

/// What a case is, in one line.
fn name_of(case: &Value) -> String {
    let given = if case["given"].is_null() { &case["config"] } else { &case["given"] };
    format!("{} {given}", case["class_name"])
}

/// The problems of a test, which fail it at its end.
#[derive(Default)]
struct Problems {
    found: Vec<String>,
    checked: usize,
}

impl Problems {
    /// Compares a result with a golden one.
    fn check(&mut self, place: &str, got: Result<Tensor>, want: &Value) {
        self.check_within(place, got, want, Bound::of(DType::Float32));
    }

    fn check_within(&mut self, place: &str, got: Result<Tensor>, want: &Value, bound: Bound) {
        self.checked += 1;
        match got.and_then(|t| t.to_literal()) {
            Err(e) => self.found.push(format!("{place}: {e}")),
            Ok(got) => {
                if let Some(d) = difference(&got, &literal(want), bound) {
                    self.found.push(format!("{place}: {d}"));
                }
            }
        }
    }

    /// Compares values with golden ones whose dtype and shape do not matter.
    fn check_values(&mut self, place: &str, got: Result<Tensor>, want: &[f64], bound: Bound) {
        self.checked += 1;
        let want = Literal::floats(DType::Float32, [want.len()], want.to_vec());
        let floats = |l: Literal| Literal::floats(DType::Float32, [l.shape.size()], l.to_f64s());
        match got.and_then(|t| t.to_literal()) {
            Err(e) => self.found.push(format!("{place}: {e}")),
            Ok(got) => {
                self.found.extend(difference(&floats(got), &want, bound).map(|d| format!("{place}: {d}")))
            }
        }
    }

    /// Notes what should hold.
    fn hold(&mut self, place: &str, holds: bool, what: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.found.push(format!("{place}: {}", what()));
        }
    }

    /// All that Keras writes of a configuration, `name` only where it was given.
    fn check_config(&mut self, place: &str, got: &Value, case: &Value, named: bool) {
        self.hold(place, got["class_name"] == case["class_name"], || format!("class {}", got["class_name"]));
        for (key, want) in case["config"].as_object().expect("a configuration") {
            let got = &got["config"][key];
            let want = if want["class_name"] == "__tensor__" { &want["config"]["value"] } else { want };
            if key != "name" || named {
                self.hold(place, same(got, want), || format!("{key}: wanted {want}, got {got}"));
            }
        }
    }

    fn report(self) {
        println!("{} comparisons", self.checked);
        let shown = self.found[..self.found.len().min(30)].join("\n");
        assert!(self.found.is_empty(), "{} of {}:\n{shown}", self.found.len(), self.checked);
    }
}

/// Whether values of configurations are equal, where 0 is 0.0 and a list with one element that element.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => number(a) as f32 == number(b) as f32,
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Array(x), y) | (y, Value::Array(x)) if x.len() == 1 => same(&x[0], y),
        (Value::Object(x), Value::Object(y)) => y.iter().all(|(k, y)| x.get(k).is_some_and(|x| same(x, y))),
        (a, b) => a == b,
    }
}

/// A vector as a tensor.
fn vector(v: &[f32]) -> Tensor {
    v.into_tensor(None).expect("a tensor")
}

/// An array of float32 as a tensor of a shape.
fn shaped(v: &[f32], shape: impl Into<Shape>) -> Tensor {
    let l = Literal::floats(DType::Float32, shape, v.iter().map(|&v| v.into()).collect());
    l.into_tensor(None).expect("a tensor")
}

#[test]
fn file_is_that_of_the_manifest() {
    assert_eq!(manifest().get("keras_parts.json"), Some(&digest("keras_parts.json")));
}
