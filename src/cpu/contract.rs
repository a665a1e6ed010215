//! Contractions: operands packed into tiles by the interpreter, multiplied, and finished by it.

use super::block::{Env, Machine};
use super::index::{Cursor, first};
use super::loops::order;
use super::{Memory, gemm};
use crate::compiler::kernel::{ContractKernel, Function, Kernel};
use crate::compiler::scalar::{SOp, SVal};
use crate::error::Result;
use rayon::prelude::*;

const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

/// Rows of a tile.
const ROWS: usize = 64;

/// Packs `f` at (row, k) into `rows x ks`, row by row or, where memory runs along rows, k by k.
pub(super) fn pack(
    f: &Function,
    env: Env<'_>,
    g: usize,
    row_var: u8,
    rows: std::ops::Range<usize>,
    ks: usize,
) -> (Vec<u32>, usize, usize) {
    let along_rows = runs_along(f, row_var) && !runs_along(f, K);
    let (block, other, len, count) =
        if along_rows { (row_var, K, rows.len(), ks) } else { (K, row_var, ks, rows.len()) };
    let mut out = vec![0; rows.len() * ks];
    if len == 0 {
        return (out, 1, 1);
    }
    let mut m = Machine::new(&f.body, env, block);
    let values = order(&f.body, [f.result]);
    for (i, line) in out.chunks_mut(len).enumerate().take(count) {
        let mut vars = [g, 0, 0, 0];
        vars[row_var as usize] = rows.start;
        vars[other as usize] += i;
        m.run(&values, &Cursor { vars, block, len });
        line.copy_from_slice(m.lanes(f.result, len));
    }
    if along_rows { (out, 1, len) } else { (out, len, 1) }
}

/// Whether the function's loads move to the next element with `var`.
fn runs_along(f: &Function, var: u8) -> bool {
    f.body.insts.iter().any(|i| match &i.op {
        SOp::Load { index, .. } => index.terms.iter().any(|t| {
            t.source == crate::compiler::index::Source::Var(var)
                && t.stride == 1
                && t.coef.abs() == 1
                && t.size >= 4
        }),
        _ => false,
    })
}

/// A strided view of memory, where the function is nothing but loads at strides.
fn strided(
    f: &Function,
    env: &Env<'_>,
    g: usize,
    row_var: u8,
    rows: usize,
    ks: usize,
) -> Option<(u16, usize, isize, isize)> {
    let SOp::Load { buffer, index, mask: None } = &f.body.inst(f.result).op else { return None };
    if env.kernel.buffers[*buffer as usize].storage.is_packed() {
        return None;
    }
    let plain = index.terms.iter().all(|t| {
        matches!(t.source, crate::compiler::index::Source::Var(_))
            && (t.top && t.stride == 1 || t.source == crate::compiler::index::Source::Var(0))
    });
    if !plain {
        return None;
    }
    let coef = |var: u8| {
        index
            .terms
            .iter()
            .filter(|t| t.source == crate::compiler::index::Source::Var(var))
            .map(|t| t.coef)
            .sum::<i64>()
    };
    let m = Machine::new(&f.body, *env, K);
    let start = first(index, &Cursor { vars: [g, 0, 0, 0], block: K, len: 1 }, &m);
    // Negative strides start from the far end; packing serves those.
    let (r, k) = (coef(row_var), coef(K));
    let ok = start >= 0 && (r > 0 || rows <= 1) && (k > 0 || ks <= 1);
    ok.then_some((*buffer, start as usize, r as isize, k as isize))
}

pub(super) fn run(
    kernel: &Kernel,
    c: &ContractKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<()> {
    let [gs, ms, ns, ks] = c.sizes;
    let mut outputs = c.stores.iter().map(|s| memory.take(s.buffer)).collect::<Result<Vec<_>>>()?;
    {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let ty = c.lhs.body.inst(c.lhs.result).ty;
        for g in 0..gs {
            let packed_rhs;
            let rhs = match strided(&c.rhs, &env, g, N, ns, ks) {
                Some((b, at, n, k)) => {
                    gemm::View { words: &env.reads[b as usize][at..], rows: k, columns: n }
                }
                None => {
                    packed_rhs = pack(&c.rhs, env, g, N, 0..ns, ks);
                    gemm::View {
                        words: &packed_rhs.0,
                        rows: packed_rhs.2 as isize,
                        columns: packed_rhs.1 as isize,
                    }
                }
            };
            let plain_lhs = strided(&c.lhs, &env, g, M, ms, ks);
            // Few rows are shared between the threads all the same.
            let tile = ROWS.min(ms.div_ceil(rayon::current_num_threads()).max(8));
            let starts: Vec<usize> = (0..ms).step_by(tile).collect();
            let tiles: Vec<(usize, Vec<u32>)> = starts
                .par_iter()
                .map(|&m0| {
                    let rows = tile.min(ms - m0);
                    let packed;
                    let lhs = match plain_lhs {
                        Some((b, at, m, k)) => gemm::View {
                            words: &env.reads[b as usize][at + m0 * m as usize..],
                            rows: m,
                            columns: k,
                        },
                        None => {
                            packed = pack(&c.lhs, env, g, M, m0..m0 + rows, ks);
                            gemm::View {
                                words: &packed.0,
                                rows: packed.1 as isize,
                                columns: packed.2 as isize,
                            }
                        }
                    };
                    (m0, gemm::multiply(ty, rows, ns, ks, lhs, rhs))
                })
                .collect();
            for (m0, sums) in tiles {
                finish(c, env, g, m0, &sums, &mut outputs);
            }
        }
    }
    c.stores.iter().zip(outputs).for_each(|(s, out)| memory.put(s.buffer, out));
    Ok(())
}

/// From sums of a tile to what is stored.
fn finish(c: &ContractKernel, env: Env<'_>, g: usize, m0: usize, sums: &[u32], outputs: &mut [&mut [u32]]) {
    let ns = c.sizes[2];
    let mut machine = Machine::new(&c.body, env, N);
    let accumulators: Vec<SVal> = (0..c.body.insts.len())
        .filter(|&k| c.body.insts[k].op == SOp::Accumulator)
        .map(|k| SVal(k as u32))
        .collect();
    let values: Vec<SVal> = order(&c.body, c.stores.iter().map(|s| s.value))
        .into_iter()
        .filter(|v| !accumulators.contains(v))
        .collect();
    for (i, row) in sums.chunks(ns).enumerate() {
        let cursor = Cursor { vars: [g, m0 + i, 0, 0], block: N, len: ns };
        accumulators.iter().for_each(|&v| machine.set(v, row, true));
        machine.run(&values, &cursor);
        for (out, s) in outputs.iter_mut().zip(&c.stores) {
            let start = first(&s.index, &cursor, &machine) as usize;
            let step = super::index::step(&s.index, &cursor, &machine).unwrap_or(1) as usize;
            let values = machine.lanes(s.value, ns);
            if step == 1 {
                out[start..start + ns].copy_from_slice(values);
            } else {
                values.iter().enumerate().for_each(|(l, &v)| out[start + l * step] = v);
            }
        }
    }
}
