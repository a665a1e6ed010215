//! Row kernels.

use super::block::{BLOCK, Env, Machine};
use super::flat::flattened;
use super::habits::Habits;
use super::index::Cursor;
use super::loops::{order, split_by};
use super::{Failed, Memory, registers};
use crate::compiler::checks;
use crate::compiler::index::Lanes;
use crate::compiler::kernel::phase_of;
use crate::compiler::kernel::{Fold, Kernel, RowsKernel};
use crate::compiler::scalar::{Body, SOp, SVal, Ty};
use crate::error::Result;
use crate::runtime::threads;
use std::sync::Arc;

/// Elements that are worth a thread's while.
const MIN_WORK: usize = 16 * 1024;

/// What a pass over a row computes.
struct Phase {
    /// Reductions by number.
    reductions: Vec<usize>,
    /// Values of the row, before the walk.
    row: Vec<SVal>,
    /// Values of the row's positions.
    positions: Vec<SVal>,
}

struct Shape<'a> {
    r: &'a RowsKernel,
    phases: Vec<Phase>,
    last: Phase,
    across: bool,
    habits: Arc<Habits>,
}

/// Whether neighbouring rows lie next to each other in memory, so that they are walked side by side.
fn is_across(r: &RowsKernel) -> bool {
    let needed =
        r.body.needed(r.reductions.iter().map(|x| x.element).chain(r.stores.iter().map(|s| s.value)));
    let (mut along, mut across) = (0, 0);
    for (k, inst) in r.body.insts.iter().enumerate() {
        if let (true, SOp::Load { index, .. }) = (needed[k], &inst.op) {
            if r.body.index_vars(index) & 0b10 == 0 {
                continue;
            }
            let next = |var: u8| r.body.index_lanes(index, var) == Lanes::Linear(1);
            along += usize::from(next(1) || unit_digit(index, 1));
            across += usize::from(next(0) || unit_digit(index, 0));
        }
    }
    across > along && r.rows >= 4 && r.stores.is_empty()
}

fn unit_digit(i: &crate::compiler::index::Index, var: u8) -> bool {
    i.terms.iter().any(|t| {
        t.source == crate::compiler::index::Source::Var(var) && t.stride == 1 && t.coef == 1 && t.size >= 4
    })
}

impl<'a> Shape<'a> {
    fn new(r: &'a RowsKernel) -> Self {
        let across = is_across(r);
        // What an earlier pass has computed of the row, or of all its positions where they are one block, is still there.
        let keeps_all = r.k <= BLOCK && !across;
        let mut known = vec![false; r.body.insts.len()];
        let mut phase = |reductions: Vec<usize>, roots: Vec<SVal>, number: usize| {
            let (row, positions) = split_by(&r.body, &order(&r.body, roots), 1);
            // Values that wait for later reductions belong to later passes.
            let row: Vec<SVal> = row
                .into_iter()
                .filter(|&v| phase_of(&r.body, &r.reductions, v) <= number && !is_given(r, v))
                .filter(|v| !known[v.0 as usize])
                .collect();
            let positions: Vec<SVal> = positions.into_iter().filter(|v| !known[v.0 as usize]).collect();
            row.iter().for_each(|v| known[v.0 as usize] = true);
            if keeps_all {
                positions.iter().for_each(|v| known[v.0 as usize] = true);
            }
            Phase { reductions, row, positions }
        };
        let count = r.reductions.iter().map(|x| x.phase + 1).max().unwrap_or(0);
        let phases = (0..count)
            .map(|p| {
                let here: Vec<usize> =
                    (0..r.reductions.len()).filter(|&n| r.reductions[n].phase == p).collect();
                let roots = here.iter().map(|&n| r.reductions[n].element).collect();
                phase(here, roots, p)
            })
            .collect();
        let checked = r.checks.iter().flat_map(|c| [c.ok, c.value]);
        let last = phase(
            vec![],
            r.stores.iter().chain(&r.row_stores).map(|s| s.value).chain(checked).collect(),
            count,
        );
        let habits = Habits::new(&r.body, if across { 0 } else { 1 });
        Shape { r, phases, last, across, habits }
    }
}

fn is_given(r: &RowsKernel, v: SVal) -> bool {
    matches!(r.body.inst(v).op, SOp::Reduced(_))
}

