//! Control flow: branches, loops, arrays, modules, traces and their limits, graph mode.

mod golden;
mod programs;

use wgflow::{IntoTensor, Result, Tensor};

/// A tensor of these values.
fn constant(v: impl IntoTensor) -> Result<Tensor> {
    v.into_tensor(None)
}
