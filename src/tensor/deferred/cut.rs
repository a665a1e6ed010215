//! Where a segment that nothing ends is cut: by its calls alone, and for a loop at the same place of its body each time.

use super::segment::Call;
use crate::hlo::Spec;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Calls of a full segment.
const MOST: usize = 256;
/// Calls of the shortest part that a full segment is cut into.
const LEAST: usize = 128;
/// Calls that say where a cut is best: after them it comes wherever they come.
const WINDOW: usize = 8;
/// Bytes of values from outside that a segment holds.
const SOURCES: u64 = 256 << 20;
/// Bytes of results of a segment, whether or not they will be in memory: with so much to do, a device should begin.
const RESULTS: u64 = 256 << 20;

/// What a segment holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    sources: u64,
    results: u64,
}

impl Load {
    pub(super) fn source(&mut self, spec: &Spec) {
        self.sources += bytes(spec);
    }

    pub(super) fn result(&mut self, spec: &Spec) {
        self.results += bytes(spec);
    }
}

fn bytes(spec: &Spec) -> u64 {
    4 * spec.shape.size() as u64
}

/// How many calls have to run now.
pub(super) fn due(calls: &[Call], load: &Load) -> Option<usize> {
    if load.sources > SOURCES || load.results > RESULTS {
        return Some(calls.len());
    }
    (calls.len() >= MOST).then(|| best(calls))
}

/// The first place, of those far enough in, where the hash of the calls before is least. In a loop it is at one place of the body, so that
/// all segments but the first are alike.
fn best(calls: &[Call]) -> usize {
    let hash = |end: usize| {
        let mut h = FxHasher::default();
        calls[end - WINDOW..end].iter().for_each(|c| h.write_u64(c.entry.stable()));
        h.finish()
    };
    (LEAST..=calls.len()).min_by_key(|&end| hash(end)).unwrap_or(calls.len())
}
