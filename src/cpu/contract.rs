//! Contractions: panels of both sides multiplied, and what follows done while the sums are near.

use super::Memory;
use super::block::{BLOCK, Env, Machine};
use super::flat::flattened;
use super::habits::Habits;
use super::index::{Cursor, first, step};
use super::loops::order;
use super::micro::{Left, Product, sizes};
use super::side::{Form, Side, lines};
use crate::compiler::index::Index;
use crate::compiler::kernel::{ContractKernel, Kernel};
use crate::compiler::scalar::{Body, SOp, SVal, Ty};
use crate::error::Result;
use crate::runtime::threads;
use bytemuck::{cast_slice, cast_slice_mut};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

const M: u8 = 1;
const N: u8 = 2;

/// Longest stretch of `k` that is multiplied at a time: a panel of it stays in the nearest cache.
const DEPTH: usize = 320;

/// Most rows of a task, so that they stay in the second cache.
const ROWS: usize = 144;

/// Most elements of the right side that are packed at once.
const PACKED: usize = 1 << 24;

/// Stretches of `k` that are summed by themselves where a product has too few places to go round.
const SPLIT: usize = 2048;

/// Products and sums that are worth another thread.
const WORTH: usize = 1 << 17;

thread_local! {
    /// Memory for the right side, for rows of the left one, and for sums.
    static SCRATCH: [RefCell<Vec<f32>>; 3] = const { [const { RefCell::new(vec![]) }; 3] };
}

/// Runs `f` with `len` floats that hold anything.
fn with_scratch<R>(n: usize, len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    // Taken out, since a thread that waits may take up another task in the meantime.
    let mut words = SCRATCH.with(|s| s[n].take());
    if words.len() < len {
        words.resize(len, 0.0);
    }
    let r = f(&mut words[..len]);
    SCRATCH.with(|s| s[n].replace(words));
    r
}

/// Lengths of `n` in pieces of about equal length, of at most `most`.
fn pieces(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let count = range.len().div_ceil(most).max(1);
    let each = range.len().div_ceil(count).max(1);
    range.clone().step_by(each).map(move |k| k..(k + each).min(range.end))
}

/// What is stored where: a stretch of neighbouring positions of each result.
struct Segment<'a> {
    start: usize,
    outs: Vec<&'a mut [u32]>,
}

/// A task: rows of a group, and where their results go.
struct Task<'a> {
    side: usize,
    rows: Range<usize>,
    segments: Vec<Segment<'a>>,
}

pub(super) fn run(
    kernel: &Kernel,
    c: &ContractKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<()> {
    let mut outputs = c.stores.iter().map(|s| memory.take(s.buffer)).collect::<Result<Vec<_>>>()?;
    {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let finish = Finish::new(c);
        let [gs, ms, ns, ks] = c.sizes;
        let floats = c.lhs.body.inst(c.lhs.result).ty == Ty::F32;
        let tiles = gs * ms.div_ceil(sizes().rows) * ns.div_ceil(sizes().columns);
        if !floats || !finish.row_major || (tiles < 8 && ks >= 2 * SPLIT) {
            for g in 0..gs {
                let sums = if floats { split(c, env, g) } else { integers(c, env, g) };
                finish.whole(env, g, &sums, &mut outputs);
            }
        } else if ms * ns > 0 {
            tasks(c, env, &finish, &mut outputs);
        }
    }
    c.stores.iter().zip(outputs).for_each(|(s, out)| memory.put(s.buffer, out));
    Ok(())
}

/// Results whose places follow each other, block by block.
fn tasks(c: &ContractKernel, env: Env<'_>, finish: &Finish<'_>, outputs: &mut [&mut [u32]]) {
    let [gs, ms, ns, ks] = c.sizes;
    let (tile, work) = (sizes(), gs * ms * ns * ks);
    // Groups, or columns of the only one, as far as packing goes.
    let width = ns.next_multiple_of(tile.columns);
    let groups = (PACKED / (width * ks).max(1)).max(1);
    let columns = if groups > 1 { ns } else { (PACKED / ks.max(1)).max(1).next_multiple_of(tile.columns) };
    // Rows for about four tasks a thread.
    let share = (gs * ms).div_ceil(4 * threads::count()).min(ROWS);
    let rows = share.min(ms).max(tile.rows.min(ms)).next_multiple_of(tile.rows);
    let mut parts: Vec<std::slice::ChunksMut<'_, u32>> =
        outputs.iter_mut().map(|o| o[..gs * ms * ns].chunks_mut(groups.min(gs) * ms * ns)).collect();
    for g0 in (0..gs).step_by(groups) {
        let count = groups.min(gs - g0);
        let lefts = sides(count, |g| Side::new(&c.lhs, env, g0 + g, M, ms, ks));
        let rights = sides(count, |g| Side::new(&c.rhs, env, g0 + g, N, ns, ks));
        let mut here: Vec<&mut [u32]> = parts.iter_mut().filter_map(Iterator::next).collect();
        for n in pieces(0..ns, columns) {
            let mut tasks: Vec<Task<'_>> = vec![];
            for side in 0..count {
                tasks.extend((0..ms).step_by(rows).map(|m| Task {
                    side,
                    rows: m..(m + rows).min(ms),
                    segments: vec![],
                }));
            }
            share_out(&mut tasks, &mut here, &n, c.sizes);
            let panels = n.len().div_ceil(tile.columns);
            with_scratch(0, count * panels * tile.columns * ks, |packed| {
                pack(&rights, &n, 0..ks, packed, work);
                let packed = &*packed;
                threads::each(&mut tasks, work / WORTH, |t| {
                    let right = &packed[t.side * panels * tile.columns * ks..][..panels * tile.columns * ks];
                    if let (true, [s]) = (finish.plain && n.len() == width, t.segments.as_mut_slice())
                        && let [out] = s.outs.as_mut_slice()
                    {
                        return multiply(&lefts[t.side], t.rows.clone(), 0..ks, right, cast_slice_mut(out));
                    }
                    with_scratch(2, t.rows.len() * panels * tile.columns, |sums| {
                        multiply(&lefts[t.side], t.rows.clone(), 0..ks, right, sums);
                        finish.segments(
                            env,
                            g0 + t.side,
                            sums,
                            panels * tile.columns,
                            n.len(),
                            &mut t.segments,
                        );
                    });
                });
            });
        }
    }
}

fn sides<'a>(count: usize, f: impl Fn(usize) -> Side<'a>) -> Vec<Side<'a>> {
    (0..count).map(f).collect()
}

