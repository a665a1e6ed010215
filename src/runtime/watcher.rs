//! A thread that polls while futures wait, so that they make progress without their caller polling the device.

use super::failure::Failures;
use super::gpu::Core;
use super::progress::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The pause between polls while more work is in flight than what is waited for.
const PAUSE: Duration = Duration::from_micros(100);

/// Starts its thread when the first future waits. The thread sleeps while none does, and ends with the device.
#[derive(Debug)]
pub(super) struct Watcher(Arc<Shared>);

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
    running: bool,
    wanted: bool,
    stop: bool,
}

impl Watcher {
    pub(super) fn new(core: &Core) -> Self {
        Watcher(Arc::new(Shared {
            instance: core.instance.clone(),
            failures: Arc::clone(&core.failures),
            progress: Arc::clone(&core.progress),
            state: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    /// Polls until no ticket is pending.
    pub(super) fn watch(&self) -> Result<()> {
        let mut state = lock(&self.0.state);
        if !state.running {
            let shared = Arc::clone(&self.0);
            let thread = std::thread::Builder::new().name("wgflow-poll".into()).spawn(move || shared.run());
            thread.map_err(|e| {
                Error::new(ErrorKind::ResourceExhausted, "read", format!("no thread to poll with: {e}"))
            })?;
            state.running = true;
        }
        state.wanted = true;
        self.0.changed.notify_one();
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
    fn drop(&mut self) {
        lock(&self.0.state).stop = true;
        self.0.changed.notify_one();
    }
}
