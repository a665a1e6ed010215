//! Uniform floats.

use super::key::{Stream, refuse_dtype, wanted_shape};
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::scale;
use crate::shape::Shape;
use crate::tensor::{Fill, Row, row};

/// Why the cases have no tolerance.
const EXACT: &str = "uniform numbers equal TensorFlow's bit for bit";

crate::op! {
    /// Floats uniform in [0, 1), of a key and counter.
    StatelessRandomUniformV2 in "tf.random.stateless_uniform" (key, counter) { shape: Vec<i64>, alg: i64 = 1, dtype: DType = DType::Float32 }
    build |s, g| {
        let op = "StatelessRandomUniformV2";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        uniform(g, op, stream, wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [2, 5]).input(DType::UInt64, [1], Fill::Values(vec![4_000_000_000.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])).tolerance(0.0, 0.0, EXACT),
        case().with("shape", [3]).input(DType::UInt64, [1], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![4_294_967_295.0, 0.0])),
    ]
    errors [
        case().with("shape", [-2]).input(DType::UInt64, [1], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![1.0])),
        case().with("shape", [2]).with("alg", 2).input(DType::UInt64, [1], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![1.0])),
        case().with("shape", [2]).input(DType::UInt64, [2], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![1.0])),
        case().with("shape", [2]).with("dtype", DType::Int32).input(DType::UInt64, [1], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![1.0])),
    ]
}

crate::op! {
    /// Floats uniform in [0, 1), of a pair of seeds.
    StatelessRandomUniform in "tf.random.stateless_uniform" (seed) { shape: Vec<i64>, dtype: DType = DType::Float32 }
    build |s, g| {
        let op = "StatelessRandomUniform";
        let stream = Stream::of_seed(g, op, seed)?;
        uniform(g, op, stream, wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [4]).int_values([2], &[1, 2]).tolerance(0.0, 0.0, EXACT),
        case().with("shape", [2, 3, 5]).int_values([2], &[-7, 123456789]).tolerance(0.0, 0.0, EXACT),
        case().with("shape", Vec::<i64>::new()).int_values([2], &[0, 0]),
        case().with("shape", [0, 3]).int_values([2], &[1, 2]),
        case().with("shape", [7]).with("dtype", DType::Float16).int_values([2], &[1, 2]).tolerance(0.0, 0.0, EXACT),
        case().with("shape", [7]).with("dtype", DType::BFloat16).int_values([2], &[1, 2]).tolerance(0.0, 0.0, EXACT),
        case().with("shape", [7]).with("dtype", DType::Float64).int_values([2], &[1, 2]),
    ]
    errors [case().with("shape", [4]).int_values([1], &[1]), case().with("shape", [4]).with("dtype", DType::Int32).int_values([2], &[1, 2])]
}

/// Floats uniform in [0, 1) as TensorFlow makes them from bits: the low bits of a word fill the mantissa.
pub(super) fn uniform(g: &mut Graph, op: &str, stream: Stream, shape: Shape, dtype: DType) -> Result<Val> {
    if dtype == DType::Float64 {
        let n = shape.size();
        let words = stream.words(g, [n, 2])?;
        let unit = wide_unit(g, words)?;
        return g.reshape(unit, shape);
    }
    let words = stream.words(g, shape)?;
    unit(g, op, words, dtype)
}

/// Floats uniform in [0, 1) of a pair of seeds, for ops that draw among other things.
pub(crate) fn seeded_uniform(g: &mut Graph, op: &str, seed: Val, shape: Shape, dtype: DType) -> Result<Val> {
    let stream = Stream::of_seed(g, op, seed)?;
    uniform(g, op, stream, shape, dtype)
}

/// One number in [0, 1) from each word.
pub(super) fn unit(g: &mut Graph, op: &str, words: Val, dtype: DType) -> Result<Val> {
    let bits = match dtype {
        DType::Float32 => 23,
        DType::Float16 => 10,
        DType::BFloat16 => 7,
        d => return Err(refuse_dtype(op, "a float", d)),
    };
    let mask = g.full_like(words, (1u32 << bits) as f64 - 1.0)?;
    let mantissa = g.and(words, mask)?;
    let whole = g.convert(mantissa, DType::Float32)?;
    let unit = scale(g, whole, 0.5f64.powi(bits))?;
    g.convert(unit, dtype)
}

/// One float64 in [0, 1) from each pair of words `[n, 2]`; stored in 32 bits, it is kept below 1.
pub(super) fn wide_unit(g: &mut Graph, words: Val) -> Result<Val> {
    let n = g.shape(words)[0];
    let mut part = |k: usize, mask: f64, unit: f64| {
        let w = g.slice_in_dim(words, 1, k, k + 1)?;
        let w = g.reshape(w, [n])?;
        let mask = g.full_like(w, mask)?;
        let w = g.and(w, mask)?;
        let w = g.convert(w, DType::Float64)?;
        scale(g, w, unit)
    };
    let high = part(0, f64::from(0xf_ffff_u32), 0.5f64.powi(20))?;
    let low = part(1, f64::from(u32::MAX), 0.5f64.powi(52))?;
    let sum = g.add(high, low)?;
    let most = g.full_like(sum, 1.0 - 0.5f64.powi(24))?;
    g.min(sum, most)
}

pub(super) const OPS: &[Row] = &[row::<StatelessRandomUniformV2>(), row::<StatelessRandomUniform>()];
