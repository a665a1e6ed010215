//! The threads of the CPU device: one pool of the process, so that programs that run at the same time share the cores.

use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::{Mutex, OnceLock};

/// How many threads are wanted; 0 leaves it to the system.
static WANTED: Mutex<usize> = Mutex::new(0);

/// None where one thread does everything.
static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();

fn pool() -> Option<&'static ThreadPool> {
    let make = || {
        let wanted = *lock(&WANTED);
        let name = |k| format!("wgflow-{k}");
        let pool = ThreadPoolBuilder::new().num_threads(wanted).thread_name(name).build();
        // A page has no threads.
        pool.ok().filter(|p| p.current_num_threads() > 1)
    };
    POOL.get_or_init(make).as_ref()
}

/// The number of threads that kernels may use.
pub(crate) fn count() -> usize {
    pool().map_or(1, ThreadPool::current_num_threads)
}

/// How many threads were asked for.
pub(crate) fn wanted() -> usize {
    *lock(&WANTED)
}

/// Asks for a number of threads.
///
/// # Errors
/// `FailedPrecondition` after the first use of several threads.
pub(crate) fn set_wanted(n: usize) -> Result<()> {
    let mut wanted = lock(&WANTED);
    if POOL.get().is_some() && *wanted != n {
        return Err(Error::new(
            ErrorKind::FailedPrecondition,
            "set_intra_op_parallelism_threads",
            format!("threads are running; the number, {}, cannot be changed to {n} now", *wanted),
        ));
    }
    *wanted = n;
    Ok(())
}

/// The results of `f` for every item, as [`each`].
pub(crate) fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    match pool() {
        Some(p) if items.len() > 1 => p.install(|| items.par_iter().with_max_len(1).map(f).collect()),
        _ => items.iter().map(f).collect(),
    }
}

/// Runs `f` on every item, on several threads where the work is worth more than one. `f` takes no locks: a thread that waits for the
/// others may take up another program's items.
pub(crate) fn each<T: Send>(items: &mut [T], worth: usize, f: impl Fn(&mut T) + Sync + Send) {
    match pool() {
        Some(p) if items.len() > 1 && worth > 1 => {
            p.install(|| items.par_iter_mut().with_max_len(1).for_each(f));
        }
        _ => items.iter_mut().for_each(f),
    }
}
