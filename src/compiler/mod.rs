//! From graphs to launches of WGSL kernels.

pub mod shader_lib;
