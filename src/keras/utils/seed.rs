//! The seeds of what is made without one.

use crate::error::Result;
use crate::ops::random;
use crate::ops::random::host::{self, Philox};
use std::sync::Mutex;

/// Seeds that are still to be given, in the process.
static SEEDS: Mutex<Option<Philox>> = Mutex::new(None);

/// Second half of the seed of [`SEEDS`], so that they have nothing in common with numbers that are drawn with the seed itself.
const STREAM: i64 = 0x6b65_7261;

/// Seeds all sources of random numbers (`keras.utils.set_random_seed`): initial weights, dropout and the ops of `random` are from here on
/// the same in each run of the program. Initial weights are the same on every device, too.
///
/// ```
/// # use wgflow::{keras::{initializers, utils::set_random_seed}, DType};
/// # use wgflow::keras::initializers::Initializer;
/// let draw = || -> wgflow::Result<Vec<f32>> {
///     set_random_seed(7)?;
///     initializers::get("glorot_uniform")?.call(&[2, 2].into(), DType::Float32)?.to_vec()
/// };
/// assert_eq!(draw()?, draw()?);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `Internal` only.
pub fn set_random_seed(seed: i64) -> Result<()> {
    *crate::lock(&SEEDS) = Some(Philox::from_seed([seed, STREAM]));
    random::set_seed(seed)
}

/// The seed of the next object that is made without one, in [1, 10^9].
pub(crate) fn next_seed() -> i64 {
    let mut seeds = crate::lock(&SEEDS);
    let stream = seeds.get_or_insert_with(|| {
        use std::hash::{BuildHasher, RandomState};
        let draw = |n: u8| RandomState::new().hash_one(n).cast_signed();
        Philox::from_seed([draw(0), draw(1)])
    });
    1 + i64::from(stream.below(1_000_000_000))
}

/// The order that `fit` takes so many samples in at the next epoch with `shuffle`, for programs with a loop of their own.
pub fn permutation(n: usize) -> Vec<usize> {
    host::permutation([next_seed(), 0], n)
}
