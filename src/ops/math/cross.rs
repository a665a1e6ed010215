//! The cross product.

use crate::error::{Error, Result};
use crate::hlo::Val;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The cross product of vectors of 3 along the last dimension.
    Cross in "tf.linalg.cross" (a, b) {}
    build |s, g| {
        let shape = g.shape(a).clone();
        if shape != *g.shape(b) || shape.last() != Some(&3) {
            let received = format!("{shape} and {}", g.shape(b));
            return Err(Error::invalid("Cross", "a, b", "equal shapes with a last dimension of 3", received));
        }
        let last = shape.rank() - 1;
        // (a1 b2 - a2 b1, a2 b0 - a0 b2, a0 b1 - a1 b0): both turned by one place, once each way.
        let mut turned = |v: Val, by: usize| -> Result<Val> {
            let (head, tail) = (g.slice_in_dim(v, last, by, 3)?, g.slice_in_dim(v, last, 0, by)?);
            g.concatenate(&[head, tail], last)
        };
        let (a1, a2, b1, b2) = (turned(a, 1)?, turned(a, 2)?, turned(b, 1)?, turned(b, 2)?);
        let (p, q) = (g.mul(a1, b2)?, g.mul(a2, b1)?);
        g.sub(p, q)
    };
    cases [case().f32([3]).f32([3]), case().f32([2, 2, 3]).f32([2, 2, 3]), case().ints([2, 3], -5, 5).ints([2, 3], -5, 5)]
    errors [case().f32([2]).f32([2]).deviates("TensorFlow says FailedPrecondition", &[]), case().f32([2, 3]).f32([3])]
}

/// The cross product of vectors of 3 along the last dimension (`tf.linalg.cross`).
///
/// # Errors
/// `InvalidArgument` for different shapes or another last dimension.
pub fn cross(a: impl IntoTensor, b: impl IntoTensor) -> Result<Tensor> {
    let (a, b) = crate::tensor::pair(a, b)?;
    run_one(&Cross {}, &[&a, &b])
}

pub(super) const OPS: &[Row] = &[row::<Cross>()];
