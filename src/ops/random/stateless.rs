//! Random numbers that are a function of a pair of seeds.

use super::draw::{Key, categorical_of};
use super::{StatelessRandomGetKeyCounter, StatelessShuffle};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::array::{reshape, stack};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, run, run_one};

impl Key {
    /// The key and counter of a pair of seeds.
    pub(super) fn of_seed(seed: impl IntoTensor) -> Result<Key> {
        let results = run(&StatelessRandomGetKeyCounter {}, &[&seed.into_tensor(None)?])?;
        match <[Tensor; 2]>::try_from(results) {
            Ok([key, counter]) => Ok(Key { key, counter }),
            Err(_) => Err(Error::internal("StatelessRandomGetKeyCounter", "wanted two results")),
        }
    }
}

/// Numbers uniform in `[minval, maxval)`, a function of `seed`, two integers (`tf.random.stateless_uniform`): floats, or int32 and int64.
///
/// Equal to TensorFlow's bit for bit.
///
/// ```
/// # use wgflow::{ops::random, DType};
/// let x = random::stateless_uniform([4], [1, 2], 0.0, 1.0, DType::Float32)?;
/// let bits: Vec<u32> = x.to_vec::<f32>()?.iter().map(|v| v.to_bits()).collect();
/// assert_eq!(bits, [0x3f581458, 0x3e44a788, 0x3f7f087c, 0x3e243c98]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a seed that is not two integers, another dtype, and integer bounds out of order.
pub fn stateless_uniform(
    shape: impl Into<Shape>,
    seed: impl IntoTensor,
    minval: impl IntoTensor,
    maxval: impl IntoTensor,
    dtype: DType,
) -> Result<Tensor> {
    Key::of_seed(seed)?.uniform(&shape.into(), minval, maxval, dtype)
}

/// Integers over the whole range of int32 or uint32, a function of `seed` (`tf.random.stateless_uniform` without bounds).
///
/// # Errors
/// As [`stateless_uniform`]; `Unimplemented` for 64 bits, which devices do not store.
pub fn stateless_uniform_full_int(
    shape: impl Into<Shape>,
    seed: impl IntoTensor,
    dtype: DType,
) -> Result<Tensor> {
    Key::of_seed(seed)?.full_int(&shape.into(), dtype)
}

/// Normal floats with a mean and standard deviation, a function of `seed` (`tf.random.stateless_normal`).
///
/// Equal to TensorFlow's up to rounding of logarithm, sine and cosine.
///
/// # Errors
/// As [`stateless_uniform`].
pub fn stateless_normal(
    shape: impl Into<Shape>,
    seed: impl IntoTensor,
    mean: impl IntoTensor,
    stddev: impl IntoTensor,
    dtype: DType,
) -> Result<Tensor> {
    Key::of_seed(seed)?.normal(&shape.into(), mean, stddev, dtype)
}

/// As [`stateless_normal`], but what lies more than two standard deviations from the mean is drawn again
/// (`tf.random.stateless_truncated_normal`).
///
/// # Errors
/// As [`stateless_uniform`].
pub fn stateless_truncated_normal(
    shape: impl Into<Shape>,
    seed: impl IntoTensor,
    mean: impl IntoTensor,
    stddev: impl IntoTensor,
    dtype: DType,
) -> Result<Tensor> {
    Key::of_seed(seed)?.truncated_normal(&shape.into(), mean, stddev, dtype)
}

/// Gamma distributed floats, a function of `seed` (`tf.random.stateless_gamma`): `shape` ends with the shape that `alpha` and `beta`
/// broadcast to. Gradients flow into both.
///
/// # Errors
/// As [`stateless_uniform`]; `InvalidArgument` for a shape that does not end so.
pub fn stateless_gamma(
    shape: impl Into<Shape>,
    seed: impl IntoTensor,
    alpha: impl IntoTensor,
    beta: impl IntoTensor,
    dtype: DType,
) -> Result<Tensor> {
    Key::of_seed(seed)?.gamma(&shape.into(), alpha, beta, dtype)
}

/// Class numbers, `num_samples` for each row of `logits`, drawn with the probabilities `softmax(logits)`: a function of `seed`
/// (`tf.random.stateless_categorical`).
///
/// Equal to TensorFlow's for batches that its CPU kernel does not split over threads: there a later part of the batch skips ahead in the
/// stream.
///
/// # Errors
/// `InvalidArgument` for logits that are no matrix, and a dtype other than int32 and int64.
pub fn stateless_categorical(
    logits: impl IntoTensor,
    num_samples: usize,
    seed: impl IntoTensor,
    dtype: DType,
) -> Result<Tensor> {
    categorical_of(&logits.into_tensor(None)?, num_samples, &seed.into_tensor(None)?, dtype)
}

/// `num` new pairs of seeds, as rows, that are a function of `seed` (`tf.random.split`).
///
/// # Errors
/// As [`stateless_uniform_full_int`]: seeds must be int32.
pub fn stateless_split(seed: impl IntoTensor, num: usize) -> Result<Tensor> {
    let seed = seed.into_tensor(None)?;
    let dtype = seed.dtype();
    stateless_uniform_full_int([num, 2], seed, dtype)
}

/// A new pair of seeds, a function of `seed` and the integer `data`, such as a step number (`tf.random.fold_in`).
///
/// # Errors
/// As [`stateless_uniform_full_int`]: `data` must be int32.
pub fn stateless_fold_in(seed: impl IntoTensor, data: impl IntoTensor) -> Result<Tensor> {
    let data = data.into_tensor(None)?;
    if data.rank() != 0 {
        return Err(Error::invalid("fold_in", "data", "a scalar", format_args!("shape {}", data.shape())));
    }
    let first = stateless_uniform_full_int((), seed, data.dtype())?;
    stack(&[first, data], 0)
}

/// The newer names of [`stateless_split`] and [`stateless_fold_in`].
pub use self::{stateless_fold_in as fold_in, stateless_split as split};

/// `value` with its first dimension in an order that is a function of `seed` (`tf.random.experimental.stateless_shuffle`).
///
/// The order is TensorFlow's. It is found on the host; [`shuffle`](super::shuffle) stays on the device.
///
/// # Errors
/// `InvalidArgument` for a scalar, or a seed that is not two integers.
pub fn stateless_shuffle(value: impl IntoTensor, seed: impl IntoTensor) -> Result<Tensor> {
    let k = Key::of_seed(seed)?;
    run_one(&StatelessShuffle { alg: 1 }, &[&value.into_tensor(None)?, &k.key, &k.counter])
}

/// A tensor of one row as a vector.
pub(super) fn only_row(x: &Tensor) -> Result<Tensor> {
    reshape(x, &x.shape()[1..])
}
