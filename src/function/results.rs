//! Results of functions.

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// What a traced function may return: a tensor, a list, a tuple, an array, or nothing.
pub trait FunctionResult: 'static {
    /// As a list.
    fn into_tensors(self) -> Vec<Tensor>;
    /// Back from the list.
    ///
    /// # Errors
    /// `Internal` when the number of tensors is another.
    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self>
    where
        Self: Sized;
}

fn miscounted(n: usize) -> Error {
    Error::internal("function", format_args!("{n} results do not fit the function's type"))
}

impl FunctionResult for Tensor {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self]
    }
    fn from_tensors(mut t: Vec<Tensor>) -> Result<Self> {
        let n = t.len();
        t.pop().filter(|_| n == 1).ok_or_else(|| miscounted(n))
    }
}

impl FunctionResult for Vec<Tensor> {
    fn into_tensors(self) -> Vec<Tensor> {
        self
    }
    fn from_tensors(t: Vec<Tensor>) -> Result<Self> {
        Ok(t)
    }
}

impl FunctionResult for () {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![]
    }
    fn from_tensors(_: Vec<Tensor>) -> Result<Self> {
        Ok(())
    }
}

impl<const N: usize> FunctionResult for [Tensor; N] {
    fn into_tensors(self) -> Vec<Tensor> {
        self.into()
    }
    fn from_tensors(t: Vec<Tensor>) -> Result<Self> {
        t.try_into().map_err(|t: Vec<Tensor>| miscounted(t.len()))
    }
}

impl FunctionResult for (Tensor, Tensor) {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }
    fn from_tensors(t: Vec<Tensor>) -> Result<Self> {
        <[Tensor; 2]>::from_tensors(t).map(|[a, b]| (a, b))
    }
}

impl FunctionResult for (Tensor, Tensor, Tensor) {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self.0, self.1, self.2]
    }
    fn from_tensors(t: Vec<Tensor>) -> Result<Self> {
        <[Tensor; 3]>::from_tensors(t).map(|[a, b, c]| (a, b, c))
    }
}
