//! What a session is asked for.

use super::graph::Operation;
use crate::error::{Error, Result};
use crate::tensor::{Tensor, Variable};

/// One thing to fetch.
#[derive(Clone, Debug)]
pub enum Fetch {
    /// A tensor's value.
    Tensor(Tensor),
    /// A variable's value after the run.
    Variable(Variable),
    /// An operation, which has none.
    Operation(Operation),
}

/// A structure of things to fetch, and the structure of values that it gives.
pub trait Fetches {
    /// Tensors for tensors and variables, `()` for operations.
    type Values;
    /// The things in order.
    fn fetches(&self) -> Vec<Fetch>;
    /// Values in structure; there is one for each thing, `None` for operations.
    ///
    /// # Errors
    /// `Internal` when a value is missing.
    fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Self::Values>;
}

fn next(found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Tensor> {
    found.next().flatten().ok_or_else(|| Error::internal("Session.run", "a value is missing"))
}

impl Fetches for &Tensor {
    type Values = Tensor;
    fn fetches(&self) -> Vec<Fetch> {
        vec![Fetch::Tensor((*self).clone())]
    }
    fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Tensor> {
        next(found)
    }
}

impl Fetches for &Variable {
    type Values = Tensor;
    fn fetches(&self) -> Vec<Fetch> {
        vec![Fetch::Variable((*self).clone())]
    }
    fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Tensor> {
        next(found)
    }
}

impl Fetches for &Operation {
    type Values = ();
    fn fetches(&self) -> Vec<Fetch> {
        vec![Fetch::Operation((*self).clone())]
    }
    fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<()> {
        found.next();
        Ok(())
    }
}

impl<F: Fetches, const N: usize> Fetches for [F; N] {
    type Values = Vec<F::Values>;
    fn fetches(&self) -> Vec<Fetch> {
        self.iter().flat_map(Fetches::fetches).collect()
    }
    fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Self::Values> {
        self.iter().map(|f| f.values(found)).collect()
    }
}

impl<F: Fetches> Fetches for Vec<F> {
    type Values = Vec<F::Values>;
    fn fetches(&self) -> Vec<Fetch> {
        self.iter().flat_map(Fetches::fetches).collect()
    }
    fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Self::Values> {
        self.iter().map(|f| f.values(found)).collect()
    }
}

macro_rules! tuples {
    ($(($($x:ident $i:tt),+)),+ $(,)?) => { $(impl<$($x: Fetches),+> Fetches for ($($x,)+) {
        type Values = ($($x::Values,)+);
        fn fetches(&self) -> Vec<Fetch> {
            let mut all = vec![];
            $(all.extend(self.$i.fetches());)+
            all
        }
        fn values(&self, found: &mut dyn Iterator<Item = Option<Tensor>>) -> Result<Self::Values> {
            Ok(($(self.$i.values(found)?,)+))
        }
    })+ };
}
tuples!((A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3));
