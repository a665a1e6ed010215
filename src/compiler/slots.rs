//! Temporary memory: values that are not needed at the same time share it.

/// A value in temporary memory: bytes, and the first and the last kernel that need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub bytes: u64,
    pub from: usize,
    pub until: usize,
}

impl Life {
    fn meets(&self, other: &Life) -> bool {
        self.from <= other.until && other.from <= self.until
    }

    /// Kernels between two lives.
    fn gap(&self, other: &Life) -> usize {
        if self.from > other.until { self.from - other.until } else { other.from - self.until }
    }
}

/// The most bytes that are needed at once.
pub(super) fn bound(lives: &[Life]) -> u64 {
    let at = |k: usize| lives.iter().filter(|l| (l.from..=l.until).contains(&k)).map(|l| l.bytes).sum();
    lives.iter().map(|l| at(l.from)).max().unwrap_or(0)
}

/// Bytes of each slot, and the slot of each value. The largest values choose first, so that a slot is as large as its first value, and
/// take the slot that stands idle for the shortest time.
pub(super) fn assign(lives: &[Life]) -> (Vec<u64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..lives.len()).collect();
    order.sort_by_key(|&k| (std::cmp::Reverse(lives[k].bytes), lives[k].from));
    let mut slots: Vec<Vec<usize>> = vec![];
    let mut of = vec![0; lives.len()];
    for k in order {
        let own = &lives[k];
        let idle = |slot: &Vec<usize>| slot.iter().all(|&o| !own.meets(&lives[o]));
        let nearest = |slot: &Vec<usize>| slot.iter().map(|&o| own.gap(&lives[o])).min();
        let free = slots.iter().enumerate().filter(|(_, s)| idle(s));
        // Of slots that have waited equally long, the one that fits best.
        let best = free.min_by_key(|(n, s)| (nearest(s), std::cmp::Reverse(*n))).map(|(n, _)| n);
        let n = best.unwrap_or_else(|| {
            slots.push(vec![]);
            slots.len() - 1
        });
        slots[n].push(k);
        of[k] = n;
    }
    (slots.iter().map(|s| s.iter().map(|&k| lives[k].bytes).max().unwrap_or(0)).collect(), of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(bytes: u64, from: usize, until: usize) -> Life {
        Life { bytes, from, until }
    }

    #[test]
    fn values_share_where_they_do_not_meet() {
        let lives = [life(64, 0, 1), life(16, 1, 2), life(64, 2, 3), life(32, 3, 4), life(16, 4, 5)];
        let (slots, of) = assign(&lives);
        for i in 0..lives.len() {
            assert!(slots[of[i]] >= lives[i].bytes);
            assert!((0..i).all(|j| of[i] != of[j] || !lives[i].meets(&lives[j])));
        }
        assert_eq!(bound(&lives), 96);
        assert_eq!(slots.iter().sum::<u64>(), 96);
    }
}
