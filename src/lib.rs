//! TensorFlow 2's programming model in Rust, on WebGPU.

mod dtype;
mod error;
pub mod hlo;
mod shape;

pub use dtype::{DType, Element, Storage};
pub use error::{Error, ErrorKind, Result};
pub use half::{bf16, f16};
pub use shape::{Dims, PartialShape, Shape, broadcast, resolve_axes, resolve_axis};
