//! Shared helpers of the test suite.

pub mod plans;
pub mod rng;
