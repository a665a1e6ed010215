//! Shared helpers of the test suite.

pub mod compare;
pub mod device;
pub mod goldens;
pub mod gpu;
pub mod rng;
pub mod samples;
pub mod shader;
