//! Generators: random numbers with a state that moves on.

use super::draw::{Key, categorical_of};
use super::shuffle::shuffle_by;
use super::skip::READ_AND_SKIP;
use super::stateless::only_row;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::array::{stack, zeros_like};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, Variable, run_entry};
use std::sync::{Arc, Mutex};

/// A random-number generator (`tf.random.Generator`, Philox). Its state is a variable, which every draw moves on: outside of functions
/// and inside of them, where each call continues the stream. Clones share the state.
///
/// ```
/// # use wgflow::{ops::random::Generator, DType};
/// let g = Generator::from_seed(1)?;
/// let (a, b) = (g.uniform([2], 0.0, 1.0, DType::Float32)?, g.uniform([2], 0.0, 1.0, DType::Float32)?);
/// assert_ne!(a.to_vec::<f32>()?, b.to_vec::<f32>()?);
/// let again = Generator::from_seed(1)?.uniform([2], 0.0, 1.0, DType::Float32)?;
/// assert_eq!(a.to_vec::<f32>()?, again.to_vec::<f32>()?);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    /// `uint32[6]`: four words of the counter, two of the key, lowest first.
    state: Variable,
    /// Held from reading the state to assigning it.
    turn: Arc<Mutex<()>>,
}

/// How far a draw of `n` elements moves the counter, for each element: TensorFlow's reserve for rejections.
const RESERVED: u64 = 256;

impl Generator {
    /// A generator whose stream depends on `seed` alone: TensorFlow's for the same seed.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn from_seed(seed: i64) -> Result<Self> {
        Self::from_words(words_of_seed(seed))
    }

    /// A generator that starts at a counter (low and high 64 bits) of the stream of a key.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn from_key_counter(key: u64, counter: [u64; 2]) -> Result<Self> {
        let split = |v: u64| [v as u32, (v >> 32) as u32];
        let [c, d] = counter.map(split);
        let k = split(key);
        Self::from_words([c[0], c[1], d[0], d[1], k[0], k[1]])
    }

    /// A generator that continues where another with this [`state`](Self::state) stood.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but six uint32 words.
    pub fn from_state(state: impl IntoTensor) -> Result<Self> {
        let g = Self::from_words([0; 6])?;
        g.reset(state)?;
        Ok(g)
    }

    /// A generator that starts somewhere else in each run of the program.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn from_non_deterministic_state() -> Result<Self> {
        use std::hash::{BuildHasher, RandomState};
        let draw = |n: u8| RandomState::new().hash_one(n);
        Self::from_key_counter(draw(0), [draw(1), draw(2)])
    }

    fn from_words(words: [u32; 6]) -> Result<Self> {
        let state = Variable::named(literal(&words), "StateVar", false)?;
        Ok(Generator { state, turn: Arc::default() })
    }

    /// The state: `uint32[6]`, four words of the counter and two of the key, lowest first.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn state(&self) -> Result<Tensor> {
        self.state.value()
    }

    /// The variable that holds the state, as a checkpoint keeps it.
    pub fn state_variable(&self) -> &Variable {
        &self.state
    }

    /// Puts the generator into a state.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but six uint32 words.
    pub fn reset(&self, state: impl IntoTensor) -> Result<()> {
        let _turn = crate::lock(&self.turn);
        self.state.assign(state)
    }

    /// Puts the generator where [`Generator::from_seed`] starts.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn reset_from_seed(&self, seed: i64) -> Result<()> {
        self.reset(literal(&words_of_seed(seed)))
    }

    /// Puts the generator where [`Generator::from_seed`] starts, whatever is being traced.
    pub(super) fn store(&self, words: [u32; 6]) -> Result<()> {
        let _turn = crate::lock(&self.turn);
        self.state.store(&literal(&words).into_tensor(None)?);
        Ok(())
    }

    /// Moves on as a draw of `delta` elements would.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn skip(&self, delta: usize) -> Result<()> {
        self.next(delta).map(|_| ())
    }

    /// The place in the stream for a draw of `n` elements, after which the generator stands behind them.
    pub(super) fn next(&self, n: usize) -> Result<Key> {
        let _turn = crate::lock(&self.turn);
        let by = (n as u64).wrapping_mul(RESERVED);
        let by = literal(&[by as u32, (by >> 32) as u32]).into_tensor(None)?;
        let entry = READ_AND_SKIP.as_ref().map_err(Error::clone)?;
        let results = run_entry(entry, &[&self.state.value()?, &by])?;
        match <[Tensor; 3]>::try_from(results) {
            Ok([key, counter, state]) => {
                self.state.assign(state)?;
                Ok(Key { key, counter })
            }
            Err(_) => Err(Error::internal("Generator", "wanted three results")),
        }
    }

    /// Numbers uniform in `[minval, maxval)`: floats, int32 or int64.
    ///
    /// # Errors
    /// `InvalidArgument` for another dtype, and integer bounds out of order.
    pub fn uniform(
        &self,
        shape: impl Into<Shape>,
        minval: impl IntoTensor,
        maxval: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let shape = shape.into();
        self.next(shape.size())?.uniform(&shape, minval, maxval, dtype)
    }

    /// Integers over the whole range of int32 or uint32.
    ///
    /// # Errors
    /// `InvalidArgument` for floats; `Unimplemented` for 64 bits, which devices do not store.
    pub fn uniform_full_int(&self, shape: impl Into<Shape>, dtype: DType) -> Result<Tensor> {
        let shape = shape.into();
        self.next(shape.size())?.full_int(&shape, dtype)
    }

    /// Normal floats with a mean and standard deviation.
    ///
    /// # Errors
    /// `InvalidArgument` for dtypes that are no floats.
    pub fn normal(
        &self,
        shape: impl Into<Shape>,
        mean: impl IntoTensor,
        stddev: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let shape = shape.into();
        self.next(shape.size())?.normal(&shape, mean, stddev, dtype)
    }

    /// As [`Generator::normal`], but what lies more than two standard deviations from the mean is drawn again.
    ///
    /// # Errors
    /// `InvalidArgument` for dtypes that are no floats.
    pub fn truncated_normal(
        &self,
        shape: impl Into<Shape>,
        mean: impl IntoTensor,
        stddev: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let shape = shape.into();
        self.next(shape.size())?.truncated_normal(&shape, mean, stddev, dtype)
    }

    /// Gamma distributed floats; `shape` ends with the shape that `alpha` and `beta` broadcast to.
    ///
    /// # Errors
    /// `InvalidArgument` for dtypes that are no floats, and a shape that does not end so.
    pub fn gamma(
        &self,
        shape: impl Into<Shape>,
        alpha: impl IntoTensor,
        beta: impl IntoTensor,
        dtype: DType,
    ) -> Result<Tensor> {
        let shape = shape.into();
        self.next(shape.size())?.gamma(&shape, alpha, beta, dtype)
    }

    /// Class numbers, `num_samples` for each row of `logits`, drawn with the probabilities `softmax(logits)`.
    ///
    /// # Errors
    /// `InvalidArgument` for logits that are no matrix, and a dtype other than int32 and int64.
    pub fn categorical(&self, logits: impl IntoTensor, num_samples: usize, dtype: DType) -> Result<Tensor> {
        categorical_of(&logits.into_tensor(None)?, num_samples, &self.seed()?, dtype)
    }

    /// `value` with its first dimension in random order.
    ///
    /// # Errors
    /// `InvalidArgument` for a scalar.
    pub fn shuffle(&self, value: impl IntoTensor) -> Result<Tensor> {
        let value = value.into_tensor(None)?;
        let n = value.shape().first().copied().unwrap_or(0);
        shuffle_by(&self.next(n)?, &value)
    }

    /// `count` pairs of seeds for stateless ops, as columns of an int32 `[2, count]`.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn make_seeds(&self, count: usize) -> Result<Tensor> {
        let keys = self.uniform_full_int([count], DType::Int32)?;
        let zeros = zeros_like(&keys)?;
        stack(&[keys, zeros], 0)
    }

    /// One pair of seeds for a stateless op.
    pub(crate) fn seed(&self) -> Result<Tensor> {
        let pair = self.uniform_full_int([1, 2], DType::Int32)?;
        only_row(&pair)
    }

    /// `count` generators of their own streams.
    ///
    /// # Errors
    /// `FailedPrecondition` in a function that is being traced: it must not make variables.
    pub fn split(&self, count: usize) -> Result<Vec<Generator>> {
        let keys = self.uniform_full_int([count, 2], DType::UInt32)?.to_vec::<u32>()?;
        keys.as_chunks::<2>().0.iter().map(|&[low, high]| Self::from_words([0, 0, 0, 0, low, high])).collect()
    }
}

