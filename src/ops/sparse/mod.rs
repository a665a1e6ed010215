//! `tf.sparse`: tensors given by the places and values of their elements that matter: `indices` (one row a value), `values` and a
//! `dense_shape`. Places are read on the host.

mod dense;
mod fill;
mod reshape;

pub use dense::*;
pub use fill::*;
pub use reshape::*;

pub use crate::ops::math::sparse_segment_sum as segment_sum;
pub use crate::ops::math::{sparse_segment_mean as segment_mean, sparse_segment_sqrt_n as segment_sqrt_n};

use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{Row, Tensor, host_value};

pub(super) const OPS: &[&[Row]] = &[dense::OPS, fill::OPS, reshape::OPS];

/// Places, as a matrix of integers on the host.
fn places(op: &str, arg: &str, t: &Tensor) -> Result<Literal> {
    let l = host_value(op, t)?;
    if !l.dtype.is_int() || l.shape.rank() != 2 {
        return Err(Error::invalid(op, arg, "a matrix of integers", format_args!("{}{}", l.dtype, l.shape)));
    }
    Ok(l)
}

/// Sizes, as a vector of integers on the host.
fn vector(op: &str, arg: &str, t: &Tensor) -> Result<Vec<i64>> {
    let l = host_value(op, t)?;
    if !l.dtype.is_int() || l.shape.rank() != 1 {
        return Err(Error::invalid(op, arg, "a vector of integers", format_args!("{}{}", l.dtype, l.shape)));
    }
    Ok(l.to_i64s())
}

/// The most elements that are made on the host.
const MOST: i64 = 1 << 30;

/// The product of sizes from 0 up.
fn product(op: &str, arg: &str, sizes: &[i64]) -> Result<i64> {
    if let Some(bad) = sizes.iter().find(|n| **n < 0) {
        return Err(Error::invalid(op, arg, "sizes from 0 up", bad));
    }
    let n = sizes.iter().try_fold(1i64, |n, s| n.checked_mul(*s));
    n.ok_or_else(|| Error::invalid(op, arg, "a product within 64 bits", format_args!("{sizes:?}")))
}
