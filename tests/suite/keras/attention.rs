//! Attention layers against a real Keras; see tests/goldens/keras_attention.py.

use super::device;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use wgflow::keras::{
    AnyLayer, CallArgs, Compile, Fit, Layer, Model, Predict, Summary, Verbose, deserialize_layer, layers::*,
    model_from_json, optimizers::SGD, serialize_layer, utils::clear_session,
};
use wgflow::ops::math;
use wgflow::{DType, GradientTape, IntoTensor, Result, Tensor};
use wgflow_tests::compare::{Bound, difference};
use wgflow_tests::goldens::{digest, manifest, read, tensors};

static FOUND: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(&read("keras_attention.json")).expect("JSON"));

const BOUND: Bound = Bound { rel: 2e-4, abs: 2e-5 };

/// Of gradients of weights, some of which are 0 but for rounding.
const WEIGHTS: Bound = Bound { rel: 2e-4, abs: 2e-4 };

#[test]
fn files_are_those_of_the_manifest() {
    for name in ["keras_attention.json", "keras_attention.safetensors"] {
        assert_eq!(manifest().get(name), Some(&digest(name)), "{name}");
    }
}

/// The arrays of a case by their short names.
fn arrays(case: &Value) -> Result<BTreeMap<String, Tensor>> {
    device();
    let prefix = format!("{}/", case["name"].as_str().unwrap_or_default());
    let mut found = BTreeMap::new();
    for (name, value) in tensors("keras_attention.safetensors") {
        if let Some(short) = name.strip_prefix(&prefix) {
            found.insert(short.to_string(), value.into_tensor(None)?);
        }
    }
    Ok(found)
}

fn numbered(all: &BTreeMap<String, Tensor>, kind: &str) -> Vec<Tensor> {
    (0..).map_while(|i| all.get(&format!("{kind}{i}")).cloned()).collect()
}

/// What differs between lists of tensors.
fn differ(what: &str, got: &[Tensor], wanted: &[Tensor], bound: Bound) -> Result<Vec<String>> {
    let mut wrong = vec![];
    if got.len() != wanted.len() {
        wrong.push(format!("{} {what}, wanted {}", got.len(), wanted.len()));
    }
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        let d = difference(&g.to_literal()?, &w.to_literal()?, bound);
        wrong.extend(d.map(|d| format!("{what} {i}: {d}")));
    }
    Ok(wrong)
}

