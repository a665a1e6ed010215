//! Ops that wait: a call is noted, and runs with those that follow it once a value is needed.
//!
//! Each thread notes its calls for a device in a [`Segment`]. What is noted settles shapes, dtypes and errors in them; a value is computed
//! when it is read, used by another thread or by work that runs on its own, when the device is waited for, when a tape begins, or when a
//! segment is full. Where a segment ends depends on the calls alone, never on time. Results that nobody holds by then are not computed.

mod cut;
mod program;
mod recipe;
mod segment;

use super::entry::Joins;
use super::{Data, Entry, Tensor};
use crate::error::{Error, Result};
use crate::runtime::{Buffer, Device, is_synchronous, on_hand_over};
use segment::Segment;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, Weak};

pub use program::{EagerStats, eager_stats};

/// A result that is computed later. It stays with its tensors; the segment only knows of it.
pub(super) struct Slot {
    segment: Arc<Segment>,
    /// Number of the call among all of the segment.
    call: u64,
    /// Number of the result.
    output: u32,
    value: OnceLock<Result<Buffer>>,
}

impl Slot {
    /// The value, computed now if it is not there.
    pub(super) fn buffer(&self) -> Result<Buffer> {
        if self.value.get().is_none() {
            self.segment.flush();
        }
        self.value.get().cloned().unwrap_or_else(|| Err(Error::internal("Tensor", "was not computed")))
    }
}

thread_local! {
    /// The segments of this thread, one a device.
    static SEGMENTS: RefCell<Vec<Arc<Segment>>> = const { RefCell::new(Vec::new()) };
}

/// The segments of all threads.
static ALL: Mutex<Vec<Weak<Segment>>> = Mutex::new(Vec::new());

/// Whether calls of this entry wait. An adapter tells failed checks with the next read, the CPU device at the call.
pub(super) fn takes(entry: &Entry, device: &Device) -> bool {
    let waits = match entry.joins() {
        Joins::Pure => true,
        Joins::Checked => device.caps().is_some(),
        Joins::Alone => false,
    };
    waits && !is_synchronous()
}

/// Notes a call. The operands' specs are the entry's.
pub(super) fn call(entry: &Arc<Entry>, inputs: &[&Tensor], device: &Device) -> Result<Vec<Tensor>> {
    let segment = current(device);
    for t in inputs {
        match &t.0.data {
            // No thread holds two segments at once.
            Data::Deferred(s) if !Arc::ptr_eq(&s.segment, &segment) => drop(s.buffer()?),
            _ => {}
        }
    }
    segment.call(entry, inputs)
}

/// Ends the segments of this thread: what is called next is not compiled together with what was called before.
pub(crate) fn end_segment() {
    SEGMENTS.with_borrow(Vec::clone).iter().for_each(|s| s.flush());
}

/// Runs the checks of values that wait on this thread: a read tells what they find.
pub(super) fn run_checks(device: &Device) {
    let segment = SEGMENTS.with_borrow(|all| all.iter().find(|s| s.device == *device).cloned());
    segment.into_iter().for_each(|s| s.run_checks());
}

/// This thread's segment for a device.
fn current(device: &Device) -> Arc<Segment> {
    let known = SEGMENTS.with_borrow(|all| all.iter().find(|s| s.device == *device).cloned());
    known.unwrap_or_else(|| {
        let segment = Arc::new(Segment::new(device.clone()));
        SEGMENTS.with_borrow_mut(|all| all.push(segment.clone()));
        on_hand_over(hand_over);
        let mut all = crate::lock(&ALL);
        all.retain(|s| s.strong_count() > 0);
        all.push(Arc::downgrade(&segment));
        segment
    })
}

/// Runs what waits for a device, on whatever thread it was called.
fn hand_over(device: &Device) -> Result<()> {
    let all: Vec<Arc<Segment>> = crate::lock(&ALL).iter().filter_map(Weak::upgrade).collect();
    all.iter().filter(|s| s.device == *device).for_each(|s| s.flush());
    Ok(())
}