/// Gives every task its part of the results: one stretch where whole rows are computed, else one a row.
fn share_out<'a>(tasks: &mut [Task<'a>], outputs: &'a mut [&mut [u32]], n: &Range<usize>, sizes: [usize; 4]) {
    let [_, ms, ns, _] = sizes;
    for out in outputs {
        let mut rest: &'a mut [u32] = out;
        for t in &mut *tasks {
            let (now, then) = rest.split_at_mut(t.rows.len() * ns);
            rest = then;
            let start = t.rows.start * ns;
            let whole = n.len() == ns;
            let each = if whole { now.len().max(1) } else { ns };
            for (k, row) in now.chunks_mut(each).enumerate() {
                let row = if whole { row } else { &mut row[n.clone()] };
                if t.segments.len() <= k {
                    let start = if whole { start } else { start + k * ns + n.start };
                    t.segments.push(Segment { start, outs: vec![] });
                }
                t.segments[k].outs.push(row);
            }
        }
        debug_assert!(ms > 0);
    }
}

/// Columns and a stretch of `k` of a right side, and where their panels go.
type Part<'a> = (&'a Side<'a>, Range<usize>, Range<usize>, &'a mut [f32]);

/// Packs columns `n` of right sides: for each, stretches of `k`, of panels.
fn pack(rights: &[Side<'_>], n: &Range<usize>, ks: Range<usize>, packed: &mut [f32], work: usize) {
    let columns = sizes().columns;
    let panels = n.len().div_ceil(columns);
    let each = (panels * columns * ks.len()).max(1);
    let mut parts: Vec<Part<'_>> = vec![];
    for (right, mut out) in rights.iter().zip(packed.chunks_mut(each)) {
        for k in pieces(ks.clone(), DEPTH) {
            let (now, then) = out.split_at_mut(panels * columns * k.len());
            out = then;
            // A few panels at a time.
            let few = (8192 / (columns * k.len()).max(1)).max(1);
            for (j, part) in now.chunks_mut((few * columns * k.len()).max(1)).enumerate() {
                let start = n.start + j * few * columns;
                parts.push((right, start..(start + few * columns).min(n.end), k.clone(), part));
            }
        }
    }
    threads::each(&mut parts, work / WORTH, |(right, rows, k, out)| {
        right.panels(columns, rows.clone(), k.clone(), out);
    });
}

/// Sums of some rows of the left side with a packed right side.
fn multiply(left: &Side<'_>, rows: Range<usize>, ks: Range<usize>, right: &[f32], sums: &mut [f32]) {
    let tile = sizes();
    let width = sums.len() / rows.len().max(1);
    let whole = [(0, 0)];
    let form = left.form();
    let mut starts = match (form, left.table()) {
        (Form::Direct, Some(t)) => t.starts(rows.clone()),
        _ => vec![0; rows.len()],
    };
    if ks.is_empty() {
        sums.fill(0.0);
    }
    let mut at = 0;
    for k in pieces(ks.clone(), DEPTH).filter(|k| !k.is_empty()) {
        let right = &right[at * width..(at + k.len()) * width];
        at += k.len();
        let first = k.start == ks.start;
        let product = |left: Left<'_>, sums: &mut [f32]| {
            Product { left, right, rows: rows.len(), width, k: k.len(), first, sums }.run();
        };
        match (form, left.table()) {
            (Form::Direct, Some(t)) => {
                let stretches = t.steps(k.clone());
                product(Left::Rows { words: t.words(), starts: &starts, stretches: &stretches }, sums);
            }
            (Form::Copied, Some(t)) => with_scratch(1, rows.len() * k.len(), |copy| {
                t.copied(rows.clone(), k.clone(), copy);
                starts.iter_mut().enumerate().for_each(|(i, s)| *s = i * k.len());
                let stretches = whole.map(|_| (0, k.len()));
                product(Left::Rows { words: copy, starts: &starts, stretches: &stretches }, sums);
            }),
            _ => with_scratch(1, rows.len().next_multiple_of(tile.rows) * k.len(), |panels| {
                left.panels(tile.rows, rows.clone(), k.clone(), panels);
                product(Left::Panels(panels), sums);
            }),
        }
    }
}

