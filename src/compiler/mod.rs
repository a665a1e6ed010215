//! From graphs to plans: passes, fusion, kernels.

pub mod checks;
pub mod cluster;
pub mod codegen;
mod cut;
mod divide;
pub mod emit;
pub mod fuse;
pub mod index;
pub mod kernel;
mod limits;
pub mod lower;
mod parts;
pub mod passes;
pub mod plan;
pub mod scalar;
mod scan;
pub mod shader_lib;
mod share;
mod while_loop;
