//! What datasets are made of inside: nodes that give iterators over elements.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Slices;
use super::spec::ElementSpec;
use crate::error::{Error, Result};
use std::sync::Arc;

/// An iterator of a pipeline. After an error it may go on with what comes next.
pub(super) type Items<T> = Box<dyn Iterator<Item = Result<T>> + Send>;

/// One step of a pipeline.
pub(super) trait Node: Send + Sync {
    /// TensorFlow's name of the kind of dataset.
    fn name(&self) -> &'static str;

    fn spec(&self) -> Result<ElementSpec>;

    fn cardinality(&self) -> Cardinality;

    /// One pass over the elements. `upload` says that they go straight to whoever iterates, and so to a device.
    fn items(&self, upload: bool) -> Items<Element>;

    /// The same pass where the elements are rows of arrays in some order. Then batches are gathered from these arrays at once.
    fn rows(&self) -> Option<Rows> {
        None
    }
}

/// Rows of arrays in some order.
pub(super) struct Rows {
    pub(super) source: Arc<Slices>,
    pub(super) order: Items<usize>,
}

impl Rows {
    /// The rows as elements.
    pub(super) fn elements(self) -> Items<Element> {
        let Rows { source, order } = self;
        Box::new(order.map(move |i| source.get(i?)))
    }
}

/// A step that could not be made: the error waits for whoever iterates or asks.
pub(super) struct Invalid(pub(super) Error);

impl Node for Invalid {
    fn name(&self) -> &'static str {
        "InvalidDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        Err(self.0.clone())
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Unknown
    }

    fn items(&self, _: bool) -> Items<Element> {
        Box::new(std::iter::once(Err(self.0.clone())))
    }
}

/// A node as a dataset.
pub(super) fn dataset(node: impl Node + 'static) -> Dataset {
    Dataset(Arc::new(node))
}
