//! Random order.

use super::Dataset;
use super::cardinality::Cardinality;
use super::node::Items;
use super::select::{Passes, Select, selected};
use crate::error::{Error, Result};
use crate::ops::random::host::Philox;
use crate::ops::random::next_seed;
use std::sync::atomic::{AtomicU64, Ordering};

impl Dataset {
    /// The elements in random order (`Dataset.shuffle`): from a buffer of `buffer_size` elements one is drawn each time, and the next
    /// element of the input takes its place. An order that is uniform among all takes a buffer as large as the dataset.
    ///
    /// With `reshuffle_each_iteration`, TensorFlow's default, each pass over the dataset has another order; else all passes have the same.
    /// A `seed` gives the same orders in each run and on each machine; they are not TensorFlow's for that seed. Without one, the seed
    /// follows from that of [`random::set_seed`](crate::ops::random::set_seed), or differs from run to run.
    ///
    /// The error of a `buffer_size` of 0 comes with the first element.
    ///
    /// ```
    /// # use wgflow::{data::{Array, Dataset}, ops::random};
    /// let numbers = |d: &Dataset| d.iter().map(|e| e?.unpack::<Array>()?.item()).collect::<wgflow::Result<Vec<i64>>>();
    /// let d = Dataset::range(0, 100, 1).shuffle(100, Some(7), true);
    /// let (first, mut second) = (numbers(&d)?, numbers(&d)?);
    /// assert_ne!(first, second);
    /// second.sort_unstable();
    /// assert_eq!(second, (0..100).collect::<Vec<_>>());
    ///
    /// random::set_seed(1)?;
    /// let one = Dataset::range(0, 100, 1).shuffle(100, None, true);
    /// random::set_seed(1)?;
    /// let other = Dataset::range(0, 100, 1).shuffle(100, None, true);
    /// assert_eq!(numbers(&one)?, numbers(&other)?);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn shuffle(&self, buffer_size: usize, seed: Option<i64>, reshuffle_each_iteration: bool) -> Dataset {
        if buffer_size == 0 {
            return Dataset::invalid(Error::invalid(
                "Dataset.shuffle",
                "buffer_size",
                "1 or more",
                buffer_size,
            ));
        }
        let seed = seed.unwrap_or_else(next_seed);
        selected(self, Shuffle { buffer_size, seed, reshuffle_each_iteration, passes: AtomicU64::new(0) })
    }
}

struct Shuffle {
    buffer_size: usize,
    seed: i64,
    reshuffle_each_iteration: bool,
    /// Passes begun so far.
    passes: AtomicU64,
}

impl Select for Shuffle {
    const NAME: &'static str = "ShuffleDataset";
    const AT_ONCE: bool = false;

    fn select<T: Send + 'static>(&self, mut input: Passes<T>) -> Items<T> {
        let pass = match self.reshuffle_each_iteration {
            true => self.passes.fetch_add(1, Ordering::Relaxed) as i64,
            false => 0,
        };
        let random = Philox::from_seed([self.seed, pass]);
        Box::new(Shuffled { input: input().fuse(), buffer: vec![], size: self.buffer_size, random })
    }

    fn cardinality(&self, input: Cardinality) -> Cardinality {
        input
    }
}

struct Shuffled<T> {
    input: std::iter::Fuse<Items<T>>,
    buffer: Vec<T>,
    size: usize,
    random: Philox,
}

impl<T> Iterator for Shuffled<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        while self.buffer.len() < self.size {
            match self.input.next() {
                Some(Ok(item)) => self.buffer.push(item),
                Some(Err(e)) => return Some(Err(e)),
                None => break,
            }
        }
        let n = self.buffer.len();
        if n == 0 {
            return None;
        }
        Some(Ok(self.buffer.swap_remove(self.random.below(n as u32) as usize)))
    }
}
