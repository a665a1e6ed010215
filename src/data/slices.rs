//! Datasets of values in memory.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::{Element, IntoElement, apart};
use super::node::{Items, Node, Rows, dataset};
use super::spec::{ElementSpec, reshaped, spec_of};
use crate::error::{Error, Result};
use std::sync::Arc;

impl Dataset {
    /// The slices of arrays along their first dimension (`Dataset.from_tensor_slices`): of one array, or of a tuple or map of arrays of
    /// equal first dimensions.
    ///
    /// The values are held by the host. A batch of rows is gathered there in one go, also after a shuffle.
    ///
    /// ```
    /// # use wgflow::data::Dataset;
    /// let d = Dataset::from_tensor_slices([("a", [1, 2]), ("b", [5, 6])])?;
    /// let texts: Vec<String> = d.iter().map(|e| Ok(e?.to_string())).collect::<wgflow::Result<_>>()?;
    /// assert_eq!(texts, ["{'a': 1, 'b': 5}", "{'a': 2, 'b': 6}"]);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a scalar, for an empty structure, and where first dimensions differ; what makes the values no tensors.
    pub fn from_tensor_slices(tensors: impl IntoElement) -> Result<Dataset> {
        const OP: &str = "Dataset.from_tensor_slices";
        let parts = apart(|| tensors.into_element(None)).map_err(|e| e.for_op(OP))?;
        Ok(dataset(Arc::new(Slices::new(OP, parts)?)))
    }

    /// One element that holds the values as they are (`Dataset.from_tensors`).
    ///
    /// # Errors
    /// `InvalidArgument` for an empty structure; what makes the values no tensors.
    pub fn from_tensors(tensors: impl IntoElement) -> Result<Dataset> {
        const OP: &str = "Dataset.from_tensors";
        let element = apart(|| tensors.into_element(None)).map_err(|e| e.for_op(OP))?;
        if element.flatten().is_empty() {
            return Err(nothing(OP));
        }
        Ok(dataset(Single(element)))
    }
}

fn nothing(op: &str) -> Error {
    Error::invalid(op, "tensors", "at least one array", "none")
}

/// Arrays of equal first dimensions, by row.
pub(super) struct Slices {
    parts: Element,
    len: usize,
}

impl Slices {
    pub(super) fn new(op: &str, parts: Element) -> Result<Self> {
        let mut found: Option<(usize, usize)> = None;
        for (k, a) in parts.flatten().into_iter().enumerate() {
            let Some(&n) = a.shape().first() else {
                let got = format!("a scalar {} as component {k}", a.dtype());
                return Err(Error::invalid(
                    op,
                    "tensors",
                    "arrays of rank 1 or more, to be cut into rows",
                    got,
                ));
            };
            let (first, len) = *found.get_or_insert((k, n));
            if len != n {
                return Err(Error::invalid(
                    op,
                    "tensors",
                    "arrays of equal first dimensions",
                    format_args!(
                        "dimensions {len} and {n} are not compatible (components {first} of shape {} and {k} of shape {})",
                        parts.flatten()[first].shape(),
                        a.shape()
                    ),
                ));
            }
        }
        let len = found.ok_or_else(|| nothing(op))?.1;
        Ok(Slices { parts, len })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Row `i`, which is below `len`.
    pub(super) fn get(&self, i: usize) -> Result<Element> {
        self.parts.try_map(&mut |a| Ok(a.row(i)))
    }

    /// Rows as a batch.
    pub(super) fn gather(&self, rows: &[usize]) -> Result<Element> {
        self.parts.try_map(&mut |a| a.gather(rows))
    }
}

/// The dataset shares the arrays with its iterators.
impl Node for Arc<Slices> {
    fn name(&self) -> &'static str {
        "TensorSliceDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        reshaped(&spec_of(&self.parts), |s| Ok(s[1..].into()))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Finite(self.len as u64)
    }

    fn items(&self, _: bool) -> Items<Element> {
        Rows { source: self.clone(), order: Box::new((0..self.len).map(Ok)) }.elements()
    }

    fn rows(&self) -> Option<Rows> {
        Some(Rows { source: self.clone(), order: Box::new((0..self.len).map(Ok)) })
    }
}

struct Single(Element);

impl Node for Single {
    fn name(&self) -> &'static str {
        "TensorDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        Ok(spec_of(&self.0))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Finite(1)
    }

    fn items(&self, _: bool) -> Items<Element> {
        Box::new(std::iter::once(Ok(self.0.clone())))
    }
}
