//! Reversed and rotated order.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{CheckText, GatherMode, Graph, Literal, Val};
use crate::ops::args::{Axes, IntoInts};
use crate::ops::build::indices;
use crate::shape::{resolve_axes, resolve_axis};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Dimensions read from the last element to the first.
    ReverseV2 in "tf.reverse" (tensor) {
        /// Which dimensions.
        axis: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let dims = resolve_axes("ReverseV2", "axis", &s.axis, g.rank(tensor))?;
        g.reverse(tensor, &dims)
    };
    cases [
        case().with("axis", [0]).texts([3], &["a", "b", "c"]),
        case().with("axis", [0]).f32([3, 2]),
        case().with("axis", [-1, 0]).f32([2, 3, 4]),
        case().with("axis", Vec::<i64>::new()).f32([3]),
        case().with("axis", [0]).ints([4], 0, 9),
        case().with("axis", [-1, 0]).complex([2, 3]),
    ]
    errors [case().with("axis", [2]).f32([3, 2]), case().with("axis", [0, -2]).f32([3, 2])]
}

/// A mask of dimensions, for cases.
fn mask(v: &[i64]) -> Literal {
    Literal::ints(DType::Bool, [v.len()], v.to_vec())
}

crate::op! {
    /// As `ReverseV2`, with a flag for each dimension: how older graphs have it.
    Reverse in "tf.reverse" (tensor) {
        /// For each dimension, whether it is reversed.
        dims: Literal,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let rank = g.rank(tensor);
        if s.dims.dtype != DType::Bool || *s.dims.shape != [rank] || rank > 8 {
            let wanted = format!("{rank} bools, at most 8");
            return Err(Error::invalid("Reverse", "dims", wanted, format_args!("{}{}", s.dims.dtype, s.dims.shape)));
        }
        let dims: Vec<usize> = (0..rank).filter(|&d| s.dims.i64_at(d) != 0).collect();
        g.reverse(tensor, &dims)
    };
    cases [case().with("dims", mask(&[1, 0, 1])).f32([2, 3, 4]), case().with("dims", mask(&[0])).ints([4], 0, 9)]
    errors [case().with("dims", mask(&[1])).f32([3, 2])]
}

/// Dimensions read from the last element to the first (`tf.reverse`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range or named twice.
pub fn reverse(tensor: impl IntoTensor, axis: impl Into<Axes>) -> Result<Tensor> {
    let tensor = tensor.into_tensor(None)?;
    run_one(&ReverseV2 { axis: axis.into().list(tensor.rank()) }, &[&tensor])
}

/// In each batch the first `lengths` places of the sequence reversed: a permutation, and its own inverse.
fn reversed(g: &mut Graph, x: Val, lengths: Val, seq: usize, batch: usize) -> Result<Val> {
    let shape = g.shape(x).clone();
    let (n, len) = (shape[batch], shape[seq]);
    let lengths = indices(g, "ReverseSequence", "seq_lengths", lengths)?;
    let lengths = g.broadcast_in_dim(lengths, [n, len], &[0])?;
    let place = g.iota(DType::Int32, [n, len], 1)?;
    let one = g.ones_like(place)?;
    let last = g.sub(lengths, one)?;
    let mirrored = g.sub(last, place)?;
    let inside = g.lt(place, lengths)?;
    let at = g.select(inside, mirrored, place)?;
    let at = g.reshape(at, [n, len, 1])?;
    // Batch first, then the sequence, as a gather in batches wants them.
    let rest = (0..shape.rank()).filter(|&d| d != batch && d != seq);
    let perm: Vec<usize> = [batch, seq].into_iter().chain(rest).collect();
    let turned = g.transpose(x, &perm)?;
    let y = g.gather(turned, at, &[1], 1, GatherMode::Clip)?;
    let mut inverse = vec![0; perm.len()];
    perm.iter().enumerate().for_each(|(i, &p)| inverse[p] = i);
    g.transpose(y, &inverse)
}

