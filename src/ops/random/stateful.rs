//! The raw ops that draw from streams which go on: those of the functions in `tf.random`.

use super::generator_of;
use super::key::{refuse_dtype, wanted_shape};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::{Fill, Row, row};

/// The seed of a call as the functions take it; none for two zeros.
fn seed_of(seed: i64, seed2: i64) -> Option<i64> {
    (seed != 0 || seed2 != 0).then(|| seed.rotate_left(32) ^ seed2)
}

/// Refuses a dtype that is no float.
fn want_float(op: &str, dtype: DType) -> Result<()> {
    if dtype.is_float() { Ok(()) } else { Err(refuse_dtype(op, "a float", dtype)) }
}

crate::op! {
    /// Floats uniform in `[0, 1)`, drawn from the global stream, or that of the call's seeds.
    RandomUniform in "tf.random.uniform" () { shape: Vec<i64>, dtype: DType, seed: i64 = 0, seed2: i64 = 0 }
    tensors |s, x| {
        want_float("RandomUniform", s.dtype)?;
        let shape = wanted_shape("RandomUniform", &s.shape)?;
        Ok(vec![generator_of(seed_of(s.seed, s.seed2))?.uniform(shape, 0.0, 1.0, s.dtype)?])
    };
    cases [
        case().with("shape", [0, 3]).with("dtype", DType::Float32),
        case().with("shape", [2, 0]).with("dtype", DType::Float16).with("seed", 3),
    ]
    errors [
        case().with("shape", [-1]).with("dtype", DType::Float32),
        case().with("shape", [2]).with("dtype", DType::Int32),
    ]
}

crate::op! {
    /// Integers uniform in `[minval, maxval)`, drawn from the global stream, or that of the call's seeds.
    RandomUniformInt in "tf.random.uniform" (minval, maxval) { shape: Vec<i64>, seed: i64 = 0, seed2: i64 = 0 }
    tensors |s, x| {
        let op = "RandomUniformInt";
        let shape = wanted_shape(op, &s.shape)?;
        let dtype = x[0].dtype();
        if !matches!(dtype, DType::Int32 | DType::Int64) || x[1].dtype() != dtype {
            let received = format!("{dtype} and {}", x[1].dtype());
            return Err(Error::invalid(op, "minval, maxval", "int32 or int64 for both", received));
        }
        Ok(vec![generator_of(seed_of(s.seed, s.seed2))?.uniform(shape, x[0], x[1], dtype)?])
    };
    cases [
        case().with("shape", [2, 3]).int_values([], &[7]).int_values([], &[8]),
        case().with("shape", [4]).with("seed", 1).with("seed2", 2).input(DType::Int64, [], Fill::Values(vec![-5.0])).input(DType::Int64, [], Fill::Values(vec![-4.0])),
        case().with("shape", [0]).int_values([], &[0]).int_values([], &[9]),
    ]
    errors [
        case().with("shape", [2]).int_values([], &[3]).int_values([], &[3]),
        case().with("shape", [2]).int_values([2], &[3]).int_values([], &[5]),
        case().with("shape", [-2]).int_values([], &[3]).int_values([], &[5]),
        case().with("shape", [2]).f32([]).f32([]),
    ]
}

crate::op! {
    /// Normal floats of mean 0 and deviation 1, drawn from the global stream, or that of the call's seeds.
    RandomStandardNormal in "tf.random.normal" () { shape: Vec<i64>, dtype: DType, seed: i64 = 0, seed2: i64 = 0 }
    tensors |s, x| {
        want_float("RandomStandardNormal", s.dtype)?;
        let shape = wanted_shape("RandomStandardNormal", &s.shape)?;
        Ok(vec![generator_of(seed_of(s.seed, s.seed2))?.normal(shape, 0.0, 1.0, s.dtype)?])
    };
    cases [case().with("shape", [0, 3]).with("dtype", DType::Float32)]
    errors [
        case().with("shape", [-1]).with("dtype", DType::Float32),
        case().with("shape", [2]).with("dtype", DType::Int32),
    ]
}

crate::op! {
    /// As `RandomStandardNormal`; what lies beyond two deviations is drawn again.
    TruncatedNormal in "tf.random.truncated_normal" () { shape: Vec<i64>, dtype: DType, seed: i64 = 0, seed2: i64 = 0 }
    tensors |s, x| {
        want_float("TruncatedNormal", s.dtype)?;
        let shape = wanted_shape("TruncatedNormal", &s.shape)?;
        Ok(vec![generator_of(seed_of(s.seed, s.seed2))?.truncated_normal(shape, 0.0, 1.0, s.dtype)?])
    };
    cases [case().with("shape", [0, 3]).with("dtype", DType::Float32)]
    errors [
        case().with("shape", [-1]).with("dtype", DType::Float32),
        case().with("shape", [2]).with("dtype", DType::Int32),
    ]
}

crate::op! {
    /// Class numbers drawn with the probabilities `softmax(logits)` of each row, from the global stream, or that of the call's seeds.
    Multinomial in "tf.random.categorical" (logits) { num_samples: i64, seed: i64 = 0, seed2: i64 = 0, output_dtype: DType = DType::Int64 }
    tensors |s, x| {
        let Ok(samples) = usize::try_from(s.num_samples) else {
            return Err(Error::invalid("Multinomial", "num_samples", "a number from 0 up", s.num_samples));
        };
        Ok(vec![generator_of(seed_of(s.seed, s.seed2))?.categorical(x[0], samples, s.output_dtype)?])
    };
    cases [
        case().with("num_samples", 5).values([2, 3], &[f64::NEG_INFINITY, 0.0, f64::NEG_INFINITY, 1.0, f64::NEG_INFINITY, f64::NEG_INFINITY]).forward_only(),
        case().with("num_samples", 3).with("output_dtype", DType::Int32).with("seed", 4).f32([2, 1]).forward_only(),
        case().with("num_samples", 0).f32([2, 3]).forward_only(),
    ]
    errors [
        case().with("num_samples", -1).f32([2, 3]),
        case().with("num_samples", 3).f32([3]),
        case().with("num_samples", 3).f32([2, 0]),
    ]
}

pub(super) const OPS: &[Row] = &[
    row::<RandomUniform>(),
    row::<RandomUniformInt>(),
    row::<RandomStandardNormal>(),
    row::<TruncatedNormal>(),
    row::<Multinomial>(),
];
