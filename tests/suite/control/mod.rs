//! Control flow: branches, loops, arrays, modules, traces and their limits, graph mode.

mod arrays;
mod branches;
mod derivatives;
mod errors;
mod golden;
mod graphs;
mod modules;
mod programs;
mod runs;
mod traces;

use wgflow::{IntoTensor, Result, Tensor};

/// A tensor of these values.
fn constant(v: impl IntoTensor) -> Result<Tensor> {
    v.into_tensor(None)
}
