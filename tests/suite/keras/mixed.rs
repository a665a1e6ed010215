//! Mixed precision against a real Keras; see tests/goldens/keras_mixed.py.

use super::device;
use serde_json::Value;
use std::cell::RefCell;
use wgflow::keras::callbacks::LambdaCallback;
use wgflow::keras::optimizers::{self, LossScaleOptimizer, SGD};
use wgflow::keras::{
    Compile, DTypePolicy, Fit, Layer, Model, Predict, Sequential, Verbose, deserialize_layer,
    layers::{Activation, Dense},
    mixed_precision,
};
use wgflow::{DType, Error, IntoTensor, Result, Tensor, Variable, reshape};
use wgflow_tests::goldens::{digest, manifest, read};

fn found() -> Value {
    assert_eq!(manifest().get("keras_mixed.json"), Some(&digest("keras_mixed.json")));
    serde_json::from_slice(&read("keras_mixed.json")).expect("JSON")
}

/// A number, or the name of one that JSON does not have.
fn number(v: &Value) -> f64 {
    v.as_f64().or_else(|| v.as_str()?.parse().ok()).expect("a number")
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().map_or_else(|| vec![number(v)], |all| all.iter().flat_map(numbers).collect())
}

fn close(what: &str, got: &[f32], wanted: &[f64], bound: f64) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (g, w) in got.iter().zip(wanted) {
        let near = (f64::from(*g) - w).abs() <= bound * w.abs().max(1.0);
        assert!(near, "{what}: wanted {wanted:?}, got {got:?}");
    }
}

/// Steps with gradients that are not finite are skipped and halve the scale; a run of good ones doubles it.
#[test]
fn loss_scales_are_keras() -> Result<()> {
    device();
    for case in found()["scaling"].as_array().expect("a list") {
        let made = optimizers::deserialize(&case["optimizer"])?;
        let written = optimizers::serialize(&*made);
        assert_eq!(written["class_name"], "LossScaleOptimizer");
        assert_eq!(written["config"]["inner_optimizer"], case["optimizer"]["config"]["inner_optimizer"]);
        let v = Variable::new([1.0f32, -2.0])?;
        made.build(std::slice::from_ref(&v))?;
        let names: Vec<String> = made.variables()?.iter().map(|v| v.name().to_string()).collect();
        assert_eq!(names.len(), case["variables"].as_array().map_or(0, Vec::len), "{names:?}");
        for (i, step) in case["steps"].as_array().expect("a list").iter().enumerate() {
            let what = format!("{} step {i}", case["name"]);
            let g: Vec<f32> = numbers(&step["gradient"]).iter().map(|v| *v as f32).collect();
            made.apply(&[Some(g.into_tensor(None)?)])?;
            close(&what, &v.value()?.to_vec::<f32>()?, &numbers(&step["value"]), 1e-5);
            let own = made.variables()?;
            assert_eq!(own[2].value()?.item::<i64>()?, step["counter"].as_i64().unwrap_or(-1), "{what}");
            assert_eq!(f64::from(own[3].value()?.item::<f32>()?), number(&step["scale"]), "{what}");
            let n = made.iterations()?.value()?.item::<i64>()?;
            assert_eq!(n, step["iterations"].as_i64().unwrap_or(-1), "{what}");
            let scaled = made.scale_loss(&3.0.into_tensor(None)?)?.item::<f32>()?;
            assert_eq!(f64::from(scaled), number(&step["loss"]), "{what}");
        }
    }
    Ok(())
}

