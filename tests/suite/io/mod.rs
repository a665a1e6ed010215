//! TensorFlow.js' file formats.

mod graph;
mod layers;
mod odd;
mod saving;

use std::collections::BTreeMap;
use std::path::PathBuf;
use wgflow::hlo::Literal;
use wgflow::{IntoTensor, Tensor};
use wgflow_tests::compare::{Bound, difference};
use wgflow_tests::goldens::arrays_of;

/// A model that the real converter wrote.
struct Golden {
    json: String,
    weights: Vec<Vec<u8>>,
    expected: BTreeMap<String, Literal>,
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("goldens/tfjs").join(name)
}

fn golden(name: &str) -> Golden {
    wgflow_tests::device::device_under_test();
    let (json, weights) = wgflow::io::read_model(folder(name).join("model.json")).expect("the model's files");
    let expected = std::fs::read(folder(name).join("expected.safetensors")).expect("expected values");
    Golden { json, weights, expected: arrays_of(&expected) }
}

impl Golden {
    /// Arrays called `kind` and a number.
    fn numbered(&self, kind: &str) -> Vec<Literal> {
        (0..).map_while(|i| self.expected.get(&format!("{kind}{i}")).cloned()).collect()
    }

    fn inputs(&self) -> Vec<Tensor> {
        self.numbered("x").into_iter().map(|x| x.into_tensor(None).expect("a tensor")).collect()
    }
}

/// What differs between results and what is expected, if anything.
fn compare(got: &[Tensor], want: &[Literal], bound: Bound) -> Option<String> {
    if got.len() != want.len() {
        return Some(format!("{} results, {} wanted", got.len(), want.len()));
    }
    got.iter().zip(want).enumerate().find_map(|(i, (g, w))| {
        let g = match g.to_literal() {
            Ok(g) => g,
            Err(e) => return Some(format!("result {i}: {e}")),
        };
        difference(&g, w, bound).map(|d| format!("result {i}: {d}"))
    })
}
