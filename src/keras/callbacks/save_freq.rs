//! When callbacks save.

/// When a model is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveFreq {
    /// After each epoch.
    #[default]
    Epoch,
    /// After so many batches.
    Batches(usize),
}

/// Counts batches between savings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    since: usize,
    last: Option<usize>,
}

impl Counted {
    /// Whether the model is to be saved after a batch. A call may stand for several batches, of which this is the last.
    pub(super) fn due(&mut self, freq: SaveFreq, batch: usize) -> bool {
        let SaveFreq::Batches(every) = freq else { return false };
        // Batches count from 0 in each epoch.
        self.since += self.last.filter(|last| *last < batch).map_or(batch + 1, |last| batch - last);
        self.last = Some(batch);
        if self.since < every {
            return false;
        }
        self.since = 0;
        true
    }
}
