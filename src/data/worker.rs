//! Threads that work for an iterator and end with it.

use crate::error::{Error, ErrorKind, Result};
use std::thread::{Builder, JoinHandle};

/// A thread that is waited for when it is dropped. What makes it end has to be dropped before.
pub(crate) struct Worker(Option<JoinHandle<()>>);

impl Worker {
    /// `op` is what the thread works for, as errors name it.
    pub(crate) fn spawn(op: &str, work: impl FnOnce() + Send + 'static) -> Result<Self> {
        let name = op.rsplit('.').next().unwrap_or(op);
        let thread = Builder::new().name(format!("wgflow-{name}")).spawn(work);
        let refused = |e| Error::new(ErrorKind::ResourceExhausted, op, format!("no thread: {e}"));
        thread.map(|t| Worker(Some(t))).map_err(refused)
    }

    /// Waits for the end; a panic of the thread goes on in the caller's.
    pub(crate) fn join(mut self) {
        if let Some(Err(panic)) = self.0.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic of work whose result nobody took.
            let _ = thread.join();
        }
    }
}

/// Whether there are threads; a page works without.
pub(crate) const THREADS: bool = !cfg!(target_family = "wasm");

/// How many threads the machine runs at a time.
pub(super) fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