crate::op! {
    /// In each place of a batch dimension, the first elements of a sequence dimension reversed.
    ReverseSequence in "tf.reverse_sequence" (input, seq_lengths) {
        /// The sequence dimension.
        seq_dim: i64,
        /// The batch dimension.
        batch_dim: i64 = 0,
    }
    build |s, g| {
        let op = "ReverseSequence";
        let rank = g.rank(input);
        let (seq, batch) = (resolve_axis(op, "seq_dim", s.seq_dim, rank)?, resolve_axis(op, "batch_dim", s.batch_dim, rank)?);
        if seq == batch {
            return Err(Error::invalid(op, "seq_dim", "another dimension than batch_dim", s.seq_dim));
        }
        let (n, len) = (g.shape(input)[batch], g.shape(input)[seq]);
        if g.shape(seq_lengths)[..] != [n] {
            return Err(Error::invalid(op, "seq_lengths", format_args!("shape ({n},)"), g.shape(seq_lengths)));
        }
        let lengths = indices(g, op, "seq_lengths", seq_lengths)?;
        let (zero, most) = (g.zeros_like(lengths)?, g.full_like(lengths, len as f64)?);
        let (low, high) = (g.ge(lengths, zero)?, g.le(lengths, most)?);
        let ok = g.and(low, high)?;
        let wanted = format!("a value in [0, {len}]");
        g.check(ok, lengths, CheckText { op: op.into(), what: "seq_lengths".into(), wanted })?;
        reversed(g, input, lengths, seq, batch)
    };
    vjp |s, g, x, y, dy| {
        let rank = g.rank(dy);
        let seq = resolve_axis("ReverseSequence", "seq_dim", s.seq_dim, rank)?;
        let batch = resolve_axis("ReverseSequence", "batch_dim", s.batch_dim, rank)?;
        Ok(vec![Some(reversed(g, dy, x[1], seq, batch)?), None])
    };
    cases [
        case().with("seq_dim", 1).f32([3, 4]).int_values([3], &[2, 0, 4]),
        case().with("seq_dim", 0).with("batch_dim", 2).f32([3, 2, 2]).int_values([2], &[1, 3]),
        case().with("seq_dim", 2).with("batch_dim", 0).ints([2, 2, 3], 0, 9).input(DType::Int64, [2], Fill::Values(vec![3.0, 2.0])),
    ]
    errors [
        case().with("seq_dim", 1).f32([2, 4]).int_values([2], &[2, 5]),
        case().with("seq_dim", 1).f32([2, 4]).int_values([3], &[2, 1, 1]),
        case().with("seq_dim", 0).f32([2, 4]).int_values([2], &[2, 1]),
    ]
}

/// In each place of a batch dimension, the first elements of a sequence dimension reversed (`tf.reverse_sequence`).
///
/// # Errors
/// `InvalidArgument` for lengths out of range, or dimensions that are equal or out of range.
pub fn reverse_sequence(
    input: impl IntoTensor,
    seq_lengths: impl IntoTensor,
    seq_axis: i64,
    batch_axis: i64,
) -> Result<Tensor> {
    let op = ReverseSequence { seq_dim: seq_axis, batch_dim: batch_axis };
    run_one(&op, &[&input.into_tensor(None)?, &seq_lengths.into_tensor(None)?])
}

crate::op! {
    /// Elements moved along axes; what leaves at the end comes in at the start.
    Roll in "tf.roll" (input) {
        /// By how many places, one number an axis.
        shift: Vec<i64>,
        /// Along which axes; one may be named several times.
        axis: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        if s.shift.len() != s.axis.len() {
            return Err(Error::invalid("Roll", "shift", format_args!("{} numbers, one an axis", s.axis.len()), s.shift.len()));
        }
        if g.rank(input) == 0 {
            return Err(Error::invalid("Roll", "input", "at least rank 1", "shape ()"));
        }
        let mut y = input;
        for (&shift, &axis) in s.shift.iter().zip(&s.axis) {
            let d = resolve_axis("Roll", "axis", axis, g.rank(y))?;
            let n = g.shape(y)[d];
            let by = if n == 0 { 0 } else { shift.rem_euclid(n as i64) as usize };
            if by > 0 {
                let (tail, head) = (g.slice_in_dim(y, d, n - by, n)?, g.slice_in_dim(y, d, 0, n - by)?);
                y = g.concatenate(&[tail, head], d)?;
            }
        }
        Ok(y)
    };
    cases [
        case().with("shift", [2]).with("axis", [0]).f32([5]),
        case().with("shift", [-1, 4]).with("axis", [0, 1]).f32([3, 3]),
        case().with("shift", [1, 1]).with("axis", [1, -1]).f32([2, 4]),
        case().with("shift", [3]).with("axis", [0]).ints([0], 0, 9),
    ]
    errors [
        case().with("shift", [1]).with("axis", [2]).f32([2, 3]),
        case().with("shift", [1, 2]).with("axis", [0]).f32([2, 3]),
        case().with("shift", [1]).with("axis", [0]).f32([]),
    ]
}

/// Elements moved along axes; what leaves at the end comes in at the start (`tf.roll`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range, or not one shift an axis.
pub fn roll(input: impl IntoTensor, shift: impl IntoInts, axis: impl IntoInts) -> Result<Tensor> {
    run_one(&Roll { shift: shift.into_ints()?, axis: axis.into_ints()? }, &[&input.into_tensor(None)?])
}

pub(super) const OPS: &[Row] =
    &[row::<ReverseV2>(), row::<Reverse>(), row::<ReverseSequence>(), row::<Roll>()];
