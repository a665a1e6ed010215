//! The test suite, one binary.

mod functions;
mod goldens;
mod hlo;
mod math;
mod printing;
mod runtime;
