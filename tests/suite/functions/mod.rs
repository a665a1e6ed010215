//! Functions over the ops: what golden values of single ops do not show.

mod attention;
mod composed;
mod conv;
mod dropout;
mod generator;
mod image;
mod linalg;
mod random;
mod second;
mod spectral;
mod strings;

use wgflow::{IntoTensor, Result, Shape, Tensor};

/// Small whole numbers in a shape, the same for every test and for the TensorFlow that made the wanted values.
fn ramp(shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    let v = (0..shape.size()).map(|i| ((i * 7) % 11) as f64 - 5.0).collect();
    wgflow::hlo::Literal::floats(wgflow::DType::Float32, shape, v).into_tensor(None)
}

/// Fails unless shape and values are those, within `1e-5`.
#[track_caller]
fn equal(got: Result<Tensor>, shape: &[usize], wanted: &[f32]) {
    let got = got.expect("a result");
    let values = got.to_vec::<f32>().expect("float32 values");
    assert_eq!(&got.shape()[..], shape);
    close(&values, wanted, 1e-5);
}

#[track_caller]
fn close(got: &[f32], wanted: &[f32], bound: f32) {
    assert_eq!(got.len(), wanted.len());
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        assert!((g - w).abs() <= bound * w.abs().max(1.0), "element {i}: wanted {wanted:?}, got {got:?}");
    }
}
