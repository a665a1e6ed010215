//! Losses.

use super::{Problems, cases, given, name_of, optional, shaped, tensor, vector};
use wgflow::function::function;
use wgflow::keras::losses::{self, Loss};
use wgflow::{GradientTape, Tensor};
use wgflow_tests::device::device_under_test;

#[test]
fn losses_and_gradients_are_those_of_keras() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("loss") {
        let place = name_of(case);
        let loss = losses::deserialize(&given(case)).unwrap_or_else(|e| panic!("{place}: {e}"));
        problems.check_config(&place, &losses::serialize(&*loss), case, true);
        let (y_true, y_pred) = (tensor(&case["y_true"]), tensor(&case["y_pred"]));
        let weight = optional(&case["sample_weight"]);
        let tape = GradientTape::new();
        tape.watch(&y_pred);
        let value = loss.compute(&y_true, &y_pred, weight.as_ref());
        if let Ok(value) = &value {
            let gradient = tape.gradient(value, &y_pred).map(|g| g.expect("a gradient"));
            problems.check(&format!("{place} gradient"), gradient, &case["gradient"]);
        }
        problems.check(&place, value, &case["value"]);
    }
    problems.report();
}

#[test]
fn losses_are_the_same_in_a_function() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("loss").into_iter().step_by(7) {
        let loss = losses::deserialize(&given(case)).expect("a loss");
        let mut args: Vec<Tensor> = vec![tensor(&case["y_true"]), tensor(&case["y_pred"])];
        args.extend(optional(&case["sample_weight"]));
        let f = function(move |x| loss.compute(&x[0], &x[1], x.get(2)));
        problems.check(&name_of(case), f.call(&args), &case["value"]);
    }
    problems.report();
}

#[test]
fn a_mask_leaves_the_rest() {
    device_under_test();
    let y_true = shaped(&[1.0, 2.0, 3.0, 4.0], [4, 1]);
    let y_pred = shaped(&[1.0, 4.0, 9.0, 4.0], [4, 1]);
    let mask = vector(&[1.0, 1.0, 0.0, 0.0]);
    // The mean of the squares 0 and 4.
    let loss =
        losses::MeanSquaredError::new().compute_masked(&y_true, &y_pred, None, Some(&mask)).expect("a loss");
    assert_eq!(loss.item::<f32>().expect("a number"), 2.0);
}
