//! The test suite, one binary.

mod functions;
mod goldens;
mod hlo;
mod keras;
mod math;
mod odd;
mod printing;
mod runtime;
