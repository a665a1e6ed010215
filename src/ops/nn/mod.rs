//! `tf.nn`: what neural networks are made of.

mod conv;
mod softmax;
mod window;

pub use conv::*;
pub use softmax::*;
pub use window::{DataFormat, Extents, Padding, PaddingKind};

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[softmax::OPS, conv::conv2d::OPS, conv::conv3d::OPS, conv::depthwise::OPS];
