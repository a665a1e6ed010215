//! Batches of arrays, put together ahead of their use.
//!
//! A thread gathers the rows of the next batches while the device works on those before; Keras prefetches batches of arrays, too. It is
//! at most [`AHEAD`] batches ahead. Which rows are in which batch is decided before, by the thread that trains, which also uploads the
//! batches, in their order: results, and what the device is asked for and when, are the same without the thread.

use super::host_array::HostArray;
use super::source::{Batch, BatchSource};
use crate::data::{THREADS, Worker};
use crate::error::{Error, Result};
use crate::keras::utils::permutation;
use crate::tensor::Tensor;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

/// Batches that are ready before they are asked for.
const AHEAD: usize = 2;
/// Bytes of a batch for which a thread is worth its start.
const LEAST: usize = 16 << 10;

/// The arrays, whose rows are samples.
pub(super) struct Columns {
    pub(super) x: Vec<HostArray>,
    pub(super) y: Vec<HostArray>,
    pub(super) weight: Vec<HostArray>,
}

/// Bytes of a batch, by array.
type Gathered = Vec<Vec<u8>>;

/// Batches of some rows of arrays.
pub(super) struct ArraySource {
    op: &'static str,
    columns: Arc<Columns>,
    rows: Range<usize>,
    batch_size: usize,
    shuffle: bool,
    order: Arc<Vec<usize>>,
    at: usize,
    ahead: Option<Ahead>,
}

/// A thread that gathers the batches of a pass. It ends when nobody receives any more.
struct Ahead {
    from: Receiver<Result<Gathered>>,
    _worker: Worker,
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = &HostArray> {
        self.x.iter().chain(&self.y).chain(&self.weight)
    }

    fn gather(&self, rows: &[usize]) -> Result<Gathered> {
        self.all().map(|a| a.gather(rows)).collect()
    }
}

impl ArraySource {
    pub(super) fn new(
        op: &'static str,
        columns: Arc<Columns>,
        rows: Range<usize>,
        batch_size: usize,
        shuffle: bool,
    ) -> Self {
        ArraySource { op, columns, rows, batch_size, shuffle, order: Arc::default(), at: 0, ahead: None }
    }

    /// Starts the thread, where there is enough for it to do.
    fn start_ahead(&self) -> Result<Option<Ahead>> {
        let row: usize = self.columns.all().map(HostArray::row_bytes).sum();
        let batches = self.rows.len().div_ceil(self.batch_size);
        if !THREADS || batches < 2 || row * self.batch_size < LEAST {
            return Ok(None);
        }
        // One batch is in the thread's hands, the others in the channel.
        let (to, from) = sync_channel(AHEAD - 1);
        let (columns, order, size) = (self.columns.clone(), self.order.clone(), self.batch_size);
        let _worker = Worker::spawn(self.op, move || {
            for rows in order.chunks(size) {
                // The channel is closed when the pass is given up.
                if to.send(columns.gather(rows)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Some(Ahead { from, _worker }))
    }
}

impl BatchSource for ArraySource {
    fn num_batches(&self) -> Option<usize> {
        Some(self.rows.len().div_ceil(self.batch_size))
    }

    fn start(&mut self) -> Result<()> {
        self.ahead = None;
        self.at = 0;
        if self.shuffle {
            let order = permutation(self.rows.len());
            self.order = Arc::new(order.into_iter().map(|i| i + self.rows.start).collect());
        } else if self.order.is_empty() {
            self.order = Arc::new(self.rows.clone().collect());
        }
        self.ahead = self.start_ahead()?;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let end = self.at.saturating_add(self.batch_size).min(self.order.len());
        let rows = &self.order[self.at..end];
        self.at = end;
        if rows.is_empty() {
            self.ahead = None;
            return Ok(None);
        }
        let gathered = match &self.ahead {
            Some(ahead) => ahead
                .from
                .recv()
                .map_err(|_| Error::internal(self.op, "the thread that gathers batches ended"))?,
            None => self.columns.gather(rows),
        };
        let mut gathered = gathered?.into_iter();
        let mut take = |arrays: &[HostArray]| {
            let upload = |(a, bytes): (&HostArray, Vec<u8>)| a.batch(rows, bytes);
            arrays.iter().zip(&mut gathered).map(upload).collect::<Result<Vec<Tensor>>>()
        };
        let (x, y) = (take(&self.columns.x)?, take(&self.columns.y)?);
        Ok(Some(Batch { x, y, sample_weight: take(&self.columns.weight)? }))
    }
}
