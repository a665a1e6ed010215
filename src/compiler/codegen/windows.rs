//! Kernels over buffers that an adapter does not bind whole: the outermost loop variable is cut into ranges, and of each large buffer a
//! range binds the window that it touches.

use crate::compiler::index::{Index, Source};
use crate::compiler::kernel::{Kernel, KernelKind, Store};
use crate::compiler::scalar::{Body, SOp};
use std::ops::Range;

/// A part of a kernel's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Values of the variable that is cut.
    pub range: Range<usize>,
    /// Whether this is all of the work.
    pub whole: bool,
    /// Elements that are bound of each buffer; `None` for all.
    pub windows: Vec<Option<Range<usize>>>,
}

/// Offsets of bindings, in bytes; WebGPU's largest alignment.
const ALIGNMENT: usize = 256;

/// Most parts that a kernel is cut into.
const MAX_CHUNKS: usize = 1 << 14;

/// The loop variable that a kernel's work is cut along, and how many values it has.
fn outer(kind: &KernelKind) -> Option<(u8, usize)> {
    match kind {
        KernelKind::Loop(l) => Some((0, l.n)),
        KernelKind::Rows(r) => Some((0, r.rows)),
        KernelKind::Cumulative(c) => Some((0, c.lines)),
        KernelKind::Attention(a) => Some((0, a.sizes[0])),
        KernelKind::Contract(c) if c.sizes[0] > 1 => Some((0, c.sizes[0])),
        KernelKind::Contract(c) => Some((1, c.sizes[1])),
        _ => None,
    }
}

/// Every access of a kernel: buffer, index.
fn accesses(kind: &KernelKind) -> Vec<(u16, &Index)> {
    fn loads(b: &Body) -> impl Iterator<Item = (u16, &Index)> {
        b.insts.iter().filter_map(|i| match &i.op {
            SOp::Load { buffer, index, .. } => Some((*buffer, index)),
            _ => None,
        })
    }
    fn stores(s: &[Store]) -> impl Iterator<Item = (u16, &Index)> {
        s.iter().map(|s| (s.buffer, &s.index))
    }
    match kind {
        KernelKind::Loop(l) => loads(&l.body).chain(stores(&l.stores)).collect(),
        KernelKind::Rows(r) => loads(&r.body).chain(stores(&r.stores)).chain(stores(&r.row_stores)).collect(),
        KernelKind::Attention(a) => {
            let read = a.functions().flat_map(|f| loads(&f.body));
            read.chain(a.stores().map(|(b, i)| (*b, i))).collect()
        }
        KernelKind::Cumulative(c) => loads(&c.element.body).chain([(c.store.0, &c.store.1)]).collect(),
        KernelKind::Contract(c) => loads(&c.lhs.body)
            .chain(loads(&c.rhs.body))
            .chain(loads(&c.body))
            .chain(stores(&c.stores))
            .collect(),
        _ => vec![],
    }
}

/// Least and greatest value of an index while variable `var` runs over a range and all others over all their values.
fn reach(i: &Index, var: u8, range: &Range<usize>) -> (i64, i64) {
    let (mut low, mut high) = (i.constant, i.constant);
    for t in &i.terms {
        let last = t.size as i64 - 1;
        let (a, b) = match t.source {
            Source::Var(v) if v == var => {
                let (first, end) = (range.start / t.stride, (range.end.max(range.start + 1) - 1) / t.stride);
                if t.top {
                    (first as i64, end as i64)
                } else if end - first < t.size && first % t.size <= end % t.size {
                    ((first % t.size) as i64, (end % t.size) as i64)
                } else {
                    (0, last)
                }
            }
            _ => (0, last),
        };
        low += (t.coef * a).min(t.coef * b);
        high += (t.coef * a).max(t.coef * b);
    }
    (low, high)
}

/// The parts of a kernel's work, or buffers for which no cut along the outer variable makes the windows small enough.
pub fn chunks(k: &Kernel, max_binding: u64) -> Result<Vec<Chunk>, Vec<usize>> {
    let bytes = |b: usize| (k.buffers[b].len * k.buffers[b].storage.bytes()) as u64;
    let large: Vec<usize> = (0..k.buffers.len()).filter(|&b| bytes(b) > max_binding).collect();
    let Some((var, n)) = outer(&k.kind).filter(|_| !large.is_empty()) else {
        let all = Chunk { range: 0..usize::MAX, whole: true, windows: vec![None; k.buffers.len()] };
        return if large.is_empty() { Ok(vec![all]) } else { Err(large) };
    };
    let accesses = accesses(&k.kind);
    let mut parts = 2;
    let mut stuck = large[0];
    while parts <= MAX_CHUNKS.min(2 * n) {
        // Whole groups of elements, so that neighbouring parts never share a word or a line.
        let length = n.div_ceil(parts).next_multiple_of(if n >= 4 * ALIGNMENT { ALIGNMENT } else { 4 });
        let cut: Option<Vec<Chunk>> = (0..n.div_ceil(length))
            .map(|p| {
                let range = p * length..((p + 1) * length).min(n);
                let mut windows = vec![None; k.buffers.len()];
                for &b in &large {
                    let window = window(k, b, &accesses, var, &range);
                    let size = (window.len() * k.buffers[b].storage.bytes()) as u64;
                    if size > max_binding {
                        stuck = b;
                        return None;
                    }
                    windows[b] = Some(window);
                }
                Some(Chunk { range, whole: false, windows })
            })
            .collect();
        if let Some(cut) = cut {
            return Ok(cut);
        }
        parts *= 2;
    }
    Err(vec![stuck])
}

/// The elements of buffer `b` that a range of the outer variable touches, from an aligned one on.
fn window(k: &Kernel, b: usize, accesses: &[(u16, &Index)], var: u8, range: &Range<usize>) -> Range<usize> {
    let buffer = &k.buffers[b];
    let (mut low, mut high) = (i64::MAX, 0);
    for (_, index) in accesses.iter().filter(|(n, _)| *n as usize == b) {
        let (a, z) = reach(index, var, range);
        low = low.min(a);
        high = high.max(z);
    }
    let align = ALIGNMENT / buffer.storage.bytes().min(ALIGNMENT);
    let start = (low.max(0) as usize).min(buffer.len) / align * align;
    // Groups of four are read and written whole.
    let end = (high.max(0) as usize + 1).next_multiple_of(4).min(buffer.len.next_multiple_of(4));
    start..end.max(start + 4)
}
