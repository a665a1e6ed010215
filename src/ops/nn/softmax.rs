//! Softmax and its logarithm.

use crate::error::Result;
use crate::hlo::ReduceKind;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// `exp(x) / sum(exp(x))` along the last dimension, shifted by the maximum.
    Softmax in "tf.nn.softmax" (logits) {}
    build |s, g| {
        let last = [g.rank(logits).saturating_sub(1)];
        let max = g.reduce_over(ReduceKind::Max, logits, &last)?;
        let shifted = g.sub(logits, max)?;
        let e = g.exp(shifted)?;
        let sum = g.reduce_over(ReduceKind::Sum, e, &last)?;
        g.div(e, sum)
    };
    vjp |s, g, x, y, dy| {
        let last = [g.rank(y) - 1];
        let weighted = g.mul(dy, y)?;
        let sum = g.reduce_over(ReduceKind::Sum, weighted, &last)?;
        let d = g.sub(dy, sum)?;
        Ok(vec![Some(g.mul(d, y)?)])
    };
    cases [case().f32([2, 3]), case().f32([2, 2, 5]), case().range([3, 4], -100.0, 100.0)]
}

/// `exp(x) / sum(exp(x))` along the last dimension (`tf.nn.softmax`).
///
/// # Errors
/// `InvalidArgument` for scalars and for dtypes that are no floats.
pub fn softmax(logits: impl IntoTensor) -> Result<Tensor> {
    run_one(&Softmax {}, &[&logits.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<Softmax>()];
