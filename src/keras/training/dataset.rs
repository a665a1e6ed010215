//! Datasets as sources of batches.

use super::arrays::{Arrays, Data, Kind};
use super::source::{Batch, BatchSource};
use crate::data::{Array, Cardinality, Dataset, Element, Iter, Structure};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// Batches that are inputs, `(x, y)` or `(x, y, sample_weight)`; each of these an array, a tuple of arrays, or arrays by the names of the
/// model's inputs and outputs.
///
/// ```
/// use wgflow::data::Dataset;
/// use wgflow::keras::{Compile, Fit, Sequential, Verbose, layers::Dense};
///
/// let x: Vec<[f32; 1]> = (0..64).map(|i| [i as f32 / 64.0]).collect();
/// let y: Vec<[f32; 1]> = x.iter().map(|[x]| [2.0 * x + 1.0]).collect();
/// let batches = Dataset::from_tensor_slices((x, y))?.shuffle(64, None, true).batch(16, false);
/// let model = Sequential::new(wgflow::layers![Dense::new(1)])?;
/// model.compile(Compile::new("sgd", "mse"))?;
/// let history = model.fit(&batches, Fit { epochs: 3, verbose: Verbose::Silent, ..Fit::default() })?;
/// assert!(history.history["loss"][2] < history.history["loss"][0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
impl From<&Dataset> for Data {
    fn from(dataset: &Dataset) -> Self {
        Data(Kind::Dataset(dataset.clone()))
    }
}

/// As from `&Dataset`.
impl From<Dataset> for Data {
    fn from(dataset: Dataset) -> Self {
        Data(Kind::Dataset(dataset))
    }
}

/// A dataset and the pass over it that is under way.
pub(super) struct DatasetSource {
    op: &'static str,
    dataset: Dataset,
    pass: Option<Iter>,
    input_names: Option<Vec<String>>,
    output_names: Option<Vec<String>>,
}

impl DatasetSource {
    pub(super) fn new(
        op: &'static str,
        dataset: Dataset,
        input_names: Option<&[String]>,
        output_names: Option<&[String]>,
    ) -> Self {
        let owned = |names: Option<&[String]>| names.map(<[String]>::to_vec);
        DatasetSource {
            op,
            dataset,
            pass: None,
            input_names: owned(input_names),
            output_names: owned(output_names),
        }
    }

    fn batch(&self, element: &Element) -> Result<Batch> {
        let (x, y, weight) = match element {
            Structure::Tuple(parts) => match &parts[..] {
                [x] => (x, None, None),
                [x, y] => (x, Some(y), None),
                [x, y, weight] => (x, Some(y), Some(weight)),
                _ => {
                    let wanted = "elements x, (x, y) or (x, y, sample_weight)";
                    let received = format_args!("a tuple of {} items", parts.len()).to_string();
                    return Err(Error::invalid(self.op, "x", wanted, received));
                }
            },
            whole => (whole, None, None),
        };
        let of = |part: Option<&Element>, arg: &str, names: &Option<Vec<String>>| match part {
            Some(part) => arrays(part)?.ordered(self.op, arg, names.as_deref()),
            None => Ok(vec![]),
        };
        Ok(Batch {
            x: of(Some(x), "x", &self.input_names)?,
            y: of(y, "y", &self.output_names)?,
            sample_weight: of(weight, "sample_weight", &self.output_names)?,
        })
    }
}

/// The arrays of a part of an element, on the current device.
fn arrays(part: &Element) -> Result<Arrays> {
    let Structure::Map(items) = part else {
        let tensors = part.flatten().into_iter().map(Array::tensor).collect::<Result<Vec<Tensor>>>()?;
        return Ok(Arrays::List(tensors));
    };
    let named = items.iter().map(|(name, item)| Ok((name.clone(), item.leaf()?.tensor()?)));
    Ok(Arrays::Named(named.collect::<Result<_>>()?))
}

impl BatchSource for DatasetSource {
    fn num_batches(&self) -> Option<usize> {
        self.dataset.cardinality().finite().and_then(|n| n.try_into().ok())
    }

    fn is_infinite(&self) -> bool {
        self.dataset.cardinality() == Cardinality::Infinite
    }

    fn start(&mut self) -> Result<()> {
        // The threads of the last pass stop before those of the next start.
        self.pass = None;
        self.pass = Some(self.dataset.iter());
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let next = self.pass.as_mut().and_then(Iterator::next);
        next.map(|element| self.batch(&element?)).transpose()
    }
}
