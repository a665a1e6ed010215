//! Rows of ragged tensors at indices.

use super::{MOST, splits};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::ops::array;
use crate::tensor::{Case, Fill, IntoTensor, Row, Tensor, host_value, row, run};

/// A case with splits.
fn with_splits(c: Case, v: &[f64]) -> Case {
    c.input(DType::Int64, [v.len()], Fill::Values(v.to_vec()))
}

const ROWS: &[f64] = &[0.0, 2.0, 2.0, 5.0];

crate::op! {
    /// Rows of a ragged tensor at indices, as splits and values. The inputs are its splits, outermost first, its values, and the indices.
    RaggedGather in "tf.gather" (; params_nested_splits_dense_values_indices) {
        /// How many splits the result has: dimensions of the indices and splits that are given, less one.
        output_ragged_rank: i64,
    }
    strings Read;
    tensors |s, x| gathered(x, s.output_ragged_rank);
    cases [
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), &[0.0, 2.0, 3.0]).texts([3], &["a", "b", "c"]).int_values([2], &[1, 0]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), ROWS).f32([5]).int_values([4], &[2, 0, 1, 2]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 2), ROWS).f32([5, 2]).int_values([2, 2], &[2, 0, 1, 2]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 0), ROWS).f32([5]).int_values([], &[2]),
        with_splits(with_splits(case().with("OUTPUT_RAGGED_RANK", 2), &[0.0, 2.0, 3.0]), ROWS).ints([5], 0, 9).int_values([3], &[1, 0, 1]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), ROWS).f32([5]).int_values([0], &[0]),
    ]
    errors [
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), ROWS).f32([5]).int_values([1], &[3]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), ROWS).f32([5]).int_values([1], &[-1]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), &[0.0, 3.0, 1.0]).f32([5]).int_values([1], &[1]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), &[0.0, 9.0]).f32([5]).int_values([1], &[0]),
        with_splits(case().with("OUTPUT_RAGGED_RANK", 1), &[0.0, 1.0]).f32([]).int_values([1], &[0]),
    ]
}

fn gathered(x: &[&Tensor], output_ragged_rank: i64) -> Result<Vec<Tensor>> {
    let op = "RaggedGather";
    let [nested @ .., values, indices] = x else {
        return Err(Error::invalid(
            op,
            "inputs",
            "splits, values and indices",
            format_args!("{} tensors", x.len()),
        ));
    };
    if nested.is_empty() || values.rank() == 0 {
        let received = format!("{} lists of splits, values of shape {}", nested.len(), values.shape());
        return Err(Error::invalid(op, "params", "splits, and values of at least one dimension", received));
    }
    let at = host_value(op, indices)?;
    if !at.dtype.is_int() {
        return Err(Error::invalid(op, "indices", "int32 or int64", at.dtype));
    }
    let rank = (at.shape.rank() + nested.len()) as i64 - 1;
    if rank != output_ragged_rank {
        return Err(Error::invalid(op, "OUTPUT_RAGGED_RANK", rank, output_ragged_rank));
    }
    let mut levels = vec![];
    let mut n = values.shape()[0];
    for (k, t) in nested.iter().enumerate().rev() {
        let own = splits(op, &format!("params_nested_splits[{k}]"), t, n)?;
        n = own.len() - 1;
        levels.push(own);
    }
    levels.reverse();
    if let Some(k) = (0..at.len()).find(|&k| !(0..n as i64).contains(&at.i64_at(k))) {
        return Err(Error::invalid(
            op,
            &format!("indices[{k}]"),
            format_args!("a value in [0, {n})"),
            at.i64_at(k),
        ));
    }
    let mut out: Vec<Vec<i64>> = vec![];
    // Dimensions of the indices but the last are rows of equal lengths.
    let mut rows = 1;
    for (d, &size) in at.shape.iter().enumerate() {
        rows *= size;
        if d > 0 {
            let above = rows.checked_div(size).unwrap_or(at.shape[..d].iter().product());
            out.push((0..=above).map(|r| (r * size) as i64).collect());
        }
    }
    let scalar = at.shape.rank() == 0;
    let mut parts: Vec<(usize, usize)> =
        at.to_i64s().into_iter().map(|i| (i as usize, i as usize + 1)).collect();
    for (d, level) in levels.iter().enumerate() {
        let mut ends = vec![0i64];
        let mut inner = vec![];
        for (first, last) in parts {
            for r in first..last {
                let (begin, end) = (level[r], level[r + 1]);
                let before = ends.last().copied().unwrap_or(0);
                ends.push(before + (end - begin) as i64);
                inner.push((begin, end));
            }
        }
        if ends.len() > MOST || ends.last().is_some_and(|n| *n > MOST as i64) {
            return Err(Error::new(
                ErrorKind::ResourceExhausted,
                op,
                format!("wanted at most {MOST} rows and values"),
            ));
        }
        // One row that is taken by a scalar is no row of the result.
        if !(scalar && d == 0) {
            out.push(ends);
        }
        parts = inner;
    }
    let from: Vec<i64> = parts.into_iter().flat_map(|(first, last)| first as i64..last as i64).collect();
    let dtype = nested[0].dtype();
    let mut results = vec![];
    for v in out {
        results.push(Literal::ints(dtype, [v.len()], v).into_tensor(None)?);
    }
    results.push(array::gather(*values, Literal::ints(DType::Int32, [from.len()], from), 0, 0)?);
    Ok(results)
}

/// Rows of a ragged tensor at `indices` (`tf.gather` of a ragged tensor): the splits of the result, outermost first, and its values.
///
/// # Errors
/// `InvalidArgument` for indices out of range and splits that fall or point past the values; `Unimplemented` while a function is traced, for
/// splits or indices that are computed in it.
pub fn gather(
    nested_splits: &[Tensor],
    values: impl IntoTensor,
    indices: impl IntoTensor,
) -> Result<(Vec<Tensor>, Tensor)> {
    let (values, indices) = (values.into_tensor(None)?, indices.into_tensor(None)?);
    let output_ragged_rank = (nested_splits.len() + indices.rank()) as i64 - 1;
    let inputs: Vec<&Tensor> = nested_splits.iter().chain([&values, &indices]).collect();
    let mut found = run(&RaggedGather { output_ragged_rank }, &inputs)?;
    let values = found.pop().ok_or_else(|| Error::internal("RaggedGather", "gave no result"))?;
    Ok((found, values))
}

pub(super) const OPS: &[Row] = &[row::<RaggedGather>()];
