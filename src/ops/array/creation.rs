//! Tensors from nothing, or from the shape of others.

use crate::error::Result;
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Ones in the shape and dtype of `x`.
    OnesLike in "tf.ones_like" (x) {}
    build |s, g| g.ones_like(x);
    vjp |s, g, x, y, dy| Ok(vec![None]);
    cases [case().f32([2, 3]), case().ints([4], -3, 3)]
}

/// Ones in the shape and dtype of `x` (`tf.ones_like`).
///
/// # Errors
/// `Unimplemented` for strings.
pub fn ones_like(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&OnesLike {}, &[&x.into_tensor(None)?])
}

crate::op! {
    /// Zeros in the shape and dtype of `x`.
    ZerosLike in "tf.zeros_like" (x) {}
    build |s, g| g.zeros_like(x);
    vjp |s, g, x, y, dy| Ok(vec![None]);
    cases [case().f32([2, 3]), case().ints([4], -3, 3)]
}

/// Zeros in the shape and dtype of `x` (`tf.zeros_like`).
///
/// # Errors
/// `Unimplemented` for strings.
pub fn zeros_like(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&ZerosLike {}, &[&x.into_tensor(None)?])
}

/// Zeros in the shape, dtype and place of `x` but for a one at row-major position `at`.
pub(crate) fn one_hot_like(x: &Tensor, at: usize) -> Result<Tensor> {
    let mut v = vec![0.0; x.size()];
    v[at] = 1.0;
    Tensor::from_literal(Literal::floats(x.dtype(), x.shape().clone(), v), x.home())
}

pub(super) const OPS: &[Row] = &[row::<OnesLike>(), row::<ZerosLike>()];
