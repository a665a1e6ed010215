//! Programs as users write them: tapes, variables, functions, and what they print.

mod effects;
mod large;
mod products;
mod seeds;
mod tape;
mod traced;

use wgflow::{IntoTensor, Result, Tensor};

/// A tensor of these values.
fn constant(v: impl IntoTensor) -> Result<Tensor> {
    v.into_tensor(None)
}

/// Elements, as f64.
fn values(t: &Tensor) -> Vec<f64> {
    t.to_literal().unwrap_or_else(|e| panic!("{e}")).to_f64s()
}

#[track_caller]
fn near(got: &Tensor, wanted: &[f64]) {
    let got = values(got);
    let ok = got.len() == wanted.len()
        && got.iter().zip(wanted).all(|(g, w)| (g - w).abs() <= 2e-6 * w.abs().max(1.0));
    assert!(ok, "wanted {wanted:?}, got {got:?}");
}
