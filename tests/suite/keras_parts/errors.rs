//! What is refused, and that errors say what was wanted.

use super::{Problems, cases, name_of, shaped, vector};
use serde_json::Value;
use wgflow::keras::losses::Loss;
use wgflow::keras::metrics::Metric;
use wgflow::keras::optimizers::{Optimizer, SGD};
use wgflow::keras::{constraints, initializers, losses, metrics, optimizers, regularizers, schedules};
use wgflow::{DType, Error, ErrorKind, IntoTensor, Result, Variable};
use wgflow_tests::device::device_under_test;

/// Makes an object and uses it once.
fn use_once(case: &Value) -> Result<()> {
    match case["of"].as_str().expect("a kind") {
        "optimizer" => optimizers::deserialize(case).map(|_| ()),
        "loss" => losses::deserialize(case)?.compute(&vector(&[1.0]), &vector(&[1.0]), None).map(|_| ()),
        "metric" => metrics::deserialize(case)?.variables().map(|_| ()),
        "schedule" => schedules::deserialize(case)?.call(&0.into_tensor(None)?).map(|_| ()),
        "regularizer" => regularizers::deserialize(case)?.call(&shaped(&[1.0; 4], [2, 2])).map(|_| ()),
        "constraint" => constraints::deserialize(case)?.call(&vector(&[1.0])).map(|_| ()),
        "initializer" => initializers::deserialize(case)?.call(&[2, 2].into(), DType::Float32).map(|_| ()),
        other => panic!("no kind {other}"),
    }
}

#[test]
fn what_keras_refuses_is_refused() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("refused") {
        let place = format!("{} {}", case["of"], name_of(case));
        match use_once(case) {
            Ok(()) => problems.hold(&place, false, || "was accepted".into()),
            Err(e) => problems.hold(&place, e.kind() == ErrorKind::InvalidArgument, || e.to_string()),
        }
    }
    problems.report();
}

fn refused<T>(result: Result<T>, parts: &[&str]) {
    let e: Error = match result {
        Ok(_) => panic!("accepted, wanted an error with {parts:?}"),
        Err(e) => e,
    };
    for part in parts {
        assert!(e.to_string().contains(part), "{e}: wanted {part:?} in it");
    }
}

#[test]
fn unknown_names_list_what_exists() {
    refused(losses::get("mean_square_error"), &["keras.losses.get", "MeanSquaredError", "mean_square_error"]);
    refused(optimizers::get("Adamn"), &["keras.optimizers.get", "AdamW", "Adamn"]);
    refused(metrics::get("acuracy"), &["keras.metrics.get", "SparseCategoricalAccuracy", "acuracy"]);
    assert_eq!(optimizers::get("rmsprop").expect("any case").class_name(), "RMSprop");
}

#[test]
fn gradients_that_do_not_fit() {
    device_under_test();
    let variable = |name: &str| Variable::named([1.0, 2.0], name, true).expect("a variable");
    let (w, b) = (variable("dense/kernel"), variable("dense/bias"));
    let sgd = SGD::new().learning_rate(0.5);
    let pairs = |gradients: [Option<&[f32]>; 2]| -> Vec<_> {
        gradients.map(|g| g.map(vector)).into_iter().zip([w.clone(), b.clone()]).collect()
    };
    refused(sgd.apply(&[None, None]), &["SGD.apply", "build"]);
    refused(
        sgd.apply_gradients(&pairs([None, None])),
        &["SGD.apply_gradients", "dense/kernel", "dense/bias"],
    );
    let short: &[f32] = &[1.0];
    refused(sgd.apply_gradients(&pairs([Some(short), None])), &["dense/kernel", "(2,)", "(1,)"]);
    refused(sgd.apply_gradients(&[(Some(vector(&[1.0, 1.0])), variable("other"))]), &["built with", "other"]);
    refused(sgd.apply(&[None]), &["2 gradients"]);
    refused(sgd.exclude_from_weight_decay(&[], &["bias"]), &["before"]);
    // One without a gradient stays as it is.
    let good: &[f32] = &[1.0, 2.0];
    sgd.apply_gradients(&pairs([Some(good), None])).expect("an update");
    let values = |v: &Variable| v.value().and_then(|v| v.to_vec::<f32>()).expect("values");
    assert_eq!((values(&w), values(&b)), (vec![0.5, 1.0], vec![1.0, 2.0]));
    refused(SGD::new().momentum(2.0).build(std::slice::from_ref(&w)), &["SGD", "momentum", "2"]);
    let scheduled = SGD::new().learning_rate(schedules::ExponentialDecay::new(0.1, 10.0, 0.5));
    refused(scheduled.set_learning_rate(0.1), &["learning_rate", "schedule"]);
}

#[test]
fn labels_that_do_not_fit() {
    device_under_test();
    let p = shaped(&[0.5; 6], [3, 2]);
    let mse = losses::MeanSquaredError::new();
    refused(mse.compute(&shaped(&[0.0; 8], [4, 2]), &p, None), &["(4, 2)", "(3, 2)"]);
    refused(mse.compute(&p, &p, Some(&vector(&[1.0; 4]))), &["(4,)"]);
    let labels = [0, 5, 1].into_tensor(None).expect("labels");
    let outside = losses::SparseCategoricalCrossentropy::new().compute(&labels, &p, None);
    refused(outside.and_then(|t| t.item::<f32>()), &["sparse_categorical_crossentropy", "5"]);
    let f1 = metrics::F1Score::new();
    refused(f1.update_state(&vector(&[1.0]), &vector(&[1.0]), None), &["F1Score", "(samples, classes)"]);
    let precision = metrics::Precision::new().class_id(4_i64);
    refused(precision.update_state(&p, &p, None), &["Precision", "class_id", "4"]);
    refused(Metric::update_state(&metrics::Mean::new(), &p, &p, None), &["Mean.update_state", "values"]);
}
