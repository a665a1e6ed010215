//! Recurrent layers against a real Keras; see tests/goldens/keras_rnn.py.

use super::device;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use wgflow::keras::{
    self, AnyLayer, Call, Compile, Fit, Layer, Model, Predict, RnnCell, Sequential, Summary, Verbose,
    deserialize_layer, layers::*, optimizers, serialize_layer, utils::clear_session,
};
use wgflow::ops::{linalg, math};
use wgflow::{GradientTape, IntoTensor, Result, Shape, Tensor};
use wgflow_tests::compare::{Bound, difference};
use wgflow_tests::goldens::{digest, manifest, read, tensors};

static FOUND: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(&read("keras_rnn.json")).expect("JSON"));

const BOUND: Bound = Bound { rel: 2e-4, abs: 2e-5 };

/// The arrays of a case by their short names.
fn arrays(case: &str) -> Result<BTreeMap<String, Tensor>> {
    device();
    let prefix = format!("{case}/");
    let mut found = BTreeMap::new();
    for (name, value) in tensors("keras_rnn.safetensors") {
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
fn differs(what: &str, got: &[Tensor], want: &[Tensor]) -> Result<Vec<String>> {
    if got.len() != want.len() {
        return Ok(vec![format!("{what}: {} tensors, wanted {}", got.len(), want.len())]);
    }
    let mut wrong = vec![];
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let found = difference(&got.to_literal()?, &want.to_literal()?, BOUND);
        wrong.extend(found.map(|d| format!("{what}{i}: {d}")));
    }
    Ok(wrong)
}

#[test]
fn files_are_those_of_the_manifest() {
    for name in ["keras_rnn.json", "keras_rnn.safetensors"] {
        assert_eq!(manifest().get(name), Some(&digest(name)), "{name}");
    }
}

/// Configuration, output shapes, weights' names, results in inference and training, gradients, of layers and of models that mask steps.
#[test]
fn layers_are_keras() {
    let cases = FOUND["cases"].as_array().expect("a list");
    assert!(cases.len() > 85);
    let mut wrong = vec![];
    for case in cases {
        let what = format!("{} {}", case["name"], short(&case["layer"]));
        match check(case) {
            Ok(found) => wrong.extend(found.iter().map(|d| format!("{what}: {d}"))),
            Err(e) => wrong.push(format!("{what}: {e}")),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A layer's class and its arguments that are true.
fn short(layer: &Value) -> String {
    let config = layer["config"].as_object();
    let on: Vec<&String> =
        config.into_iter().flatten().filter(|(_, v)| **v == true).map(|(k, _)| k).collect();
    let inner: Vec<String> = layer["config"]["layers"].as_array().into_iter().flatten().map(short).collect();
    format!("{} {on:?} {}", layer["class_name"], inner.join(", "))
}

fn check(case: &Value) -> Result<Vec<String>> {
    let all = arrays(case["name"].as_str().unwrap_or_default())?;
    clear_session();
    let layer = deserialize_layer(&case["layer"])?;
    let mut wrong = same_config(&serialize_layer(&layer)?, &case["layer"]);
    let again = serialize_layer(&deserialize_layer(&serialize_layer(&layer)?)?)?;
    if again["config"] != serialize_layer(&layer)?["config"] {
        wrong.push(format!("read again: {again}"));
    }
    let x = numbered(&all, "x");
    layer.call_many(&x, false)?;
    let names: Vec<Value> = layer.weights().iter().map(|w| w.name().into()).collect();
    if Value::from(names.clone()) != case["weights"] {
        wrong.push(format!("weights {names:?}, wanted {}", case["weights"]));
    }
    layer.set_weights(&numbered(&all, "w"))?;
    wrong.extend(differs("inference ", &layer.call_many(&x, false)?, &numbered(&all, "y"))?);
    let open: Vec<wgflow::PartialShape> = x
        .iter()
        .map(|x| std::iter::once(None).chain(x.shape()[1..].iter().map(|d| Some(*d))).collect())
        .collect();
    if x[0].dtype().is_float() {
        let shapes = layer.compute_output_shape(&open)?;
        let shapes: Vec<Vec<Option<usize>>> = shapes.iter().map(|s| s.iter().copied().collect()).collect();
        if serde_json::json!(shapes) != case["output_shapes"] {
            wrong.push(format!("output shapes: wanted {}, got {shapes:?}", case["output_shapes"]));
        }
    }
    let tape = GradientTape::persistent();
    let floats: Vec<Tensor> = x.iter().filter(|x| x.dtype().is_float()).cloned().collect();
    floats.iter().for_each(|x| tape.watch(x));
    let ys = layer.call_many(&x, true)?;
    wrong.extend(differs("training ", &ys, &numbered(&all, "t"))?);
    let parts: Vec<Tensor> = ys
        .iter()
        .zip(numbered(&all, "g"))
        .map(|(y, g)| math::reduce_sum(math::multiply(y, &g)?, None, false))
        .collect::<Result<_>>()?;
    let loss = math::add_n(&parts)?;
    for (kind, found) in
        [("dx", tape.gradient(&loss, &floats)?), ("dw", tape.gradient(&loss, &layer.trainable_weights())?)]
    {
        let found: Vec<Tensor> = found.into_iter().flatten().collect();
        wrong.extend(differs(kind, &found, &numbered(&all, kind))?);
    }
    Ok(wrong)
}

/// Where a configuration differs from Keras', in what we have of it.
fn same_config(ours: &Value, keras: &Value) -> Vec<String> {
    let mut wrong = vec![];
    for (key, value) in ours["config"].as_object().into_iter().flatten() {
        let wanted = &keras["config"][key];
        let layers = |v: &Value| v.get("class_name").is_some() && v["config"].get("name").is_some();
        match (value, wanted) {
            _ if key == "dtype" || key == "build_input_shape" => {}
            (Value::Array(a), Value::Array(b)) if a.first().is_some_and(layers) => {
                wrong.extend(a.iter().zip(b).flat_map(|(a, b)| same_config(a, b)));
            }
            (a, b) if layers(a) && key != "dtype" => wrong.extend(same_config(a, b)),
            (Value::Object(a), Value::Object(b)) if a["config"] == b["config"] => {}
            (a, b) if a == b || (a.as_f64().is_some() && a.as_f64() == b.as_f64()) => {}
            (a, b) => wrong.push(format!("config {key}: wanted {b}, got {a}")),
        }
    }
    wrong
}

#[test]
fn states_are_kept_and_reset() -> Result<()> {
    for case in FOUND["stateful"].as_array().expect("a list") {
        let all = arrays(case["name"].as_str().unwrap_or_default())?;
        let layer = deserialize_layer(&case["layer"])?;
        let x = numbered(&all, "x");
        layer.call_many(&x[..1], false)?;
        layer.set_weights(&numbered(&all, "w"))?;
        layer.reset_states()?;
        for (i, (x, want)) in x.iter().zip(numbered(&all, "s")).enumerate() {
            if i == 3 {
                layer.reset_states()?;
            }
            let y = layer.call_many(std::slice::from_ref(x), false)?;
            let wrong = differs("", &y[..1], &[want])?;
            assert!(wrong.is_empty(), "{} call {i}: {wrong:?}", case["name"]);
        }
        let mut size = vec![-1; x[0].rank()];
        size[0] = 2;
        let two = wgflow::slice(&x[0], vec![0; x[0].rank()], size)?;
        assert!(layer.call_many(&[two], false).is_err_and(|e| e.to_string().contains("stateful")));
    }
    Ok(())
}

/// A fit from the same weights on the same batches: history, weights, predictions.
#[test]
fn fits_are_keras() -> Result<()> {
    for case in FOUND["fits"].as_array().expect("a list") {
        let name = case["name"].as_str().unwrap_or_default();
        let all = arrays(name)?;
        let model = Model::new(deserialize_layer(&case["config"])?);
        let names: Vec<Value> = model.weights().iter().map(|w| w.name().into()).collect();
        assert_eq!(Value::from(names), case["weights"], "{name}");
        model.set_weights(&numbered(&all, "w"))?;
        model.compile(match name {
            "regression" => Compile::new(optimizers::Adam::new().learning_rate(0.01), "mse").metrics(["mae"]),
            "tagging" => {
                let sgd = optimizers::SGD::new().learning_rate(0.1);
                Compile::new(sgd, "sparse_categorical_crossentropy").metrics(["accuracy"])
            }
            _ => Compile::new(optimizers::SGD::new().learning_rate(0.05), "mse"),
        })?;
        let quiet = Fit {
            epochs: 3,
            shuffle: false,
            verbose: Verbose::Silent,
            batch_size: Some(8),
            ..Fit::default()
        };
        let (x, y) = (numbered(&all, "x"), numbered(&all, "y"));
        let history = model.fit((&x, &y), quiet)?;
        for (key, values) in case["history"].as_object().into_iter().flatten() {
            let got = history.history.get(key).cloned().unwrap_or_default();
            for (g, w) in got.iter().zip(values.as_array().into_iter().flatten()) {
                let w = w.as_f64().unwrap_or(f64::NAN);
                assert!(
                    (g - w).abs() <= 2e-5 * w.abs().max(1e-3),
                    "{name} {key}: wanted {values}, got {got:?}"
                );
            }
            assert_eq!(got.len(), 3, "{name} {key}");
        }
        let found = model.weights().iter().map(wgflow::Variable::value).collect::<Result<Vec<_>>>()?;
        let wrong = differs("weight ", &found, &numbered(&all, "n"))?;
        assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
        let p = model.predict_many(
            &x,
            Predict { batch_size: Some(8), verbose: Verbose::Silent, ..Predict::default() },
        )?;
        let wrong = differs("prediction ", &p, &numbered(&all, "p"))?;
        assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
        // The configuration says the whole model.
        let again = Model::new(deserialize_layer(&serialize_layer(&model)?)?);
        again.set_weights(&model.get_weights()?)?;
        let q = again.predict_many(
            &x,
            Predict { batch_size: Some(8), verbose: Verbose::Silent, ..Predict::default() },
        )?;
        assert_eq!(p[0].to_vec::<f32>()?, q[0].to_vec::<f32>()?, "{name}");
    }
    Ok(())
}

/// A cell of one's own: a leaky sum of what is put in.
#[derive(Debug)]
struct Leaky {
    units: usize,
    keep: f64,
}

impl Layer for Leaky {
    fn cell(&self) -> Option<&dyn RnnCell> {
        Some(self)
    }
}

impl RnnCell for Leaky {
    fn state_size(&self, _: &Shape) -> Vec<Shape> {
        vec![[self.units].into()]
    }

    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        _: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let kernel = c.weight("kernel", [x.dim(-1)?, self.units], "ones")?;
        let next = math::add(math::multiply(&states[0], self.keep)?, linalg::matmul(x, kernel)?)?;
        Ok((math::multiply(&next, 2.0)?, vec![next]))
    }
}

#[test]
fn cells_of_ones_own_run() -> Result<()> {
    device();
    let cell = || Leaky { units: 1, keep: 0.5 };
    let x = [[[1.0], [2.0], [4.0]], [[0.0], [8.0], [0.0]]].into_tensor(None)?;
    let last = RNN::new(cell()).node();
    assert_eq!(last.call(&x, false)?.to_vec::<f32>()?, [10.5, 8.0]);
    assert_eq!(last.weights().iter().map(|w| w.name().to_string()).collect::<Vec<_>>(), ["rnn/leaky/kernel"]);
    let all = RNN::new(cell()).return_sequences(true).go_backwards(true).node();
    assert_eq!(all.call(&x, false)?.to_vec::<f32>()?, [8.0, 8.0, 6.0, 0.0, 16.0, 8.0]);
    let seen = AnyLayer::from(Sequential::new(wgflow::layers![
        Masking::new(),
        RNN::new(cell()).return_sequences(true).return_state(false)
    ])?);
    // Masked steps give the output before again.
    assert_eq!(seen.call(&x, false)?.to_vec::<f32>()?, [2.0, 5.0, 10.5, 0.0, 16.0, 16.0]);
    let one = Leaky { units: 1, keep: 0.5 }.node();
    let y = one.call_many(&[[[3.0]].into_tensor(None)?, [[4.0]].into_tensor(None)?], false)?;
    assert_eq!((y[0].item::<f32>()?, y[1].item::<f32>()?), (10.0, 5.0));
    Ok(())
}

/// Masks of dropout are the same at all steps, and others in the next call.
#[test]
fn dropout_is_one_mask_a_call() -> Result<()> {
    device();
    let layer = SimpleRNN::new(64)
        .activation("linear")
        .use_bias(false)
        .kernel_initializer("zeros")
        .recurrent_initializer(keras::initializers::Identity::new())
        .recurrent_dropout(0.5)
        .seed(3)
        .node();
    let (x, h) =
        (wgflow::zeros([4, 3, 2], wgflow::DType::Float32)?, wgflow::ones([4, 64], wgflow::DType::Float32)?);
    let run = |training: bool| layer.call_many(&[x.clone(), h.clone()], training)?[0].to_vec::<f32>();
    assert!(run(false)?.iter().all(|v| *v == 1.0));
    let (first, second) = (run(true)?, run(true)?);
    // Three times the same mask: what is dropped is gone, the rest is divided by 0.5 three times.
    assert!(first.iter().all(|v| *v == 0.0 || *v == 8.0), "{first:?}");
    let dropped = first.iter().filter(|v| **v == 0.0).count();
    assert!((64..192).contains(&dropped), "{dropped} of 256");
    assert_ne!(first, second);
    let lstm = LSTM::new(3).dropout(0.3).recurrent_dropout(0.4).return_sequences(true).node();
    let x = wgflow::ones([2, 4, 5], wgflow::DType::Float32)?;
    let same = || -> Result<bool> {
        Ok(lstm.call(&x, true)?.to_vec::<f32>()? == lstm.call(&x, true)?.to_vec::<f32>()?)
    };
    assert!(!same()?);
    assert_eq!(lstm.call(&x, false)?.to_vec::<f32>()?, lstm.call(&x, false)?.to_vec::<f32>()?);
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused() -> Result<()> {
    device();
    let x = wgflow::ones([2, 4, 5], wgflow::DType::Float32)?;
    let refused = |layer: AnyLayer, xs: &[Tensor], says: &str| {
        let e = layer.call_many(xs, false).expect_err(says);
        assert!(e.to_string().contains(says), "wanted {says:?} in: {e}");
    };
    let flat = wgflow::ones([2, 4], wgflow::DType::Float32)?;
    refused(LSTM::new(3).into(), std::slice::from_ref(&flat), "sequence");
    refused(LSTM::new(0).into(), std::slice::from_ref(&x), "positive");
    refused(LSTM::new(3).into(), &[x.clone(), flat.clone()], "(2, 3), (2, 3)");
    refused(RNN::new(Dense::new(3)).into(), std::slice::from_ref(&x), "cell");
    refused(Bidirectional::new(Dense::new(3)).into(), std::slice::from_ref(&x), "recurrent");
    let same = Bidirectional::new(LSTM::new(3)).backward_layer(LSTM::new(3));
    refused(same.into(), std::slice::from_ref(&x), "go_backwards");
    refused(StackedRNNCells::new(vec![]).into(), std::slice::from_ref(&x), "at least one cell");
    refused(TimeDistributed::new(Dense::new(3)).into(), &[flat], "3 dimensions");
    Ok(())
}

#[test]
fn a_summary_is_keras() -> Result<()> {
    device();
    clear_session();
    let model = Sequential::new(wgflow::layers![
        keras::input([None]),
        Embedding::new(50, 8).mask_zero(true),
        Bidirectional::new(LSTM::new(4).return_sequences(true)),
        GRU::new(6),
        Dense::new(1),
    ])?;
    let wanted = FOUND["summary"].as_str().expect("a text");
    let got = model.summary_text(&Summary { line_length: Some(88), ..Summary::default() })?;
    assert_eq!(got.trim_end(), wanted.trim_end(), "\n{got}\n{wanted}");
    Ok(())
}

/// What Keras refuses.
#[test]
fn convolutional_layers_refuse() -> Result<()> {
    device();
    let image = wgflow::ones([2, 3, 4, 5, 1], wgflow::DType::Float32)?;
    let message =
        |layer: AnyLayer| layer.call(&image, false).map_err(|e| e.to_string()).expect_err("refused");
    assert!(message(ConvLSTM1D::new(2, 2).into()).contains("expected ndim=4"));
    assert!(message(ConvLSTM2D::new(2, 5).into()).contains("the output would be empty"));
    assert!(message(ConvLSTM2D::new(2, 2).padding(Padding::Causal).into()).contains("padding"));
    assert!(message(ConvLSTM2D::new(0, 2).into()).contains("filters"));
    assert!(message(ConvLSTM2D::new(2, 2).strides(2).dilation_rate(2).into()).contains("dilation"));
    assert!(message(LSTM::new(2).into()).contains("expected ndim=3"));
    let state = wgflow::ones([2, 4, 5, 2], wgflow::DType::Float32)?;
    let layer = ConvLSTM2D::new(2, 2).node();
    let e = layer.call_many(&[image.clone(), state.clone(), state], false).expect_err("other states");
    assert!(e.message().contains("(2, 3, 4, 2)"), "{e}");
    Ok(())
}

/// Masks of dropout are the same at all steps of convolutional layers too, one for each gate.
#[test]
fn convolutional_dropout() -> Result<()> {
    device();
    let x = wgflow::ones([2, 4, 5, 6, 3], wgflow::DType::Float32)?;
    for (dropout, recurrent) in [(0.5, 0.0), (0.0, 0.5), (0.3, 0.3)] {
        let layer = ConvLSTM2D::new(8, 3)
            .padding(Padding::Same)
            .dropout(dropout)
            .recurrent_dropout(recurrent)
            .seed(3);
        let layer = layer.return_sequences(true).node();
        let run = |training: bool| layer.call(&x, training)?.to_vec::<f32>();
        let (still, first, second) = (run(false)?, run(true)?, run(true)?);
        assert_eq!(still, run(false)?);
        assert!(first != still && second != still && first != second);
        let tape = GradientTape::new();
        let loss = math::reduce_sum(layer.call(&x, true)?, None, false)?;
        for g in tape.gradient(&loss, &layer.trainable_weights())? {
            let g = g.expect("a gradient").to_vec::<f32>()?;
            assert!(g.iter().all(|v| v.is_finite()) && g.iter().any(|v| *v != 0.0));
        }
    }
    Ok(())
}

/// Channels before the rest give what channels behind give; TensorFlow's convolutions do not run that way on a CPU.
#[test]
fn channels_may_stand_first() -> Result<()> {
    device();
    let x: Vec<f32> = (0..2 * 3 * 5 * 6 * 2).map(|i| (i % 37) as f32 / 37.0 - 0.4).collect();
    let x = wgflow::reshape(&x[..], [2, 3, 5, 6, 2])?;
    let x_first = wgflow::transpose(&x, [0, 1, 4, 2, 3])?;
    let make = || ConvLSTM2D::new(3, 2).return_sequences(true).return_state(true);
    let last = make().node();
    let first = make().data_format(DataFormat::ChannelsFirst).node();
    let wanted = last.call_many(std::slice::from_ref(&x), false)?;
    first.call(&x_first, false).expect_err("several outputs");
    first.set_weights(&last.get_weights()?)?;
    let found = first.call_many(&[x_first], false)?;
    for (y, want) in found.iter().zip(&wanted) {
        let back: Vec<i64> = if y.rank() == 5 { vec![0, 1, 3, 4, 2] } else { vec![0, 2, 3, 1] };
        assert_eq!(
            differs("", &[wgflow::transpose(y, back)?], std::slice::from_ref(want))?,
            Vec::<String>::new()
        );
    }
    Ok(())
}
