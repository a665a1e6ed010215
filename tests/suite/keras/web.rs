//! What the npm package needs of Keras beside what Rust programs use.

use serde_json::json;
use wgflow::io::{layer_from_tfjs, layer_to_tfjs, model_from_tfjs};
use wgflow::keras::layers::{AlphaDropout, Dense, Identity};
use wgflow::keras::{self, AnyLayer, Layer, Sequential, deserialize_layer, register_layer_source};
use wgflow::{DType, IntoTensor, ones};

/// Dropped elements have selu's limit, the others are scaled; mean and variance of normal inputs stay.
#[test]
fn alpha_dropout_keeps_mean_and_variance() {
    let x =
        wgflow::ops::random::stateless_normal([100, 100], [1, 2], 0.0, 1.0, DType::Float32).expect("numbers");
    let layer = AlphaDropout::new(0.2).seed(3).node();
    assert_eq!(
        layer.call(&x, false).expect("a result").to_vec::<f32>().expect("values"),
        x.to_vec::<f32>().expect("values")
    );
    let y = layer.call(&x, true).expect("a result").to_vec::<f32>().expect("values");
    // Keras' constants for rate 0.2: alpha' = -1.7580993, a = (0.8 (1 + 0.2 alpha'^2))^-0.5, b = -0.2 a alpha'.
    let limit = -1.758_099_3_f64;
    let a = 1.0 / (0.8 * (1.0 + 0.2 * limit * limit)).sqrt();
    let dropped = (a * limit - 0.2 * a * limit) as f32;
    let share = y.iter().filter(|v| (**v - dropped).abs() < 1e-5).count() as f64 / y.len() as f64;
    assert!((share - 0.2).abs() < 0.02, "{share} of the elements are dropped");
    let mean = y.iter().map(|v| f64::from(*v)).sum::<f64>() / y.len() as f64;
    let variance = y.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / y.len() as f64;
    assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "mean {mean}, variance {variance}");
}

#[test]
fn alpha_dropout_refuses_rates_beyond_1() {
    let refused = deserialize_layer(&json!({ "class_name": "AlphaDropout", "config": { "rate": 1.5 } }));
    assert!(refused.expect_err("a refusal").to_string().contains("rate"));
}

/// A chain that grows keeps its symbols: each layer has one call, whose output other models may begin from.
#[test]
fn chains_that_grow_keep_their_symbols() {
    let model =
        Sequential::new(wgflow::layers![keras::input([2]), Dense::new(3).named("first")]).expect("a model");
    let held = model.outputs().expect("symbols");
    model.add(Dense::new(4).named("second")).expect("a longer model");
    let first = model.get_layer("first").expect("the layer");
    let calls = first.symbolic_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].1, held);
    assert_eq!(model.outputs().expect("symbols")[0].shape().to_string(), "(None, 4)");
    assert_eq!(model.output_shapes().expect("shapes")[0].to_string(), "(None, 4)");
    model.pop().expect("the last layer");
    assert_eq!(model.outputs().expect("symbols"), held);
    let y = model.call(&ones([5, 2], DType::Float32).expect("ones"), false).expect("a result");
    assert_eq!(y.shape().to_string(), "(5, 3)");
}

/// Who knows classes of the program is asked for those that the library does not know.
#[test]
fn layers_of_a_source_are_found() {
    register_layer_source(|class, _| (class == "OfASource").then(|| Ok(AnyLayer::from(Identity::new()))));
    let made = deserialize_layer(&json!({ "class_name": "OfASource", "config": { "name": "own" } }))
        .expect("a layer");
    assert_eq!(made.name(), "own");
    let unknown = deserialize_layer(&json!({ "class_name": "OfNoSource", "config": {} }));
    assert!(unknown.expect_err("a refusal").to_string().contains("OfNoSource"));
}

/// Layers by configurations of TensorFlow.js: its sigmoid of straight lines, its names.
#[test]
fn layers_of_tensorflow_js_are_made() {
    let described = json!({ "class_name": "Dense", "config": { "name": "d", "units": 1, "activation": "hard_sigmoid", "kernel_initializer": "ones" } });
    let layer = layer_from_tfjs(&described).expect("a layer");
    let y = layer.call(&[[1.0_f32]].into_tensor(None).expect("a tensor"), false).expect("a result");
    assert_eq!(y.to_vec::<f32>().expect("values"), [0.7]);
    let written = layer_to_tfjs(&layer).expect("a description");
    assert_eq!(
        (&written["class_name"], &written["config"]["activation"]),
        (&json!("Dense"), &json!("hard_sigmoid"))
    );
    let threshold = json!({ "class_name": "ThresholdedReLU", "config": { "name": "t", "theta": 1.0 } });
    let x = [0.5_f32, 1.5].into_tensor(None).expect("a tensor");
    let y = layer_from_tfjs(&threshold).expect("a layer").call(&x, false).expect("a result");
    assert_eq!(y.to_vec::<f32>().expect("values"), [0.0, 1.5]);
}

#[test]
fn topologies_alone_are_models() {
    let topology = json!({ "class_name": "Sequential", "keras_version": "tfjs-layers 4.22.0", "config": { "name": "s", "layers": [
        { "class_name": "Dense", "config": { "name": "d", "units": 3, "batch_input_shape": [null, 2] } } ] } });
    let model = model_from_tfjs(&topology.to_string()).expect("a model");
    assert_eq!(model.count_params().expect("a count"), 9);
    assert!(model_from_tfjs("{").is_err());
}
