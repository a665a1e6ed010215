//! Drawing from a key and counter, wherever they come from.

use super::{
    StatelessMultinomial, StatelessRandomGammaV3, StatelessRandomNormalV2, StatelessRandomUniformFullIntV2,
    StatelessRandomUniformIntV2, StatelessRandomUniformV2, StatelessTruncatedNormalV2,
};
use crate::dtype::DType;
use crate::error::Result;
use crate::ops::math::{RealDiv, add, maximum, multiply, subtract};
use crate::shape::{Shape, broadcast};
use crate::tensor::{IntoTensor, Tensor, run_one};

/// A key (uint32[2]) and counter (uint32[4]), lowest words first: a place in a stream of random bits.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) key: Tensor,
    pub(super) counter: Tensor,
}

fn sizes(shape: &Shape) -> Vec<i64> {
    shape.iter().map(|&n| n as i64).collect()
}

impl Key {
    pub(super) fn uniform(
        &self,
        shape: &Shape,
        minval: impl IntoTensor,
        maxval: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let (minval, maxval) = (minval.into_tensor(Some(dtype))?, maxval.into_tensor(Some(dtype))?);
        let shape = sizes(shape);
        if dtype.is_int() {
            let op = StatelessRandomUniformIntV2 { shape, alg: 1 };
            return run_one(&op, &[&self.key, &self.counter, &minval, &maxval]);
        }
        let unit = run_one(&StatelessRandomUniformV2 { shape, alg: 1, dtype }, &[&self.key, &self.counter])?;
        add(multiply(unit, subtract(&maxval, &minval))?, minval)
    }

    pub(super) fn full_int(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        let op = StatelessRandomUniformFullIntV2 { shape: sizes(shape), alg: 1, dtype };
        run_one(&op, &[&self.key, &self.counter])
    }

    pub(super) fn normal(
        &self,
        shape: &Shape,
        mean: impl IntoTensor,
        stddev: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let op = StatelessRandomNormalV2 { shape: sizes(shape), alg: 1, dtype };
        scaled(run_one(&op, &[&self.key, &self.counter])?, mean, stddev)
    }

    pub(super) fn truncated_normal(
        &self,
        shape: &Shape,
        mean: impl IntoTensor,
        stddev: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let op = StatelessTruncatedNormalV2 { shape: sizes(shape), alg: 1, dtype };
        scaled(run_one(&op, &[&self.key, &self.counter])?, mean, stddev)
    }

    pub(super) fn gamma(
        &self,
        shape: &Shape,
        alpha: impl IntoTensor,
        beta: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let (alpha, beta) = (alpha.into_tensor(Some(dtype))?, beta.into_tensor(Some(dtype))?);
        let both = broadcast("stateless_gamma", alpha.shape(), beta.shape())?;
        let alpha = if *alpha.shape() == both { alpha } else { multiply(alpha, ones(dtype, &both)?)? };
        let op = StatelessRandomGammaV3 { shape: sizes(shape), alg: 1 };
        let drawn = run_one(&op, &[&self.key, &self.counter, &alpha])?;
        // Never 0, of which a logarithm may be taken.
        let tiny = match dtype {
            DType::Float16 => 6.103_515_625e-5,
            _ => f64::from(f32::MIN_POSITIVE),
        };
        maximum(run_one(&RealDiv {}, &[&drawn, &beta])?, tiny)
    }
}

fn ones(dtype: DType, shape: &Shape) -> Result<Tensor> {
    crate::hlo::Literal::filled(dtype, shape.clone(), 1.0).into_tensor(None)
}

/// `x * stddev + mean`.
fn scaled(x: Tensor, mean: impl IntoTensor, stddev: impl IntoTensor) -> Result<Tensor> {
    add(multiply(x, stddev)?, mean)
}

/// Class numbers of rows of logits.
pub(super) fn categorical_of(
    logits: &Tensor,
    num_samples: usize,
    seed: &Tensor,
    dtype: DType,
) -> Result<Tensor> {
    run_one(&StatelessMultinomial { num_samples: num_samples as i64, output_dtype: dtype }, &[logits, seed])
}
