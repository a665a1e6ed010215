//! Every row of the elementwise table, on every device that computes it, against its function of f64 or of integers.

mod cpu;
mod floats;
mod helpers;
mod judge;
mod shaders;
