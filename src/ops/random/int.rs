//! Uniform integers.

use super::key::{Stream, refuse_dtype, too_wide, wanted_shape};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{CheckText, Graph, Val};
use crate::shape::Shape;
use crate::tensor::{Fill, Row, row};

crate::op! {
    /// Integers from `minval` up to but without `maxval`, of a key and counter.
    StatelessRandomUniformIntV2 in "tf.random.stateless_uniform" (key, counter, minval, maxval) { shape: Vec<i64>, alg: i64 = 1 }
    build |s, g| {
        let op = "StatelessRandomUniformIntV2";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        bounded(g, op, stream, wanted_shape(op, &s.shape)?, minval, maxval)
    };
    cases [
        case().with("shape", [9]).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])).int_values([], &[-5]).int_values([], &[1000]),
    ]
    errors [
        case().with("shape", [3]).with("alg", 5).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0])).int_values([], &[0]).int_values([], &[9]),
    ]
}

crate::op! {
    /// Integers from `minval` up to but without `maxval`, of a pair of seeds.
    StatelessRandomUniformInt in "tf.random.stateless_uniform" (seed, minval, maxval) { shape: Vec<i64> }
    build |s, g| {
        let op = "StatelessRandomUniformInt";
        let stream = Stream::of_seed(g, op, seed)?;
        bounded(g, op, stream, wanted_shape(op, &s.shape)?, minval, maxval)
    };
    cases [
        case().with("shape", [2, 5]).int_values([2], &[1, 2]).int_values([], &[0]).int_values([], &[10]),
        case().with("shape", [7]).int_values([2], &[3, -4]).int_values([], &[-2147483648]).int_values([], &[2147483647]),
        case().with("shape", [8]).int_values([2], &[3, -4]).int_values([], &[5]).int_values([], &[6]),
        case().with("shape", [9]).int_values([2], &[3, 4]).input(DType::Int64, [], Fill::Values(vec![-1000.0])).input(DType::Int64, [], Fill::Values(vec![777.0])),
        case().with("shape", [9]).int_values([2], &[3, 4]).input(DType::Int64, [], Fill::Values(vec![-2147483648.0])).input(DType::Int64, [], Fill::Values(vec![2147483647.0])),
    ]
    errors [
        case().with("shape", [3]).int_values([2], &[1, 2]).int_values([], &[5]).int_values([], &[5]),
        case().with("shape", [3]).int_values([2], &[1, 2]).int_values([1], &[0]).int_values([], &[5]),
        case().with("shape", [3]).int_values([2], &[1, 2]).values([], &[0.0]).values([], &[5.0]),
    ]
}

crate::op! {
    /// Integers over the whole range of their dtype, of a key and counter.
    StatelessRandomUniformFullIntV2 in "tf.random.stateless_uniform" (key, counter) { shape: Vec<i64>, alg: i64 = 1, dtype: DType = DType::UInt64 }
    build |s, g| {
        let op = "StatelessRandomUniformFullIntV2";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        full(g, op, stream, wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [6]).with("dtype", DType::Int32).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])),
    ]
    errors [
        case().with("shape", [3]).with("dtype", DType::Float32).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0])),
    ]
}

crate::op! {
    /// Integers over the whole range of their dtype, of a pair of seeds.
    StatelessRandomUniformFullInt in "tf.random.stateless_uniform" (seed) { shape: Vec<i64>, dtype: DType = DType::UInt64 }
    build |s, g| {
        let op = "StatelessRandomUniformFullInt";
        let stream = Stream::of_seed(g, op, seed)?;
        full(g, op, stream, wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [2, 3]).with("dtype", DType::Int32).int_values([2], &[1, 2]),
        case().with("shape", [5]).with("dtype", DType::UInt32).int_values([2], &[1, 2]),
    ]
    errors [case().with("shape", [3]).with("dtype", DType::Int32).int_values([3], &[1, 2, 3])]
}

