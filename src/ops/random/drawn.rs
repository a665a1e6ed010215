//! What is drawn by rejection or one after the other: host calls of their own, on words of a key and counter.

use super::host::{Philox, permuted, truncated, truncated_wide};
use super::key::{Stream, refuse_dtype, wanted_shape};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{ById, CustomOp, GatherMode, Graph, Literal, Prim, Spec, Val};
use crate::shape::Shape;
use crate::tensor::{Fill, Row, row};
use std::sync::Arc;

crate::op! {
    /// Standard normal floats, those beyond two standard deviations drawn again, of a key and counter.
    StatelessTruncatedNormalV2 in "tf.random.stateless_truncated_normal" (key, counter) { shape: Vec<i64>, alg: i64 = 1, dtype: DType = DType::Float32 }
    build |s, g| {
        let op = "StatelessTruncatedNormalV2";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        truncated_normal(g, op, stream, wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [2, 5]).input(DType::UInt64, [1], Fill::Values(vec![4_000_000_000.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])),
    ]
    errors [
        case().with("shape", [2]).with("dtype", DType::Int32).input(DType::UInt64, [1], Fill::Values(vec![1.0])).input(DType::UInt64, [2], Fill::Values(vec![1.0])),
    ]
}

crate::op! {
    /// Standard normal floats, those beyond two standard deviations drawn again, of a pair of seeds.
    StatelessTruncatedNormal in "tf.random.stateless_truncated_normal" (seed) { shape: Vec<i64>, dtype: DType = DType::Float32 }
    build |s, g| {
        let op = "StatelessTruncatedNormal";
        let stream = Stream::of_seed(g, op, seed)?;
        truncated_normal(g, op, stream, wanted_shape(op, &s.shape)?, s.dtype)
    };
    cases [
        case().with("shape", [200]).int_values([2], &[1, 2]),
        case().with("shape", [3, 3]).int_values([2], &[-7, 123456789]),
        case().with("shape", [0]).int_values([2], &[1, 2]),
        case().with("shape", [7]).with("dtype", DType::Float16).int_values([2], &[1, 2]),
        case().with("shape", [7]).with("dtype", DType::Float64).int_values([2], &[1, 2]),
    ]
    errors [case().with("shape", [2]).int_values([1], &[1])]
}

crate::op! {
    /// `value` with its first dimension in random order, of a key and counter.
    StatelessShuffle in "tf.random.experimental.stateless_shuffle" (value, key, counter) { alg: i64 = 1 }
    build |s, g| {
        let op = "StatelessShuffle";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        let Some(&n) = g.shape(value).first() else {
            return Err(Error::invalid(op, "value", "at least one dimension", "shape ()"));
        };
        let order = call(g, Drawn::Permutation(n), stream)?;
        let order = g.expand_dims(order, &[1])?;
        g.gather(value, order, &[0], 0, GatherMode::Clip)
    };
    cases [
        case().f32([9, 2]).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])),
        case().ints([1], 0, 9).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])),
        case().f32([0]).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])),
    ]
}

fn truncated_normal(g: &mut Graph, op: &str, stream: Stream, shape: Shape, dtype: DType) -> Result<Val> {
    if !dtype.is_float() {
        return Err(refuse_dtype(op, "a float", dtype));
    }
    let wide = dtype == DType::Float64;
    let drawn = call(g, Drawn::TruncatedNormal { shape, wide }, stream)?;
    g.convert(drawn, dtype)
}

fn call(g: &mut Graph, drawn: Drawn, stream: Stream) -> Result<Val> {
    g.push(Prim::CustomCall(ById(Arc::new(drawn))), &[stream.key, stream.counter])
}

/// A host call from key (uint32[2]) and counter (uint32[4]).
#[derive(Debug)]
enum Drawn {
    /// Truncated standard normal numbers; `wide` as TensorFlow makes float64.
    TruncatedNormal { shape: Shape, wide: bool },
    /// The numbers below `.0` in random order, as int32.
    Permutation(usize),
}

impl CustomOp for Drawn {
    fn name(&self) -> &str {
        match self {
            Drawn::TruncatedNormal { .. } => "truncated_normal",
            Drawn::Permutation(_) => "permutation",
        }
    }

    fn infer(&self, x: &[Spec]) -> Result<Vec<Spec>> {
        let wanted = [Spec::new(DType::UInt32, [2]), Spec::new(DType::UInt32, [4])];
        if x != wanted {
            return Err(Error::invalid(
                self.name(),
                "operands",
                format_args!("{wanted:?}"),
                format_args!("{x:?}"),
            ));
        }
        Ok(vec![match self {
            Drawn::TruncatedNormal { shape, wide } => {
                Spec::new(if *wide { DType::Float64 } else { DType::Float32 }, shape.clone())
            }
            Drawn::Permutation(n) => Spec::new(DType::Int32, [*n]),
        }])
    }

    fn host(&self, x: &[Literal]) -> Result<Vec<Literal>> {
        let word = |l: &Literal, i: usize| l.i64_at(i) as u32;
        let key = [word(&x[0], 0), word(&x[0], 1)];
        let mut stream = Philox::from_key_counter(key, [0, 1, 2, 3].map(|i| word(&x[1], i)));
        Ok(vec![match self {
            Drawn::TruncatedNormal { shape, wide: false } => {
                let v = truncated(&stream, shape.size());
                Literal::floats(DType::Float32, shape.clone(), v.into_iter().map(f64::from).collect())
            }
            Drawn::TruncatedNormal { shape, wide: true } => {
                Literal::floats(DType::Float64, shape.clone(), truncated_wide(&stream, shape.size()))
            }
            Drawn::Permutation(n) => {
                let order = permuted(&mut stream, *n);
                Literal::ints(DType::Int32, [*n], order.into_iter().map(|i| i as i64).collect())
            }
        }])
    }

    fn vjp(
        &self,
        _: &mut Graph,
        _: &[Val],
        _: &[Val],
        _: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        None
    }
}

pub(super) const OPS: &[Row] =
    &[row::<StatelessTruncatedNormalV2>(), row::<StatelessTruncatedNormal>(), row::<StatelessShuffle>()];
