//! Figures that are known from elsewhere.

use super::{shaped, vector};
use std::f32::consts::LN_2;
use std::sync::Arc;
use wgflow::function::function;
use wgflow::keras::losses::{CategoricalCrossentropy, Loss, MeanSquaredError, SparseCategoricalCrossentropy};
use wgflow::keras::metrics::{BinaryAccuracy, CategoricalAccuracy, Metric, SparseCategoricalAccuracy};
use wgflow::keras::optimizers::{Optimizer, SGD};
use wgflow::ops::math;
use wgflow::{IntoTensor, Result, Tensor, Variable};
use wgflow_tests::device::device_under_test;

fn item(t: Result<Tensor>) -> f32 {
    t.and_then(|t| t.item::<f32>()).expect("a number")
}

fn near(got: f32, wanted: f32) {
    assert!((got - wanted).abs() <= 5e-5 * wanted.abs().max(1.0), "wanted {wanted}, got {got}");
}

#[test]
fn two_of_three_are_right() {
    device_under_test();
    let binary = BinaryAccuracy::new();
    binary.update_state(&vector(&[1.0, 1.0, 0.0]), &vector(&[0.9, 0.2, 0.1]), None).expect("an update");
    near(item(binary.result()), 0.6667);
    let predictions = shaped(&[0.1, 0.9, 0.0, 0.8, 0.1, 0.1, 0.3, 0.3, 0.4], [3, 3]);
    let sparse = SparseCategoricalAccuracy::new();
    sparse
        .update_state(&[1, 0, 0].into_tensor(None).expect("labels"), &predictions, None)
        .expect("an update");
    near(item(sparse.result()), 0.6667);
    let hot = CategoricalAccuracy::new();
    let labels = shaped(&[0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [3, 3]);
    hot.update_state(&labels, &predictions, None).expect("an update");
    near(item(hot.result()), 0.6667);
}

#[test]
fn cross_entropies_of_not_knowing() {
    device_under_test();
    let half = shaped(&[0.5; 4], [2, 2]);
    let labels = [0, 1].into_tensor(None).expect("labels");
    near(item(SparseCategoricalCrossentropy::new().compute(&labels, &half, None)), LN_2);
    let hot = shaped(&[1.0, 0.0, 0.0, 1.0], [2, 2]);
    near(item(CategoricalCrossentropy::new().compute(&hot, &half, None)), LN_2);
}

#[test]
fn squares_of_errors() {
    device_under_test();
    let loss =
        MeanSquaredError::new().compute(&shaped(&[1.0, 2.0], [1, 2]), &shaped(&[2.0, 4.0], [1, 2]), None);
    near(item(loss), 2.5);
}

/// Prices of six years, both scaled to [0, 1], and a line through them.
#[test]
fn a_line_through_prices() {
    device_under_test();
    let scaled = |v: [f32; 6]| vector(&v.map(|x| (x - v[0]) / (v[5] - v[0])));
    let x = scaled([2013.0, 2014.0, 2015.0, 2016.0, 2017.0, 2018.0]);
    let y = scaled([12000.0, 14000.0, 15000.0, 16500.0, 17500.0, 19000.0]);
    let (a, b) = (Variable::new(0.0).expect("a variable"), Variable::new(0.0).expect("a variable"));
    let sgd = Arc::new(SGD::new().learning_rate(5e-4));
    let step = function({
        let (a, b, sgd) = (a.clone(), b.clone(), sgd.clone());
        move |_| {
            let loss = || {
                let y_pred = math::add(math::multiply(&a, &x)?, &b)?;
                math::reduce_sum(math::squared_difference(y_pred, &y)?, None, false)
            };
            sgd.minimize(&loss, &[a.clone(), b.clone()])
        }
    });
    for _ in 0..500 {
        step.call(()).expect("a step");
    }
    near(item(a.value()), 0.408_736);
    near(item(b.value()), 0.334_864);
    for _ in 500..10_000 {
        step.call(()).expect("a step");
    }
    near(item(a.value()), 0.956_224);
    near(item(b.value()), 0.045_846_5);
}
