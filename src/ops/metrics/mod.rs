//! `keras.metrics`: the functions. Each gives 1 where a prediction is right, else 0.

mod accuracy;
mod top;

pub use accuracy::*;
pub use top::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[accuracy::OPS, top::OPS];
