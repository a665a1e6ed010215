//! `tf.linalg`: products, contractions, norms, decompositions.

mod einsum;
mod matmul;
mod norm;
mod products;
mod qr;

pub use einsum::*;
pub use matmul::*;
pub use norm::*;
pub use products::*;
pub use qr::*;

pub use crate::ops::array::{band_part, diag, diag_part, eye, set_diag, tensor_diag, tensor_diag_part};
pub use crate::ops::math::cross;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[matmul::OPS, einsum::OPS, norm::OPS, qr::OPS];