fn all_of(list: &Value, check: impl Fn(&Value) -> Result<Vec<String>>) {
    let mut wrong = vec![];
    for case in list.as_array().expect("a list") {
        let found = check(case).unwrap_or_else(|e| vec![e.to_string()]);
        wrong.extend(found.iter().map(|d| format!("{}: {d}\n  {}", case["name"], case["layer"]["config"])));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Configuration, names of weights, results, scores and gradients, with masks and settings by name.
#[test]
fn attention_layers_are_keras() {
    assert!(FOUND["layers"].as_array().expect("a list").len() >= 30);
    all_of(&FOUND["layers"], check_layer);
}

fn check_config(layer: &AnyLayer, keras: &Value) -> Result<Vec<String>> {
    let mut wrong = vec![];
    for (key, value) in serialize_layer(layer)?["config"].as_object().into_iter().flatten() {
        let wanted = &keras["config"][key];
        // Keras writes the axes that were found when the layer was built.
        let found_later = key == "attention_axes" && value.is_null();
        if value != wanted && value["class_name"] != wanted["class_name"] && !found_later {
            wrong.push(format!("config {key}: wanted {wanted}, got {value}"));
        }
    }
    Ok(wrong)
}

fn check_layer(case: &Value) -> Result<Vec<String>> {
    let all = arrays(case)?;
    let layer = deserialize_layer(&case["layer"])?;
    let mut wrong = check_config(&layer, &case["layer"])?;
    let mut args = CallArgs::new();
    for (name, value) in case["args"].as_object().into_iter().flatten() {
        args = args.set(name, value.clone());
    }
    for (name, value) in &all {
        if let Some(name) = name.strip_prefix("a_") {
            args = args.tensor(name, value.clone());
        }
    }
    let x = numbered(&all, "x");
    layer.call_with(&x, &args, false)?;
    let paths: Vec<Value> = layer.weights().iter().map(|w| w.name().into()).collect();
    if Value::from(paths.clone()) != case["weights"] {
        wrong.push(format!("weights {paths:?}, wanted {}", case["weights"]));
    }
    layer.set_weights(&numbered(&all, "w"))?;
    let tape = GradientTape::persistent();
    x.iter().for_each(|x| tape.watch(x));
    let y = layer.call_with(&x, &args, false)?;
    wrong.extend(differ("results", &y, &numbered(&all, "y"), BOUND)?);
    let mut loss = 0.0.into_tensor(None)?;
    for (y, g) in y.iter().zip(numbered(&all, "g")) {
        loss = math::add(loss, math::reduce_sum(math::multiply(y, g)?, None, false)?)?;
    }
    let dx: Vec<Tensor> = tape.gradient(&loss, &x)?.into_iter().flatten().collect();
    let dw: Vec<Tensor> = tape.gradient(&loss, &layer.trainable_weights())?.into_iter().flatten().collect();
    wrong.extend(differ("gradients of inputs", &dx, &numbered(&all, "dx"), BOUND)?);
    wrong.extend(differ("gradients of weights", &dw, &numbered(&all, "dw"), WEIGHTS)?);
    Ok(wrong)
}

/// Models with arguments by name and masks that layers pass on: predictions, three steps of training, summary, and their own configuration.
#[test]
fn attention_models_are_keras() {
    all_of(&FOUND["models"], |case| {
        let all = arrays(case)?;
        clear_session();
        // Where a mask goes into attention, Keras has layers of its computation, which here are none.
        let masked = case["name"] == "masked_block";
        let model = if masked { masked_block()? } else { Model::new(deserialize_layer(&case["config"])?) };
        let mut wrong = check_model(case, &model, &all)?;
        wrong.retain(|w| !(masked && w.starts_with("summary")));
        let json = model.to_json()?;
        let again = model_from_json(&json)?;
        again.set_weights(&numbered(&all, "w"))?;
        let first = numbered(&all, "x");
        let p = again.predict_many(&first, Predict { verbose: Verbose::Silent, ..Predict::default() })?;
        wrong.extend(differ("predictions of the model read again", &p, &numbered(&all, "p"), BOUND)?);
        Ok(wrong)
    });
}

/// The first model of the script.
fn masked_block() -> Result<Model> {
    let i = InputLayer::new([6]).dtype(DType::Int32).node().output();
    let x = Embedding::new(9, 8).mask_zero(true).apply(&i)?;
    let h = LayerNormalization::new().apply(&x)?;
    let x = Add::new().apply([&x, &MultiHeadAttention::new(2, 4).apply([&h, &h])?])?;
    let h = LayerNormalization::new().apply(&x)?;
    let h = Dense::new(12).activation("gelu").apply(&h)?;
    let x = Add::new().apply([&x, &Dense::new(8).apply(&h)?])?;
    let x = GlobalAveragePooling1D::new().apply(&x)?;
    Model::functional(&i, &Dense::new(3).activation("softmax").apply(&x)?)
}

fn check_model(case: &Value, model: &Model, all: &BTreeMap<String, Tensor>) -> Result<Vec<String>> {
    let mut wrong = vec![];
    let paths: Vec<Value> = model.weights().iter().map(|w| w.name().into()).collect();
    if Value::from(paths.clone()) != case["weights"] {
        wrong.push(format!("weights {paths:?}, wanted {}", case["weights"]));
    }
    model.set_weights(&numbered(all, "w"))?;
    let x = numbered(all, "x");
    let p = model.predict_many(&x, Predict { verbose: Verbose::Silent, ..Predict::default() })?;
    wrong.extend(differ("predictions", &p, &numbered(all, "p"), BOUND)?);
    let loss = case["loss"].as_str().unwrap_or_default();
    model.compile(Compile::new(SGD::new().learning_rate(0.1), loss))?;
    let fit =
        Fit { epochs: 3, batch_size: Some(10), shuffle: false, verbose: Verbose::Silent, ..Fit::default() };
    let history = model.fit((&x, &numbered(all, "t")), fit)?;
    let got = history.history.get("loss").cloned().unwrap_or_default();
    let wanted: Vec<f64> = serde_json::from_value(case["history"].clone()).unwrap_or_default();
    let near = |(g, w): (&f64, &f64)| (g - w).abs() <= 1e-5 * w.abs().max(1e-3);
    if got.len() != 3 || !got.iter().zip(&wanted).all(near) {
        wrong.push(format!("losses: wanted {wanted:?}, got {got:?}"));
    }
    let weights = model.get_weights()?;
    wrong.extend(differ("weights", &weights, &numbered(all, "n"), Bound { rel: 1e-4, abs: 1e-4 })?);
    let options = Summary { line_length: Some(110), ..Summary::default() };
    let (text, wanted) = (model.summary_text(&options)?, case["summary"].as_str().unwrap_or_default());
    if text.trim_end() != wanted.trim_end() {
        wrong.push(format!("summary:\n{text}\nwanted:\n{wanted}"));
    }
    Ok(wrong)
}
