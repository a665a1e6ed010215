//! `tf.nn`: what neural networks are made of.

mod softmax;

pub use softmax::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[softmax::OPS];
