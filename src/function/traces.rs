//! The graphs of a function: as many as are kept, and a word of warning where they are made too often.

use super::ConcreteFunction;
use super::args::Key;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Graphs that a function keeps; the one that was used longest ago makes room.
pub const MAX_TRACES: usize = 128;

/// Last calls that are looked at (TensorFlow's numbers), and traces among them that are too many.
const HISTORY: usize = 10;
const TOO_MANY: usize = 5;

/// What a function has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionStats {
    /// Calls, and graphs that were asked for.
    pub calls: u64,
    /// How often the host function was traced (`experimental_get_tracing_count`).
    pub traces: u64,
    /// Graphs that are kept now.
    pub kept: usize,
    /// Graphs that made room for others.
    pub dropped: u64,
    /// Warnings of too many traces.
    pub warnings: u64,
}

#[derive(Default)]
pub(super) struct Traces {
    kept: HashMap<Key, Kept>,
    stats: FunctionStats,
    /// Calls since each of the last traces, that trace's own among them.
    since: VecDeque<usize>,
}

struct Kept {
    concrete: Arc<ConcreteFunction>,
    last_use: u64,
}

impl Traces {
    /// The graph for a key.
    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<ConcreteFunction>> {
        let kept = self.kept.get_mut(key)?;
        self.stats.calls += 1;
        kept.last_use = self.stats.calls;
        match self.since.back_mut() {
            Some(calls) => *calls += 1,
            None => self.since.push_back(1),
        }
        Some(kept.concrete.clone())
    }

    /// Keeps a graph that was traced for a call; gives what to warn of: traces among how many calls.
    pub(super) fn put(
        &mut self,
        key: Key,
        concrete: &Arc<ConcreteFunction>,
        expected: bool,
    ) -> Option<(usize, usize)> {
        self.stats.calls += 1;
        self.stats.traces += 1;
        let last_use = self.stats.calls;
        if self.kept.len() >= MAX_TRACES && !self.kept.contains_key(&key) {
            let oldest = self.kept.iter().min_by_key(|(_, k)| k.last_use).map(|(k, _)| k.clone());
            if let Some(oldest) = oldest {
                self.kept.remove(&oldest);
                self.stats.dropped += 1;
            }
        }
        self.kept.insert(key, Kept { concrete: concrete.clone(), last_use });
        if expected {
            return None;
        }
        self.since.push_back(1);
        let mut calls: usize = self.since.iter().sum();
        while let Some(&first) = self.since.front()
            && calls - first > HISTORY
        {
            calls -= first;
            self.since.pop_front();
        }
        let traces = self.since.len();
        if traces < TOO_MANY || self.stats.warnings > 0 {
            return None;
        }
        self.stats.warnings += 1;
        Some((traces, calls))
    }

    pub(super) fn stats(&self) -> FunctionStats {
        FunctionStats { kept: self.kept.len(), ..self.stats }
    }

    /// Whether a key differs from one that is kept in sizes of dimensions only.
    pub(super) fn resizes(&self, key: &Key) -> bool {
        self.kept.keys().any(|k| k.differs_in_sizes(key))
    }
}
