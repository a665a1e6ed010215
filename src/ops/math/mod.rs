//! `tf.math`: arithmetic, comparison, reduction.

mod binary;
mod unary;

pub use binary::*;
pub use unary::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[binary::OPS, unary::OPS];
