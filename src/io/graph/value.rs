//! What flows between nodes.

use super::def::OP;
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use std::rc::Rc;

/// A value on an edge of a graph.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Tensor(Tensor),
    /// A list of tensors (`TensorList`), which is a value: to change it makes another.
    List(Rc<Elements>),
    /// An array of tensors (`TensorArrayV3`), which is a state: this is its number.
    Array(usize),
    /// Of a branch that is not taken.
    Dead(Dead),
}

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dead {
    /// A switch sent its data elsewhere.
    Untaken,
    /// The whole loop is in a branch that is not taken.
    Loop,
}

/// Tensors by number, of which some may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    pub(super) all: Vec<Option<Tensor>>,
    /// Shape of elements, -1 where unknown; nothing where the rank is.
    pub(super) shape: Option<Vec<i64>>,
    pub(super) dtype: Option<crate::DType>,
}

impl Value {
    pub(super) fn tensor(&self) -> Result<&Tensor> {
        match self {
            Value::Tensor(t) => Ok(t),
            other => Err(other.refuse("a tensor")),
        }
    }

    pub(super) fn elements(&self) -> Result<&Rc<Elements>> {
        match self {
            Value::List(l) => Ok(l),
            other => Err(other.refuse("a list of tensors")),
        }
    }

    pub(super) fn array(&self) -> Result<usize> {
        match self {
            Value::Array(n) => Ok(*n),
            other => Err(other.refuse("an array of tensors")),
        }
    }

    fn refuse(&self, wanted: &str) -> Error {
        let received = match self {
            Value::Tensor(t) => format!("a tensor, {}", t.spec()),
            Value::List(_) => "a list of tensors".into(),
            Value::Array(_) => "an array of tensors".into(),
            Value::Dead(_) => "nothing".into(),
        };
        Error::invalid(OP, "input", wanted, received)
    }
}
