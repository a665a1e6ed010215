//! The array language: derivatives against differences of the exact evaluator, closure, round trips.

mod cases;
mod device;
mod gradients;
mod limits;
mod loops;
mod random;

pub(crate) use device::primitives_and_derivatives;
pub(crate) use random::random_graphs;
