//! Where batches come from.

use super::array_source::{ArraySource, Columns};
use super::arrays::{Arrays, Data, Kind};
use super::dataset::DatasetSource;
use super::host_array::HostArray;
use crate::error::{Error, ErrorKind, Result};
use crate::keras::losses::class_weight_to_sample_weights;
use crate::tensor::Tensor;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one step works on: arrays for the inputs and outputs of a model, and weights of the samples.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// One array an input.
    pub x: Vec<Tensor>,
    /// One array an output, or none.
    pub y: Vec<Tensor>,
    /// Weights of the samples: none, one for all outputs, or one an output.
    pub sample_weight: Vec<Tensor>,
}

/// A source of batches that can be gone through several times.
pub trait BatchSource {
    /// How many batches a pass has, where it is known and ends.
    fn num_batches(&self) -> Option<usize>;

    /// Whether a pass never ends.
    fn is_infinite(&self) -> bool {
        false
    }

    /// Starts a pass from the beginning.
    ///
    /// # Errors
    /// What the source meets.
    fn start(&mut self) -> Result<()>;

    /// The next batch of the pass; nothing at its end.
    ///
    /// # Errors
    /// What the source meets.
    fn next_batch(&mut self) -> Result<Option<Batch>>;
}

/// How arrays are made batches of.
#[derive(Clone, Debug, Default)]
pub(super) struct Batching<'a> {
    pub(super) op: &'static str,
    pub(super) batch_size: Option<usize>,
    pub(super) shuffle: bool,
    pub(super) sample_weight: Option<Arrays>,
    pub(super) class_weight: Option<BTreeMap<i64, f64>>,
    pub(super) input_names: Option<&'a [String]>,
    pub(super) output_names: Option<&'a [String]>,
}

type AnySource = Box<dyn BatchSource>;

/// The batches of data, without and with what `validation_split` sets apart.
pub(super) fn source_of(
    data: Data,
    how: &Batching<'_>,
    validation_split: f64,
) -> Result<(AnySource, Option<AnySource>)> {
    let refuse = |arg: &str, wanted: &str, received: &str| Err(Error::invalid(how.op, arg, wanted, received));
    let (x, y, weight) = match data.0 {
        Kind::Dataset(dataset) => {
            let names = |n: Option<&[String]>| n.map(<[String]>::to_vec);
            let (input_names, output_names) = (names(how.input_names), names(how.output_names));
            let source = DatasetSource { op: how.op, dataset, input_names, output_names, pass: None };
            return source_of(Data(Kind::Source(Box::new(source))), how, validation_split);
        }
        Kind::Source(source) => {
            if how.batch_size.is_some() {
                return refuse("batch_size", "none, as the data come in batches already", "a batch size");
            }
            if how.sample_weight.is_some() {
                return refuse("sample_weight", "none, as batches bring their own", "sample weights");
            }
            if validation_split != 0.0 {
                return refuse("validation_split", "0 for data that come in batches", "another part");
            }
            let source: Box<dyn BatchSource> = match &how.class_weight {
                Some(weights) => Box::new(Weighted { source, op: how.op, weights: weights.clone() }),
                None => source,
            };
            return Ok((source, None));
        }
        Kind::Arrays { x, y, sample_weight } => (x, y, sample_weight.or_else(|| how.sample_weight.clone())),
    };
    let x = x.ordered(how.op, "x", how.input_names)?;
    let y = y.map(|y| y.ordered(how.op, "y", how.output_names)).transpose()?.unwrap_or_default();
    let mut weight =
        weight.map(|w| w.ordered(how.op, "sample_weight", how.output_names)).transpose()?.unwrap_or_default();
    if let Some(classes) = &how.class_weight {
        weight = vec![weights_of(how.op, classes, &y, &weight)?];
    }
    let rows = rows_of(how.op, &[("x", &x), ("y", &y), ("sample_weight", &weight)])?;
    let held = rows - held_out(how.op, rows, validation_split)?;
    let columns = [&x, &y, &weight].map(|c| c.iter().map(HostArray::new).collect::<Result<Vec<_>>>());
    let [x, y, weight] = columns;
    let columns = Arc::new(Columns { x: x?, y: y?, weight: weight? });
    let batch_size = how.batch_size.unwrap_or(32).max(1);
    let rest = (held < rows).then(|| -> AnySource {
        Box::new(ArraySource::new(how.op, columns.clone(), held..rows, batch_size, false))
    });
    Ok((Box::new(ArraySource::new(how.op, columns, 0..held, batch_size, how.shuffle)), rest))
}

/// How many of the rows are for validation.
fn held_out(op: &str, rows: usize, split: f64) -> Result<usize> {
    if split == 0.0 {
        return Ok(0);
    }
    if !(0.0..1.0).contains(&split) {
        return Err(Error::invalid(op, "validation_split", "a part in [0, 1)", split));
    }
    let kept = (rows as f64 * (1.0 - split)).floor() as usize;
    if kept == 0 || kept == rows {
        let wanted = format!("a part that leaves samples to train on and to validate, of {rows}");
        return Err(Error::invalid(op, "validation_split", wanted, split));
    }
    Ok(rows - kept)
}

