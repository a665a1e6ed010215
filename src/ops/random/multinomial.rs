//! Samples of categories.

use super::key::Stream;
use super::uniform::wide_unit;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::checks::{want_float, want_rank};
use crate::tensor::{Row, row};

crate::op! {
    /// Class numbers drawn with the probabilities `softmax(logits)` of each row.
    StatelessMultinomial in "tf.random.stateless_categorical" (logits, seed) { num_samples: i64, output_dtype: DType = DType::Int64 }
    build |s, g| {
        let op = "StatelessMultinomial";
        let stream = Stream::of_seed(g, op, seed)?;
        categories(g, op, stream, logits, s.num_samples, s.output_dtype)
    };
    cases [
        case().with("num_samples", 20).f32([3, 4]).int_values([2], &[1, 2]),
        case().with("num_samples", 7).with("output_dtype", DType::Int32).f32([2, 1]).int_values([2], &[3, -2]),
        case().with("num_samples", 9).values([2, 3], &[0.0, f64::NEG_INFINITY, 1.0, 50.0, -50.0, f64::NEG_INFINITY]).int_values([2], &[5, 6]),
        case().with("num_samples", 0).f32([2, 3]).int_values([2], &[1, 2]),
    ]
    errors [
        case().with("num_samples", -1).f32([2, 3]).int_values([2], &[1, 2]),
        case().with("num_samples", 3).f32([3]).int_values([2], &[1, 2]),
        case().with("num_samples", 3).f32([2, 0]).int_values([2], &[1, 2]),
        case().with("num_samples", 3).with("output_dtype", DType::Float32).f32([2, 3]).int_values([2], &[1, 2]),
    ]
}

/// Places of uniform numbers in the running sums of each row's weights; a logit that is not finite has no weight.
pub(super) fn categories(
    g: &mut Graph,
    op: &str,
    stream: Stream,
    logits: Val,
    num_samples: i64,
    dtype: DType,
) -> Result<Val> {
    want_float(g, op, &[("logits", logits)])?;
    want_rank(g, op, &[("logits", logits)], |r| r == 2, "a matrix")?;
    let (rows, classes) = (g.shape(logits)[0], g.shape(logits)[1]);
    let Ok(samples) = usize::try_from(num_samples) else {
        return Err(Error::invalid(op, "num_samples", "a number from 0 up", num_samples));
    };
    if classes == 0 {
        return Err(Error::invalid(op, "logits", "at least one class", format_args!("shape ({rows}, 0)")));
    }
    if !matches!(dtype, DType::Int32 | DType::Int64) {
        return Err(Error::invalid(op, "output_dtype", "int32 or int64", dtype));
    }
    let logits = g.convert(logits, DType::Float32)?;
    let finite = g.is_finite(logits)?;
    let lowest = g.full_like(logits, f64::NEG_INFINITY)?;
    let masked = g.select(finite, logits, lowest)?;
    let max = g.reduce_over(ReduceKind::Max, masked, &[1])?;
    let shifted = g.sub(logits, max)?;
    let weight = g.exp(shifted)?;
    let zero = g.zeros_like(weight)?;
    let weight = g.select(finite, weight, zero)?;
    let running = g.cumulative(ReduceKind::Sum, weight, 1, false, false)?;
    let total = g.slice_in_dim(running, 1, classes - 1, classes)?;
    let words = stream.words(g, [rows * samples, 2])?;
    let unit = wide_unit(g, words)?;
    let unit = g.convert(unit, DType::Float32)?;
    let unit = g.reshape(unit, [rows, samples])?;
    let total = g.broadcast_in_dim(total, [rows, samples], &[0, 1])?;
    let target = g.mul(unit, total)?;
    // The first class whose running sum lies above the target: as many as lie at or below it.
    let cube = [rows, samples, classes];
    let (running, target) =
        (g.broadcast_in_dim(running, cube, &[0, 2])?, g.broadcast_in_dim(target, cube, &[0, 1])?);
    let passed = g.le(running, target)?;
    let passed = g.convert(passed, DType::Int32)?;
    let count = g.reduce(ReduceKind::Sum, passed, &[2])?;
    g.convert(count, dtype)
}

pub(super) const OPS: &[Row] = &[row::<StatelessMultinomial>()];
