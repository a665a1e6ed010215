//! Layers models that TensorFlow.js' converter made from models of Keras 2 and 3; see tests/goldens/tfjs_layers.py.

use super::{compare, folder, golden};
use wgflow::io::load_layers_model;
use wgflow_tests::compare::Bound;

const BOUND: Bound = Bound { rel: 1e-4, abs: 1e-5 };

/// Every model gives the reference outputs.
#[test]
fn models_of_the_converter_give_keras_outputs() {
    let mut names: Vec<String> = std::fs::read_dir(folder(""))
        .expect("the folder of models")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|n| n.starts_with('k') || n.starts_with('j'))
        .collect();
    names.sort();
    assert!(names.len() >= 35, "{names:?}");
    let mut wrong = vec![];
    for name in &names {
        let g = golden(name);
        let found = load_layers_model(&g.json, &g.weights)
            .and_then(|m| m.call_many(&g.inputs(), false))
            .map(|y| compare(&y, &g.numbered("y"), BOUND));
        match found {
            Ok(None) => {}
            Ok(Some(difference)) => wrong.push(format!("{name}: {difference}")),
            Err(e) => wrong.push(format!("{name}: {e}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), names.len(), wrong.join("\n"));
}
