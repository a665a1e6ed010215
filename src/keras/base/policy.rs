//! Dtype policies: in which dtype a layer keeps its weights and in which it computes.

use crate::dtype::DType;
use crate::error::{Error, Result};
use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

/// The dtypes of a layer (`keras.DTypePolicy`): one dtype for both, or a mix.
///
/// ```
/// # use wgflow::{DType, keras::DTypePolicy};
/// let p: DTypePolicy = "mixed_float16".parse()?;
/// assert_eq!((p.compute_dtype(), p.variable_dtype()), (DType::Float16, DType::Float32));
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DTypePolicy {
    compute: DType,
    variable: DType,
}

impl DTypePolicy {
    /// The dtype that a layer's inputs and weights are cast to before it computes.
    pub fn compute_dtype(self) -> DType {
        self.compute
    }

    /// The dtype of a layer's weights.
    pub fn variable_dtype(self) -> DType {
        self.variable
    }

    /// Keras' name: a dtype's, `mixed_float16` or `mixed_bfloat16`.
    pub fn name(self) -> String {
        if self.compute == self.variable {
            self.compute.name().into()
        } else {
            format!("mixed_{}", self.compute)
        }
    }
}

impl From<DType> for DTypePolicy {
    fn from(dtype: DType) -> Self {
        DTypePolicy { compute: dtype, variable: dtype }
    }
}

impl Default for DTypePolicy {
    fn default() -> Self {
        DType::Float32.into()
    }
}

impl FromStr for DTypePolicy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "mixed_float16" => Ok(DTypePolicy { compute: DType::Float16, variable: DType::Float32 }),
            "mixed_bfloat16" => Ok(DTypePolicy { compute: DType::BFloat16, variable: DType::Float32 }),
            _ => name.parse::<DType>().map(Self::from).map_err(|_| {
                let wanted = "a dtype's name, \"mixed_float16\" or \"mixed_bfloat16\"";
                Error::invalid("DTypePolicy", "name", wanted, format_args!("{name:?}"))
            }),
        }
    }
}

impl fmt::Display for DTypePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

thread_local! {
    static GLOBAL: Cell<Option<DTypePolicy>> = const { Cell::new(None) };
}

/// Sets the policy of layers made from now on by this thread (`keras.config.set_dtype_policy`), unless they have one of their own.
pub fn set_dtype_policy(policy: impl Into<DTypePolicy>) {
    GLOBAL.set(Some(policy.into()));
}

/// The policy of layers that have none of their own (`keras.config.dtype_policy`); float32 at first.
pub fn dtype_policy() -> DTypePolicy {
    GLOBAL.get().unwrap_or_default()
}
