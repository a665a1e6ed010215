//! Elements ahead of their use.

use super::cardinality::Cardinality;
use super::element::Element;
use super::node::{Items, Node, dataset};
use super::spec::ElementSpec;
use super::worker::{THREADS, Worker};
use super::{AUTOTUNE, Dataset};
use crate::config;
use crate::error::{Error, Result};
use crate::runtime::Device;
use crate::tensor::end_segment;
use std::sync::mpsc::{Receiver, sync_channel};

/// How many elements [`AUTOTUNE`] keeps ready: one to use, one to make.
const AHEAD: usize = 2;

impl Dataset {
    /// Makes up to `buffer_size` elements ahead on a thread of its own (`Dataset.prefetch`), or a fitting number for [`AUTOTUNE`]. As the
    /// last transformation it also uploads them, while the device works on those before.
    ///
    /// The error of a `buffer_size` that is neither comes with the first element.
    pub fn prefetch(&self, buffer_size: i64) -> Dataset {
        let ahead = match buffer_size {
            AUTOTUNE => AHEAD,
            0.. => buffer_size as usize,
            _ => {
                let wanted = "0 or more, or AUTOTUNE (-1)";
                return Dataset::invalid(Error::invalid(
                    "Dataset.prefetch",
                    "buffer_size",
                    wanted,
                    buffer_size,
                ));
            }
        };
        dataset(Prefetch { input: self.clone(), ahead })
    }
}

struct Prefetch {
    input: Dataset,
    ahead: usize,
}

impl Node for Prefetch {
    fn name(&self) -> &'static str {
        "PrefetchDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.element_spec()
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn items(&self, upload: bool) -> Items<Element> {
        if self.ahead == 0 || !THREADS {
            return self.input.0.items(upload);
        }
        match self.start(upload) {
            Ok(ready) => Box::new(ready),
            Err(e) => Box::new(std::iter::once(Err(e))),
        }
    }
}

impl Prefetch {
    fn start(&self, upload: bool) -> Result<Ready> {
        let device = if upload { Some(config::current_device()?) } else { None };
        let input = self.input.items();
        // One element is in the thread's hands, the others in the channel.
        let (to, from) = sync_channel(self.ahead - 1);
        let worker = Worker::spawn("Dataset.prefetch", move || {
            for item in input {
                let item = item.and_then(|e| uploaded(e, device.as_ref()));
                end_segment();
                // The channel is closed when the pass is given up.
                if to.send(item).is_err() {
                    break;
                }
            }
        })?;
        Ok(Ready { from: Some(from), worker: Some(worker) })
    }
}

fn uploaded(e: Element, device: Option<&Device>) -> Result<Element> {
    match device {
        Some(device) => e.try_map(&mut |a| a.uploaded_to(device)),
        None => Ok(e),
    }
}

/// What the thread has made.
struct Ready {
    /// Closed before the thread is waited for.
    from: Option<Receiver<Result<Element>>>,
    worker: Option<Worker>,
}

impl Iterator for Ready {
    type Item = Result<Element>;

    fn next(&mut self) -> Option<Result<Element>> {
        let item = self.from.as_ref()?.recv().ok();
        if item.is_none() {
            self.from = None;
            self.worker.take().into_iter().for_each(Worker::join);
        }
        item
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        self.from = None;
    }
}
