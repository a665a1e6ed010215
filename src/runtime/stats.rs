//! Counters of what a device did: always on, a relaxed add each.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What a device did since it was made or [`Device::reset_stats`](super::Device::reset_stats).
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats { $($(#[$doc])* pub $name: u64,)* }

        #[derive(Debug, Default)]
        pub(super) struct Counters { $(pub(super) $name: Counter,)* }

        impl Counters {
            pub(super) fn snapshot(&self) -> Stats {
                Stats { $($name: self.$name.0.load(Ordering::Relaxed),)* }
            }

            pub(super) fn reset(&self) {
                $(self.$name.0.store(0, Ordering::Relaxed);)*
            }
        }

        impl fmt::Display for Stats {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let fields = [$((stringify!($name), self.$name),)*];
                for (i, (name, value)) in fields.iter().filter(|(_, v)| *v > 0).enumerate() {
                    write!(f, "{}{name}={value}", if i == 0 { "" } else { " " })?;
                }
                Ok(())
            }
        }
    };
}

counters! {
    /// Kernels launched.
    dispatches,
    /// Compute passes opened.
    passes,
    /// Command buffers handed to the driver.
    submits,
    /// Times the host slept because too much work was in flight.
    throttles,
    /// Copies and fills recorded.
    copies,
    /// Pipelines compiled.
    pipelines_created,
    /// Pipelines found in the cache.
    pipeline_hits,
    /// Bind groups made.
    bind_groups_created,
    /// Bind groups found in the cache.
    bind_group_hits,
    /// Buffers that the driver was asked for, the rest came from the pool.
    buffers_created,
    /// Bytes written from the host.
    bytes_uploaded,
    /// Bytes read by the host.
    bytes_read,
    /// Bytes of the ranges bound to kernels and of copies: an upper bound of the memory traffic.
    bytes_moved,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
}
