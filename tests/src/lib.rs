//! Shared helpers of the test suite.

pub mod gpu;
pub mod rng;
pub mod samples;
pub mod shader;
