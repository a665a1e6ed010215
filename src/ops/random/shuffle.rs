//! Random order on the device: sorting by random keys.

use super::draw::Key;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::array::{Direction, argsort, gather};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// `value` with its first dimension in the order of random words.
pub(super) fn shuffle_by(key: &Key, value: &Tensor) -> Result<Tensor> {
    let Some(&n) = value.shape().first() else {
        return Err(Error::invalid("shuffle", "value", "at least one dimension", "shape ()"));
    };
    let words = key.full_int(&Shape::from([n]), DType::Int32)?;
    let order = argsort(words, 0, Direction::Ascending)?;
    gather(value, order, 0, 0)
}
