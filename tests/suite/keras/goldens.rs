//! Layers, models and summaries against a real Keras; see tests/goldens/keras_models.py.

use super::device;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use wgflow::keras::{
    self, Compile, Evaluate, Fit, Layer, LossItem, Model, Predict, Sequential, Summary, Verbose,
    callbacks::SwapEMAWeights, deserialize_layer, layers::*, losses::SparseCategoricalCrossentropy,
    optimizers::SGD, serialize_layer, utils::clear_session,
};
use wgflow::ops::math;
use wgflow::{GradientTape, IntoTensor, Result, Tensor};
use wgflow_tests::compare::{Bound, difference};
use wgflow_tests::goldens::{digest, manifest, read, tensors};

static FOUND: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(&read("keras_models.json")).expect("JSON"));

/// The arrays of a case by their short names.
fn arrays(case: &str) -> Result<BTreeMap<String, Tensor>> {
    device();
    let prefix = format!("{case}/");
    let mut found = BTreeMap::new();
    for (name, value) in tensors("keras_models.safetensors") {
        if let Some(short) = name.strip_prefix(&prefix) {
            found.insert(short.to_string(), value.into_tensor(None)?);
        }
    }
    Ok(found)
}

fn numbered(all: &BTreeMap<String, Tensor>, kind: &str) -> Vec<Tensor> {
    (0..).map_while(|i| all.get(&format!("{kind}{i}")).cloned()).collect()
}

/// What differs, if anything.
fn differs(what: &str, got: &Tensor, want: &Tensor, bound: Bound) -> Result<Option<String>> {
    Ok(difference(&got.to_literal()?, &want.to_literal()?, bound).map(|d| format!("{what}: {d}")))
}

const BOUND: Bound = Bound { rel: 2e-4, abs: 2e-5 };

#[test]
fn files_are_those_of_the_manifest() {
    for name in ["keras_models.json", "keras_models.safetensors"] {
        assert_eq!(manifest().get(name), Some(&digest(name)), "{name}");
    }
}

