//! Temporary memory: values that are not needed at the same time share it.

/// A value in temporary memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub bytes: u64,
    /// The first and the last kernel that need it.
    pub from: usize,
    pub until: usize,
    /// Whether it needs a buffer's beginning, and nothing beside it: whoever runs the kernel does not know of parts of buffers.
    pub alone: bool,
    /// Values, by number, that a kernel uses together with it so that the two must be in different buffers: no buffer may be bound for
    /// reading and for writing at once. Two that are only read, or only written, may share one.
    pub apart: Vec<usize>,
}

impl Life {
    /// Kernels that it lasts for.
    fn time(&self) -> u64 {
        (self.until - self.from + 1) as u64
    }

    fn meets(&self, other: &Life) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}

/// Multiple of offsets inside of buffers; WebGPU's largest alignment of bindings.
const ALIGNMENT: u64 = 256;

/// The most bytes that are needed at once.
pub(super) fn bound(lives: &[Life]) -> u64 {
    let at = |k: usize| lives.iter().filter(|l| (l.from..=l.until).contains(&k)).map(|l| l.bytes).sum();
    lives.iter().map(|l| at(l.from)).max().unwrap_or(0)
}

/// What values choose by: the largest first.
type Order = fn(&Life) -> (u64, u64);

/// Where values are: a buffer and an offset in it.
type Places = Vec<(usize, u64)>;

/// Comparisons of two values that are spent on finding a better order.
const EFFORT: usize = 8_000_000;

/// Most orders that are tried.
const MAX_TRIES: usize = 2048;

/// Bytes of each buffer, and the place of each value: the best of what several orders of choosing, and small changes of the best of them,
/// lead to.
pub(super) fn assign(lives: &[Life]) -> (Vec<u64>, Places) {
    let orders: [Order; 4] = [
        |l| (l.bytes, l.from as u64),
        |l| (l.bytes * l.time(), l.bytes),
        |l| (l.time(), l.bytes),
        |l| (u64::MAX - l.from as u64, l.bytes),
    ];
    let total = |found: &(Vec<u64>, Places)| found.0.iter().sum::<u64>();
    let each = orders.iter().map(|key| {
        let mut order: Vec<usize> = (0..lives.len()).collect();
        order.sort_by_key(|&k| std::cmp::Reverse(key(&lives[k])));
        (in_order(lives, &order), order)
    });
    let Some((mut best, mut order)) = each.min_by_key(|(found, _)| total(found)) else {
        return Default::default();
    };
    let (least, n) = (bound(lives), lives.len());
    // The same every time: a plan must not depend on chance.
    let mut random = 1u64;
    let mut below = |n: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % n
    };
    for _ in 0..EFFORT / (n * n).max(EFFORT / MAX_TRIES) {
        if total(&best) <= least + least / 64 {
            break;
        }
        let mut other = order.clone();
        for _ in 0..1 + below(4) {
            let moved = other.remove(below(n));
            other.insert(below(n), moved);
        }
        let found = in_order(lives, &other);
        if total(&found) <= total(&best) {
            (best, order) = (found, other);
        }
    }
    best
}

/// Values choose one after another: the place that lets buffers grow least, of those the one where least is left over.
fn in_order(lives: &[Life], order: &[usize]) -> (Vec<u64>, Places) {
    let mut buffers: Vec<(u64, Vec<usize>)> = vec![];
    let mut of = vec![(0, 0); lives.len()];
    for &k in order {
        let own = &lives[k];
        let mut best = (own.bytes, 0, buffers.len(), 0);
        for (n, (size, held)) in buffers.iter().enumerate() {
            if let Some((growth, left, offset)) = room(lives, k, *size, held, &of) {
                best = best.min((growth, left, n, offset));
            }
        }
        let (growth, _, n, offset) = best;
        if n == buffers.len() {
            buffers.push((0, vec![]));
        }
        buffers[n].0 += growth;
        buffers[n].1.push(k);
        of[k] = (n, offset);
    }
    (buffers.into_iter().map(|(size, _)| size).collect(), of)
}

/// Where value `k` fits into a buffer that holds others: by how much the buffer must grow, how many bytes are left over there, and the
/// offset.
fn room(lives: &[Life], k: usize, size: u64, held: &[usize], of: &[(usize, u64)]) -> Option<(u64, u64, u64)> {
    let own = &lives[k];
    let mut beside: Vec<usize> = held.iter().copied().filter(|&o| own.meets(&lives[o])).collect();
    let parted = |&o: &usize| lives[o].alone || own.apart.contains(&o) || lives[o].apart.contains(&k);
    if beside.iter().any(parted) || (own.alone && !beside.is_empty()) {
        return None;
    }
    beside.sort_by_key(|&o| of[o].1);
    let (mut best, mut start): (Option<(u64, u64, u64)>, u64) = (None, 0);
    for &o in &beside {
        if let Some(left) = of[o].1.checked_sub(start + own.bytes) {
            let found = (0, left, start);
            best = Some(best.map_or(found, |b| b.min(found)));
        }
        start = start.max((of[o].1 + lives[o].bytes).next_multiple_of(ALIGNMENT));
    }
    let end = start + own.bytes;
    let last = (end.saturating_sub(size), size.saturating_sub(end), start);
    Some(best.map_or(last, |b| b.min(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(bytes: u64, from: usize, until: usize) -> Life {
        Life { bytes, from, until, alone: false, apart: vec![] }
    }

    fn check(lives: &[Life]) -> u64 {
        let (buffers, of) = assign(lives);
        for i in 0..lives.len() {
            let (n, at) = of[i];
            assert!(at % ALIGNMENT == 0 && at + lives[i].bytes <= buffers[n]);
            for j in (0..i).filter(|&j| of[j].0 == n && lives[i].meets(&lives[j])) {
                let other = of[j].1;
                assert!(other + lives[j].bytes <= at || at + lives[i].bytes <= other);
                assert!(!lives[i].apart.contains(&j) && !lives[i].alone && !lives[j].alone);
            }
        }
        buffers.iter().sum()
    }

    #[test]
    fn values_share_where_they_do_not_meet() {
        let lives = [life(1024, 0, 1), life(256, 1, 2), life(1024, 2, 3), life(512, 3, 4), life(256, 4, 5)];
        assert_eq!((bound(&lives), check(&lives)), (1536, 1536));
    }

    #[test]
    fn small_values_share_a_large_buffer_unless_a_kernel_writes_beside() {
        let mut lives = [life(2048, 0, 1), life(512, 2, 4), life(512, 3, 4), life(1024, 3, 3)];
        assert_eq!(check(&lives), 2048);
        lives[2].apart = vec![1];
        assert_eq!(check(&lives), 2560);
        lives[1].alone = true;
        check(&lives);
    }
}
