//! Keras: layers, models, training.

mod training;

use wgflow::{IntoTensor, Tensor};

/// A float32 tensor of host values, on the device under test.
fn tensor(v: impl IntoTensor) -> Tensor {
    wgflow_tests::device::device_under_test();
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
