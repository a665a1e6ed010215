//! Mixed precision (`keras.mixed_precision`): weights in float32, computation in float16.
//!
//! ```
//! use wgflow::keras::{mixed_precision, Layer, layers::Dense};
//! mixed_precision::set_dtype_policy("mixed_float16")?;
//! let layer = Dense::new(3).node();
//! let policy = layer.dtype_policy();
//! assert_eq!((policy.compute_dtype().name(), policy.variable_dtype().name()), ("float16", "float32"));
//! mixed_precision::set_dtype_policy("float32")?;
//! # Ok::<(), wgflow::Error>(())
//! ```
//!
//! Float16 is how values are stored; products are summed in float32. Layers that end a model should have the dtype float32, so that losses
//! are exact: `Dense::new(10).activation("softmax").node().dtype(DType::Float32)`. The policy of a model decides about its loss scale, which
//! [`compile`](super::Model::compile) adds.

use super::base;
use crate::error::Result;

pub use super::base::{DTypePolicy, dtype_policy};
pub use super::optimizers::LossScaleOptimizer;

/// Sets the policy of layers made from now on by this thread, by its name.
///
/// # Errors
/// `InvalidArgument` for a name that no policy has.
pub fn set_dtype_policy(name: &str) -> Result<()> {
    base::set_dtype_policy(name.parse::<DTypePolicy>()?);
    Ok(())
}
