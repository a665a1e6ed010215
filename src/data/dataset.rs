//! The dataset itself: what can be asked of it, and iteration.

use super::cardinality::Cardinality;
use super::element::{Element, FromElement};
use super::node::{Invalid, Items, Node, dataset};
use super::spec::ElementSpec;
use crate::error::{Error, Result};
use std::fmt;
use std::iter::Fuse;
use std::sync::Arc;

/// A sequence of elements that is read lazily (`tf.data.Dataset`): made by a source, changed by transformations, iterated as often as
/// wanted. Cheap to clone.
///
/// An element is one array or a nested structure of arrays, held by the host; it becomes tensors when it is taken apart with
/// [`Element::unpack`]. Transformations do no work of their own: they say what an iteration does. Where an argument is wrong, iterating
/// and [`Dataset::element_spec`] give the error.
///
/// ```
/// # use wgflow::{data::Dataset, ops::math, Tensor};
/// let squares = Dataset::range(0, 6, 1).map(|x: Tensor| math::square(x)).batch(4, false);
/// let texts: Vec<String> = squares.iter().map(|e| Ok(e?.to_string())).collect::<wgflow::Result<_>>()?;
/// assert_eq!(texts, ["[0 1 4 9]", "[16 25]"]);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Dataset(pub(super) Arc<dyn Node>);

impl Dataset {
    /// dtype and shape of each component of the elements; sizes that may differ are unknown.
    ///
    /// Where a function decides them, it is called on zeros and on ones to find them out.
    ///
    /// # Errors
    /// That of a wrong argument of a transformation; that of a function of `map` and the like.
    pub fn element_spec(&self) -> Result<ElementSpec> {
        self.0.spec()
    }

    /// The number of elements, as far as it is known without iterating.
    pub fn cardinality(&self) -> Cardinality {
        self.0.cardinality()
    }

    /// A pass over the elements. Those of a dataset that ends with [`Dataset::prefetch`] are uploaded to the current device by the time
    /// they come.
    pub fn iter(&self) -> Iter {
        Iter(self.0.items(true).fuse())
    }

    /// As [`Dataset::iter`] for whoever wants the values on the host (`Dataset.as_numpy_iterator`): nothing is uploaded.
    ///
    /// ```
    /// # use wgflow::data::{Array, Dataset};
    /// let mut sum = 0;
    /// for element in Dataset::range(0, 4, 1).as_numpy_iterator() {
    ///     sum += element?.unpack::<Array>()?.item::<i64>()?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn as_numpy_iterator(&self) -> Iter {
        Iter(self.0.items(false).fuse())
    }

    /// All elements folded into one value, first to last (`Dataset.reduce`).
    ///
    /// # Errors
    /// The first one of an element or of `reduce_func`.
    pub fn reduce<S, A: FromElement>(
        &self,
        initial_state: S,
        mut reduce_func: impl FnMut(S, A) -> Result<S>,
    ) -> Result<S> {
        self.as_numpy_iterator().try_fold(initial_state, |state, e| reduce_func(state, e?.unpack()?))
    }

    /// A dataset that only holds an error.
    pub(super) fn invalid(e: Error) -> Self {
        dataset(Invalid(e))
    }

    pub(super) fn items(&self) -> Items<Element> {
        self.0.items(false)
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.element_spec() {
            Ok(spec) => write!(f, "<_{} element_spec={spec}>", self.0.name()),
            Err(e) => write!(f, "<_{} {}>", self.0.name(), e.kind()),
        }
    }
}

impl IntoIterator for Dataset {
    type Item = Result<Element>;
    type IntoIter = Iter;

    fn into_iter(self) -> Iter {
        self.iter()
    }
}

impl IntoIterator for &Dataset {
    type Item = Result<Element>;
    type IntoIter = Iter;

    fn into_iter(self) -> Iter {
        self.iter()
    }
}

/// A pass over a dataset. Dropping it stops the threads that work for it.
pub struct Iter(Fuse<Items<Element>>);

impl Iterator for Iter {
    type Item = Result<Element>;

    fn next(&mut self) -> Option<Result<Element>> {
        self.0.next()
    }
}

impl fmt::Debug for Iter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iter(..)")
    }
}
