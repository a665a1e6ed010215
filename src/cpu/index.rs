//! Indices over a block of neighbouring values of one loop variable.

use crate::compiler::index::{Index, Source, Term};
use crate::compiler::scalar::SVal;

/// Where a block stands: a value of every loop variable, of which one runs on from there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// Values of the loop variables; of `block`, the first.
    pub vars: [usize; 4],
    /// The variable that runs.
    pub block: u8,
    /// How far.
    pub len: usize,
}

/// Values of int32 registers that indices may use.
pub(super) trait Values {
    /// The value at lane `lane` of a register.
    fn at(&self, v: SVal, lane: usize) -> i32;
    /// Whether it differs between lanes.
    fn is_wide(&self, v: SVal) -> bool;
}

fn digit(t: &Term, x: i64) -> i64 {
    let d = if t.stride > 1 { x / t.stride as i64 } else { x };
    t.coef * if t.top { d } else { d % t.size as i64 }
}

/// The index at the block's first lane.
pub(super) fn first(i: &Index, c: &Cursor, values: &impl Values) -> i64 {
    i.constant
        + i.terms
            .iter()
            .map(|t| match t.source {
                Source::Var(v) => digit(t, c.vars[v as usize] as i64),
                Source::Value(v) => digit(t, i64::from(values.at(v, 0))),
            })
            .sum::<i64>()
}

/// Whether a term differs between lanes.
fn varies(t: &Term, c: &Cursor, values: &impl Values) -> bool {
    match t.source {
        Source::Var(v) => v == c.block,
        Source::Value(v) => values.is_wide(v),
    }
}

/// The step from lane to lane, where it is the same over the whole block.
pub(super) fn step(i: &Index, c: &Cursor, values: &impl Values) -> Option<i64> {
    let mut step = 0;
    for t in i.terms.iter().filter(|t| varies(t, c, values)) {
        if matches!(t.source, Source::Value(_)) {
            return None;
        }
        // The digit must neither wrap nor stand still inside the block, or stand still over all of it.
        let start = c.vars[c.block as usize];
        let (low, high) = (start / t.stride, (start + c.len - 1) / t.stride);
        if low == high {
            continue;
        }
        if t.stride != 1 || (!t.top && low / t.size != high / t.size) {
            return None;
        }
        step += t.coef;
    }
    Some(step)
}

/// Length of the runs over which the index grows by one from lane to lane, and the offset of the first run's start from the block's
/// start; `None` where runs are short.
pub(super) fn runs(i: &Index, c: &Cursor, values: &impl Values) -> Option<usize> {
    let mut run = None;
    for t in i.terms.iter().filter(|t| varies(t, c, values)) {
        match t.source {
            Source::Var(_) if t.stride == 1 && t.coef == 1 && run.is_none() => {
                run = Some(if t.top { usize::MAX } else { t.size })
            }
            Source::Var(_) => {}
            Source::Value(_) => return None,
        }
    }
    let run = run.filter(|&r| r >= 8)?;
    let steady = |t: &Term| t.stride == 1 || t.stride.is_multiple_of(run);
    (run != usize::MAX && i.terms.iter().filter(|t| varies(t, c, values)).all(steady)).then_some(run)
}

/// Every lane's index.
pub(super) fn fill(i: &Index, c: &Cursor, values: &impl Values, out: &mut [i32]) {
    let fixed: i64 = i.constant
        + i.terms
            .iter()
            .filter(|t| !varies(t, c, values))
            .map(|t| match t.source {
                Source::Var(v) => digit(t, c.vars[v as usize] as i64),
                Source::Value(v) => digit(t, i64::from(values.at(v, 0))),
            })
            .sum::<i64>();
    out.fill(fixed as i32);
    for t in i.terms.iter().filter(|t| varies(t, c, values)) {
        match t.source {
            Source::Value(v) => out
                .iter_mut()
                .enumerate()
                .for_each(|(l, o)| *o = o.wrapping_add(digit(t, i64::from(values.at(v, l))) as i32)),
            Source::Var(_) => add_digit(t, c.vars[c.block as usize], out),
        }
    }
}

/// Adds `coef * ((start + lane) / stride % size)` to every lane, run by run.
fn add_digit(t: &Term, start: usize, out: &mut [i32]) {
    let coef = t.coef as i32;
    let mut at = 0;
    while at < out.len() {
        let x = start + at;
        let (d, rest) = (x / t.stride, x % t.stride);
        let value = if t.top { d } else { d % t.size };
        if t.stride == 1 {
            let run = if t.top { out.len() - at } else { (t.size - value).min(out.len() - at) };
            let base = (value as i32).wrapping_mul(coef);
            out[at..at + run]
                .iter_mut()
                .enumerate()
                .for_each(|(l, o)| *o = o.wrapping_add(base).wrapping_add((l as i32).wrapping_mul(coef)));
            at += run;
        } else {
            let run = (t.stride - rest).min(out.len() - at);
            let add = (value as i32).wrapping_mul(coef);
            out[at..at + run].iter_mut().for_each(|o| *o = o.wrapping_add(add));
            at += run;
        }
    }
}