/// A network in float16 with a last layer in float32: dtypes, predictions, losses and weights of four steps.
#[test]
fn training_in_mixed_precision_is_keras() -> Result<()> {
    device();
    let case = &found()["trained"];
    let policy: DTypePolicy = "mixed_float16".parse()?;
    let layer = deserialize_layer(&case["config"])?;
    let model = Model::new(layer);
    assert_eq!(model.as_layer().dtype_policy(), policy);
    let values: Vec<Tensor> = case["weights"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(model.weights())
        .map(|(v, w)| {
            let flat: Vec<f32> = numbers(v).iter().map(|v| *v as f32).collect();
            reshape(flat.into_tensor(None)?, w.shape())
        })
        .collect::<Result<_>>()?;
    assert!(model.weights().iter().all(|w| w.dtype() == DType::Float32));
    model.set_weights(&values)?;
    let x: Vec<f32> = numbers(&case["x"]).iter().map(|v| *v as f32).collect();
    let x = reshape(x.into_tensor(None)?, [8, 6, 6, 1])?;
    let y: Vec<i32> = numbers(&case["y"]).iter().map(|v| *v as i32).collect();
    let y = y.into_tensor(None)?;
    let p = model.predict(&x, Predict { verbose: Verbose::Silent, ..Predict::default() })?;
    assert_eq!(p.dtype().name(), case["output"]);
    close("predictions", &p.to_vec::<f32>()?, &numbers(&case["predictions"]), 2e-3);
    model.compile(Compile::new(SGD::new().learning_rate(0.1), "sparse_categorical_crossentropy"))?;
    assert_eq!(model.optimizer()?.name(), case["optimizer"]);
    let fit =
        Fit { epochs: 4, batch_size: Some(8), shuffle: false, verbose: Verbose::Silent, ..Fit::default() };
    let history = model.fit((&x, &y), fit)?;
    let losses: Vec<f32> = history.history["loss"].iter().map(|v| *v as f32).collect();
    close("losses", &losses, &numbers(&case["losses"]), 5e-3);
    for (w, after) in model.weights().iter().zip(case["after"].as_array().expect("a list")) {
        close(w.name(), &w.value()?.to_vec::<f32>()?, &numbers(after), 1e-2);
    }
    let scale = model.optimizer()?.variables()?[3].value()?.item::<f32>()?;
    assert_eq!(f64::from(scale), number(&case["scale"]));
    Ok(())
}

/// Layers take the policy that holds when they are made, compute in its dtype, and sum products in float32.
#[test]
fn layers_compute_in_the_dtype_of_their_policy() -> Result<()> {
    device();
    mixed_precision::set_dtype_policy("mixed_float16")?;
    let (dense, exact) = (Dense::new(1).use_bias(false).kernel_initializer("ones").node(), Dense::new(2));
    let exact = exact.node().dtype(DType::Float32);
    let soft = Activation::new("softmax").node().dtype(DType::Float32);
    mixed_precision::set_dtype_policy("float32")?;
    assert_eq!(mixed_precision::dtype_policy().name(), "float32");
    let x = wgflow::ones([1, 4096], DType::Float32)?;
    // In float16, sums of ones end at 2048.
    let y = dense.call(&x, false)?;
    assert_eq!((y.dtype(), y.cast(DType::Float32)?.to_vec::<f32>()?), (DType::Float16, vec![4096.0]));
    assert_eq!(dense.weights()[0].dtype(), DType::Float32);
    assert_eq!(exact.call(&y, false)?.dtype(), DType::Float32);
    assert_eq!(soft.call(&y, false)?.dtype(), DType::Float32);
    let refused = mixed_precision::set_dtype_policy("mixed_float12").map_err(|e: Error| e.to_string());
    assert!(refused.is_err_and(|e| e.contains("mixed_float12")));
    Ok(())
}

#[test]
fn loss_scales_are_added_unless_that_is_turned_off() -> Result<()> {
    device();
    let compiled = |policy: &str, auto: bool| -> Result<&'static str> {
        mixed_precision::set_dtype_policy(policy)?;
        let model = Sequential::new(wgflow::layers![Dense::new(1)]);
        mixed_precision::set_dtype_policy("float32")?;
        let model = model?;
        model.compile(Compile::new("sgd", "mse").auto_scale_loss(auto))?;
        Ok(model.optimizer()?.class_name())
    };
    assert_eq!(compiled("mixed_float16", true)?, "LossScaleOptimizer");
    assert_eq!(compiled("mixed_float16", false)?, "SGD");
    assert_eq!(compiled("mixed_bfloat16", true)?, "SGD");
    assert_eq!(compiled("float32", true)?, "SGD");
    let twice = LossScaleOptimizer::new(SGD::new().loss_scale_factor(2.0)).map_err(|e| e.to_string());
    assert!(twice.is_err_and(|e| e.contains("loss_scale_factor")));
    Ok(())
}

/// Callbacks are called once an execution, which the end of the data cuts short; the numbers are those of single steps.
#[test]
fn executions_of_several_steps() -> Result<()> {
    device();
    let run = |steps: usize| -> Result<(Vec<String>, Vec<f64>)> {
        let model = Sequential::new(wgflow::layers![Dense::new(1).kernel_initializer("ones")])?;
        model.compile(Compile::new(SGD::new().learning_rate(0.1), "mse").steps_per_execution(steps))?;
        let calls = RefCell::new(vec![]);
        let note = |text: String| -> Result<()> {
            calls.borrow_mut().push(text);
            Ok(())
        };
        let mut callback = LambdaCallback::new()
            .on_train_batch_begin(|_, batch| note(format!("+{batch}")))
            .on_train_batch_end(|_, batch, _| note(format!("-{batch}")));
        let x: Vec<f32> = (0..10).map(|i| i as f32 / 10.0).collect();
        let x = reshape(x.into_tensor(None)?, [10, 1])?;
        let fit = Fit {
            epochs: 1,
            batch_size: Some(2),
            shuffle: false,
            verbose: Verbose::Silent,
            callbacks: vec![&mut callback],
            ..Fit::default()
        };
        let history = model.fit((&x, &x), fit)?;
        drop(callback);
        Ok((calls.into_inner(), history.history["loss"].clone()))
    };
    let (each, losses) = run(1)?;
    assert_eq!(each, ["+0", "-0", "+1", "-1", "+2", "-2", "+3", "-3", "+4", "-4"]);
    assert_eq!(run(2)?, (["+0", "-1", "+2", "-3", "+4", "-4"].map(String::from).to_vec(), losses.clone()));
    assert_eq!(run(5)?, (["+0", "-4"].map(String::from).to_vec(), losses.clone()));
    assert_eq!(run(7)?, (["+0", "-4"].map(String::from).to_vec(), losses));
    assert!(run(0).is_err());
    Ok(())
}
