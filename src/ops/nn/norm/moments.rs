//! Means and variances, and other facts of all elements.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::Axes;
use crate::ops::build::scale;
use crate::ops::checks::want_float;
use crate::shape::{Shape, resolve_axes};
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run, run_one};

crate::op! {
    /// Mean and variance over axes.
    Moments as "moments" in api "tf.nn.moments" (x) { axes: Vec<i64>, keepdims: bool = false }
    build |s, g| {
        want_float(g, "moments", &[("x", x)])?;
        let shape = g.shape(x).clone();
        let dims = resolve_axes("moments", "axes", &s.axes, shape.rank())?;
        let dtype = g.dtype(x);
        let wide = if matches!(dtype, DType::Float16 | DType::BFloat16) { DType::Float32 } else { dtype };
        let x = g.convert(x, wide)?;
        let mean = g.mean(x, &dims)?;
        let center = g.repeat_over(mean, &shape, &dims)?;
        let off = g.sub(x, center)?;
        let square = g.mul(off, off)?;
        let variance = g.mean(square, &dims)?;
        kept(g, [mean, variance], &shape.reduced(&dims, s.keepdims), dtype)
    };
    cases [
        case().with("axes", [0]).f32([3, 2]),
        case().with("axes", [0, 1, 2]).f32([2, 3, 2, 4]),
        case().with("axes", [-1]).with("keepdims", true).f32([2, 3]),
        case().with("axes", [0]).half([4]).forward_only(),
    ]
    errors [case().with("axes", [2]).f32([3, 2])]
}

fn kept(g: &mut Graph, x: [Val; 2], shape: &Shape, dtype: DType) -> Result<(Val, Val)> {
    let mut one = |v: Val| {
        let v = g.reshape(v, shape.clone())?;
        g.convert(v, dtype)
    };
    Ok((one(x[0])?, one(x[1])?))
}

/// Mean and variance of `x` over axes (`tf.nn.moments`), which stay with size 1 if `keepdims`.
///
/// # Errors
/// `InvalidArgument` for axes out of range and dtypes that are no floats.
pub fn moments(x: impl IntoTensor, axes: impl Into<Axes>, keepdims: bool) -> Result<(Tensor, Tensor)> {
    let x = x.into_tensor(None)?;
    let axes = axes.into().list(x.rank());
    two("moments", run(&Moments { axes, keepdims }, &[&x])?)
}

fn two(op: &str, results: Vec<Tensor>) -> Result<(Tensor, Tensor)> {
    match <[Tensor; 2]>::try_from(results) {
        Ok([a, b]) => Ok((a, b)),
        Err(_) => Err(Error::internal(op, "wanted two results")),
    }
}

crate::op! {
    /// Mean and variance over axes, each element counted as often as its weight says.
    WeightedMoments as "weighted_moments" in api "tf.nn.weighted_moments" (x, frequency_weights) { axes: Vec<i64>, keepdims: bool = false }
    build |s, g| {
        let (x, weights) = g.broadcast_pair("weighted_moments", x, frequency_weights)?;
        let shape = g.shape(x).clone();
        let dims = resolve_axes("weighted_moments", "axes", &s.axes, shape.rank())?;
        let total = g.reduce(ReduceKind::Sum, weights, &dims)?;
        let average = |g: &mut Graph, v: Val| {
            let weighted = g.mul(v, weights)?;
            let sum = g.reduce(ReduceKind::Sum, weighted, &dims)?;
            g.div(sum, total)
        };
        let mean = average(g, x)?;
        let center = g.repeat_over(mean, &shape, &dims)?;
        let off = g.sub(x, center)?;
        let square = g.mul(off, off)?;
        let variance = average(g, square)?;
        let dtype = g.dtype(x);
        kept(g, [mean, variance], &shape.reduced(&dims, s.keepdims), dtype)
    };
    cases [
        case().with("axes", [0]).f32([3, 2]).range([3, 2], 0.5, 2.0),
        case().with("axes", [0, 2]).with("keepdims", true).f32([2, 3, 2]).range([2, 1, 1], 0.5, 2.0),
    ]
    errors [case().with("axes", [0]).f32([3, 2]).range([3, 3], 0.5, 2.0)]
}

/// Mean and variance of `x` over axes, each element counted as often as its weight says (`tf.nn.weighted_moments`).
///
/// # Errors
/// `InvalidArgument` for axes out of range, shapes that do not broadcast, and different dtypes.
pub fn weighted_moments(
    x: impl IntoTensor,
    axes: impl Into<Axes>,
    frequency_weights: impl IntoTensor,
    keepdims: bool,
) -> Result<(Tensor, Tensor)> {
    let (x, weights) = pair(x, frequency_weights)?;
    let axes = axes.into().list(x.rank().max(weights.rank()));
    two("weighted_moments", run(&WeightedMoments { axes, keepdims }, &[&x, &weights])?)
}

crate::op! {
    /// Half the sum of squares.
    L2Loss in "tf.nn.l2_loss" (t) {}
    build |s, g| {
        want_float(g, "L2Loss", &[("t", t)])?;
        let square = g.mul(t, t)?;
        let all: Vec<usize> = (0..g.rank(t)).collect();
        let sum = g.reduce(ReduceKind::Sum, square, &all)?;
        scale(g, sum, 0.5)
    };
    cases [case().f32([2, 3]), case().f32([]), case().f32([0])]
    errors [case().ints([3], 0, 3)]
}

/// `sum(t * t) / 2` (`tf.nn.l2_loss`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn l2_loss(t: impl IntoTensor) -> Result<Tensor> {
    run_one(&L2Loss {}, &[&t.into_tensor(None)?])
}

crate::op! {
    /// Which part of all elements is zero.
    ZeroFraction as "zero_fraction" in api "tf.nn.zero_fraction" (value) {}
    build |s, g| {
        let zero = g.zeros_like(value)?;
        let is_zero = g.eq(value, zero)?;
        let counted = g.convert(is_zero, DType::Float32)?;
        let all: Vec<usize> = (0..g.rank(value)).collect();
        g.mean(counted, &all)
    };
    cases [case().values([5], &[0.0, 1.0, -0.0, 2.0, f64::NAN]), case().ints([2, 3], -1, 2), case().f32([0])]
}

/// Which part of all elements is zero, as float32 (`tf.nn.zero_fraction`).
///
/// # Errors
/// `Unimplemented` for strings.
pub fn zero_fraction(value: impl IntoTensor) -> Result<Tensor> {
    run_one(&ZeroFraction {}, &[&value.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<Moments>(), row::<WeightedMoments>(), row::<L2Loss>(), row::<ZeroFraction>()];
