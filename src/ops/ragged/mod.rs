//! `tf.ragged`: rows of different lengths, as their values and where each row begins (`splits`: one number more than rows, the first 0).
//! Splits are read on the host.

mod dense;
mod gather;
mod range;

pub use dense::*;
pub use gather::*;
pub use range::*;

use crate::error::{Error, Result};
use crate::tensor::{Row, Tensor, host_value};

pub(super) const OPS: &[&[Row]] = &[range::OPS, gather::OPS, dense::OPS];

/// The most elements that are made on the host.
const MOST: usize = 1 << 27;

/// Integers of a vector.
fn vector(op: &str, arg: &str, t: &Tensor) -> Result<Vec<i64>> {
    let l = host_value(op, t)?;
    if !l.dtype.is_int() || l.shape.rank() != 1 {
        return Err(Error::invalid(op, arg, "a vector of integers", format_args!("{}{}", l.dtype, l.shape)));
    }
    Ok(l.to_i64s())
}

/// Where rows begin and end among `n` values: numbers that do not fall, from 0 up, and none beyond `n`.
fn splits(op: &str, arg: &str, t: &Tensor, n: usize) -> Result<Vec<usize>> {
    let v = vector(op, arg, t)?;
    let (Some(&first), Some(&last)) = (v.first(), v.last()) else {
        return Err(Error::invalid(op, arg, "at least one number", "none"));
    };
    if first < 0 || last > n as i64 || v.windows(2).any(|w| w[0] > w[1]) {
        let wanted = format!("numbers from 0 to {n} that do not fall");
        return Err(Error::invalid(op, arg, wanted, format_args!("{v:?}")));
    }
    Ok(v.into_iter().map(|i| i as usize).collect())
}
