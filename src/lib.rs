//! TensorFlow 2's programming model in Rust, on WebGPU.
//!
//! Names, arguments and results are TensorFlow's. What stands in `tf` stands here: [`tensor::Tensor`], [`Variable`], [`GradientTape`],
//! [`function()`](function::function), and its modules: [`math`], [`nn`], [`linalg`], [`image`], [`random`], [`signal`], [`data`], [`config`]. Functions
//! return [`Result`]; operators (`&a + &b`) panic with the error's text instead.
//!
//! ```
//! use wgflow::{GradientTape, Variable, math};
//!
//! let x = Variable::new(3.0)?;
//! let tape = GradientTape::new();
//! let y = math::square(&x)?;
//! assert_eq!(tape.gradient(&y, &x)?.unwrap().item::<f32>()?, 6.0);
//! # Ok::<(), wgflow::Error>(())
//! ```
//!
//! Work is done by the default device: a hardware adapter where there is one, else the built-in CPU device ([`config`] chooses). Below the
//! ops lie the primitives they are made of ([`hlo`]), the [`compiler`] from graphs of primitives to plans of kernels, and what runs plans:
//! [`exec`] with the [`cpu`] device or the adapters of [`runtime`].

mod autodiff;
pub mod compat;
pub mod compiler;
pub mod config;
pub mod cpu;
pub mod data;
pub mod datasets;
mod dtype;
mod error;
pub mod exec;
pub mod function;
pub mod hlo;
pub mod io;
pub mod keras;
pub mod ops;
pub mod runtime;
mod shape;
pub mod tensor;

pub use autodiff::{GradientTape, Gradients, Source, Unconnected, WithGradient, custom_gradient};
pub use dtype::{DType, Element, Storage};
pub use error::{Error, ErrorKind, Result};
pub use exec::capture_prints;
pub use function::{
    Module, Nest, TensorArray, case, cond, foldl, foldr, function, map_fn, scan, switch_case, while_loop,
};
pub use half::{bf16, f16};
pub use num_complex::Complex;
pub use ops::array::*;
pub use ops::linalg::{einsum, eye, matmul, norm, tensordot};
pub use ops::math::{
    abs, acos, acosh, add, add_n, argmax, argmin, asin, asinh, atan, atan2, atanh, cast, ceil, cos, cosh,
    cumsum, divide, equal, exp, floor, greater, greater_equal, less, less_equal, logical_and, logical_not,
    logical_or, maximum, minimum, multiply, negative, not_equal, pow, reduce_all, reduce_any,
    reduce_logsumexp, reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_sum, round, sigmoid, sign,
    sin, sinh, sqrt, square, subtract, tan, tanh, truediv,
};
pub use ops::{
    Axes, IntoInts, PrintOptions, Printable, image, linalg, math, nn, print, print_with, random, signal,
};
pub use shape::{Dims, PartialShape, Shape, broadcast, resolve_axes, resolve_axis};
pub use tensor::{IntoTensor, Tensor, Variable, init_scope, name_scope};

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

/// The code of README.md, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
