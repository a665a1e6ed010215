//! `tf.nn`: what neural networks are made of.

mod activations;
mod attention;
mod conv;
mod dilation;
mod dropout;
mod embedding;
mod fused;
mod layer;
mod line;
mod loss;
mod norm;
mod pool;
mod quantize;
mod sliding;
mod softmax;
mod window;

pub use activations::*;
pub use attention::*;
pub use conv::*;
pub use dilation::*;
pub use dropout::*;
pub use embedding::*;
pub use fused::*;
pub use layer::*;
pub use loss::*;
pub use norm::*;
pub use pool::*;
pub use quantize::*;
pub use softmax::*;
pub use window::{DataFormat, Extents, Padding, PaddingKind};

pub use crate::ops::array::top_k;
pub use crate::ops::linalg::l2_normalize;
pub use crate::ops::math::{sigmoid, tanh};

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[
    activations::relu::OPS,
    activations::exponential::OPS,
    activations::smooth::OPS,
    activations::parametric::OPS,
    softmax::OPS,
    attention::OPS,
    conv::conv2d::OPS,
    conv::conv3d::OPS,
    conv::depthwise::OPS,
    fused::OPS,
    pool::max::OPS,
    pool::max3d::OPS,
    pool::avg::OPS,
    pool::argmax::OPS,
    pool::general::OPS,
    norm::batch::OPS,
    norm::fused::OPS,
    norm::earlier::OPS,
    norm::layer::OPS,
    norm::local::OPS,
    norm::moments::OPS,
    loss::softmax::OPS,
    loss::sparse::OPS,
    loss::binary::OPS,
    loss::top::OPS,
    embedding::OPS,
    dilation::OPS,
    dropout::OPS,
    quantize::OPS,
];
