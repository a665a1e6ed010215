//! A thread that polls while futures wait, so that they make progress without their caller polling the device.

use super::failure::Failures;
use super::gpu::Core;
use super::progress::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The pause between polls while more work is in flight than what is waited for.
const PAUSE: Duration = Duration::from_micros(100);

/// Starts its thread when the first future waits. The thread sleeps while none does, and ends with the device.
#[derive(Debug)]
pub(super) struct Watcher {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    instance: wgpu::Instance,
    failures: Arc<Failures>,
    progress: Arc<Progress>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    wanted: bool,
    stop: bool,
}

impl Watcher {
    pub(super) fn new(core: &Core) -> Self {
        let shared = Shared {
            instance: core.instance.clone(),
            failures: Arc::clone(&core.failures),
            progress: Arc::clone(&core.progress),
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        Watcher { shared: Arc::new(shared), thread: Mutex::default() }
    }

    /// Polls until no ticket is pending.
    pub(super) fn watch(&self) -> Result<()> {
        let mut thread = lock(&self.thread);
        if thread.as_ref().is_none_or(JoinHandle::is_finished) {
            let shared = Arc::clone(&self.shared);
            let started = std::thread::Builder::new().name("wgflow-poll".into()).spawn(move || shared.run());
            let refused =
                |e| Error::new(ErrorKind::ResourceExhausted, "read", format!("no thread to poll with: {e}"));
            *thread = Some(started.map_err(refused)?);
        }
        lock(&self.shared.state).wanted = true;
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let idle = |s: &mut State| !s.wanted && !s.stop;
            let mut state =
                self.changed.wait_while(lock(&self.state), idle).unwrap_or_else(PoisonError::into_inner);
            if state.stop {
                return;
            }
            state.wanted = false;
            drop(state);
            while self.progress.is_awaited() {
                // With one submit in flight, waiting for all is waiting for it. With more, the one that is waited for
                // may be done long before the last.
                let alone = self.progress.in_flight() == 1;
                self.instance.poll_all(alone);
                self.progress.settle(&self.failures);
                if !alone {
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }
}

impl Drop for Watcher {
    /// Waits for the thread, so that the driver is not unloaded behind the back of a process that exits.
    fn drop(&mut self) {
        lock(&self.shared.state).stop = true;
        self.shared.changed.notify_one();
        let thread = lock(&self.thread).take();
        // A waker may drop the device on the thread itself.
        if let Some(thread) = thread.filter(|t| t.thread().id() != std::thread::current().id()) {
            // A waker that panicked has been reported on its thread.
            let _ = thread.join();
        }
    }
}
