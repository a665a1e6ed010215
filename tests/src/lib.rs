//! Shared helpers of the test suite.

pub mod device;
pub mod rng;
