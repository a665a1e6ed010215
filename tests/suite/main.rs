//! The test suite, one binary.

mod hlo;
mod math;
mod runtime;
