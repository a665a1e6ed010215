//! Transformations that hand on elements as they are: fewer, more, or in another order.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::node::{Items, Node, Rows, dataset};
use super::spec::ElementSpec;
use crate::error::Result;

/// Gives a pass over the input each time it is called.
pub(super) type Passes<T> = Box<dyn FnMut() -> Items<T> + Send>;

/// What such a transformation does, whatever passes through: elements, or numbers of rows.
pub(super) trait Select: Send + Sync + 'static {
    const NAME: &'static str;
    /// Whether elements leave right after they have come, so that they may be on a device already.
    const AT_ONCE: bool;

    fn select<T: Send + 'static>(&self, input: Passes<T>) -> Items<T>;

    fn cardinality(&self, input: Cardinality) -> Cardinality;
}

/// Applies a selection to a dataset.
pub(super) fn selected(input: &Dataset, how: impl Select) -> Dataset {
    dataset(Selected { input: input.clone(), how })
}

struct Selected<S> {
    input: Dataset,
    how: S,
}

impl<S: Select> Node for Selected<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.element_spec()
    }

    fn cardinality(&self) -> Cardinality {
        self.how.cardinality(self.input.cardinality())
    }

    fn items(&self, upload: bool) -> Items<Element> {
        if let Some(rows) = self.rows() {
            return rows.elements();
        }
        let (input, upload) = (self.input.clone(), upload && S::AT_ONCE);
        self.how.select(Box::new(move || input.0.items(upload)))
    }

    fn rows(&self) -> Option<Rows> {
        let Rows { source, order } = self.input.0.rows()?;
        let (input, mut first) = (self.input.clone(), Some(order));
        let pass = move || {
            let again = || input.0.rows().map(|r| r.order);
            first.take().or_else(again).unwrap_or_else(|| Box::new(std::iter::empty()))
        };
        Some(Rows { source, order: self.how.select(Box::new(pass)) })
    }
}

impl Dataset {
    /// The first `count` elements (`Dataset.take`); all of them for -1.
    pub fn take(&self, count: i64) -> Dataset {
        selected(self, Take(u64::try_from(count).ok()))
    }

    /// All but the first `count` elements (`Dataset.skip`); none for -1.
    pub fn skip(&self, count: i64) -> Dataset {
        selected(self, Skip(u64::try_from(count).ok()))
    }

    /// The elements `count` times over (`Dataset.repeat`); without end for `None` and -1. What was shuffled before comes in another order
    /// each time.
    ///
    /// ```
    /// # use wgflow::data::Dataset;
    /// let d = Dataset::range(0, 2, 1).repeat(3);
    /// assert_eq!(d.cardinality().finite(), Some(6));
    /// assert_eq!(d.repeat(None).cardinality().to_i64(), -1);
    /// ```
    pub fn repeat(&self, count: impl Into<Option<i64>>) -> Dataset {
        let count = count.into().and_then(|n| u64::try_from(n).ok());
        selected(self, Repeat(count))
    }

    /// Every `num_shards`-th element, from number `index` on (`Dataset.shard`).
    ///
    /// The error of `num_shards` 0 or an `index` that is not below it comes with the first element.
    pub fn shard(&self, num_shards: usize, index: usize) -> Dataset {
        if index >= num_shards {
            let wanted = format!("a number below num_shards = {num_shards}");
            return Dataset::invalid(crate::Error::invalid("Dataset.shard", "index", wanted, index));
        }
        selected(self, Shard { num_shards, index })
    }
}

struct Take(Option<u64>);

impl Select for Take {
    const NAME: &'static str = "TakeDataset";
    const AT_ONCE: bool = true;

    fn select<T: Send + 'static>(&self, mut input: Passes<T>) -> Items<T> {
        let Some(n) = self.0 else { return input() };
        let mut left = n;
        // The input is asked for no more than is taken, and errors do not count.
        let mut items = input();
        Box::new(std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let item = items.next()?;
            left -= u64::from(item.is_ok());
            Some(item)
        }))
    }

    fn cardinality(&self, input: Cardinality) -> Cardinality {
        match (self.0, input) {
            (None, all) => all,
            (Some(n), Cardinality::Infinite) => Cardinality::Finite(n),
            (Some(n), all) => all.map(|m| m.min(n)),
        }
    }
}

struct Skip(Option<u64>);

impl Select for Skip {
    const NAME: &'static str = "SkipDataset";
    const AT_ONCE: bool = true;

    fn select<T: Send + 'static>(&self, mut input: Passes<T>) -> Items<T> {
        let Some(n) = self.0 else { return Box::new(std::iter::empty()) };
        let mut left = n;
        Box::new(input().filter(move |item| {
            let skipped = item.is_ok() && left > 0;
            left -= u64::from(skipped);
            !skipped
        }))
    }

    fn cardinality(&self, input: Cardinality) -> Cardinality {
        match (self.0, input) {
            (None, _) => Cardinality::Finite(0),
            (Some(n), all) => all.map(|m| m.saturating_sub(n)),
        }
    }
}

struct Repeat(Option<u64>);

impl Select for Repeat {
    const NAME: &'static str = "RepeatDataset";
    const AT_ONCE: bool = true;

    fn select<T: Send + 'static>(&self, input: Passes<T>) -> Items<T> {
        Box::new(Repeated { input, left: self.0, now: None, empty: true })
    }

    fn cardinality(&self, input: Cardinality) -> Cardinality {
        match (self.0, input) {
            (Some(0), _) | (_, Cardinality::Finite(0)) => Cardinality::Finite(0),
            (None, Cardinality::Finite(_)) => Cardinality::Infinite,
            (Some(n), all) => all.map(|m| m.saturating_mul(n)),
            (None, other) => other,
        }
    }
}

struct Repeated<T> {
    input: Passes<T>,
    /// Passes to begin; `None` for any number.
    left: Option<u64>,
    now: Option<Items<T>>,
    /// Whether the present pass has given nothing yet.
    empty: bool,
}

impl<T> Iterator for Repeated<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            match self.now.as_mut().map(Iterator::next) {
                Some(Some(item)) => {
                    self.empty = false;
                    return Some(item);
                }
                // A pass without elements would be repeated for ever.
                Some(None) if self.empty => return None,
                _ => {}
            }
            self.now = None;
            if let Some(left) = &mut self.left {
                *left = left.checked_sub(1)?;
            }
            self.empty = true;
            self.now = Some((self.input)());
        }
    }
}

struct Shard {
    num_shards: usize,
    index: usize,
}

impl Select for Shard {
    const NAME: &'static str = "ShardDataset";
    const AT_ONCE: bool = false;

    fn select<T: Send + 'static>(&self, mut input: Passes<T>) -> Items<T> {
        let (num_shards, mut until) = (self.num_shards, self.index);
        Box::new(input().filter(move |item| {
            let kept = item.is_err() || until == 0;
            if item.is_ok() {
                until = if until == 0 { num_shards - 1 } else { until - 1 };
            }
            kept
        }))
    }

    fn cardinality(&self, input: Cardinality) -> Cardinality {
        input.map(|n| n / self.num_shards as u64 + u64::from(n % self.num_shards as u64 > self.index as u64))
    }
}
