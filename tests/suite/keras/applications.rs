//! Models of `keras.applications` against a real Keras; see tests/goldens/applications.py.

use super::device;
use serde_json::Value;
use wgflow::keras::{Model, applications::MobileNetV2};
use wgflow::{IntoTensor, PartialShape, Result, Tensor, reshape};
use wgflow_tests::goldens::{digest, manifest, read};
use wgflow_tests::operands::operand;

fn cases() -> Vec<Value> {
    let all: Value = serde_json::from_slice(&read("applications.json")).expect("JSON");
    all["MobileNetV2"].as_array().expect("a list").clone()
}

fn shape(v: &Value) -> Vec<usize> {
    v.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|n| n as usize).collect()
}

fn model(arguments: &Value) -> Result<Model> {
    let mut m = MobileNetV2::new();
    for (name, v) in arguments.as_object().expect("arguments") {
        m = match (name.as_str(), v) {
            ("input_shape", v) => m.input_shape(shape(v).into_iter().map(Some).collect::<PartialShape>()),
            ("alpha", v) => m.alpha(v.as_f64().expect("a number")),
            ("classes", v) => m.classes(v.as_u64().expect("a number") as usize),
            ("include_top", v) => m.include_top(v.as_bool().expect("a bool")),
            ("pooling", Value::String(s)) => m.pooling(s),
            ("classifier_activation", Value::Null) => m.classifier_activation("linear"),
            (name, v) => panic!("argument {name}={v}"),
        };
    }
    m.model()
}

/// Weights at which activations neither vanish nor grow, as the script makes them.
fn weight(path: &str, shape: &[usize], k: usize) -> Result<Tensor> {
    let mut values = operand(shape.iter().product(), k + 1, 1.0);
    let kernel = || {
        let window = if path.contains("depthwise") { &shape[..2] } else { &shape[..shape.len() - 1] };
        (6.0 / window.iter().product::<usize>() as f64).sqrt() as f32
    };
    let (shift, scale) = match path.rsplit('/').next() {
        Some("kernel") => (0.0, kernel()),
        Some("gamma" | "moving_variance") => (1.0, 0.25),
        _ => (0.0, 0.25),
    };
    values.iter_mut().for_each(|v| *v = shift + scale * *v);
    reshape(values.into_tensor(None)?, shape)
}

#[test]
fn the_file_is_that_of_the_manifest() {
    assert_eq!(manifest().get("applications.json"), Some(&digest("applications.json")));
}

/// Layers, their names and order, paths and shapes of weights, and results.
#[test]
fn mobilenet_v2_is_keras() -> Result<()> {
    device();
    for case in cases() {
        let m = model(&case["arguments"])?;
        assert_eq!(m.name(), case["name"]);
        let layers: Vec<Value> =
            m.layers().iter().map(|l| serde_json::json!([l.name(), l.class_name()])).collect();
        // Names that Keras numbers go on counting from model to model.
        for (got, wanted) in layers.iter().zip(case["layers"].as_array().expect("a list")) {
            let counted =
                wanted[1] == "InputLayer" || wanted[1].as_str().is_some_and(|c| c.starts_with("Global"));
            assert!(got == wanted || (counted && got[1] == wanted[1]), "{got} for {wanted}");
        }
        assert_eq!(layers.len(), case["layers"].as_array().expect("a list").len());
        let weights: Vec<Value> =
            m.weights().iter().map(|w| serde_json::json!([w.name(), w.shape().to_vec()])).collect();
        assert_eq!(Value::Array(weights), case["weights"]);
        let found = m.weights();
        let values = found.iter().enumerate().map(|(k, w)| weight(w.name(), w.shape(), k));
        m.set_weights(&values.collect::<Result<Vec<_>>>()?)?;
        let images = shape(&case["images"]);
        let x = reshape(operand(images.iter().product(), 0, 1.0).into_tensor(None)?, &images)?;
        let y = m.predict_on_batch(&[x])?.remove(0);
        assert_eq!(y.shape().to_vec(), shape(&case["shape"]));
        let got = y.to_vec::<f32>()?;
        let step = (got.len() / 64).max(1);
        let wanted: Vec<f64> =
            case["values"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        assert_eq!(got.iter().step_by(step).count(), wanted.len());
        let scale = wanted.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (g, w) in got.iter().step_by(step).zip(&wanted) {
            assert!((f64::from(*g) - w).abs() <= 2e-4 * scale, "{}: wanted {w}, got {g}", m.name());
        }
    }
    Ok(())
}

#[test]
fn what_keras_refuses_is_refused() {
    let refused = [
        (MobileNetV2::new().input_shape([16, 96, 3]), "input_shape"),
        (MobileNetV2::new().input_shape([96, 96]), "input_shape"),
        (MobileNetV2::new().input_shape([None, Some(96), Some(3)]), "input_shape"),
        (MobileNetV2::new().alpha(-1.0), "alpha"),
        (MobileNetV2::new().classes(0), "classes"),
        (MobileNetV2::new().include_top(false).pooling("sum"), "pooling"),
    ];
    for (m, argument) in refused {
        let text = m.model().expect_err(argument).to_string();
        assert!(text.contains(argument) && text.contains("MobileNetV2"), "{text}");
    }
}
