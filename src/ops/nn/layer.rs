//! A dense layer's arithmetic.

use super::{DataFormat, bias_add, relu};
use crate::error::Result;
use crate::ops::linalg::matmul;
use crate::tensor::{IntoTensor, Tensor};

/// `matmul(x, weights) + biases` (`tf.compat.v1.nn.xw_plus_b`).
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that do not fit.
pub fn xw_plus_b(x: impl IntoTensor, weights: impl IntoTensor, biases: impl IntoTensor) -> Result<Tensor> {
    bias_add(matmul(x, weights)?, biases, DataFormat::Nhwc)
}

/// `relu(matmul(x, weights) + biases)` (`tf.compat.v1.nn.relu_layer`).
///
/// # Errors
/// As [`xw_plus_b`].
pub fn relu_layer(x: impl IntoTensor, weights: impl IntoTensor, biases: impl IntoTensor) -> Result<Tensor> {
    relu(xw_plus_b(x, weights, biases)?)
}