/// The seed extended by its sign over counter and key, as TensorFlow fills the state.
pub(super) fn words_of_seed(seed: i64) -> [u32; 6] {
    let sign = if seed < 0 { u32::MAX } else { 0 };
    [seed as u32, (seed >> 32) as u32, sign, sign, sign, sign]
}

fn literal(words: &[u32]) -> Literal {
    Literal::ints(DType::UInt32, [words.len()], words.iter().map(|&w| i64::from(w)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carry_runs_through_the_counter() -> Result<()> {
        let g = Generator::from_key_counter(7, [u64::MAX - 255, u64::MAX])?;
        g.skip(1)?;
        assert_eq!(g.state()?.to_vec::<u32>()?, [0, 0, 0, 0, 7, 0]);
        let g = Generator::from_key_counter(7, [0xffff_ffff, 5])?;
        g.skip(1)?;
        assert_eq!(g.state()?.to_vec::<u32>()?, [255, 1, 5, 0, 7, 0]);
        Ok(())
    }

    /// Made by TensorFlow 2.21: `tf.random.Generator.from_seed(seed).uniform([2])`.
    #[test]
    fn equals_tensorflow() -> Result<()> {
        for (seed, wanted) in [
            (5, [0.567_016, 0.207_708_6]),
            (-3, [0.248_500_7, 0.311_055_78]),
            ((1 << 40) + 7, [0.473_728_78, 0.794_935_8]),
        ] {
            let got = Generator::from_seed(seed)?.uniform([2], 0.0, 1.0, DType::Float32)?.to_vec::<f32>()?;
            assert_eq!(got, wanted, "{seed}");
        }
        let g = Generator::from_seed(5)?;
        assert_eq!(g.uniform([3], 0, 10, DType::Int32)?.to_vec::<i32>()?, [5, 8, 4]);
        Ok(())
    }
}
