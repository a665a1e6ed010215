//! The test suite, one binary.

mod hlo;
mod runtime;
