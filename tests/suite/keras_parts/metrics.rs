//! Metrics.

use super::{Problems, cases, given, name_of, number, optional, tensor};
use serde_json::Value;
use wgflow::Tensor;
use wgflow::function::function;
use wgflow::keras::metrics::{self, Mean, Metric, Sum};
use wgflow_tests::compare::Bound;
use wgflow_tests::device::device_under_test;

/// Sums of 32 bits in another order.
const BOUND: Bound = Bound { rel: 2e-5, abs: 2e-6 };

fn updates(case: &Value) -> &[Value] {
    case["updates"].as_array().expect("updates")
}

#[test]
fn metrics_are_those_of_keras() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("metric") {
        let place = name_of(case);
        let metric = metrics::deserialize(&given(case)).unwrap_or_else(|e| panic!("{place}: {e}"));
        problems.check_config(&place, &metrics::serialize(&*metric), case, !case["given"]["name"].is_null());
        for (i, u) in updates(case).iter().enumerate() {
            let weight = optional(&u["sample_weight"]);
            let done = metric.update_state(&tensor(&u["y_true"]), &tensor(&u["y_pred"]), weight.as_ref());
            let place = format!("{place} update {i}");
            problems.check_within(&place, done.and_then(|()| metric.result()), &u["result"], BOUND);
        }
        let variables = metric.variables().expect("variables");
        let wanted = case["variables"].as_array().expect("variables");
        problems.hold(&place, variables.len() == wanted.len(), || format!("{variables:?}"));
        for (v, want) in variables.iter().zip(wanted) {
            let want: Vec<f64> = want["values"].as_array().expect("values").iter().map(number).collect();
            problems.check_values(&format!("{place} {}", v.name()), v.value(), &want, BOUND);
        }
        let reset = metric.reset_state().and_then(|()| metric.result());
        problems.check(&format!("{place} reset"), reset, &case["reset"]);
    }
    problems.report();
}

#[test]
fn updates_are_the_same_in_a_function() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("metric").into_iter().step_by(2) {
        let place = name_of(case);
        let metric = metrics::deserialize(&given(case)).expect("a metric");
        let update = function({
            let metric = metric.clone();
            move |x| metric.update_state(&x[0], &x[1], x.get(2))
        });
        for (i, u) in updates(case).iter().enumerate() {
            let mut args: Vec<Tensor> = vec![tensor(&u["y_true"]), tensor(&u["y_pred"])];
            args.extend(optional(&u["sample_weight"]));
            let done = update.call(&args);
            let place = format!("{place} update {i}");
            problems.check_within(&place, done.and_then(|()| metric.result()), &u["result"], BOUND);
        }
    }
    problems.report();
}

#[test]
fn means_and_sums_of_values() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("values") {
        let (mean, sum) = (Mean::new(), Sum::new());
        for (i, u) in updates(case).iter().enumerate() {
            let (values, weight) = (tensor(&u["values"]), optional(&u["sample_weight"]));
            let result = if case["class_name"] == "Mean" {
                mean.update_state(&values, weight.as_ref()).and_then(|()| mean.result())
            } else {
                sum.update_state(&values, weight.as_ref()).and_then(|()| sum.result())
            };
            problems.check(&format!("{} {i}", name_of(case)), result, &u["result"]);
        }
    }
    problems.report();
}

#[test]
fn names_are_those_that_compile_takes() {
    device_under_test();
    for (name, class, y_true, y_pred) in [
        ("accuracy", "BinaryAccuracy", vec![8, 1], vec![8, 1]),
        ("accuracy", "SparseCategoricalAccuracy", vec![8, 1], vec![8, 10]),
        ("acc", "SparseCategoricalAccuracy", vec![8], vec![8, 10]),
        ("Accuracy", "CategoricalAccuracy", vec![8, 10], vec![8, 10]),
        ("crossentropy", "BinaryCrossentropy", vec![8, 1], vec![8, 1]),
        ("ce", "SparseCategoricalCrossentropy", vec![8], vec![8, 10]),
        ("ce", "CategoricalCrossentropy", vec![8, 10], vec![8, 10]),
        ("mse", "MeanSquaredError", vec![8, 1], vec![8, 1]),
        ("AUC", "AUC", vec![8, 1], vec![8, 1]),
    ] {
        let metric = metrics::resolve(name, &y_true.into(), &y_pred.into()).expect(name);
        assert_eq!(metric.class_name(), class);
    }
    assert_eq!(metrics::get("mae").expect("mae").name(), "mean_absolute_error");
    let (first, second) =
        (metrics::get("precision").expect("a metric"), metrics::get("precision").expect("a metric"));
    let (first, second) = (first.name().to_string(), second.name().to_string());
    assert!(
        first.starts_with("precision") && second.starts_with("precision_") && first != second,
        "{first} {second}"
    );
}

#[test]
fn results_wait_for_shapes() {
    device_under_test();
    for name in ["F1Score", "R2Score"] {
        let metric = metrics::get(name).expect(name);
        let e = metric.result().expect_err("a metric without classes");
        assert_eq!(e.kind(), wgflow::ErrorKind::FailedPrecondition, "{e}");
        assert!(metric.variables().expect("variables").is_empty());
    }
}
