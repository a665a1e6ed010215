//! The functions of `tf.random` that continue a global stream.

use super::Generator;
use super::generator::words_of_seed;
use super::host::Philox;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, init_scope};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

#[derive(Default)]
struct Global {
    seed: Option<i64>,
    main: Option<Generator>,
    /// How many seeds the host has drawn since the seed was set.
    drawn: u64,
    /// Generators of calls with seeds of their own.
    by_seed: HashMap<i64, Generator>,
}

static GLOBAL: LazyLock<Mutex<Global>> = LazyLock::new(Mutex::default);

/// The seed that calls with a seed of their own are mixed with where [`set_seed`] was not called.
const DEFAULT_SEED: i64 = 87_654_321;

/// Starts the global streams anew at `seed` (`tf.random.set_seed`): from here on the same calls give the same numbers. Calls with a seed
/// of their own depend on both. Without it, calls without a seed give other numbers in each run.
///
/// The numbers are those of [`Generator::from_seed`] for `seed`, not those that TensorFlow's functions of the same names give.
///
/// # Errors
/// `Internal` only.
pub fn set_seed(seed: i64) -> Result<()> {
    let mut all = crate::lock(&GLOBAL);
    all.seed = Some(seed);
    all.drawn = 0;
    // Functions that were traced hold the generators' variables: these stay and get new values.
    if let Some(main) = &all.main {
        main.store(words_of_seed(seed))?;
    }
    for (&own, g) in &all.by_seed {
        g.store(mixed(seed, own))?;
    }
    Ok(())
}

/// A seed for what the host draws and was given none for: a shuffle of data, an initial weight. After [`set_seed`] the same calls get the
/// same seeds; without it each run of the program gets others.
///
/// ```
/// # use wgflow::ops::random;
/// random::set_seed(1)?;
/// let first = random::next_seed();
/// assert_ne!(first, random::next_seed());
/// random::set_seed(1)?;
/// assert_eq!(first, random::next_seed());
/// # Ok::<(), wgflow::Error>(())
/// ```
pub fn next_seed() -> i64 {
    use std::hash::{BuildHasher, RandomState};
    let mut all = crate::lock(&GLOBAL);
    let Some(seed) = all.seed else { return RandomState::new().hash_one(0) as i64 };
    let mut p = Philox::from_seed([seed, DEFAULT_SEED]).skipped(all.drawn);
    all.drawn += 1;
    i64::from(p.next_u32()) << 32 | i64::from(p.next_u32())
}

/// The generator that calls without a seed draw from (`tf.random.get_global_generator`).
///
/// # Errors
/// `Internal` only.
pub fn get_global_generator() -> Result<Generator> {
    let mut all = crate::lock(&GLOBAL);
    if let Some(g) = &all.main {
        return Ok(g.clone());
    }
    // A function that is traced uses the generator from outside: its variable is made there.
    let seed = all.seed;
    let g = init_scope(|| match seed {
        Some(seed) => Generator::from_seed(seed),
        None => Generator::from_non_deterministic_state(),
    })?;
    all.main = Some(g.clone());
    Ok(g)
}

/// Makes `generator` the one that calls without a seed draw from (`tf.random.set_global_generator`). Functions that are traced already
/// keep the one before.
pub fn set_global_generator(generator: &Generator) {
    crate::lock(&GLOBAL).main = Some(generator.clone());
}

/// The generator of a call: the global one, or that of its own seed, which is shared by all calls with it.
pub(crate) fn generator_of(seed: Option<i64>) -> Result<Generator> {
    let Some(own) = seed else { return get_global_generator() };
    let mut all = crate::lock(&GLOBAL);
    if let Some(g) = all.by_seed.get(&own) {
        return Ok(g.clone());
    }
    let seed = all.seed.unwrap_or(DEFAULT_SEED);
    let g = init_scope(|| Generator::from_state(mixed(seed, own).to_vec()))?;
    all.by_seed.insert(own, g.clone());
    Ok(g)
}

/// A generator's state for a pair of seeds.
fn mixed(seed: i64, own: i64) -> [u32; 6] {
    let mut p = Philox::from_seed([seed, own]);
    [0, 0, p.next_u32(), p.next_u32(), p.next_u32(), p.next_u32()]
}

/// Numbers uniform in `[minval, maxval)` (`tf.random.uniform`): floats, int32 or int64. With a `seed`, the calls with it have a stream of
/// their own.
///
/// ```
/// # use wgflow::{ops::random, DType};
/// let x = random::uniform([2, 3], 0.0, 1.0, DType::Float32, None)?;
/// assert!(x.to_vec::<f32>()?.iter().all(|v| (0.0..1.0).contains(v)));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for another dtype, and integer bounds out of order.
pub fn uniform(
    shape: impl Into<Shape>,
    minval: impl IntoTensor,
    maxval: impl IntoTensor,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    generator_of(seed)?.uniform(shape, minval, maxval, dtype)
}

/// Normal floats with a mean and standard deviation (`tf.random.normal`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn normal(
    shape: impl Into<Shape>,
    mean: impl IntoTensor,
    stddev: impl IntoTensor,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    generator_of(seed)?.normal(shape, mean, stddev, dtype)
}

/// As [`normal`], but what lies more than two standard deviations from the mean is drawn again (`tf.random.truncated_normal`).
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn truncated_normal(
    shape: impl Into<Shape>,
    mean: impl IntoTensor,
    stddev: impl IntoTensor,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    generator_of(seed)?.truncated_normal(shape, mean, stddev, dtype)
}

/// Gamma distributed floats (`tf.random.gamma`): `shape` numbers for each of `alpha` and `beta`, in shape `shape + alpha.shape`.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn gamma(
    shape: impl Into<Shape>,
    alpha: impl IntoTensor,
    beta: impl IntoTensor,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    let (alpha, beta) = (alpha.into_tensor(Some(dtype))?, beta.into_tensor(Some(dtype))?);
    let each = crate::broadcast("gamma", alpha.shape(), beta.shape())?;
    let full: Shape = shape.into().iter().chain(each.iter()).copied().collect();
    generator_of(seed)?.gamma(full, alpha, beta, dtype)
}

/// Class numbers, `num_samples` for each row of `logits`, drawn with the probabilities `softmax(logits)` (`tf.random.categorical`).
///
/// # Errors
/// `InvalidArgument` for logits that are no matrix, and a dtype other than int32 and int64.
pub fn categorical(
    logits: impl IntoTensor,
    num_samples: usize,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    generator_of(seed)?.categorical(logits, num_samples, dtype)
}

/// `value` with its first dimension in random order (`tf.random.shuffle`).
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn shuffle(value: impl IntoTensor, seed: Option<i64>) -> Result<Tensor> {
    generator_of(seed)?.shuffle(value)
}
