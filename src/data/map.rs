//! Functions of elements.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::{Element, FromElement, IntoElement, apart};
use super::node::{Items, Node, dataset};
use super::spec::{self, ElementSpec, spec_of};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::IntoTensor;
use std::sync::Arc;

/// A function from element to element.
pub(super) type ElementFn = Arc<dyn Fn(&Element) -> Result<Element> + Send + Sync>;

/// A user's function as one from element to element, run on the CPU.
pub(super) fn element_fn<A: FromElement, B: IntoElement>(
    f: impl Fn(A) -> Result<B> + Send + Sync + 'static,
) -> ElementFn {
    Arc::new(move |e| apart(|| f(A::from_element(e)?)?.into_element(None)))
}

impl Dataset {
    /// `map_func` of each element (`Dataset.map`). Its argument's type says how an element is taken apart, its result's how one is made:
    /// tensors, [`Array`](super::Array)s, tuples and maps of them.
    ///
    /// The function runs when the dataset is iterated, on tensors of the CPU, op by op, and apart from tapes and traces of whoever
    /// iterates. Mapping batches is faster than batching what was mapped.
    ///
    /// ```
    /// # use wgflow::{data::Dataset, ops::math, DType, Tensor};
    /// let images = Dataset::from_tensor_slices((vec![[0u8, 255]; 4], vec![1, 2, 3, 4]))?.batch(2, false);
    /// let scaled = images.map(|(x, y): (Tensor, Tensor)| Ok((math::divide(math::cast(x, DType::Float32)?, 255.0)?, y)));
    /// assert_eq!(scaled.iter().next().unwrap()?.to_string(), "([[0. 1.]\n [0. 1.]], [1 2])");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn map<A: FromElement, B: IntoElement>(
        &self,
        map_func: impl Fn(A) -> Result<B> + Send + Sync + 'static,
    ) -> Dataset {
        dataset(Map { input: self.clone(), f: element_fn(map_func) })
    }

    /// The elements for which `predicate` gives true (`Dataset.filter`): a bool, or a scalar tensor of bool.
    pub fn filter<A: FromElement, B: IntoTensor>(
        &self,
        predicate: impl Fn(A) -> Result<B> + Send + Sync + 'static,
    ) -> Dataset {
        dataset(Filter {
            input: self.clone(),
            keeps: predicate_fn("Dataset.filter", predicate),
            until: false,
        })
    }

    /// The elements before the first one for which `predicate` gives false (`Dataset.take_while`).
    pub fn take_while<A: FromElement, B: IntoTensor>(
        &self,
        predicate: impl Fn(A) -> Result<B> + Send + Sync + 'static,
    ) -> Dataset {
        dataset(Filter {
            input: self.clone(),
            keeps: predicate_fn("Dataset.take_while", predicate),
            until: true,
        })
    }
}

pub(super) struct Map {
    pub(super) input: Dataset,
    pub(super) f: ElementFn,
}

impl Node for Map {
    fn name(&self) -> &'static str {
        "MapDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        spec::of_function("Dataset.map", &self.input.element_spec()?, |e| (self.f)(e), |e| Ok(spec_of(&e)))
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn items(&self, _: bool) -> Items<Element> {
        let f = self.f.clone();
        Box::new(self.input.items().map(move |e| f(&e?)))
    }
}

type Predicate = Arc<dyn Fn(&Element) -> Result<bool> + Send + Sync>;

fn predicate_fn<A: FromElement, B: IntoTensor>(
    op: &'static str,
    f: impl Fn(A) -> Result<B> + Send + Sync + 'static,
) -> Predicate {
    Arc::new(move |e| {
        apart(|| {
            let t = f(A::from_element(e)?)?.into_tensor(None)?;
            if t.dtype() != DType::Bool || t.rank() != 0 {
                return Err(Error::invalid(op, "predicate", "a function to a scalar bool", t.spec()));
            }
            t.item()
        })
    })
}

struct Filter {
    input: Dataset,
    keeps: Predicate,
    /// Whether the first element that is left out ends the dataset.
    until: bool,
}

impl Node for Filter {
    fn name(&self) -> &'static str {
        if self.until { "_TakeWhileDataset" } else { "FilterDataset" }
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.element_spec()
    }

    fn cardinality(&self) -> Cardinality {
        match self.input.cardinality() {
            Cardinality::Finite(0) => Cardinality::Finite(0),
            _ => Cardinality::Unknown,
        }
    }

    fn items(&self, _: bool) -> Items<Element> {
        let (keeps, until, mut ended) = (self.keeps.clone(), self.until, false);
        let mut input = self.input.items();
        Box::new(std::iter::from_fn(move || {
            while !ended {
                let kept = input.next()?.and_then(|e| Ok(keeps(&e)?.then_some(e)));
                match kept.transpose() {
                    Some(item) => return Some(item),
                    None => ended = until,
                }
            }
            None
        }))
    }
}