/// Few results of long sums: stretches of `k` by themselves, added up in their order. How many there are follows from the sizes alone, so
/// that results do not depend on the number of threads.
fn split(c: &ContractKernel, env: Env<'_>, g: usize) -> Vec<u32> {
    let [_, ms, ns, ks] = c.sizes;
    let tile = sizes();
    let (left, right) = (Side::new(&c.lhs, env, g, M, ms, ks), Side::new(&c.rhs, env, g, N, ns, ks));
    let width = ns.next_multiple_of(tile.columns);
    let most = if ms * ns <= 1 << 16 { SPLIT.max(ks.div_ceil(64)) } else { ks.max(1) };
    let mut parts: Vec<(Range<usize>, Vec<f32>)> = pieces(0..ks, most).map(|k| (k, vec![])).collect();
    threads::each(&mut parts, ms * ns * ks / WORTH, |(k, sums)| {
        sums.resize(ms * width, 0.0);
        if let Some(lies) = right.as_panel(tile.columns, k.clone()) {
            return multiply(&left, 0..ms, k.clone(), lies, sums);
        }
        with_scratch(0, width * k.len(), |packed| {
            pack(std::slice::from_ref(&right), &(0..ns), k.clone(), packed, 0);
            multiply(&left, 0..ms, k.clone(), packed, sums);
        });
    });
    let mut out = vec![0u32; ms * ns];
    for (_, sums) in &parts {
        for (to, row) in out.chunks_mut(ns.max(1)).zip(sums.chunks(width.max(1))) {
            cast_slice_mut::<u32, f32>(to).iter_mut().zip(row).for_each(|(o, &s)| *o += s);
        }
    }
    out
}

/// The product of two sides of `sizes` rows, columns and `k`, row by row.
pub(super) fn product(left: &Side<'_>, right: &Side<'_>, [ms, ns, ks]: [usize; 3]) -> Vec<f32> {
    let width = ns.next_multiple_of(sizes().columns);
    let mut sums = vec![0.0; ms * width];
    with_scratch(0, width * ks, |packed| {
        pack(std::slice::from_ref(right), &(0..ns), 0..ks, packed, 0);
        multiply(left, 0..ms, 0..ks, packed, &mut sums);
    });
    (1..ms).for_each(|m| sums.copy_within(m * width..m * width + ns, m * ns));
    sums.truncate(ms * ns);
    sums
}

/// Whole numbers: plain loops over whole rows.
fn integers(c: &ContractKernel, env: Env<'_>, g: usize) -> Vec<u32> {
    let [_, ms, ns, ks] = c.sizes;
    let mut out = vec![0u32; ms * ns];
    let (left, m, lk) = lines(&c.lhs, env, g, (M, 0..ms), 0..ks);
    let (right, n, rk) = lines(&c.rhs, env, g, (N, 0..ns), 0..ks);
    let mut rows: Vec<(usize, &mut [u32])> = out.chunks_mut(ns.max(1)).enumerate().collect();
    threads::each(&mut rows, ms * ns * ks / WORTH, |(i, row)| {
        for k in 0..ks {
            let x = left[*i * m + k * lk];
            row.iter_mut()
                .enumerate()
                .for_each(|(j, s)| *s = s.wrapping_add(x.wrapping_mul(right[j * n + k * rk])));
        }
    });
    out
}

