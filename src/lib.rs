//! TensorFlow 2's programming model in Rust, on WebGPU.

mod autodiff;
pub mod compiler;
pub mod config;
pub mod cpu;
mod dtype;
mod error;
pub mod exec;
pub mod function;
pub mod hlo;
pub mod ops;
pub mod runtime;
mod shape;
pub mod tensor;

pub use autodiff::{GradientTape, Gradients, Source, Unconnected, WithGradient, custom_gradient};
pub use dtype::{DType, Element, Storage};
pub use error::{Error, ErrorKind, Result};
pub use half::{bf16, f16};
pub use shape::{Dims, PartialShape, Shape, broadcast, resolve_axes, resolve_axis};
pub use tensor::{IntoTensor, Tensor, Variable};

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Locks; a panic elsewhere does not make what is guarded unusable.
fn lock<T: ?Sized>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T: ?Sized>(m: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    m.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T: ?Sized>(m: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    m.write().unwrap_or_else(PoisonError::into_inner)
}
