//! Signals in overlapping frames, and back.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Literal, ReduceKind, Val};
use crate::ops::build::want_dtype;
use crate::shape::{Dims, Shape, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// A length or step of at least 1.
fn positive(op: &str, arg: &str, n: i64) -> Result<usize> {
    if n >= 1 { Ok(n as usize) } else { Err(Error::invalid(op, arg, "at least 1", n)) }
}

/// How many frames a dimension has.
fn frames(n: usize, length: usize, step: usize, pad_end: bool) -> usize {
    if pad_end { n.div_ceil(step) } else { n.checked_sub(length).map_or(0, |rest| rest / step + 1) }
}

/// Frames of the last dimension, in two.
fn framed(g: &mut Graph, x: Val, length: usize, step: usize, count: usize, value: f64) -> Result<Val> {
    let shape = g.shape(x).clone();
    let last = shape.rank() - 1;
    let long = if count == 0 { shape[last] } else { (count - 1) * step + length };
    let fill = g.scalar(g.dtype(x), value)?;
    let mut high = vec![0; last + 1];
    high[last] = long.saturating_sub(shape[last]) as i64;
    let x = g.pad(x, fill, &vec![0; last + 1], &high, &Dims::from_elem(0, last + 1))?;
    let places = (0..count).flat_map(|f| (0..length).map(move |i| (f * step + i) as i64)).collect();
    let places = g.constant(Literal::ints(DType::Int32, [count * length, 1], places))?;
    // [places, rest]
    let y = g.gather(x, places, &[last], 0, GatherMode::Clip)?;
    let order: Dims = (1..=last).chain([0]).collect();
    let y = g.transpose(y, &order)?;
    let to: Shape = shape[..last].iter().copied().chain([count, length]).collect();
    g.reshape(y, to)
}

/// Frames `[.., count, length]` added where they lie.
fn overlapped(g: &mut Graph, x: Val, step: usize) -> Result<Val> {
    let shape = g.shape(x).clone();
    let rank = shape.rank();
    let (count, length) = (shape[rank - 2], shape[rank - 1]);
    let whole = if count == 0 { 0 } else { (count - 1) * step + length };
    let outer = &shape[..rank - 2];
    let parts = length.div_ceil(step).max(1);
    // Each frame in parts of a step; part k of frame f lies at step f + k.
    let x = pad_last(g, x, parts * step - length)?;
    let with = |tail: &[usize]| -> Shape { outer.iter().chain(tail).copied().collect() };
    let x = g.reshape(x, with(&[count, parts, step]))?;
    let order: Dims = (0..rank - 2).chain([rank - 1, rank - 2, rank]).collect();
    let x = g.transpose(x, &order)?;
    // Rows that are longer by one than they are taken apart again move by one each.
    let x = g.reshape(x, with(&[parts, count * step]))?;
    let x = pad_last(g, x, parts * step)?;
    let x = g.reshape(x, with(&[parts * (count + parts) * step]))?;
    let x = g.slice_in_dim(x, rank - 2, 0, parts * (count + parts - 1) * step)?;
    let x = g.reshape(x, with(&[parts, (count + parts - 1) * step]))?;
    let sum = g.reduce(ReduceKind::Sum, x, &[rank - 2])?;
    g.slice_in_dim(sum, rank - 2, 0, whole)
}

/// Zeros after the last dimension.
fn pad_last(g: &mut Graph, x: Val, n: usize) -> Result<Val> {
    let rank = g.rank(x);
    let mut high = vec![0; rank];
    high[rank - 1] = n as i64;
    g.pad_zeros(x, &vec![0; rank], &high)
}

/// The dimension at `from` moved to `to`.
fn moved(g: &mut Graph, x: Val, from: usize, to: usize) -> Result<Val> {
    let mut order: Vec<usize> = (0..g.rank(x)).collect();
    let d = order.remove(from);
    order.insert(to, d);
    g.transpose(x, &order)
}

crate::op! {
    /// Frames of an axis, which may overlap: their number and their length take its place.
    Frame as "frame" in api "tf.signal.frame" (signal) {
        /// Length of a frame.
        frame_length: i64,
        /// Distance from frame to frame.
        frame_step: i64,
        /// Whether there are frames that reach beyond the end.
        pad_end: bool = false,
        /// What is beyond the end.
        pad_value: f64 = 0.0,
        /// The axis.
        axis: i64 = -1,
    }
    build |s, g| {
        let (length, step) = (positive("frame", "frame_length", s.frame_length)?, positive("frame", "frame_step", s.frame_step)?);
        let axis = resolve_axis("frame", "axis", s.axis, g.rank(signal))?;
        let rank = g.rank(signal);
        let count = frames(g.shape(signal)[axis], length, step, s.pad_end);
        let x = moved(g, signal, axis, rank - 1)?;
        let y = framed(g, x, length, step, count, s.pad_value)?;
        let y = moved(g, y, rank - 1, axis)?;
        moved(g, y, rank, axis + 1)
    };
    vjp |s, g, x, y, dy| {
        let shape = g.shape(x[0]).clone();
        let rank = shape.rank();
        let axis = resolve_axis("frame", "axis", s.axis, rank)?;
        let n = shape[axis];
        let step = positive("frame", "frame_step", s.frame_step)?;
        let d = moved(g, dy, axis, rank)?;
        let d = moved(g, d, axis, rank)?;
        let sum = overlapped(g, d, step)?;
        let long = g.shape(sum)[rank - 1];
        let sum = g.slice_in_dim(sum, rank - 1, 0, long.min(n))?;
        let sum = pad_last(g, sum, n.saturating_sub(long))?;
        Ok(vec![Some(moved(g, sum, rank - 1, axis)?)])
    };
    cases [
        case().with("frame_length", 4).with("frame_step", 2).f32([10]),
        case().with("frame_length", 3).with("frame_step", 2).f32([2, 8]),
        case().with("frame_length", 2).with("frame_step", 3).f32([2, 9]),
        case().with("frame_length", 4).with("frame_step", 3).with("pad_end", true).with("pad_value", 7.0).f32([2, 10]),
        case().with("frame_length", 3).with("frame_step", 1).with("axis", 0).f32([5, 2]),
        case().with("frame_length", 3).with("frame_step", 2).with("axis", 1).f32([2, 7, 2]),
        case().with("frame_length", 9).with("frame_step", 2).f32([2, 8]).forward_only(),
        case().with("frame_length", 4).with("frame_step", 2).ints([10], -9, 9),
        case().with("frame_length", 4).with("frame_step", 2).complex([10]),
    ]
    errors [case().with("frame_length", 4).with("frame_step", 2).with("axis", 1).f32([10]).deviates("TensorFlow has an error of another class", &[])]
}

/// Overlapping frames of an axis (`tf.signal.frame` without padding): their number and their length take its place.
///
/// ```
/// # use wgflow::ops::signal;
/// let y = signal::frame([1.0, 2.0, 3.0, 4.0, 5.0], 3, 2)?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 2.0, 3.0, 3.0, 4.0, 5.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for scalars, or a length or step below 1.
pub fn frame(signal: impl IntoTensor, frame_length: i64, frame_step: i64) -> Result<Tensor> {
    frame_with(signal, Frame { frame_length, frame_step, pad_end: false, pad_value: 0.0, axis: -1 })
}

/// As [`frame`], with frames that reach beyond the end where asked, and another axis than the last (`tf.signal.frame`).
///
/// # Errors
/// As [`frame`], and for an axis out of range.
pub fn frame_with(signal: impl IntoTensor, options: Frame) -> Result<Tensor> {
    run_one(&options, &[&signal.into_tensor(None)?])
}

crate::op! {
    /// Overlapping frames, the last two dimensions, added to one signal.
    OverlapAndAdd as "overlap_and_add" in api "tf.signal.overlap_and_add" (signal) {
        /// Distance from frame to frame.
        frame_step: i64,
    }
    build |s, g| {
        let step = positive("overlap_and_add", "frame_step", s.frame_step)?;
        if g.rank(signal) < 2 {
            let received = format!("shape {}", g.shape(signal));
            return Err(Error::invalid("overlap_and_add", "signal", "at least two dimensions", received));
        }
        want_dtype(g, "overlap_and_add", "signal", signal, "numbers", |d| d.is_int() || d.is_differentiable())?;
        overlapped(g, signal, step)
    };
    cases [
        case().with("frame_step", 2).f32([4, 4]),
        case().with("frame_step", 2).f32([2, 3, 5]),
        case().with("frame_step", 3).f32([2, 4, 3]),
        case().with("frame_step", 4).f32([3, 4]),
        case().with("frame_step", 1).f32([3, 4]),
        case().with("frame_step", 2).ints([3, 4], -9, 9),
    ]
    errors [case().with("frame_step", 2).f32([4])]
}

/// Overlapping frames `[.., frames, frame_length]` added to one signal (`tf.signal.overlap_and_add`).
///
/// # Errors
/// `InvalidArgument` for fewer than two dimensions, or a step below 1.
pub fn overlap_and_add(signal: impl IntoTensor, frame_step: i64) -> Result<Tensor> {
    run_one(&OverlapAndAdd { frame_step }, &[&signal.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<Frame>(), row::<OverlapAndAdd>()];
