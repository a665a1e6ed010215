//! The test suite, one binary.

mod control;
mod counts;
mod data;
mod datasets;
mod eager;
mod examples;
mod functions;
mod goldens;
mod hlo;
mod io;
mod keras;
mod keras_parts;
mod math;
mod odd;
mod parts;
mod printing;
mod programs;
mod runtime;
