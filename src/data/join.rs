//! Several datasets as one.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::node::{Items, Node, dataset};
use super::spec::{self, ElementSpec};
use super::structure::Structure;
use crate::error::{Error, Result};

impl Dataset {
    /// Tuples of the datasets' elements, as many as the shortest has (`Dataset.zip`).
    ///
    /// The error of no datasets comes with the first element.
    ///
    /// ```
    /// # use wgflow::data::Dataset;
    /// let d = Dataset::zip([Dataset::range(1, 4, 1), Dataset::range(4, 6, 1)]);
    /// assert_eq!(d.iter().last().unwrap()?.to_string(), "(2, 5)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn zip(datasets: impl IntoIterator<Item = Dataset>) -> Dataset {
        let all: Vec<Dataset> = datasets.into_iter().collect();
        if all.is_empty() {
            return Dataset::invalid(Error::invalid("Dataset.zip", "datasets", "at least one", "none"));
        }
        dataset(Zip(all))
    }

    /// Pairs of a number, an int64 that counts from `start`, and the element (`Dataset.enumerate`).
    pub fn enumerate(&self, start: i64) -> Dataset {
        Dataset::zip([Dataset::range(start, i64::MAX, 1), self.clone()])
    }

    /// This dataset's elements, then another's (`Dataset.concatenate`). Both must have elements of one structure and of equal dtypes; the
    /// error comes with the first element where their specs show that they have not.
    pub fn concatenate(&self, dataset: &Dataset) -> Dataset {
        let joined = Concatenate { first: self.clone(), second: dataset.clone() };
        match (joined.first.element_spec(), joined.second.element_spec(), joined.spec()) {
            (Ok(_), Ok(_), Err(e)) => Dataset::invalid(e),
            _ => super::node::dataset(joined),
        }
    }
}

struct Zip(Vec<Dataset>);

impl Node for Zip {
    fn name(&self) -> &'static str {
        "ZipDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.0.iter().map(Dataset::element_spec).collect::<Result<_>>().map(Structure::Tuple)
    }

    fn cardinality(&self) -> Cardinality {
        self.0.iter().map(Dataset::cardinality).reduce(shorter).unwrap_or(Cardinality::Unknown)
    }

    fn items(&self, _: bool) -> Items<Element> {
        let mut all: Vec<Items<Element>> = self.0.iter().map(Dataset::items).collect();
        Box::new(std::iter::from_fn(move || {
            let parts: Option<Result<Vec<Element>>> = all.iter_mut().map(Iterator::next).collect();
            Some(parts?.map(Structure::Tuple))
        }))
    }
}

fn shorter(a: Cardinality, b: Cardinality) -> Cardinality {
    match (a, b) {
        (Cardinality::Unknown, _) | (_, Cardinality::Unknown) => Cardinality::Unknown,
        (Cardinality::Infinite, other) | (other, Cardinality::Infinite) => other,
        (Cardinality::Finite(a), Cardinality::Finite(b)) => Cardinality::Finite(a.min(b)),
    }
}

struct Concatenate {
    first: Dataset,
    second: Dataset,
}

impl Node for Concatenate {
    fn name(&self) -> &'static str {
        "_ConcatenateDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        spec::common("Dataset.concatenate", &self.first.element_spec()?, &self.second.element_spec()?)
    }

    fn cardinality(&self) -> Cardinality {
        match (self.first.cardinality(), self.second.cardinality()) {
            (Cardinality::Infinite, _) | (_, Cardinality::Infinite) => Cardinality::Infinite,
            (Cardinality::Unknown, _) | (_, Cardinality::Unknown) => Cardinality::Unknown,
            (Cardinality::Finite(a), Cardinality::Finite(b)) => Cardinality::Finite(a.saturating_add(b)),
        }
    }

    fn items(&self, _: bool) -> Items<Element> {
        let second = self.second.clone();
        let rest = std::iter::once_with(move || second.items()).flatten();
        Box::new(self.first.items().chain(rest))
    }
}
