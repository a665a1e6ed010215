//! Whether a class is among the most probable ones.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, ReduceKind, Val};
use crate::ops::checks::want_rank;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Whether each row's target is among its `k` largest predictions.
    InTopKV2 in "tf.math.in_top_k" (predictions, targets) { k: i64 }
    build |s, g| in_top(g, "InTopKV2", s.k, predictions, targets);
    cases [
        case().with("k", 2).distinct([4, 5]).ints([4], 0, 5),
        case().with("k", 1).values([2, 3], &[1.0, 1.0, 0.0]).int_values([2], &[0, 1]),
        case().with("k", 2).values([3, 3], &[1.0, f64::NAN, 0.0, f64::INFINITY, 2.0, 1.0, 3.0, 2.0, 1.0]).int_values([3], &[0, 1, 3]),
        case().with("k", 0).f32([2, 3]).ints([2], 0, 3),
    ]
    errors [
        case().with("k", 2).f32([4]).ints([4], 0, 5),
        case().with("k", 2).f32([4, 5]).ints([3], 0, 5),
    ]
}

/// Whether targets are among the best predictions, for ops that ask the same.
pub(crate) fn in_top(g: &mut Graph, op: &str, k: i64, predictions: Val, targets: Val) -> Result<Val> {
    want_rank(g, op, &[("predictions", predictions)], |r| r == 2, "a matrix")?;
    let shape = g.shape(predictions).clone();
    if **g.shape(targets) != [shape[0]] {
        let received = format!("shape {}", g.shape(targets));
        return Err(Error::invalid(op, "targets", format_args!("shape ({},)", shape[0]), received));
    }
    let targets = g.convert(targets, DType::Int32)?;
    let index = g.expand_dims(targets, &[1])?;
    let own = g.gather(predictions, index, &[1], 1, GatherMode::Clip)?;
    let own = g.repeat_over(own, &shape, &[1])?;
    let better = g.gt(predictions, own)?;
    let better = g.convert(better, DType::Int32)?;
    let better = g.reduce(ReduceKind::Sum, better, &[1])?;
    let limit = g.full_like(better, k as f64)?;
    let within = g.lt(better, limit)?;
    // A row with a value that is not finite, or a target that is no class, has no order.
    let finite = g.is_finite(predictions)?;
    let finite = g.reduce(ReduceKind::And, finite, &[1])?;
    let (zero, end) = (g.zeros_like(targets)?, g.full_like(targets, shape[1] as f64)?);
    let (low, high) = (g.ge(targets, zero)?, g.lt(targets, end)?);
    let class = g.and(low, high)?;
    let sound = g.and(finite, class)?;
    g.and(within, sound)
}

/// Whether each row's target is among its `k` largest predictions (`tf.math.in_top_k`); ties count as within. False for rows with values
/// that are not finite and for targets that are no class.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn in_top_k(targets: impl IntoTensor, predictions: impl IntoTensor, k: i64) -> Result<Tensor> {
    run_one(&InTopKV2 { k }, &[&predictions.into_tensor(None)?, &targets.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<InTopKV2>()];
