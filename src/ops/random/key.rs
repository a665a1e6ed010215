//! Keys and counters: where a stream of random bits starts.

use super::host::MIX;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Graph, Literal, Val};
use crate::shape::{Dims, Shape};
use crate::tensor::{Row, row};

crate::op! {
    /// The key and counter of a pair of seeds, as two and four uint32 words, lowest first.
    StatelessRandomGetKeyCounter in "tf.raw_ops.StatelessRandomGetKeyCounter" (seed) {}
    build |s, g| {
        let stream = Stream::of_seed(g, "StatelessRandomGetKeyCounter", seed)?;
        Ok((stream.key, stream.counter))
    };
    cases [
        case().int_values([2], &[1, 2]),
        case().int_values([2], &[-1, 2147483647]),
        case().input(DType::Int64, [2], crate::tensor::Fill::Values(vec![-5.0, 7.0])),
    ]
    errors [case().int_values([3], &[1, 2, 3]), case().int_values([1, 2], &[1, 2]), case().values([2], &[1.0, 2.0])]
}

crate::op! {
    /// The number of the algorithm in use: 1, Philox.
    StatelessRandomGetAlg in "tf.raw_ops.StatelessRandomGetAlg" () {}
    build |s, g| g.scalar(DType::Int32, 1.0);
    cases [case()]
}

/// Philox's key (uint32[2]) and counter (uint32[4]) as values of a graph.
#[derive(Clone, Copy)]
pub(super) struct Stream {
    pub(super) key: Val,
    pub(super) counter: Val,
}

impl Stream {
    /// The stream of a pair of seeds.
    pub(super) fn of_seed(g: &mut Graph, op: &str, seed: Val) -> Result<Stream> {
        if **g.shape(seed) != [2] || !matches!(g.dtype(seed), DType::Int32 | DType::Int64) {
            return Err(Error::invalid(op, "seed", "int32 or int64 of shape (2,)", g.spec(seed)));
        }
        let low = g.bitcast_convert(seed, DType::UInt32)?;
        // Seeds are extended to 64 bits by their sign.
        let (zero, ones) = (g.zeros_like(low)?, g.full_like(low, f64::from(u32::MAX))?);
        let nought = g.zeros_like(seed)?;
        let negative = g.lt(seed, nought)?;
        let high = g.select(negative, ones, zero)?;
        let (low, high) = (g.expand_dims(low, &[1])?, g.expand_dims(high, &[1])?);
        let pairs = g.concatenate(&[low, high], 1)?;
        let counter = g.reshape(pairs, [4])?;
        let key = words(g, &MIX)?;
        let mix = g.rng_bits(key, counter, [4])?;
        let (key, rest) = (g.slice_in_dim(mix, 0, 0, 2)?, g.slice_in_dim(mix, 0, 2, 4)?);
        let zeros = words(g, &[0, 0])?;
        Ok(Stream { key, counter: g.concatenate(&[zeros, rest], 0)? })
    }

    /// The stream of an op's `key` and `counter`: words, or TensorFlow's numbers of 64 bits as far as they fit in 32.
    pub(super) fn of_inputs(g: &mut Graph, op: &str, key: Val, counter: Val, alg: i64) -> Result<Stream> {
        if alg != 1 && alg != 3 {
            return Err(Error::invalid(op, "alg", "1 (Philox) or 3 (any)", alg));
        }
        Ok(Stream { key: half(g, op, "key", key, 1)?, counter: half(g, op, "counter", counter, 2)? })
    }

    /// Random words in a shape.
    pub(super) fn words(self, g: &mut Graph, shape: impl Into<Shape>) -> Result<Val> {
        g.rng_bits(self.key, self.counter, shape)
    }
}

fn words(g: &mut Graph, w: &[u32]) -> Result<Val> {
    g.constant(Literal::ints(DType::UInt32, [w.len()], w.iter().map(|&w| i64::from(w)).collect()))
}

/// `n` numbers of 64 bits as words.
fn half(g: &mut Graph, op: &str, arg: &str, v: Val, n: usize) -> Result<Val> {
    match (g.dtype(v), &g.shape(v)[..]) {
        (DType::UInt32, [k]) if *k == 2 * n => Ok(v),
        (DType::UInt64, [k]) if *k == n => {
            let low = g.convert(v, DType::UInt32)?;
            let low = g.expand_dims(low, &[1])?;
            let high = g.zeros_like(low)?;
            let pairs = g.concatenate(&[low, high], 1)?;
            g.reshape(pairs, [2 * n])
        }
        _ => {
            let wanted = format!("uint32 of shape ({},) or uint64 of shape ({n},)", 2 * n);
            Err(Error::invalid(op, arg, wanted, g.spec(v)))
        }
    }
}

/// The shape that an op is asked for.
pub(super) fn wanted_shape(op: &str, shape: &[i64]) -> Result<Shape> {
    let dims = shape.iter().map(|&n| usize::try_from(n).ok()).collect::<Option<Dims>>();
    dims.map(Shape).ok_or_else(|| Error::invalid(op, "shape", "sizes from 0 up", format_args!("{shape:?}")))
}

/// `InvalidArgument` for a dtype that an op does not draw.
pub(super) fn refuse_dtype(op: &str, wanted: &str, dtype: DType) -> Error {
    Error::invalid(op, "dtype", wanted, dtype)
}

/// `Unimplemented`: random bits in all of 64 bits, which devices do not store.
pub(super) fn too_wide(op: &str, dtype: DType) -> Error {
    let what =
        format!("all values of {dtype}, which is stored in 32 bits; draw int32 or uint32, or give bounds");
    Error::new(ErrorKind::Unimplemented, op, what)
}

pub(super) const OPS: &[Row] = &[row::<StatelessRandomGetKeyCounter>(), row::<StatelessRandomGetAlg>()];
