//! Functions of elements on several threads.

use super::cardinality::Cardinality;
use super::element::{Element, FromElement, IntoElement};
use super::map::{ElementFn, Map, element_fn};
use super::node::{Items, Node, dataset};
use super::spec::ElementSpec;
use super::worker::{THREADS, Worker, parallelism};
use super::{AUTOTUNE, Dataset};
use crate::error::{Error, Result};
use crate::tensor::end_segment;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};

impl Dataset {
    /// As [`Dataset::map`], with `num_parallel_calls` calls of `map_func` at a time (`Dataset.map(.., num_parallel_calls)`), or as many as
    /// the machine runs threads for [`AUTOTUNE`]. The order of the elements stays.
    ///
    /// A function that draws from the global random generators gets its numbers in whatever order the calls happen to run.
    ///
    /// The error of a number of calls below 1 comes with the first element.
    pub fn map_parallel<A: FromElement, B: IntoElement>(
        &self,
        map_func: impl Fn(A) -> Result<B> + Send + Sync + 'static,
        num_parallel_calls: i64,
    ) -> Dataset {
        let threads = match num_parallel_calls {
            AUTOTUNE => parallelism(),
            1.. => num_parallel_calls as usize,
            _ => {
                let wanted = "1 or more, or AUTOTUNE (-1)";
                let e =
                    Error::invalid("Dataset.map_parallel", "num_parallel_calls", wanted, num_parallel_calls);
                return Dataset::invalid(e);
            }
        };
        dataset(ParallelMap { map: Map { input: self.clone(), f: element_fn(map_func) }, threads })
    }
}

struct ParallelMap {
    map: Map,
    threads: usize,
}

impl Node for ParallelMap {
    fn name(&self) -> &'static str {
        "ParallelMapDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.map.spec()
    }

    fn cardinality(&self) -> Cardinality {
        self.map.cardinality()
    }

    fn items(&self, upload: bool) -> Items<Element> {
        if !THREADS {
            return self.map.items(upload);
        }
        match Calls::new(self.map.input.items(), &self.map.f, self.threads) {
            Ok(calls) => Box::new(calls),
            Err(e) => Box::new(std::iter::once(Err(e))),
        }
    }
}

/// An element, and where the function's result goes.
type Job = (Element, SyncSender<Result<Element>>);

/// The calls of a pass. Results wait in the order of the elements.
struct Calls {
    input: Items<Element>,
    /// Dropped before the workers: they end when there are no more jobs.
    jobs: Option<Sender<Job>>,
    pending: VecDeque<Receiver<Result<Element>>>,
    workers: Vec<Worker>,
    /// How many calls may be under way or wait.
    ahead: usize,
}

impl Calls {
    fn new(input: Items<Element>, f: &ElementFn, threads: usize) -> Result<Self> {
        let (jobs, taken) = channel::<Job>();
        let taken = Arc::new(Mutex::new(taken));
        let work = || {
            let (f, taken) = (f.clone(), taken.clone());
            Worker::spawn("Dataset.map", move || {
                // The lock is held while waiting: one idle worker waits for the job, the others for the lock.
                let next = || crate::lock(&taken).recv();
                while let Ok((e, to)) = next() {
                    let result = f(&e);
                    // What the call left for later is done here, not by whoever needs it first.
                    end_segment();
                    // Nobody takes the result when the pass was given up.
                    let _ = to.send(result);
                }
            })
        };
        let workers = (0..threads).map(|_| work()).collect::<Result<_>>()?;
        Ok(Calls { input, jobs: Some(jobs), pending: VecDeque::new(), workers, ahead: 2 * threads })
    }
}

impl Iterator for Calls {
    type Item = Result<Element>;

    fn next(&mut self) -> Option<Result<Element>> {
        while let Some(jobs) = self.jobs.as_ref().filter(|_| self.pending.len() < self.ahead) {
            let (to, result) = sync_channel(1);
            let sent = match self.input.next() {
                Some(Ok(e)) => jobs.send((e, to)).is_ok(),
                Some(Err(e)) => to.send(Err(e)).is_ok(),
                None => false,
            };
            if !sent {
                self.jobs = None;
                break;
            }
            self.pending.push_back(result);
        }
        let result = self.pending.pop_front()?;
        result.recv().map_or_else(|_| Some(Err(self.failed())), Some)
    }
}

impl Calls {
    /// A worker ended in the midst of a call: the function panicked, and so does whoever iterates.
    fn failed(&mut self) -> Error {
        self.jobs = None;
        self.pending.clear();
        self.workers.drain(..).for_each(Worker::join);
        Error::internal("Dataset.map_parallel", "a worker ended early")
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.jobs = None;
        self.pending.clear();
    }
}