fn full(g: &mut Graph, op: &str, stream: Stream, shape: Shape, dtype: DType) -> Result<Val> {
    match dtype {
        DType::Int32 | DType::UInt32 => {
            let words = stream.words(g, shape)?;
            g.bitcast_convert(words, dtype)
        }
        DType::Int64 | DType::UInt64 => Err(too_wide(op, dtype)),
        d => Err(refuse_dtype(op, "int32, int64, uint32 or uint64", d)),
    }
}

/// int32 numbers below 2^31 - 1 of a pair of seeds, for ops that draw among other things.
pub(crate) fn seeded_ints(g: &mut Graph, op: &str, seed: Val, n: usize) -> Result<Val> {
    let stream = Stream::of_seed(g, op, seed)?;
    let (low, high) = (g.scalar(DType::Int32, 0.0)?, g.scalar(DType::Int32, DType::Int32.max())?);
    bounded(g, op, stream, Shape::from([n]), low, high)
}

/// `minval` plus a word's (for 64-bit integers: two words') remainder by the width of the range.
fn bounded(g: &mut Graph, op: &str, stream: Stream, shape: Shape, minval: Val, maxval: Val) -> Result<Val> {
    let dtype = g.dtype(minval);
    if !matches!(dtype, DType::Int32 | DType::Int64 | DType::UInt32 | DType::UInt64)
        || g.dtype(maxval) != dtype
    {
        let received = format!("{dtype} and {}", g.dtype(maxval));
        return Err(Error::invalid(
            op,
            "minval, maxval",
            "int32, int64, uint32 or uint64, both the same",
            received,
        ));
    }
    for (arg, v) in [("minval", minval), ("maxval", maxval)] {
        if g.rank(v) != 0 {
            return Err(Error::invalid(op, arg, "a scalar", format_args!("shape {}", g.shape(v))));
        }
    }
    let (ordered, shown) = (g.lt(minval, maxval)?, g.convert(minval, DType::Int32)?);
    let text = CheckText { op: op.into(), what: "minval".into(), wanted: "a value below maxval".into() };
    g.check(ordered, shown, text)?;
    // Both bounds and their distance as words: wrapping arithmetic is exact.
    let (low, high) = (g.bitcast_convert(minval, DType::UInt32)?, g.bitcast_convert(maxval, DType::UInt32)?);
    let range = g.sub(high, low)?;
    let n = shape.size();
    let wide = matches!(dtype, DType::Int64 | DType::UInt64);
    let (low, range) = (g.broadcast_in_dim(low, [n], &[])?, g.broadcast_in_dim(range, [n], &[])?);
    let offset = if wide {
        let words = stream.words(g, [n, 2])?;
        let mut column = |k: usize| {
            let w = g.slice_in_dim(words, 1, k, k + 1)?;
            g.reshape(w, [n])
        };
        let (first, second) = (column(0)?, column(1)?);
        wide_remainder(g, second, first, range)?
    } else {
        let words = stream.words(g, [n])?;
        g.rem(words, range)?
    };
    let sum = g.add(low, offset)?;
    let sum = g.reshape(sum, shape)?;
    g.bitcast_convert(sum, dtype)
}

/// `(high * 2^32 + low) mod range` in 32-bit words: bit by bit, doubling without overflow.
fn wide_remainder(g: &mut Graph, high: Val, low: Val, range: Val) -> Result<Val> {
    let mut x = g.rem(high, range)?;
    let (zero, one) = (g.zeros_like(low)?, g.ones_like(low)?);
    for bit in (0..32).rev() {
        let rest = g.sub(range, x)?;
        let over = g.ge(x, rest)?;
        let (less, twice) = (g.sub(x, rest)?, g.add(x, x)?);
        x = g.select(over, less, twice)?;
        let by = g.full_like(low, f64::from(bit))?;
        let b = g.shift_right_logical(low, by)?;
        let b = g.and(b, one)?;
        x = g.add(x, b)?;
        let whole = g.eq(x, range)?;
        x = g.select(whole, zero, x)?;
    }
    Ok(x)
}

pub(super) const OPS: &[Row] = &[
    row::<StatelessRandomUniformIntV2>(),
    row::<StatelessRandomUniformInt>(),
    row::<StatelessRandomUniformFullIntV2>(),
    row::<StatelessRandomUniformFullInt>(),
];