pub(super) fn run(
    kernel: &Kernel,
    r: &RowsKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<Failed> {
    let mut rows = r.row_stores.iter().map(|s| memory.take(s.buffer)).collect::<Result<Vec<_>>>()?;
    let mut full = r.stores.iter().map(|s| memory.take(s.buffer)).collect::<Result<Vec<_>>>()?;
    let failed = {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let shape = Shape::new(r);
        if let Some(body) = in_lines(&shape) {
            let sums = lines(&shape, &body, env);
            let failed = across(&shape, env, &mut Chunk::whole(&mut rows), r.rows, Some(sums));
            r.row_stores.iter().zip(rows).for_each(|(s, out)| memory.put(s.buffer, out));
            return Ok(failed);
        }
        let least = (MIN_WORK / r.k.max(1)).max(1);
        let chunk = if shape.across {
            BLOCK.min(r.rows.div_ceil(threads::count()).max(64))
        } else {
            least.min(r.rows.max(1))
        };
        let mut chunks: Vec<Chunk<'_>> = (0..r.rows.div_ceil(chunk))
            .map(|k| Chunk { start: k * chunk, rows: vec![], full: vec![], failed: None })
            .collect();
        for out in &mut rows {
            out.chunks_mut(chunk).zip(&mut chunks).for_each(|(part, c)| c.rows.push(part));
        }
        for out in &mut full {
            out.chunks_mut((chunk * r.k).max(1)).zip(&mut chunks).for_each(|(part, c)| c.full.push(part));
        }
        let work = |c: &mut Chunk<'_>| {
            let end = (c.start + chunk).min(r.rows);
            c.failed =
                if shape.across { across(&shape, env, c, end, None) } else { along(&shape, env, c, end) };
        };
        threads::each(&mut chunks, r.rows * r.k / MIN_WORK, work);
        chunks.iter().find_map(|c| c.failed)
    };
    r.row_stores.iter().zip(rows).for_each(|(s, out)| memory.put(s.buffer, out));
    r.stores.iter().zip(full).for_each(|(s, out)| memory.put(s.buffer, out));
    Ok(failed)
}

struct Chunk<'a> {
    start: usize,
    rows: Vec<&'a mut [u32]>,
    full: Vec<&'a mut [u32]>,
    failed: Failed,
}

impl<'a> Chunk<'a> {
    fn whole(rows: &'a mut [&mut [u32]]) -> Self {
        Chunk { start: 0, rows: rows.iter_mut().map(|r| &mut **r).collect(), full: vec![], failed: None }
    }
}

/// The program over whole lines of few rows, position after position, where the sums can be taken from it.
fn in_lines(shape: &Shape<'_>) -> Option<Body> {
    let r = shape.r;
    let plain = r.reductions.iter().all(|x| x.phase == 0 && matches!(x.fold, Fold::Kind(_)));
    let few = shape.across && plain && r.rows <= BLOCK / 2 && r.k >= 64;
    if few { flattened(&r.body, (1, 0), r.rows) } else { None }
}

/// Stretches of positions by themselves, as many lines side by side as a block holds. How many there are follows from the sizes alone.
fn lines(shape: &Shape<'_>, body: &Body, env: Env<'_>) -> Vec<Vec<u32>> {
    let r = shape.r;
    let starts: Vec<u32> = (0..r.reductions.len()).map(|n| start(r, n)).collect();
    let side = BLOCK / r.rows;
    let pieces = (r.rows * r.k / (4 * MIN_WORK)).clamp(1, 64);
    let each = r.k.div_ceil(pieces).next_multiple_of(side);
    let habits = Habits::new(body, 0);
    let values = order(body, r.reductions.iter().map(|x| x.element));
    let mut parts: Vec<(usize, Vec<Vec<u32>>)> = (0..r.k).step_by(each).map(|k| (k, vec![])).collect();
    threads::each(&mut parts, r.rows * r.k / MIN_WORK, |(from, sums)| {
        sums.extend(starts.iter().map(|&s| vec![s; side * r.rows]));
        let mut m = Machine::with(body, env, 0, habits.clone());
        for k in (*from..(*from + each).min(r.k)).step_by(side) {
            let len = side.min(r.k - k) * r.rows;
            m.run(&values, &Cursor { vars: [k * r.rows, 0, 0, 0], block: 0, len });
            for (n, sums) in sums.iter_mut().enumerate() {
                combine(r, n, m.lanes(r.reductions[n].element, len), &mut sums[..len]);
            }
        }
    });
    let mut whole: Vec<Vec<u32>> = starts.iter().map(|&s| vec![s; r.rows]).collect();
    for (_, sums) in &parts {
        for (n, (sums, whole)) in sums.iter().zip(&mut whole).enumerate() {
            sums.chunks(r.rows).for_each(|line| combine(r, n, line, whole));
        }
    }
    whole
}

/// What reduction `n` starts from.
fn start(r: &RowsKernel, n: usize) -> u32 {
    registers::start(r.reductions[n].fold, ty_of(r, n))
}

/// `sums = sums op x` of reduction `n`, which keeps no positions.
fn combine(r: &RowsKernel, n: usize, x: &[u32], sums: &mut [u32]) {
    if let Fold::Kind(kind) = r.reductions[n].fold {
        registers::accumulate(kind.row(), ty_of(r, n), x, sums);
    }
}

