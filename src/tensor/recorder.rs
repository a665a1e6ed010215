//! The hook through which tapes see what the door runs.

use super::{Entry, Tensor};
use crate::error::Result;
use std::cell::RefCell;
use std::sync::Arc;

/// A user's derivative: adjoints of the results to adjoints of the operands.
pub type CustomBackward = Arc<dyn Fn(&[Tensor]) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

/// A call that a recorder sees.
#[derive(Debug)]
pub struct Call<'a> {
    /// Its operands.
    pub inputs: &'a [&'a Tensor],
    /// Its results.
    pub outputs: &'a [Tensor],
    /// Where its derivative comes from.
    pub how: How<'a>,
}

/// Where the derivative of a call comes from.
pub enum How<'a> {
    /// From the entry that was run.
    Entry(&'a Arc<Entry>),
    /// From a graph over residuals that the call returned beside its results, which stand behind them.
    Residuals {
        /// What was run: from the operands to results and residuals.
        forward: &'a Arc<Entry>,
        /// From the residuals, then the adjoints of the results marked in `given`, to the adjoints of the operands marked in `connected`.
        backward: &'a Arc<Entry>,
        /// Number of results before the residuals.
        results: usize,
        /// Which results have an adjoint.
        given: &'a [bool],
        /// Which operands get one.
        connected: &'a [bool],
    },
    /// From a function of the user's.
    Custom(&'a CustomBackward),
}

impl std::fmt::Debug for How<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            How::Entry(e) => f.write_str(e.label()),
            How::Residuals { backward, .. } => f.write_str(backward.label()),
            How::Custom(_) => f.write_str("custom_gradient"),
        }
    }
}

/// Something that watches calls: a tape.
pub trait Recorder: std::fmt::Debug {
    /// Whether results of a call on these operands must be recorded.
    fn wants(&self, inputs: &[&Tensor]) -> bool;
    /// A call whose operands it wanted.
    ///
    /// # Errors
    /// When the derivative cannot be built.
    fn record(&self, call: &Call<'_>) -> Result<()>;
    /// A variable was read as `value`.
    fn read_variable(&self, variable: u64, trainable: bool, value: &Tensor);
}

thread_local! {
    static RECORDERS: RefCell<Vec<Arc<dyn Recorder>>> = const { RefCell::new(Vec::new()) };
}

/// Adds a recorder; it sees calls of this thread until it is removed.
pub fn add_recorder(r: Arc<dyn Recorder>) {
    RECORDERS.with_borrow_mut(|all| all.push(r));
}

/// Whether this thread has a recorder.
pub(crate) fn is_recorded() -> bool {
    RECORDERS.with_borrow(|all| !all.is_empty())
}

/// Removes a recorder.
pub fn remove_recorder(r: &Arc<dyn Recorder>) {
    RECORDERS.with_borrow_mut(|all| all.retain(|o| !std::ptr::addr_eq(Arc::as_ptr(o), Arc::as_ptr(r))));
}

/// Runs `f` unseen by the recorders of this thread; those that `f` adds see what comes after.
pub fn without_recorders<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Vec<Arc<dyn Recorder>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let saved = std::mem::take(&mut self.0);
            RECORDERS.with_borrow_mut(|all| *all = saved);
        }
    }
    let _restore = Restore(RECORDERS.with_borrow_mut(std::mem::take));
    f()
}

/// The recorders that want a call on these operands. A copy: no borrow is held while they run.
pub(crate) fn interested(inputs: &[&Tensor]) -> Vec<Arc<dyn Recorder>> {
    if RECORDERS.with_borrow(Vec::is_empty) {
        return vec![];
    }
    RECORDERS.with_borrow(Vec::clone).into_iter().filter(|r| r.wants(inputs)).collect()
}

/// Tells the recorders that a variable was read.
pub(super) fn variable_read(variable: u64, trainable: bool, value: &Tensor) {
    if !RECORDERS.with_borrow(Vec::is_empty) {
        RECORDERS.with_borrow(Vec::clone).iter().for_each(|r| r.read_variable(variable, trainable, value));
    }
}
