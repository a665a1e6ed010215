//! Keras: layers, models, training.

mod applications;
mod attention;
mod callbacks;
mod feeding;
mod goldens;
mod loops;
mod mixed;
mod recurrent;
mod saving;
mod training;
mod web;

use wgflow::{IntoTensor, Tensor};

/// Makes the device under test the one that tensors are made on.
fn device() {
    wgflow_tests::device::device_under_test();
}

/// A tensor of host values, on the device under test.
fn tensor(v: impl IntoTensor) -> Tensor {
    device();
    v.into_tensor(None).expect("a tensor")
}

#[track_caller]
fn close(got: &[f32], wanted: &[f64], bound: f64) {
    assert_eq!(got.len(), wanted.len());
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        let off = (f64::from(*g) - w).abs();
        assert!(off <= bound * w.abs().max(1e-3), "element {i}: wanted {wanted:?}, got {got:?}");
    }
}
