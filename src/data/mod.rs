//! Input pipelines (`tf.data`): sequences of elements, read lazily, held by the host until a model takes them.
//!
//! ```
//! use wgflow::data::{AUTOTUNE, Dataset};
//! use wgflow::{Tensor, ops::math};
//!
//! let (x, y) = (vec![[1.0, 2.0]; 10], vec![0; 10]);
//! let batches = Dataset::from_tensor_slices((x, y))?
//!     .shuffle(10, Some(1), true)
//!     .batch(4, false)
//!     .map(|(x, y): (Tensor, Tensor)| Ok((math::multiply(x, 0.5)?, y)))
//!     .prefetch(AUTOTUNE);
//! for batch in &batches {
//!     let (x, y): (Tensor, Tensor) = batch?.unpack()?;
//!     assert_eq!(x.shape()[0], y.shape()[0]);
//! }
//! # Ok::<(), wgflow::Error>(())
//! ```

mod array;
mod batch;
mod cache;
mod cardinality;
mod dataset;
mod element;
mod flat;
mod generate;
mod join;
mod map;
mod node;
mod padded;
mod parallel;
mod prefetch;
mod select;
mod shuffle;
mod slices;
mod spec;
mod structure;
mod worker;

pub use array::Array;
pub use cardinality::Cardinality;
pub use dataset::{Dataset, Iter};
pub use element::{Element, FromElement, IntoElement};
pub use spec::ElementSpec;
pub use structure::Structure;
pub(crate) use worker::{THREADS, Worker};

/// Leaves a number of threads or of elements to the library (`tf.data.AUTOTUNE`).
pub const AUTOTUNE: i64 = -1;
