//! Regularizers and constraints.

use super::{Problems, cases, name_of, tensor};
use wgflow::GradientTape;
use wgflow::keras::{constraints, regularizers};
use wgflow_tests::device::device_under_test;

#[test]
fn penalties_are_those_of_keras() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("regularizer") {
        let place = name_of(case);
        let regularizer = regularizers::deserialize(case).unwrap_or_else(|e| panic!("{place}: {e}"));
        problems.check_config(&place, &regularizers::serialize(&*regularizer), case, true);
        let w = tensor(&case["w"]);
        let tape = GradientTape::new();
        tape.watch(&w);
        let value = regularizer.call(&w);
        if let (Ok(value), false) = (&value, case["gradient"].is_null()) {
            let gradient = tape.gradient(value, &w).map(|g| g.expect("a gradient"));
            problems.check(&format!("{place} gradient"), gradient, &case["gradient"]);
        }
        problems.check(&place, value, &case["value"]);
    }
    problems.report();
}

#[test]
fn constraints_are_those_of_keras() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("constraint") {
        let place = name_of(case);
        let constraint = constraints::deserialize(case).unwrap_or_else(|e| panic!("{place}: {e}"));
        problems.check_config(&place, &constraints::serialize(&*constraint), case, true);
        problems.check(&place, constraint.call(&tensor(&case["w"])), &case["value"]);
    }
    problems.report();
}