/// Every layer: its configuration, output shapes, results in inference and training, gradients, weights after a training call.
#[test]
fn layers_are_keras() {
    let cases = FOUND["layers"].as_array().expect("a list");
    assert!(cases.len() > 90);
    let mut wrong = vec![];
    for case in cases {
        let class = case["class"].as_str().expect("a class");
        match check_layer(case) {
            Ok(found) => {
                wrong.extend(found.iter().map(|d| format!("{class} {}: {d}", case["layer"]["config"])))
            }
            Err(e) => wrong.push(format!("{class} {}: {e}", case["layer"]["config"])),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn check_layer(case: &Value) -> Result<Vec<String>> {
    let all = arrays(case["name"].as_str().unwrap_or_default())?;
    let layer = deserialize_layer(&case["layer"])?;
    let again = serialize_layer(&deserialize_layer(&serialize_layer(&layer)?)?)?;
    let mut wrong = vec![];
    if again["config"] != serialize_layer(&layer)?["config"] {
        wrong.push(format!("read again: {again}"));
    }
    for (key, value) in again["config"].as_object().into_iter().flatten() {
        let keras = &case["layer"]["config"][key];
        // Layers of one argument more write their configuration without what all layers have.
        if (key == "trainable" && keras.is_null()) || (key == "dtype" && keras == &value["config"]["name"]) {
            continue;
        }
        if value != keras && !objects_alike(value, keras) {
            wrong.push(format!("config {key}: wanted {keras}, got {value}"));
        }
    }
    let x = numbered(&all, "x");
    layer.call_many(&x, false)?;
    let weights = layer.weights();
    let wanted = numbered(&all, "w");
    if weights.len() != wanted.len() {
        return Ok(vec![format!("{} weights, wanted {}", weights.len(), wanted.len())]);
    }
    layer.set_weights(&wanted)?;
    for (w, path) in weights.iter().zip(case["weights"].as_array().into_iter().flatten()) {
        if Some(w.name()) != path.as_str() {
            wrong.push(format!("weight {}: wanted {path}", w.name()));
        }
    }
    let y = layer.call_many(&x, false)?;
    wrong.extend(differs("inference", &y[0], &all["y0"], BOUND)?);
    let open: Vec<wgflow::PartialShape> = x
        .iter()
        .map(|x| std::iter::once(None).chain(x.shape()[1..].iter().map(|d| Some(*d))).collect())
        .collect();
    let shape = layer.compute_output_shape(&open)?.remove(0);
    let shape: Vec<Option<u64>> = shape.iter().map(|d| d.map(|d| d as u64)).collect();
    if serde_json::json!(shape) != case["output_shape"] {
        wrong.push(format!("output shape: wanted {}, got {shape:?}", case["output_shape"]));
    }
    if case["training"] == false {
        return Ok(wrong);
    }
    let tape = GradientTape::persistent();
    let floats: Vec<Tensor> = x.iter().filter(|x| x.dtype().is_float()).cloned().collect();
    floats.iter().for_each(|x| tape.watch(x));
    let y = layer.call_many(&x, true)?;
    let loss = math::reduce_sum(math::multiply(&y[0], &all["g0"])?, None, false)?;
    wrong.extend(differs("training", &y[0], &all["t0"], BOUND)?);
    let dx = tape.gradient(&loss, &floats)?;
    let dw = tape.gradient(&loss, &layer.trainable_weights())?;
    for (kind, found) in [("dx", dx), ("dw", dw)] {
        let wanted = numbered(&all, kind);
        if wanted.len() != found.len() {
            wrong.push(format!("{} gradients {kind}, wanted {}", found.len(), wanted.len()));
        }
        for (i, (d, want)) in found.iter().zip(&wanted).enumerate() {
            match d {
                Some(d) => wrong.extend(differs(&format!("{kind}{i}"), d, want, BOUND)?),
                None => wrong.push(format!("{kind}{i} is missing")),
            }
        }
    }
    for (w, want) in weights.iter().zip(numbered(&all, "n")) {
        wrong.extend(differs(w.name(), &w.value()?, &want, BOUND)?);
    }
    if !weights.is_empty() {
        wrong.extend(check_training(layer, &x, &y[0])?);
    }
    Ok(wrong)
}

/// Three steps towards zeros make the loss smaller.
fn check_training(layer: keras::AnyLayer, x: &[Tensor], y: &Tensor) -> Result<Option<String>> {
    let model = Model::new(layer);
    model.compile(Compile::new(SGD::new().learning_rate(1e-3), "mse"))?;
    let zeros = wgflow::zeros_like(y)?;
    let step = || -> Result<f64> {
        model.reset_metrics()?;
        model.train_on_batch((x, &zeros))?.value("loss")
    };
    let losses = [step()?, step()?, step()?];
    let falls = losses.windows(2).all(|l| l[1] < l[0]) && losses[2].is_finite();
    Ok((!falls).then(|| format!("losses of three steps: {losses:?}")))
}

/// Objects that Keras writes with more beside: the same class and the same arguments.
fn objects_alike(ours: &Value, keras: &Value) -> bool {
    match (ours, keras) {
        (Value::Object(a), Value::Object(b)) => {
            a.get("class_name") == b.get("class_name") && a.get("config") == b.get("config")
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        // One axis is a number before a layer is built and a list after.
        (a, Value::Array(b)) if !a.is_array() => b.len() == 1 && b[0] == *a,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || objects_alike(a, b))
        }
        _ => false,
    }
}

fn wide() -> Summary {
    Summary { line_length: Some(88), ..Summary::default() }
}

fn same_text(name: &str, model: &Model, options: &Summary) {
    let wanted = FOUND["summaries"][name].as_str().expect("a text");
    let got = model.summary_text(options).expect("a summary");
    assert_eq!(got.trim_end(), wanted.trim_end(), "{name}\n{got}\n{wanted}");
}

fn cnn() -> Result<Sequential> {
    Sequential::new(wgflow::layers![
        keras::input([28, 28, 1]),
        Conv2D::new(32, 5).padding(Padding::Same).activation("relu"),
        MaxPooling2D::new(),
        Conv2D::new(64, 5).padding(Padding::Same).activation("relu"),
        MaxPooling2D::new(),
        Flatten::new(),
        Dense::new(1024).activation("relu"),
        Dropout::new(0.4),
        Dense::new(10),
    ])
}

#[test]
fn summaries_are_keras() -> Result<()> {
    device();
    clear_session();
    let model = cnn()?;
    same_text("cnn", &model, &wide());
    assert_eq!(model.count_params()?, 3_274_634);
    model.compile(Compile::new("adam", "mse"))?;
    model.optimizer()?.build(&model.trainable_variables())?;
    model.layers()[0].set_trainable(false);
    same_text("cnn_compiled", &model, &Summary { line_length: Some(100), show_trainable: true, ..wide() });

    clear_session();
    let (a, b) = (InputLayer::new([4]).named("a").output(), keras::input([2]));
    let c = Concatenate::new().apply([&a, &b])?;
    let d = Dense::new(3).named("a_rather_long_name_for_a_dense_layer_that_wraps").apply(&c)?;
    let f = Add::new().apply([&d, &Dense::new(3).apply(&c)?])?;
    let shared = Dense::new(1).node();
    let model = Model::functional([&a, &b], [&shared.apply(&f)?, &shared.apply(&d)?])?;
    same_text("branches", &model, &Summary { line_length: Some(108), ..wide() });
    same_text("branches_narrow", &model, &Summary { line_length: Some(70), ..wide() });

    clear_session();
    let (dense, norm) = (Dense::new(3).node(), BatchNormalization::new().node());
    let model =
        Sequential::new(wgflow::layers![dense, norm, Sequential::new(wgflow::layers![Dense::new(2)])?])?;
    same_text("unbuilt", &model, &wide());
    model.build([None, Some(5)])?;
    same_text("nested", &model, &Summary { expand_nested: true, ..wide() });

    clear_session();
    let x = keras::input([5]);
    let last = Dense::new(2).node();
    let model = Model::functional(&x, &last.apply(&Dense::new(7).apply(&x)?)?)?;
    same_text("chain", &model, &wide());

    clear_session();
    let x = keras::input([5]);
    let inner = Model::functional_named("inner", &x, &Dense::new(2).apply(&x)?)?;
    let y = keras::input([5]);
    let sum = Add::new().apply([&inner.apply(&y)?, &Dense::new(2).apply(&y)?])?;
    let model = Model::functional(&y, &sum)?;
    same_text("model_in_model", &model, &Summary { line_length: Some(108), expand_nested: true, ..wide() });
    Ok(())
}

/// A fit from the same weights on the same batches: history, evaluation, predictions and weights.
#[test]
fn traces_are_keras() {
    let mut wrong = vec![];
    for case in FOUND["traces"].as_array().expect("a list") {
        match check_trace(case) {
            Ok(found) => wrong.extend(found.iter().map(|d| format!("{}: {d}", case["name"]))),
            Err(e) => wrong.push(format!("{}: {e}", case["name"])),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check_trace(case: &Value) -> Result<Vec<String>> {
    let name = case["name"].as_str().unwrap_or_default();
    let all = arrays(name)?;
    let model = Model::new(deserialize_layer(&case["config"])?);
    let mut wrong = vec![];
    let paths: Vec<Value> = model.weights().iter().map(|w| w.name().into()).collect();
    if Value::from(paths.clone()) != case["weights"] {
        wrong.push(format!("weights {paths:?}, wanted {}", case["weights"]));
    }
    model.set_weights(&numbered(&all, "w"))?;
    let mut averages = SwapEMAWeights::new().swap_on_epoch(true);
    let quiet = Fit { epochs: 3, shuffle: false, verbose: Verbose::Silent, ..Fit::default() };
    let (compile, fit) = match name {
        "cnn" => (
            Compile::new(SGD::new().learning_rate(0.05), "sparse_categorical_crossentropy")
                .metrics(["accuracy"]),
            Fit { batch_size: Some(16), validation_split: 0.25, ..quiet },
        ),
        "batch_norm" => (
            Compile::new("adam", SparseCategoricalCrossentropy::new().from_logits(true))
                .metrics(["accuracy"]),
            Fit { batch_size: Some(8), ..quiet },
        ),
        "nested" => (
            Compile::new(SGD::new().learning_rate(0.05).momentum(0.9).nesterov(true), "huber")
                .metrics(["mse", "mae"]),
            Fit { batch_size: Some(8), sample_weight: Some((&all["s0"]).into()), ..quiet },
        ),
        "masked" => (
            Compile::new(SGD::new().learning_rate(0.1), "mae").metrics(["mse"]),
            Fit { batch_size: Some(8), ..quiet },
        ),
        "masked_steps" => (
            Compile::new(SGD::new().learning_rate(0.05), "sparse_categorical_crossentropy"),
            Fit { batch_size: Some(8), ..quiet },
        ),
        "constrained" => (
            Compile::new(SGD::new().learning_rate(0.05), "mse").metrics(["mae"]),
            Fit { batch_size: Some(8), ..quiet },
        ),
        "averaged" => (
            Compile::new(SGD::new().learning_rate(0.1).use_ema(true).ema_momentum(0.8), "mse"),
            Fit { batch_size: Some(8), validation_split: 0.25, callbacks: vec![&mut averages], ..quiet },
        ),
        "two_ends" => {
            let losses: [(&str, LossItem); 2] =
                [("value", "mse".into()), ("kind", "categorical_crossentropy".into())];
            let compile = Compile::new("rmsprop", losses)
                .loss_weights([("value", 0.5), ("kind", 2.0)])
                .metrics([("value", vec!["mae".into()]), ("kind", vec!["accuracy".into()])]);
            (compile, Fit { batch_size: Some(10), ..quiet })
        }
        _ => (
            Compile::new("sgd", "binary_crossentropy").metrics(["accuracy"]).weighted_metrics(["accuracy"]),
            Fit { batch_size: Some(8), class_weight: Some([(0, 0.5), (1, 3.0)].into()), ..quiet },
        ),
    };
    let batch_size = fit.batch_size;
    model.compile(compile)?;
    let (x, y) = (numbered(&all, "x"), numbered(&all, "y"));
    let history = model.fit((&x, &y), fit)?;
    let keys: Vec<&String> = history.history.keys().collect();
    let wanted: BTreeMap<String, Vec<f64>> =
        serde_json::from_value(case["history"].clone()).unwrap_or_default();
    if keys != wanted.keys().collect::<Vec<_>>() {
        wrong.push(format!("history {keys:?}, wanted {:?}", wanted.keys()));
    }
    for (key, values) in &wanted {
        let got = history.history.get(key).cloned().unwrap_or_default();
        let near = |(g, w): (&f64, &f64)| (g - w).abs() <= 1e-5 * w.abs().max(1e-3);
        if got.len() != values.len() || !got.iter().zip(values).all(near) {
            wrong.push(format!("{key}: wanted {values:?}, got {got:?}"));
        }
    }
    for (w, want) in model.weights().iter().zip(numbered(&all, "n")) {
        wrong.extend(differs(w.name(), &w.value()?, &want, Bound { rel: 1e-4, abs: 1e-4 })?);
    }
    let silent = || Evaluate { verbose: Verbose::Silent, batch_size, ..Evaluate::default() };
    let first: Vec<Tensor> = x
        .iter()
        .map(|x| {
            let size: Vec<i64> = std::iter::once(5).chain(x.shape()[1..].iter().map(|d| *d as i64)).collect();
            wgflow::slice(x, vec![0; x.rank()], size)
        })
        .collect::<Result<_>>()?;
    let p = model.predict_many(&first, Predict { batch_size: Some(2), ..silent() })?;
    wrong.extend(differs("predict", &p[0], &all["p0"], Bound { rel: 1e-4, abs: 1e-5 })?);
    let logs = model.evaluate((&x, &y), silent())?;
    for (key, w) in case["evaluate"].as_object().into_iter().flatten() {
        let (g, w) = (logs.get(key).unwrap_or(f64::NAN), w.as_f64().unwrap_or_default());
        let near = (g - w).abs() <= 1e-5 * w.abs().max(1e-3);
        if !near {
            wrong.push(format!("evaluate {key}: wanted {w}, got {g}"));
        }
    }
    Ok(wrong)
}
