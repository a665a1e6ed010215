//! What models are fed with: arrays by position or by name, and data made of them.

use super::source::BatchSource;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use std::collections::BTreeMap;
use std::fmt;

/// One or more arrays for the inputs or outputs of a model: by position, or by the name of the input or output.
///
/// Made of a tensor, a list of tensors, or a list of `(name, tensor)`.
#[derive(Clone, Debug)]
pub enum Arrays {
    /// By position.
    List(Vec<Tensor>),
    /// By name.
    Named(Vec<(String, Tensor)>),
}

impl Arrays {
    /// The arrays in the model's order.
    pub(super) fn ordered(self, op: &str, arg: &str, names: Option<&[String]>) -> Result<Vec<Tensor>> {
        let named = match self {
            Arrays::List(all) => return Ok(all),
            Arrays::Named(named) => named,
        };
        let given: Vec<&str> = named.iter().map(|(n, _)| n.as_str()).collect();
        let Some(names) = names else {
            let wanted = "arrays by position, as the model's inputs and outputs have no names";
            return Err(Error::invalid(op, arg, wanted, given.join(", ")));
        };
        let found: Option<Vec<Tensor>> =
            names.iter().map(|name| named.iter().find(|(n, _)| n == name).map(|(_, t)| t.clone())).collect();
        match found {
            Some(all) if all.len() == named.len() => Ok(all),
            _ => {
                let wanted = format!("an array for each of {}", names.join(", "));
                Err(Error::invalid(op, arg, wanted, given.join(", ")))
            }
        }
    }
}

macro_rules! lists {
    ($([$($g:tt)*] $t:ty, $v:ident => $list:expr);+ $(;)?) => { $(
        impl<$($g)*> From<$t> for Arrays {
            fn from($v: $t) -> Self {
                Arrays::List($list)
            }
        }

        /// Inputs alone: what `predict` takes.
        impl<$($g)*> From<$t> for Data {
            fn from(x: $t) -> Self {
                Data::inputs(x)
            }
        }
    )+ };
}
lists! {
    [] Tensor, v => vec![v];
    [] &Tensor, v => vec![v.clone()];
    [] Vec<Tensor>, v => v;
    [] &Vec<Tensor>, v => v.clone();
    [] &[Tensor], v => v.to_vec();
    [const N: usize] [Tensor; N], v => v.into();
    [const N: usize] [&Tensor; N], v => v.into_iter().cloned().collect();
}

macro_rules! maps {
    ($([$($g:tt)*] $t:ty, $v:ident => $list:expr);+ $(;)?) => { $(
        impl<$($g)*> From<$t> for Arrays {
            fn from($v: $t) -> Self {
                Arrays::Named($list)
            }
        }

        /// Inputs alone, by name.
        impl<$($g)*> From<$t> for Data {
            fn from(x: $t) -> Self {
                Data::inputs(x)
            }
        }
    )+ };
}
maps! {
    [const N: usize] [(&str, Tensor); N], v => v.into_iter().map(|(n, t)| (n.into(), t)).collect();
    [const N: usize] [(&str, &Tensor); N], v => v.into_iter().map(|(n, t)| (n.into(), t.clone())).collect();
    [] BTreeMap<String, Tensor>, v => v.into_iter().collect();
}

/// What `fit`, `evaluate` and `predict` go through: inputs alone, `(x, y)`, `(x, y, sample_weight)`, a [`Dataset`] of batches, or another
/// source of them.
pub struct Data(pub(super) Kind);

pub(super) enum Kind {
    Arrays { x: Arrays, y: Option<Arrays>, sample_weight: Option<Arrays> },
    Dataset(Dataset),
    Source(Box<dyn BatchSource>),
}

impl Data {
    /// Inputs without labels.
    pub fn inputs(x: impl Into<Arrays>) -> Self {
        Data(Kind::Arrays { x: x.into(), y: None, sample_weight: None })
    }

    /// Batches of one's own making.
    pub fn source(source: impl BatchSource + 'static) -> Self {
        Data(Kind::Source(Box::new(source)))
    }
}

impl<X: Into<Arrays>, Y: Into<Arrays>> From<(X, Y)> for Data {
    fn from((x, y): (X, Y)) -> Self {
        Data(Kind::Arrays { x: x.into(), y: Some(y.into()), sample_weight: None })
    }
}

impl<X: Into<Arrays>, Y: Into<Arrays>, W: Into<Arrays>> From<(X, Y, W)> for Data {
    fn from((x, y, w): (X, Y, W)) -> Self {
        Data(Kind::Arrays { x: x.into(), y: Some(y.into()), sample_weight: Some(w.into()) })
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Arrays { x, y, .. } => f.debug_struct("Data").field("x", x).field("y", y).finish(),
            Kind::Dataset(d) => f.debug_tuple("Data").field(d).finish(),
            Kind::Source(_) => f.write_str("Data(source)"),
        }
    }
}
