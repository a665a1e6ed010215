//! The CPU device.

pub mod math;
