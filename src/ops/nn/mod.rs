//! `tf.nn`: what neural networks are made of.

mod conv;
mod softmax;
mod window;

pub use conv::*;
pub use softmax::*;
pub(crate) use window::same as same_padding;
pub use window::{DataFormat, Extents, Padding, PaddingKind};

use crate::tensor::Row;

const FAMILIES: [&[&[Row]]; 1] = [conv::OPS];

pub(super) const OPS: &[&[Row]] = &[softmax::OPS];
