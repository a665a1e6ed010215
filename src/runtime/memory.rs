//! The pool and the accounts of one logical device.
//!
//! Sizes are rounded up to four steps an octave, so that buffers of similar tensors serve one another. Freed buffers wait
//! in last-in-first-out lists. What waits is bounded by how much was in use lately, and by the device's memory limit.

use super::buffer::{Buffer, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Idle memory below this much is always kept.
const KEEP: u64 = 64 << 20;
/// Allocations between two looks at how much was in use lately.
const WINDOW: u64 = 64;

/// How much memory a device uses (`tf.config.experimental.get_memory_info`), in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryInfo {
    /// In use by tensors, rounded up as allocated.
    pub current: u64,
    /// The most that was in use since the start or [`Device::reset_memory_stats`](super::Device::reset_memory_stats).
    pub peak: u64,
    /// Kept by the pool for the next tensors.
    pub idle: u64,
    /// The limit of `current + idle`, if the device has one.
    pub limit: Option<u64>,
    /// Buffers handed out.
    pub allocations: u64,
    /// Buffers that the driver or the system was asked for; the others were reused.
    pub created: u64,
}

/// Where a pool gets memory from.
pub(super) trait Source {
    /// Memory of other generations is gone.
    fn generation(&self) -> u64;
    /// The largest buffer that there can be, a multiple of 64.
    fn max_bytes(&self) -> u64;
    fn create(&self, capacity: u64) -> Result<Arc<Store>>;
    /// These ids will not come again.
    fn forget(&self, ids: &[u64]);
    /// Ends all recorded work, so that what it holds is freed.
    fn relieve(&self) -> Result<()>;
}

/// The pool of one logical device.
#[derive(Debug)]
pub(super) struct Memory {
    device: String,
    limit: Option<u64>,
    keep_idle: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    generation: u64,
    free: BTreeMap<u64, Vec<Arc<Store>>>,
    in_use: u64,
    idle: u64,
    peak: u64,
    /// The most in use in this window of allocations, and a slowly falling maximum of the windows before.
    window_peak: u64,
    recent_peak: u64,
    allocations: u64,
    created: u64,
}

impl Memory {
    /// With `keep_idle` freed memory is given back to the driver only to stay within `limit`.
    pub(super) fn new(device: String, limit: Option<u64>, keep_idle: bool) -> Arc<Self> {
        Arc::new(Memory { device, limit, keep_idle, state: Mutex::default() })
    }

    pub(super) fn info(&self) -> MemoryInfo {
        let s = lock(&self.state);
        MemoryInfo {
            current: s.in_use,
            peak: s.peak,
            idle: s.idle,
            limit: self.limit,
            allocations: s.allocations,
            created: s.created,
        }
    }

    pub(super) fn reset_peak(&self) {
        let mut s = lock(&self.state);
        s.peak = s.in_use;
    }

    /// A buffer of at least `bytes`.
    pub(super) fn alloc(self: &Arc<Self>, bytes: u64, source: &dyn Source) -> Result<Buffer> {
        let max = source.max_bytes();
        if bytes > max {
            return Err(Error::new(
                ErrorKind::ResourceExhausted,
                "Device.alloc",
                format!(
                    "{} wanted in one buffer of {}; it can have at most {}",
                    Bytes(bytes),
                    self.device,
                    Bytes(max)
                ),
            ));
        }
        let capacity = size_class(bytes).min(max);
        if let Some(store) = self.reuse_or_reserve(capacity, source)? {
            return Ok(Buffer::new(bytes, store, Some(Arc::clone(self))));
        }
        let store = source.create(capacity).or_else(|e| {
            if e.kind() != ErrorKind::ResourceExhausted {
                return Err(e);
            }
            self.trim(source);
            source.relieve()?;
            source.create(capacity)
        });
        match store {
            Ok(store) => {
                lock(&self.state).created += 1;
                Ok(Buffer::new(bytes, store, Some(Arc::clone(self))))
            }
            Err(e) => {
                let info = {
                    let mut s = lock(&self.state);
                    s.in_use = s.in_use.saturating_sub(capacity);
                    s.in_use
                };
                Err(e.context(format!(
                    "an allocation of {} on {}, {} in use",
                    Bytes(capacity),
                    self.device,
                    Bytes(info)
                )))
            }
        }
    }

    /// Takes back memory that no handle uses any more.
    pub(super) fn recycle(&self, store: Arc<Store>) {
        let mut s = lock(&self.state);
        s.in_use = s.in_use.saturating_sub(store.capacity);
        if store.generation() == s.generation {
            s.idle += store.capacity;
            s.free.entry(store.capacity).or_default().push(store);
        } else {
            drop(s);
            drop(store);
        }
    }

