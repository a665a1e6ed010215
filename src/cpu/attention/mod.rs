//! Attention and its adjoints by blocks of queries and keys: scores of a block are a product of tiles, its weights stay in the nearest
//! cache.

mod adjoint;
mod values;

use super::block::{Env, Machine};
use super::index::{Cursor, first, step};
use super::loops::order;
use super::side::{Side, lines};
use super::{Memory, math};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, AttentionResults, Function, Kernel};
use crate::compiler::scalar::{Body, SVal};
use crate::error::Result;
use crate::hlo::Ew;
use crate::runtime::threads;
use std::ops::Range;

const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

/// Queries, or keys, of a block.
const BLOCK: usize = 64;

/// Keys, or queries, that a block meets at a time.
const STRETCH: usize = 256;

/// Words of heads that are laid out at a time.
const PACKED: usize = 1 << 18;

/// Where a block is: its head, and its first query or key.
#[derive(Clone, Copy)]
struct Place {
    g: usize,
    start: usize,
    count: usize,
}

/// What a block leaves of each result: values row by row, and how many make a row.
type Parts = Vec<(Vec<f32>, usize)>;

pub(super) fn run(
    kernel: &Kernel,
    a: &AttentionKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<()> {
    let stores: Vec<(u16, Index)> = a.stores().cloned().collect();
    let mut outputs = stores.iter().map(|s| memory.take(s.0)).collect::<Result<Vec<_>>>()?;
    {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let [groups, queries, keys, features] = a.sizes;
        let (own, others) = match &a.results {
            AttentionResults::Keys { .. } => (keys, queries),
            _ => (queries, keys),
        };
        let tile = BLOCK.min(own);
        // What blocks go over, of a few heads at a time.
        let together = (PACKED / (others * (features + a.columns)).max(1)).max(threads::count());
        for from in (0..groups).step_by(together) {
            let heads: Vec<usize> = (from..(from + together).min(groups)).collect();
            let packed: Vec<Packed> = threads::map(&heads, |&g| Packed::new(a, env, g));
            let blocks: Vec<(usize, usize)> =
                (0..heads.len()).flat_map(|i| (0..own).step_by(tile).map(move |start| (i, start))).collect();
            let done = threads::map(&blocks, |&(i, start)| {
                let at = Place { g: heads[i], start, count: tile.min(own - start) };
                let parts = match &a.results {
                    AttentionResults::Values { .. } => values::block(a, env, at, &packed[i]),
                    AttentionResults::Queries { y, dy, .. } => {
                        adjoint::of_queries(a, env, at, &packed[i], [y, dy])
                    }
                    AttentionResults::Keys { rows, .. } => adjoint::of_keys(a, env, at, &packed[i], rows),
                };
                parts.map(|p| (at, p))
            });
            for block in done {
                let (at, parts) = block?;
                put(a, env, at, &parts, &mut outputs);
            }
        }
    }
    stores.iter().zip(outputs).for_each(|(s, out)| memory.put(s.0, out));
    Ok(())
}

/// What blocks of a head go over: features and columns, row by row.
struct Packed {
    features: Vec<u32>,
    columns: Vec<u32>,
    /// Numbers of a row.
    widths: [usize; 2],
}

impl Packed {
    fn new(a: &AttentionKernel, env: Env<'_>, g: usize) -> Packed {
        let [_, queries, keys, features] = a.sizes;
        let widths = [features, a.columns];
        let [features, columns] = match &a.results {
            AttentionResults::Keys { dy, .. } => {
                [(&a.query, features), (dy, a.columns)].map(|(f, n)| rows(f, env, g, M, 0..queries, n))
            }
            _ => [(&a.key, features), (&a.value, a.columns)].map(|(f, n)| rows(f, env, g, N, 0..keys, n)),
        };
        Packed { features, columns, widths }
    }

    /// `count` rows from `at` on, as sides whose sums are over features and over columns.
    fn rows(&self, at: usize, count: usize) -> [Side<'_>; 2] {
        [(&self.features, self.widths[0]), (&self.columns, self.widths[1])]
            .map(|(words, n)| Side::matrix(&bytemuck::cast_slice(words)[at * n..], count, n, n, 1))
    }

    /// The same as sides whose sums are over rows.
    fn turned(&self, at: usize, count: usize) -> [Side<'_>; 2] {
        [(&self.features, self.widths[0]), (&self.columns, self.widths[1])]
            .map(|(words, n)| Side::matrix(&bytemuck::cast_slice(words)[at * n..], n, count, 1, n))
    }
}

/// `f` at rows and features, row by row.
fn rows(f: &Function, env: Env<'_>, g: usize, var: u8, range: Range<usize>, ks: usize) -> Vec<u32> {
    let (count, (words, by_row, by_k)) = (range.len(), lines(f, env, g, (var, range), 0..ks));
    if by_k == 1 && by_row == ks {
        return words;
    }
    (0..count * ks).map(|i| words[i / ks * by_row + i % ks * by_k]).collect()
}

/// Which scores count.
struct Tests<'a> {
    mask: Option<(Machine<'a>, Vec<SVal>, SVal)>,
    causal: bool,
    counted: Vec<bool>,
}

impl<'a> Tests<'a> {
    /// For stretches of loop variable `along`.
    fn new(a: &'a AttentionKernel, env: Env<'a>, along: u8) -> Self {
        let mask = a
            .mask
            .as_ref()
            .map(|f| (Machine::new(&f.body, env, along), order(&f.body, [f.result]), f.result));
        Tests { mask, causal: a.attention.causal, counted: vec![] }
    }

    /// Whether each score of a stretch counts; nothing where all do.
    fn of(&mut self, c: &Cursor) -> &[bool] {
        let [_, m, n, _] = c.vars;
        let by_query = c.block == N;
        self.counted.clear();
        let whole =
            self.mask.is_none() && (!self.causal || if by_query { n + c.len <= m + 1 } else { n <= m });
        if whole {
            return &self.counted;
        }
        self.counted.resize(c.len, true);
        if let Some((machine, values, result)) = &mut self.mask {
            machine.run(values, c);
            let lanes = machine.lanes(*result, c.len);
            self.counted.iter_mut().zip(lanes).for_each(|(t, l)| *t = *l != 0);
        }
        if self.causal {
            let not = if by_query {
                (m + 1).saturating_sub(n).min(c.len)..c.len
            } else {
                0..n.saturating_sub(m).min(c.len)
            };
            self.counted[not].fill(false);
        }
        &self.counted
    }
}

/// Replaces values of which nothing counts.
fn leave_out(row: &mut [f32], counted: &[bool], by: f32) {
    row.iter_mut().zip(counted).filter(|(_, c)| !**c).for_each(|(s, _)| *s = by);
}

/// The exponentials of what is in `row`.
fn exp(row: &mut [f32]) -> Result<()> {
    let x = row.to_vec();
    math::unary(Ew::Exp, &x, row)
}

fn exp_of(x: f32) -> Result<f32> {
    let mut y = [x];
    exp(&mut y)?;
    Ok(y[0])
}

/// Stores a block's results.
fn put(a: &AttentionKernel, env: Env<'_>, at: Place, parts: &Parts, outputs: &mut [&mut [u32]]) {
    let nothing = Body::default();
    let machine = Machine::new(&nothing, env, K);
    for (((_, index), out), (values, width)) in a.stores().zip(outputs).zip(parts) {
        for (i, row) in values.chunks(*width).enumerate() {
            // Rows are queries or keys: an index depends on one of them.
            let vars = [at.g, at.start + i, at.start + i, 0];
            let c = Cursor { vars, block: K, len: *width };
            let (place, by) = (first(index, &c, &machine) as usize, step(index, &c, &machine).unwrap_or(1));
            row.iter().enumerate().for_each(|(l, y)| out[place + l * by as usize] = y.to_bits());
        }
    }
}