fn reduced(r: &RowsKernel, n: usize) -> impl Iterator<Item = SVal> + '_ {
    (0..r.body.insts.len())
        .filter(move |&k| r.body.insts[k].op == SOp::Reduced(n as u16))
        .map(|k| SVal(k as u32))
}

fn ty_of(r: &RowsKernel, n: usize) -> Ty {
    r.body.inst(r.reductions[n].element).ty
}

/// Row by row, blocks along each.
fn along(shape: &Shape<'_>, env: Env<'_>, chunk: &mut Chunk<'_>, end: usize) -> Failed {
    let r = shape.r;
    let mut failed: Failed = None;
    let mut m = Machine::with(&r.body, env, 1, shape.habits.clone());
    for row in chunk.start..end {
        let at = |k: usize, len: usize| Cursor { vars: [row, k, 0, 0], block: 1, len };
        for phase in &shape.phases {
            m.run(&phase.row, &at(0, 1));
            let mut folds: Vec<registers::Folded> = phase
                .reductions
                .iter()
                .map(|&n| registers::Folded::new(r.reductions[n].fold, ty_of(r, n)))
                .collect();
            for k in (0..r.k).step_by(BLOCK) {
                let c = at(k, BLOCK.min(r.k - k));
                m.run(&phase.positions, &c);
                for (f, &n) in folds.iter_mut().zip(&phase.reductions) {
                    f.block(m.lanes(r.reductions[n].element, c.len), k);
                }
            }
            for (f, &n) in folds.iter().zip(&phase.reductions) {
                reduced(r, n).for_each(|v| m.set(v, &[f.result()], false));
            }
        }
        m.run(&shape.last.row, &at(0, 1));
        for (out, s) in chunk.rows.iter_mut().zip(&r.row_stores) {
            out[row - chunk.start] = m.lanes(s.value, 1)[0];
        }
        failed = failed.or(check(r, &mut m, row, 1));
        if r.stores.is_empty() {
            continue;
        }
        for k in (0..r.k).step_by(BLOCK) {
            let c = at(k, BLOCK.min(r.k - k));
            m.run(&shape.last.positions, &c);
            let from = (row - chunk.start) * r.k + k;
            for (out, s) in chunk.full.iter_mut().zip(&r.stores) {
                out[from..from + c.len].copy_from_slice(m.lanes(s.value, c.len));
            }
        }
    }
    failed
}

/// The first failed check of `len` rows from `row` on.
fn check(r: &RowsKernel, m: &mut Machine<'_>, row: usize, len: usize) -> Failed {
    r.checks.iter().find_map(|c| {
        let lane = m.lanes(c.ok, len).iter().position(|ok| *ok == 0)?;
        let value = m.lanes(c.value, len)[lane];
        Some([checks::code_of(&c.text), (row + lane) as u32, value])
    })
}

/// Neighbouring rows side by side, position by position; or only what follows from sums that are known.
fn across(
    shape: &Shape<'_>,
    env: Env<'_>,
    chunk: &mut Chunk<'_>,
    end: usize,
    known: Option<Vec<Vec<u32>>>,
) -> Failed {
    let r = shape.r;
    let len = end - chunk.start;
    let mut m = Machine::with(&r.body, env, 0, shape.habits.clone());
    let at = |k: usize| Cursor { vars: [chunk.start, k, 0, 0], block: 0, len };
    for phase in &shape.phases {
        m.run(&phase.row, &at(0));
        if let Some(known) = &known {
            known.iter().enumerate().for_each(|(n, sums)| reduced(r, n).for_each(|v| m.set(v, sums, true)));
            continue;
        }
        let mut sums: Vec<(Vec<u32>, Vec<u32>)> =
            phase.reductions.iter().map(|&n| (vec![start(r, n); len], vec![i32::MAX as u32; len])).collect();
        for k in 0..r.k {
            m.run(&phase.positions, &at(k));
            for ((values, places), &n) in sums.iter_mut().zip(&phase.reductions) {
                let x = m.lanes(r.reductions[n].element, len);
                match r.reductions[n].fold {
                    Fold::Kind(_) => combine(r, n, x, values),
                    Fold::Arg { max } => {
                        registers::arg_accumulate(max, ty_of(r, n), x, k as u32, values, places)
                    }
                }
            }
        }
        for ((values, places), &n) in sums.iter().zip(&phase.reductions) {
            let result = if matches!(r.reductions[n].fold, Fold::Arg { .. }) { places } else { values };
            reduced(r, n).for_each(|v| m.set(v, result, true));
        }
    }
    m.run(&shape.last.row, &at(0));
    for (out, s) in chunk.rows.iter_mut().zip(&r.row_stores) {
        out[..len].copy_from_slice(m.lanes(s.value, len));
    }
    check(r, &mut m, chunk.start, len)
}
