//! Datasets as sources of batches.

use super::arrays::{Arrays, Data, Kind};
use super::source::{Batch, BatchSource};
use crate::data::{Cardinality, Dataset, Element, Iter, Structure};
use crate::error::{Error, Result};

impl From<&Dataset> for Data {
    fn from(dataset: &Dataset) -> Self {
        Data(Kind::Dataset(dataset.clone()))
    }
}

impl From<Dataset> for Data {
    fn from(dataset: Dataset) -> Self {
        Data(Kind::Dataset(dataset))
    }
}

/// The batches of a dataset: elements `x`, `(x, y)` or `(x, y, sample_weight)`, each one array, a tuple, or arrays by name.
pub(super) struct DatasetSource {
    pub(super) op: &'static str,
    pub(super) dataset: Dataset,
    pub(super) input_names: Option<Vec<String>>,
    pub(super) output_names: Option<Vec<String>>,
    pub(super) pass: Option<Iter>,
}

impl BatchSource for DatasetSource {
    fn num_batches(&self) -> Option<usize> {
        self.dataset.cardinality().finite().and_then(|n| usize::try_from(n).ok())
    }

    fn is_infinite(&self) -> bool {
        self.dataset.cardinality() == Cardinality::Infinite
    }

    fn start(&mut self) -> Result<()> {
        self.pass = Some(self.dataset.iter());
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let next = self.pass.as_mut().and_then(Iter::next);
        next.map(|element| self.batch(&element?)).transpose()
    }
}

impl DatasetSource {
    fn batch(&self, element: &Element) -> Result<Batch> {
        let (inputs, outputs) = (self.input_names.as_deref(), self.output_names.as_deref());
        let part = |arg: &str, e: &Element, names: Option<&[String]>| {
            arrays(self.op, arg, e)?.ordered(self.op, arg, names)
        };
        let (x, y, weight) = match element {
            Structure::Tuple(all) => match &all[..] {
                [x] => (x, None, None),
                [x, y] => (x, Some(y), None),
                [x, y, w] => (x, Some(y), Some(w)),
                _ => {
                    let wanted = "elements (x,), (x, y) or (x, y, sample_weight)";
                    return Err(Error::invalid(self.op, "x", wanted, format_args!("{} parts", all.len())));
                }
            },
            other => (other, None, None),
        };
        let optional = |arg: &str, e: Option<&Element>| e.map_or(Ok(vec![]), |e| part(arg, e, outputs));
        Ok(Batch {
            x: part("x", x, inputs)?,
            y: optional("y", y)?,
            sample_weight: optional("sample_weight", weight)?,
        })
    }
}

fn arrays(op: &str, arg: &str, e: &Element) -> Result<Arrays> {
    match e {
        Structure::Leaf(a) => Ok(Arrays::List(vec![a.tensor()?])),
        Structure::Tuple(_) => Ok(Arrays::List(e.tensors()?)),
        Structure::Map(items) => {
            let one = |(name, item): &(String, Element)| {
                Ok((name.clone(), item.tensor().map_err(|e| e.for_op(op))?))
            };
            Ok(Arrays::Named(
                items
                    .iter()
                    .map(one)
                    .collect::<Result<_>>()
                    .map_err(|e: Error| e.context(arg.to_string()))?,
            ))
        }
    }
}
