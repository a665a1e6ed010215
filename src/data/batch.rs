//! Batches of elements, and back.

use super::Dataset;
use super::array::Array;
use super::cardinality::Cardinality;
use super::element::Element;
use super::node::{Items, Node, dataset};
use super::slices::Slices;
use super::spec::{ElementSpec, reshaped, spec_of};
use crate::error::{Error, Result};
use std::collections::VecDeque;

impl Dataset {
    /// Consecutive elements as one, with a new first dimension (`Dataset.batch`). The last batch may be smaller, unless `drop_remainder`
    /// leaves it out.
    ///
    /// The error of a `batch_size` of 0 comes with the first element, that of elements of different shapes with their batch.
    ///
    /// ```
    /// # use wgflow::data::Dataset;
    /// let d = Dataset::range(0, 8, 1);
    /// assert_eq!(d.batch(3, false).cardinality().finite(), Some(3));
    /// assert_eq!(d.batch(3, true).element_spec()?.to_string(), "TensorSpec(shape=(3,), dtype=int64)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn batch(&self, batch_size: usize, drop_remainder: bool) -> Dataset {
        match Size::new("Dataset.batch", batch_size, drop_remainder) {
            Ok(size) => dataset(Batch { input: self.clone(), size }),
            Err(e) => Dataset::invalid(e),
        }
    }

    /// The rows of each element along the first dimension as elements (`Dataset.unbatch`).
    ///
    /// The error of a scalar component, or of components of different first dimensions, comes with the element.
    pub fn unbatch(&self) -> Dataset {
        dataset(Unbatch(self.clone()))
    }
}

/// How large batches are.
#[derive(Clone, Copy)]
pub(super) struct Size {
    n: usize,
    drop_remainder: bool,
}

impl Size {
    pub(super) fn new(op: &str, n: usize, drop_remainder: bool) -> Result<Self> {
        if n == 0 {
            return Err(Error::invalid(op, "batch_size", "1 or more", n));
        }
        Ok(Size { n, drop_remainder })
    }

    /// The new first dimension, where it is known.
    pub(super) fn dim(self) -> Option<usize> {
        self.drop_remainder.then_some(self.n)
    }

    pub(super) fn count(self, elements: Cardinality) -> Cardinality {
        let n = self.n as u64;
        elements.map(|all| if self.drop_remainder { all / n } else { all.div_ceil(n) })
    }

    /// Groups of `n` items, each made into one by `join`. Where an error comes in, it goes out alone, and its group is lost.
    pub(super) fn group<T: Send + 'static>(
        self,
        mut items: Items<T>,
        join: impl Fn(Vec<T>) -> Result<Element> + Send + 'static,
    ) -> Items<Element> {
        Box::new(std::iter::from_fn(move || {
            let mut group = vec![];
            while group.len() < self.n {
                match items.next() {
                    Some(Ok(item)) => group.push(item),
                    Some(Err(e)) => return Some(Err(e)),
                    None => break,
                }
            }
            let whole = group.len() == self.n;
            (whole || !(group.is_empty() || self.drop_remainder)).then(|| join(group))
        }))
    }
}

struct Batch {
    input: Dataset,
    size: Size,
}

impl Node for Batch {
    fn name(&self) -> &'static str {
        "BatchDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        reshaped(&self.input.element_spec()?, |s| {
            Ok(std::iter::once(self.size.dim()).chain(s.iter().copied()).collect())
        })
    }

    fn cardinality(&self) -> Cardinality {
        self.size.count(self.input.cardinality())
    }

    fn items(&self, _: bool) -> Items<Element> {
        match self.input.0.rows() {
            Some(rows) => self.size.group(rows.order, move |group| rows.source.gather(&group)),
            None => self.size.group(self.input.items(), |group| stack(&group)),
        }
    }
}

/// Elements of equal shapes as one with a new first dimension.
fn stack(group: &[Element]) -> Result<Element> {
    let parts = components("Dataset.batch", group)?;
    let mut number = 0..;
    group[0].try_map(&mut |first| {
        let k = number.next().unwrap_or(0);
        let mut bytes = Vec::with_capacity(group.len() * first.storage().len());
        for (i, e) in parts.iter().enumerate() {
            if e[k].shape() != first.shape() {
                return Err(Error::invalid(
                    "Dataset.batch",
                    "element",
                    "elements of equal shapes",
                    format_args!(
                        "different shapes in component {k}: first element had shape {} and element {i} had shape {}",
                        first.shape(),
                        e[k].shape()
                    ),
                ));
            }
            bytes.extend_from_slice(e[k].storage());
        }
        let shape = std::iter::once(group.len()).chain(first.shape().iter().copied()).collect::<Vec<_>>();
        Array::from_storage(first.dtype(), shape, bytes)
    })
}

/// The components of elements, which must have the first one's structure and dtypes.
pub(super) fn components<'a>(op: &str, group: &'a [Element]) -> Result<Vec<Vec<&'a Array>>> {
    let dtypes = |e: &Element| e.flatten().iter().map(|a| a.dtype()).collect::<Vec<_>>();
    if let Some(other) = group.iter().find(|e| !e.same_nesting(&group[0]) || dtypes(e) != dtypes(&group[0])) {
        return Err(Error::invalid(op, "element", spec_of(&group[0]), spec_of(other)));
    }
    Ok(group.iter().map(Element::flatten).collect())
}

struct Unbatch(Dataset);

impl Node for Unbatch {
    fn name(&self) -> &'static str {
        "_UnbatchDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        reshaped(&self.0.element_spec()?, |s| match s.split_first() {
            Some((_, rest)) => Ok(rest.into()),
            None => {
                Err(Error::invalid("Dataset.unbatch", "element", "components of rank 1 or more", "a scalar"))
            }
        })
    }

    fn cardinality(&self) -> Cardinality {
        match (self.0.cardinality(), self.first_dimension()) {
            (Cardinality::Finite(n), Some(rows)) => Cardinality::Finite(n.saturating_mul(rows)),
            (Cardinality::Infinite, Some(1..)) => Cardinality::Infinite,
            (Cardinality::Finite(0), _) => Cardinality::Finite(0),
            _ => Cardinality::Unknown,
        }
    }

    fn items(&self, _: bool) -> Items<Element> {
        let mut input = self.0.items();
        let mut rows: VecDeque<Element> = VecDeque::new();
        Box::new(std::iter::from_fn(move || {
            while rows.is_empty() {
                match cut(input.next()?) {
                    Ok(more) => rows = more,
                    Err(e) => return Some(Err(e)),
                }
            }
            rows.pop_front().map(Ok)
        }))
    }
}

impl Unbatch {
    /// The first dimension of all elements, where it is known.
    fn first_dimension(&self) -> Option<u64> {
        let spec = self.0.element_spec().ok()?;
        let parts = spec.flatten();
        parts.iter().find_map(|s| s.shape.first().copied().flatten()).map(|n| n as u64)
    }
}

fn cut(e: Result<Element>) -> Result<VecDeque<Element>> {
    let rows = Slices::new("Dataset.unbatch", e?)?;
    (0..rows.len()).map(|i| rows.get(i)).collect()
}
