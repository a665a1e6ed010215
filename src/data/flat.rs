//! Datasets made of elements, one after the other or in turns.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::{Element, FromElement, apart};
use super::node::{Items, Node, dataset};
use super::spec::{self, ElementSpec};
use crate::error::{Error, Result};
use std::sync::Arc;

type DatasetFn = Arc<dyn Fn(&Element) -> Result<Dataset> + Send + Sync>;

impl Dataset {
    /// The elements of the datasets that `map_func` makes of the elements, one dataset after the other (`Dataset.flat_map`).
    ///
    /// ```
    /// # use wgflow::{data::Dataset, Tensor};
    /// let d = Dataset::range(1, 4, 1).flat_map(|n: Tensor| Ok(Dataset::from_tensors(&n)?.repeat(n.item::<i64>()?)));
    /// assert_eq!(d.batch(9, false).iter().next().unwrap()?.to_string(), "[1 2 2 3 3 3]");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn flat_map<A: FromElement>(
        &self,
        map_func: impl Fn(A) -> Result<Dataset> + Send + Sync + 'static,
    ) -> Dataset {
        let f = dataset_fn(map_func);
        dataset(Interleave {
            name: "FlatMapDataset",
            input: self.clone(),
            f,
            cycle_length: 1,
            block_length: 1,
        })
    }

    /// The elements of the datasets that `map_func` makes of the elements, `cycle_length` datasets at a time, `block_length` elements of
    /// each in turn (`Dataset.interleave`).
    ///
    /// The error of a length of 0 comes with the first element.
    ///
    /// ```
    /// # use wgflow::{data::Dataset, Tensor};
    /// let d = Dataset::range(1, 4, 1).interleave(|n: Tensor| Ok(Dataset::from_tensors(n)?.repeat(3)), 2, 2);
    /// assert_eq!(d.batch(9, false).iter().next().unwrap()?.to_string(), "[1 1 2 2 1 2 3 3 3]");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn interleave<A: FromElement>(
        &self,
        map_func: impl Fn(A) -> Result<Dataset> + Send + Sync + 'static,
        cycle_length: usize,
        block_length: usize,
    ) -> Dataset {
        for (arg, n) in [("cycle_length", cycle_length), ("block_length", block_length)] {
            if n == 0 {
                return Dataset::invalid(Error::invalid("Dataset.interleave", arg, "1 or more", n));
            }
        }
        let f = dataset_fn(map_func);
        dataset(Interleave { name: "InterleaveDataset", input: self.clone(), f, cycle_length, block_length })
    }
}

fn dataset_fn<A: FromElement>(f: impl Fn(A) -> Result<Dataset> + Send + Sync + 'static) -> DatasetFn {
    Arc::new(move |e| apart(|| f(A::from_element(e)?)))
}

struct Interleave {
    name: &'static str,
    input: Dataset,
    f: DatasetFn,
    cycle_length: usize,
    block_length: usize,
}

impl Node for Interleave {
    fn name(&self) -> &'static str {
        self.name
    }

    fn spec(&self) -> Result<ElementSpec> {
        let op = if self.name == "FlatMapDataset" { "Dataset.flat_map" } else { "Dataset.interleave" };
        spec::of_function(op, &self.input.element_spec()?, |e| (self.f)(e), |d| d.element_spec())
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Unknown
    }

    fn items(&self, _: bool) -> Items<Element> {
        Box::new(Turns {
            input: Some(self.input.items()),
            f: self.f.clone(),
            open: std::iter::repeat_with(|| None).take(self.cycle_length).collect(),
            turn: 0,
            taken: 0,
            block_length: self.block_length,
        })
    }
}

struct Turns {
    /// `None` once it has ended.
    input: Option<Items<Element>>,
    f: DatasetFn,
    open: Vec<Option<Items<Element>>>,
    /// Whose turn it is, and how much it has given in this turn.
    turn: usize,
    taken: usize,
    block_length: usize,
}

impl Turns {
    fn pass_on(&mut self) {
        self.turn = (self.turn + 1) % self.open.len();
        self.taken = 0;
    }
}

impl Iterator for Turns {
    type Item = Result<Element>;

    fn next(&mut self) -> Option<Result<Element>> {
        while self.input.is_some() || self.open.iter().any(Option::is_some) {
            if let Some(items) = &mut self.open[self.turn] {
                if let Some(item) = items.next() {
                    self.taken += 1;
                    if self.taken == self.block_length {
                        self.pass_on();
                    }
                    return Some(item);
                }
                self.open[self.turn] = None;
                self.pass_on();
                continue;
            }
            match self.input.as_mut().map(Iterator::next) {
                Some(Some(e)) => match e.and_then(|e| (self.f)(&e)) {
                    Ok(d) => self.open[self.turn] = Some(d.items()),
                    Err(e) => return Some(Err(e)),
                },
                Some(None) => self.input = None,
                None => self.pass_on(),
            }
        }
        None
    }
}