    /// Gives all idle memory back.
    pub(super) fn trim(&self, source: &dyn Source) {
        let gone = lock(&self.state).trim_to(0);
        release(gone, source);
    }

    /// A reused store, or `None` after setting `capacity` bytes aside for a new one.
    fn reuse_or_reserve(&self, capacity: u64, source: &dyn Source) -> Result<Option<Arc<Store>>> {
        for last_try in [false, true] {
            let mut s = lock(&self.state);
            let mut gone = s.enter_generation(source.generation());
            if let Some(store) = s.take(capacity) {
                if s.hand_out(capacity) {
                    let cap = self.idle_cap(&s, 0);
                    gone.extend(s.trim_to(cap));
                }
                drop(s);
                release(gone, source);
                return Ok(Some(store));
            }
            let cap = self.idle_cap(&s, capacity);
            gone.extend(s.trim_to(cap));
            let fits = self.limit.is_none_or(|limit| s.in_use.saturating_add(capacity) <= limit);
            if fits {
                s.hand_out(capacity);
            }
            let in_use = s.in_use;
            drop(s);
            release(gone, source);
            if fits {
                return Ok(None);
            }
            if last_try {
                return Err(self.exhausted(capacity, in_use));
            }
            source.relieve()?;
        }
        Err(Error::internal("Device.alloc", "the pool gave no answer"))
    }

    /// How much may stay idle while `capacity` more bytes come into use.
    fn idle_cap(&self, s: &State, capacity: u64) -> u64 {
        let lately = s.recent_peak.max(s.window_peak);
        let habit = if self.keep_idle { u64::MAX } else { lately + lately / 4 + KEEP };
        habit.min(self.limit.unwrap_or(u64::MAX)).saturating_sub(s.in_use.saturating_add(capacity))
    }

    fn exhausted(&self, capacity: u64, in_use: u64) -> Error {
        let limit = self.limit.unwrap_or(u64::MAX);
        Error::new(
            ErrorKind::ResourceExhausted,
            "Device.alloc",
            format!(
                "{} wanted on {} with {} in use; the device's memory limit is {}",
                Bytes(capacity),
                self.device,
                Bytes(in_use),
                Bytes(limit)
            ),
        )
    }
}

impl State {
    fn take(&mut self, capacity: u64) -> Option<Arc<Store>> {
        let store = self.free.get_mut(&capacity)?.pop()?;
        self.idle -= capacity;
        Some(store)
    }

    /// Accounts for a buffer that is handed out; true at the end of a window.
    fn hand_out(&mut self, capacity: u64) -> bool {
        self.in_use += capacity;
        self.peak = self.peak.max(self.in_use);
        self.window_peak = self.window_peak.max(self.in_use);
        self.allocations += 1;
        let window_ends = self.allocations.is_multiple_of(WINDOW);
        if window_ends {
            self.recent_peak = self.window_peak.max(self.recent_peak - self.recent_peak / 16);
            self.window_peak = self.in_use;
        }
        window_ends
    }

    /// Takes out idle memory until at most `idle` bytes of it are left, the largest first and of those the oldest.
    fn trim_to(&mut self, idle: u64) -> Vec<Arc<Store>> {
        let mut gone = vec![];
        while self.idle > idle {
            let Some(mut largest) = self.free.last_entry() else { break };
            let (capacity, list) = (*largest.key(), largest.get_mut());
            let excess = (self.idle - idle).div_ceil(capacity) as usize;
            let n = excess.min(list.len());
            gone.extend(list.drain(..n));
            self.idle -= n as u64 * capacity;
            if list.is_empty() {
                largest.remove();
            }
        }
        gone
    }

    /// Drops memory of a device that was lost and opened anew.
    fn enter_generation(&mut self, generation: u64) -> Vec<Arc<Store>> {
        if self.generation == generation {
            return vec![];
        }
        self.generation = generation;
        self.trim_to(0)
    }
}

fn release(gone: Vec<Arc<Store>>, source: &dyn Source) {
    if !gone.is_empty() {
        let ids: Vec<u64> = gone.iter().map(|s| s.id).collect();
        source.forget(&ids);
    }
}

/// `bytes` rounded up to four steps an octave, at least 256.
pub(super) fn size_class(bytes: u64) -> u64 {
    if bytes <= 256 {
        return 256;
    }
    let step = 1u64 << ((bytes - 1).ilog2().saturating_sub(2));
    bytes.checked_next_multiple_of(step).unwrap_or(bytes)
}

/// Bytes as people read them.
pub(super) struct Bytes(pub(super) u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match UNITS.iter().find(|(_, unit)| self.0 >= *unit) {
            Some((name, unit)) => write!(f, "{:.1} {name} ({} bytes)", self.0 as f64 / *unit as f64, self.0),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
