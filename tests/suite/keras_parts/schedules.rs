//! Learning rate schedules.

use super::{Problems, cases, name_of, number};
use wgflow::IntoTensor;
use wgflow::function::function;
use wgflow::keras::schedules;
use wgflow_tests::compare::Bound;
use wgflow_tests::device::device_under_test;

#[test]
fn rates_are_those_of_keras() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("schedule") {
        let place = name_of(case);
        let schedule = schedules::deserialize(case).unwrap_or_else(|e| panic!("{place}: {e}"));
        problems.check_config(&place, &schedules::serialize(&*schedule), case, true);
        let traced = function({
            let schedule = schedule.clone();
            move |x| schedule.call(&x[0])
        });
        let (steps, values) =
            (case["steps"].as_array().expect("steps"), case["values"].as_array().expect("values"));
        for (step, want) in steps.iter().zip(values) {
            let place = format!("{place} step {step}");
            let n = step.as_i64().expect("a step").into_tensor(None).expect("a tensor");
            // A logarithm near a whole number decides where restarts begin.
            let bound = Bound { rel: 1e-5, abs: 2e-7 };
            problems.check_values(&place, schedule.call(&n), &[number(want)], bound);
            problems.check_values(&format!("{place} traced"), traced.call(&vec![n]), &[number(want)], bound);
        }
    }
    problems.report();
}
