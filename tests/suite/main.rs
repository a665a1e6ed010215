//! The test suite, one binary.

mod goldens;
mod hlo;
