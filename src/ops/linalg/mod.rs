//! `tf.linalg`: products, contractions, norms.

mod einsum;
mod matmul;
mod norm;
mod products;

pub use einsum::*;
pub use matmul::*;
pub use norm::*;
pub use products::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[matmul::OPS, einsum::OPS, norm::OPS];
