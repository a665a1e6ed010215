//! Configurations: what is written makes the same object again, and classes of one's own are found.

use super::{CASES, given, name_of, vector};
use serde_json::{Value, json};
use std::sync::Arc;
use wgflow::keras::losses::{Loss, MeanSquaredError};
use wgflow::keras::metrics::{Mean, Metric};
use wgflow::keras::optimizers::{Adam, LearningRate, Optimizer, SGD};
use wgflow::keras::{constraints, initializers, losses, metrics, optimizers, regularizers, schedules};
use wgflow::ops::math;
use wgflow::{Result, Tensor};
use wgflow_tests::device::device_under_test;

fn again(kind: &str, config: &Value) -> Result<Value> {
    Ok(match kind {
        "loss" => losses::serialize(&*losses::deserialize(config)?),
        "metric" | "values" => metrics::serialize(&*metrics::deserialize(config)?),
        "optimizer" => optimizers::serialize(&*optimizers::deserialize(config)?),
        "schedule" => schedules::serialize(&*schedules::deserialize(config)?),
        "regularizer" => regularizers::serialize(&*regularizers::deserialize(config)?),
        "constraint" => constraints::serialize(&*constraints::deserialize(config)?),
        "initializer" => initializers::serialize(&*initializers::deserialize(config)?),
        other => panic!("no kind {other}"),
    })
}

#[test]
fn what_is_written_is_read() {
    device_under_test();
    let mut seen = std::collections::BTreeSet::new();
    for case in CASES.iter().filter(|c| c["kind"] != "refused") {
        let kind = case["kind"].as_str().expect("a kind");
        let config = if case["given"].is_null() { case.clone() } else { given(case) };
        let first = again(kind, &config).unwrap_or_else(|e| panic!("{}: {e}", name_of(case)));
        let second = again(kind, &first).unwrap_or_else(|e| panic!("{first}: {e}"));
        assert_eq!(first, second, "{}", name_of(case));
        seen.insert((kind, case["class_name"].as_str().expect("a class")));
    }
    assert!(seen.len() >= 100, "{} classes", seen.len());
}

#[test]
fn written_by_keras_schema() {
    device_under_test();
    let rate = schedules::ExponentialDecay::new(0.1, 10.0, 0.5);
    let sgd = optimizers::serialize(&SGD::new().learning_rate(rate).name("sgd"));
    assert_eq!(
        (&sgd["module"], &sgd["class_name"], &sgd["registered_name"]),
        (&json!("keras.optimizers"), &json!("SGD"), &Value::Null)
    );
    let rate = &sgd["config"]["learning_rate"];
    assert_eq!(
        (&rate["module"], &rate["class_name"], &rate["config"]["decay_rate"]),
        (&json!("keras.optimizers.schedules"), &json!("ExponentialDecay"), &json!(0.5))
    );
    let made = optimizers::deserialize(&sgd).expect("an optimizer");
    assert!(matches!(made.options().learning_rate, LearningRate::Schedule(_)));
}

/// The cube of errors.
#[derive(Debug)]
struct Cubes {
    factor: f64,
}

impl Loss for Cubes {
    fn name(&self) -> &str {
        "cubes"
    }

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let cubes = math::pow(math::abs(math::subtract(y_true, y_pred)?)?, 3.0)?;
        math::multiply(math::reduce_mean(cubes, -1, false)?, self.factor)
    }

    fn config(&self) -> serde_json::Map<String, Value> {
        [("factor".to_string(), json!(self.factor))].into_iter().collect()
    }
}

#[test]
fn classes_of_ones_own() {
    device_under_test();
    losses::register("Cubes", |config| {
        Ok(Arc::new(Cubes { factor: config.get("factor").and_then(Value::as_f64).unwrap_or(1.0) }))
    });
    let written = losses::serialize(&Cubes { factor: 2.0 });
    assert_eq!((&written["module"], &written["registered_name"]), (&Value::Null, &json!("Cubes")));
    for (loss, wanted) in [(losses::deserialize(&written), 18.0), (losses::get("Cubes"), 9.0)] {
        let loss = loss.and_then(|l| l.compute(&vector(&[0.0, 1.0]), &vector(&[1.0, -1.0]), None));
        // (1 + 8) / 2, times the factor; twice: the mean of a vector is taken over its only axis.
        assert_eq!(loss.and_then(|t| t.item::<f32>()).expect("a loss") * 2.0, wanted);
    }
    let closure = losses::get(("worst", |t: &Tensor, p: &Tensor| {
        math::reduce_max(math::abs(math::subtract(t, p)?)?, -1, false)
    }));
    let worst = closure.and_then(|l| l.compute(&vector(&[0.0, 1.0]), &vector(&[1.0, -1.0]), None));
    assert_eq!(worst.and_then(|t| t.item::<f32>()).expect("a loss"), 2.0);
}

#[test]
fn objects_may_stand_for_names() {
    device_under_test();
    assert_eq!(losses::get(MeanSquaredError::new().name("mine")).expect("a loss").name(), "mine");
    assert_eq!(metrics::get(Mean::new().name("loss")).expect("a metric").name(), "loss");
    let adam: Arc<dyn Optimizer> = Arc::new(Adam::new());
    assert_eq!(optimizers::get(adam.clone()).expect("an optimizer").name(), adam.name());
    let count = Metric::variables(&Mean::new()).expect("variables").len();
    assert_eq!(count, 2);
}
