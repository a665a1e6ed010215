//! Normal floats.

use super::key::{Stream, refuse_dtype, wanted_shape};
use super::uniform::{unit, wide_unit};
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::scale;
use crate::shape::Shape;
use crate::tensor::{Fill, Row, row};

crate::op! {
    /// Standard normal floats, of a key and counter.
    StatelessRandomNormalV2 in "tf.random.stateless_normal" (key, counter) { shape: Vec<i64>, alg: i64 = 1, dtype: DType = DType::Float32 }
    build |s, g| {
        let op = "StatelessRandomNormalV2";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        normal(g, op, stream, &wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [2, 5]).input(DType::UInt64, [1], Fill::Values(vec![4_000_000_000.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])),
    ]
    errors [
        case().with("shape", [2]).with("dtype", DType::Int32).input(DType::UInt64, [1], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![1.0])),
    ]
}

crate::op! {
    /// Standard normal floats, of a pair of seeds.
    StatelessRandomNormal in "tf.random.stateless_normal" (seed) { shape: Vec<i64>, dtype: DType = DType::Float32 }
    build |s, g| {
        let op = "StatelessRandomNormal";
        let stream = Stream::of_seed(g, op, seed)?;
        normal(g, op, stream, &wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [50]).int_values([2], &[1, 2]),
        case().with("shape", [3, 3]).int_values([2], &[-7, 123456789]),
        case().with("shape", Vec::<i64>::new()).int_values([2], &[0, 0]),
        case().with("shape", [0]).int_values([2], &[1, 2]),
        case().with("shape", [7]).with("dtype", DType::Float16).int_values([2], &[1, 2]),
        case().with("shape", [7]).with("dtype", DType::BFloat16).int_values([2], &[1, 2]),
        case().with("shape", [7]).with("dtype", DType::Float64).int_values([2], &[1, 2]),
    ]
    errors [case().with("shape", [2]).int_values([1], &[1])]
}

/// Box and Muller's transform of pairs of uniform numbers, sine first.
fn normal(g: &mut Graph, op: &str, stream: Stream, shape: &Shape, dtype: DType) -> Result<Val> {
    if !dtype.is_float() {
        return Err(refuse_dtype(op, "a float", dtype));
    }
    let (n, pairs) = (shape.size(), shape.size().div_ceil(2));
    let (radius, angle) = if dtype == DType::Float64 {
        let words = stream.words(g, [2 * pairs, 2])?;
        let units = wide_unit(g, words)?;
        columns(g, units, pairs)?
    } else {
        let words = stream.words(g, [2 * pairs])?;
        let units = unit(g, op, words, DType::Float32)?;
        columns(g, units, pairs)?
    };
    // The logarithm is kept finite.
    let least = g.full_like(radius, 1e-7)?;
    let radius = g.max(radius, least)?;
    let log = g.log(radius)?;
    let radius = scale(g, log, -2.0)?;
    let radius = g.sqrt(radius)?;
    let angle = scale(g, angle, 2.0 * std::f64::consts::PI)?;
    let (sin, cos) = (g.sin(angle)?, g.cos(angle)?);
    let (a, b) = (g.mul(sin, radius)?, g.mul(cos, radius)?);
    let (a, b) = (g.expand_dims(a, &[1])?, g.expand_dims(b, &[1])?);
    let both = g.concatenate(&[a, b], 1)?;
    let flat = g.reshape(both, [2 * pairs])?;
    let kept = g.slice_in_dim(flat, 0, 0, n)?;
    let shaped = g.reshape(kept, shape.clone())?;
    g.convert(shaped, dtype)
}

/// Every first and every second element.
fn columns(g: &mut Graph, x: Val, pairs: usize) -> Result<(Val, Val)> {
    let x = g.reshape(x, [pairs, 2])?;
    let mut column = |k: usize| {
        let c = g.slice_in_dim(x, 1, k, k + 1)?;
        g.reshape(c, [pairs])
    };
    Ok((column(0)?, column(1)?))
}

pub(super) const OPS: &[Row] = &[row::<StatelessRandomNormalV2>(), row::<StatelessRandomNormal>()];