/// From sums to what is stored.
struct Finish<'a> {
    c: &'a ContractKernel,
    /// The program over row-major positions, where there is one.
    flat: Option<Body>,
    habits: Arc<Habits>,
    /// Whether results lie in memory as the product's elements do.
    row_major: bool,
    values: Vec<SVal>,
    accumulators: Vec<SVal>,
    /// Whether the sums themselves are what is stored.
    plain: bool,
}

impl<'a> Finish<'a> {
    fn new(c: &'a ContractKernel) -> Self {
        let [gs, ms, ns, _] = c.sizes;
        let place = Index::var(0, gs)
            .times((ms * ns) as i64)
            .plus(&Index::var(M, ms).times(ns as i64))
            .plus(&Index::var(N, ns));
        let is_sum = |v: &SVal| c.body.inst(*v).op == SOp::Accumulator;
        let values = order(&c.body, c.stores.iter().map(|s| s.value));
        let (accumulators, values) = values.into_iter().partition(is_sum);
        let flat = flattened(&c.body, (M, N), ns);
        Finish {
            c,
            habits: Habits::new(flat.as_ref().unwrap_or(&c.body), N),
            flat,
            row_major: c.stores.iter().all(|s| s.index == place),
            values,
            accumulators,
            plain: c.stores.iter().all(|s| is_sum(&s.value)),
        }
    }

    /// Stores sums of a task, in rows `width` apart, `columns` of each.
    fn segments(
        &self,
        env: Env<'_>,
        g: usize,
        sums: &mut [f32],
        width: usize,
        columns: usize,
        segments: &mut [Segment<'_>],
    ) {
        let one = segments.len() == 1;
        if one && width != columns {
            // Rows move together.
            let rows = segments[0].outs[0].len() / columns.max(1);
            (1..rows).for_each(|r| sums.copy_within(r * width..r * width + columns, r * columns));
        }
        let body = self.flat.as_ref().unwrap_or(&self.c.body);
        let mut m = Machine::with(body, env, N, self.habits.clone());
        let each = match (&self.flat, one) {
            (Some(_), _) => BLOCK,
            // Without the program over positions, row by row.
            (None, _) => self.c.sizes[2].max(1),
        };
        for (k, s) in segments.iter_mut().enumerate() {
            let len = s.outs.first().map_or(0, |o| o.len());
            let sums: &[u32] = cast_slice(&sums[if one { 0 } else { k * width }..][..len]);
            if self.plain {
                s.outs.iter_mut().for_each(|o| o.copy_from_slice(sums));
                continue;
            }
            for at in (0..len).step_by(each) {
                let part = at..(at + each).min(len);
                let position = s.start + at;
                let vars = match self.flat {
                    Some(_) => [g, 0, position, 0],
                    None => [g, position / self.c.sizes[2], position % self.c.sizes[2], 0],
                };
                self.accumulators.iter().for_each(|&v| m.set(v, &sums[part.clone()], true));
                m.run(&self.values, &Cursor { vars, block: N, len: part.len() });
                for (out, store) in s.outs.iter_mut().zip(&self.c.stores) {
                    out[part.clone()].copy_from_slice(m.lanes(store.value, part.len()));
                }
            }
        }
    }

    /// Stores all sums of a group, wherever their places are.
    fn whole(&self, env: Env<'_>, g: usize, sums: &[u32], outputs: &mut [&mut [u32]]) {
        let ns = self.c.sizes[2].max(1);
        let mut m = Machine::new(&self.c.body, env, N);
        for (i, row) in sums.chunks(ns).enumerate() {
            let cursor = Cursor { vars: [g, i, 0, 0], block: N, len: ns };
            self.accumulators.iter().for_each(|&v| m.set(v, row, true));
            m.run(&self.values, &cursor);
            for (out, s) in outputs.iter_mut().zip(&self.c.stores) {
                let start = first(&s.index, &cursor, &m) as usize;
                let step = step(&s.index, &cursor, &m).unwrap_or(1) as usize;
                let values = m.lanes(s.value, ns);
                if step == 1 {
                    out[start..start + ns].copy_from_slice(values);
                } else {
                    values.iter().enumerate().for_each(|(l, &v)| out[start + l * step] = v);
                }
            }
        }
    }
}
