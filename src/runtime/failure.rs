//! What went wrong on an adapter since the last call that could say so.
//!
//! wgpu reports most errors through callbacks. They are kept here, and the next call that returns a `Result` returns them.

use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The failures of one opened adapter.
#[derive(Debug, Default)]
pub(super) struct Failures {
    any: AtomicBool,
    reported: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lost: Option<String>,
    error: Option<Error>,
}

impl Failures {
    /// Whether something waits to be told.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Keeps the first error that no scope caught.
    pub(super) fn record(&self, error: wgpu::Error) {
        self.record_error(typed("device", error));
    }

    /// Keeps the first error that no call could return.
    pub(super) fn record_error(&self, error: Error) {
        log::debug!("{error}");
        lock(&self.state).error.get_or_insert(error);
        self.any.store(true, Ordering::Release);
    }

    /// Marks the device as lost, for good.
    pub(super) fn record_lost(&self, reason: &str) {
        lock(&self.state).lost.get_or_insert_with(|| reason.to_string());
        self.any.store(true, Ordering::Release);
    }

    /// Why the device was lost, if it was.
    pub(super) fn loss(&self) -> Option<String> {
        if self.any() { lock(&self.state).lost.clone() } else { None }
    }

    /// Whether the device is lost and a caller was told so.
    pub(super) fn loss_was_reported(&self) -> bool {
        self.reported.load(Ordering::Acquire) && self.loss().is_some()
    }

    /// Counts the loss as told.
    pub(super) fn pass_over_loss(&self) {
        self.reported.store(true, Ordering::Release);
    }

    /// Returns the loss, if the device was lost.
    pub(super) fn check_loss(&self, op: &str) -> Result<()> {
        match self.loss() {
            None => Ok(()),
            Some(reason) => {
                self.reported.store(true, Ordering::Release);
                Err(lost(op, &reason))
            }
        }
    }

    /// Returns what waits to be told: the loss each time, another error once.
    pub(super) fn check(&self, op: &str) -> Result<()> {
        if !self.any() {
            return Ok(());
        }
        self.check_loss(op)?;
        let mut state = lock(&self.state);
        self.any.store(state.lost.is_some(), Ordering::Release);
        state.error.take().map_or(Ok(()), |e| Err(e.for_op(op)))
    }
}

/// The error of work on a device that is gone.
pub(super) fn lost(op: &str, reason: &str) -> Error {
    let reason = if reason.is_empty() { "no reason given" } else { reason };
    Error::new(
        ErrorKind::Unavailable,
        op,
        format!(
            "the device was lost ({reason}); its values are gone, host values and other devices live on, and the next \
             allocation on it opens it anew"
        ),
    )
}

/// The error of a buffer or pipeline that outlived its device.
pub(super) fn stale(op: &str, what: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        op,
        format!("the {what} belongs to a device that was lost; it is gone"),
    )
}

/// Runs `f` and returns the error that wgpu met in it, if any.
///
/// In a browser errors come later, through [`Failures::record`].
pub(super) fn scoped<T>(device: &wgpu::Device, f: impl FnOnce() -> T) -> (T, Option<wgpu::Error>) {
    #[cfg(target_family = "wasm")]
    {
        let _ = device;
        (f(), None)
    }
    #[cfg(not(target_family = "wasm"))]
    {
        let filters =
            [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation];
        let [internal, memory, validation] = filters.map(|f| device.push_error_scope(f));
        let out = f();
        let caught = [validation, memory, internal].map(|scope| pollster::block_on(scope.pop()));
        (out, caught.into_iter().flatten().next())
    }
}

/// wgpu's error as one of ours.
pub(super) fn typed(op: &str, error: wgpu::Error) -> Error {
    match error {
        wgpu::Error::OutOfMemory { source } => {
            Error::new(ErrorKind::ResourceExhausted, op, format!("the driver is out of memory ({source})"))
        }
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            Error::internal(op, description.trim())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validation(text: &str) -> wgpu::Error {
        wgpu::Error::Validation { source: Box::new(std::fmt::Error), description: text.into() }
    }

    #[test]
    fn an_error_is_told_once_and_the_first_one_wins() {
        let failures = Failures::default();
        assert!(failures.check("a").is_ok());
        failures.record(validation("first"));
        failures.record(validation("second"));
        let e = failures.check("Device.alloc").unwrap_err();
        assert_eq!((e.kind(), e.op(), e.message()), (ErrorKind::Internal, "Device.alloc", "first"));
        assert!(failures.check("a").is_ok());
    }

    #[test]
    fn a_loss_is_told_each_time_and_outranks_errors() {
        let failures = Failures::default();
        failures.record(validation("invalid buffer"));
        failures.record_lost("gone");
        assert!(!failures.loss_was_reported());
        for _ in 0..2 {
            let e = failures.check("sync").unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Unavailable);
            assert!(e.message().contains("gone"), "{e}");
        }
        assert!(failures.loss_was_reported() && failures.loss().is_some());
    }

    #[test]
    fn kinds_follow_the_cause() {
        let oom = wgpu::Error::OutOfMemory { source: Box::new(std::fmt::Error) };
        assert_eq!(typed("x", oom).kind(), ErrorKind::ResourceExhausted);
        let internal = wgpu::Error::Internal { source: Box::new(std::fmt::Error), description: " x ".into() };
        assert_eq!(typed("x", internal).message(), "x");
    }
}
