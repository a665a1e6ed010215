//! Attention by blocks of queries and keys: scores of a block are a product of tiles, its weights stay in the nearest cache.

use super::block::{Env, Machine};
use super::contract::product;
use super::index::{Cursor, first, step};
use super::loops::order;
use super::side::{Side, lines};
use super::{Memory, math};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, Function, Kernel};
use crate::compiler::scalar::Body;
use crate::error::Result;
use crate::hlo::Ew;
use crate::hlo::attention::LEFT_OUT;
use crate::runtime::threads;

const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

/// Queries and keys of a block.
const QUERIES: usize = 64;
const KEYS: usize = 256;

/// What is left of a block of queries.
struct Block {
    g: usize,
    start: usize,
    /// Weighted values, row by row.
    y: Vec<f32>,
    top: Vec<f32>,
    sum: Vec<f32>,
}

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
        let tile = QUERIES.min(queries);
        // The keys and values of a few heads at a time.
        let together = threads::count();
        for from in (0..groups).step_by(together) {
            let heads: Vec<usize> = (from..(from + together).min(groups)).collect();
            let packed: Vec<[Vec<u32>; 2]> = threads::map(&heads, |&g| {
                [rows(&a.key, env, g, N, 0..keys, features), rows(&a.value, env, g, N, 0..keys, a.columns)]
            });
            let blocks: Vec<(usize, usize)> = (0..heads.len())
                .flat_map(|i| (0..queries).step_by(tile).map(move |start| (i, start)))
                .collect();
            let done = threads::map(&blocks, |&(i, start)| {
                block(a, env, heads[i], start, tile.min(queries - start), &packed[i])
            });
            for b in done {
                put(a, env, &b?, &mut outputs);
            }
        }
    }
    stores.iter().zip(outputs).for_each(|(s, out)| memory.put(s.0, out));
    Ok(())
}

/// `f` at rows and features, row by row.
fn rows(f: &Function, env: Env<'_>, g: usize, var: u8, range: std::ops::Range<usize>, ks: usize) -> Vec<u32> {
    let (count, (words, by_row, by_k)) = (range.len(), lines(f, env, g, (var, range), 0..ks));
    if by_k == 1 && by_row == ks {
        return words;
    }
    (0..count * ks).map(|i| words[i / ks * by_row + i % ks * by_k]).collect()
}

fn block(
    a: &AttentionKernel,
    env: Env<'_>,
    g: usize,
    start: usize,
    count: usize,
    [key, value]: &[Vec<u32>; 2],
) -> Result<Block> {
    let [_, _, keys, features] = a.sizes;
    let (columns, scale) = (a.columns, a.attention.scale() as f32);
    let query = rows(&a.query, env, g, M, start..start + count, features);
    let query = Side::matrix(bytemuck::cast_slice(&query), count, features, features, 1);
    let mut b =
        Block { g, start, y: vec![0.0; count * columns], top: vec![f32::MIN; count], sum: vec![0.0; count] };
    // Keys behind all queries of the block change nothing, unless a mask leaves out all that are before them.
    let skips = a.attention.causal && a.mask.is_none();
    let end = if skips { keys.min(start + count) } else { keys };
    let mut masks = a.mask.as_ref().map(|f| Machine::new(&f.body, env, N));
    for n in (0..end).step_by(KEYS) {
        let width = KEYS.min(end - n);
        let k = Side::matrix(bytemuck::cast_slice(&key[n * features..]), width, features, features, 1);
        let mut scores = product(&query, &k, [count, width, features]);
        for (i, row) in scores.chunks_mut(width).enumerate() {
            row.iter_mut().for_each(|s| *s *= scale);
            if let (Some(f), Some(m)) = (&a.mask, &mut masks) {
                m.run(
                    &order(&f.body, [f.result]),
                    &Cursor { vars: [g, start + i, n, 0], block: N, len: width },
                );
                let counts = m.lanes(f.result, width);
                row.iter_mut().zip(counts).filter(|(_, c)| **c == 0).for_each(|(s, _)| *s = LEFT_OUT as f32);
            }
            if a.attention.causal {
                let past = (start + i + 1).saturating_sub(n).min(width);
                row[past..].fill(if skips { f32::NEG_INFINITY } else { LEFT_OUT as f32 });
            }
            let top = row.iter().fold(b.top[i], |t, &s| t.max(s));
            row.iter_mut().for_each(|s| *s -= top);
            let kept = exp_of(b.top[i] - top)?;
            b.top[i] = top;
            let weights = row.to_vec();
            math::unary(Ew::Exp, &weights, row)?;
            b.sum[i] = b.sum[i] * kept + row.iter().sum::<f32>();
            b.y[i * columns..][..columns].iter_mut().for_each(|y| *y *= kept);
        }
        let weights = Side::matrix(&scores, count, width, width, 1);
        let v = Side::matrix(bytemuck::cast_slice(&value[n * columns..]), columns, width, 1, columns);
        let added = product(&weights, &v, [count, columns, width]);
        b.y.iter_mut().zip(&added).for_each(|(y, w)| *y += w);
    }
    for (y, sum) in b.y.chunks_mut(columns).zip(&b.sum) {
        y.iter_mut().for_each(|y| *y /= sum);
    }
    Ok(b)
}

fn exp_of(x: f32) -> Result<f32> {
    let mut y = [0.0];
    math::unary(Ew::Exp, &[x], &mut y)?;
    Ok(y[0])
}

/// Stores a block's results.
fn put(a: &AttentionKernel, env: Env<'_>, b: &Block, outputs: &mut [&mut [u32]]) {
    let nothing = Body::default();
    let machine = Machine::new(&nothing, env, K);
    let mut outputs = outputs.iter_mut();
    for (target, values, width) in [(&a.out, &b.y, a.columns), (&a.top, &b.top, 1), (&a.sum, &b.sum, 1)] {
        let Some((_, index)) = target else { continue };
        let Some(out) = outputs.next() else { return };
        for (i, row) in values.chunks(width).enumerate() {
            let c = Cursor { vars: [b.g, b.start + i, 0, 0], block: K, len: width };
            let (at, by) = (first(index, &c, &machine) as usize, step(index, &c, &machine).unwrap_or(1));
            row.iter().enumerate().for_each(|(l, y)| out[at + l * by as usize] = y.to_bits());
        }
    }
}
