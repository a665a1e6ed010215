//! Loops over steps of a cell that are made once and serve later calls.

use super::node::AnyLayer;
use crate::hlo::Spec;
use crate::tensor::{Capture, Entry};
use std::cell::RefCell;
use std::sync::Arc;

/// What a loop was made for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoopKey {
    /// Specs of states, sequence, mask and constants.
    pub(crate) specs: Vec<Spec>,
    /// Everything else that it depends on.
    pub(crate) flags: [bool; 7],
}

/// A loop that can be run: constants, captured values, first states, the first output where it is carried, and stacked inputs to last states, the last
/// output where it is carried, and all outputs where they are stacked.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub(crate) entry: Arc<Entry>,
    /// What a step uses beside its arguments.
    pub(crate) captures: Vec<Capture>,
    /// The spec of the output, where it is carried.
    pub(crate) first_output: Option<Spec>,
    /// Which state the output is, where it is one.
    pub(crate) output_is_state: Option<usize>,
}

/// The loops of a cell, newest last.
#[derive(Debug, Default)]
pub(crate) struct Loops(RefCell<Vec<(LoopKey, Loop)>>);

/// Most loops that a cell keeps: shapes and ways of running that alternate.
const MOST: usize = 16;

impl Loops {
    pub(crate) fn find(&self, key: &LoopKey) -> Option<Loop> {
        self.0.borrow().iter().find(|(k, _)| k == key).map(|(_, l)| l.clone())
    }

    pub(crate) fn keep(&self, key: LoopKey, made: Loop) {
        let mut all = self.0.borrow_mut();
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push((key, made));
    }
}

impl AnyLayer {
    /// Its loops, where it is a cell.
    pub(crate) fn loops(&self) -> &Loops {
        &self.core().loops
    }
}