/// How many rows all arrays have.
fn rows_of(op: &str, groups: &[(&str, &Vec<Tensor>)]) -> Result<usize> {
    let mut rows: Option<usize> = None;
    for (arg, arrays) in groups {
        for a in *arrays {
            let Some(n) = a.shape().first().copied() else {
                return Err(Error::invalid(op, arg, "arrays with a first dimension of samples", "a scalar"));
            };
            if *rows.get_or_insert(n) != n {
                let sizes = |list: &[Tensor]| {
                    let all: Vec<String> =
                        list.iter().map(|t| t.shape().first().map_or(0, |n| *n).to_string()).collect();
                    all.join(", ")
                };
                let received: Vec<String> = groups
                    .iter()
                    .filter(|g| !g.1.is_empty())
                    .map(|(arg, a)| format!("{arg} sizes: {}", sizes(a)))
                    .collect();
                let wanted = "the same number of samples in all arrays (the data cardinality is ambiguous)";
                return Err(Error::invalid(op, arg, wanted, received.join("; ")));
            }
        }
    }
    match rows {
        Some(n) if n > 0 => Ok(n),
        _ => Err(Error::invalid(op, "x", "data that are not empty", "no samples")),
    }
}

fn weights_of(op: &str, classes: &BTreeMap<i64, f64>, y: &[Tensor], weight: &[Tensor]) -> Result<Tensor> {
    if !weight.is_empty() {
        return Err(Error::invalid(op, "class_weight", "either class_weight or sample_weight", "both"));
    }
    match y {
        [y] => class_weight_to_sample_weights(y, classes),
        _ => Err(Error::invalid(
            op,
            "class_weight",
            "a model with one output",
            format_args!("{} arrays of labels", y.len()),
        )),
    }
}

/// Batches with weights by the classes of their labels.
struct Weighted {
    source: Box<dyn BatchSource>,
    op: &'static str,
    weights: BTreeMap<i64, f64>,
}

impl BatchSource for Weighted {
    fn num_batches(&self) -> Option<usize> {
        self.source.num_batches()
    }

    fn is_infinite(&self) -> bool {
        self.source.is_infinite()
    }

    fn start(&mut self) -> Result<()> {
        self.source.start()
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let Some(mut batch) = self.source.next_batch()? else { return Ok(None) };
        batch.sample_weight = vec![weights_of(self.op, &self.weights, &batch.y, &batch.sample_weight)?];
        Ok(Some(batch))
    }
}

/// Batches for one epoch after another (Keras: `EpochIterator`).
pub(super) struct Feed {
    source: Box<dyn BatchSource>,
    steps_per_epoch: Option<usize>,
    num_batches: Option<usize>,
    seen: usize,
    /// Whether a pass is under way that the next epoch goes on with.
    running: bool,
    /// A batch that was looked at before the first epoch.
    peeked: Option<Batch>,
}

impl Feed {
    pub(super) fn new(
        op: &str,
        source: Box<dyn BatchSource>,
        steps_per_epoch: Option<usize>,
    ) -> Result<Self> {
        if source.is_infinite() && steps_per_epoch.is_none() {
            let wanted = "the number of steps of an epoch, as the data never end";
            return Err(Error::invalid(op, "steps_per_epoch", wanted, "none"));
        }
        let num_batches = source.num_batches();
        if num_batches == Some(0) {
            return Err(Error::invalid(op, "x", "data that are not empty", "no batches"));
        }
        Ok(Feed { source, steps_per_epoch, num_batches, seen: 0, running: false, peeked: None })
    }

    /// How many steps an epoch has, as far as it is known.
    pub(super) fn steps(&self) -> Option<usize> {
        self.steps_per_epoch.or(self.num_batches)
    }

    /// The first batch of the first epoch, which will come again.
    pub(super) fn peek(&mut self, op: &str) -> Result<Batch> {
        if let Some(b) = &self.peeked {
            return Ok(b.clone());
        }
        self.source.start()?;
        self.running = true;
        self.seen = 0;
        self.peeked = self.source.next_batch()?;
        self.peeked.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                op,
                "x: wanted data that are not empty. Received: no batches",
            )
        })
    }

    /// The batch of a step of an epoch; nothing at its end.
    pub(super) fn next(&mut self, step: usize) -> Result<Option<Batch>> {
        if step == 0 && self.peeked.is_none() && (!self.running || self.steps_per_epoch.is_none()) {
            self.source.start()?;
            self.seen = 0;
            self.running = true;
        }
        if self.steps().is_some_and(|n| step >= n) {
            self.running &= self.num_batches.is_none_or(|n| self.seen < n);
            return Ok(None);
        }
        let batch = match self.peeked.take() {
            Some(b) => Some(b),
            None if self.num_batches.is_some_and(|n| self.seen >= n) => None,
            None => self.source.next_batch()?,
        };
        if batch.is_some() {
            self.seen += 1;
            return Ok(batch);
        }
        self.running = false;
        self.num_batches.get_or_insert(self.seen);
        if self.steps_per_epoch.is_some() {
            log::warn!(
                "the input ran out of data; the epoch ends. It should give at least steps_per_epoch * epochs batches: `repeat` helps"
            );
        }
        Ok(None)
    }
}
