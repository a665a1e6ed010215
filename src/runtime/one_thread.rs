//! The one thread that a page has, with the face of a pool of them.

use crate::error::{Error, ErrorKind, Result};

/// The number of threads that kernels may use.
pub(crate) fn count() -> usize {
    1
}

/// How many threads were asked for.
pub(crate) fn wanted() -> usize {
    1
}

/// Asks for a number of threads.
///
/// # Errors
/// `FailedPrecondition` for more than there are.
pub(crate) fn set_wanted(n: usize) -> Result<()> {
    if n <= 1 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::FailedPrecondition,
        "set_intra_op_parallelism_threads",
        format!("a page has one thread; {n} cannot be had"),
    ))
}

/// The results of `f` for every item.
pub(crate) fn map<T, R>(items: &[T], f: impl Fn(&T) -> R) -> Vec<R> {
    items.iter().map(f).collect()
}

/// Runs `f` on every item.
pub(crate) fn each<T>(items: &mut [T], _worth: usize, f: impl Fn(&mut T)) {
    items.iter_mut().for_each(f);
}
