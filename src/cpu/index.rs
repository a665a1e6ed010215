//! Indices over a block of neighbouring values of one loop variable.

use crate::compiler::index::{Index, Source, Term};
use crate::compiler::scalar::SVal;
use smallvec::SmallVec;

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
    /// Over how many positions, counted from 0 on, it stays the same; 0 where it always does.
    fn stretch(&self, v: SVal) -> usize;
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

/// Length of the runs over which the index grows by one from lane to lane, and whatever else it depends on stays; `None` where runs are
/// short.
pub(super) fn runs(i: &Index, c: &Cursor, values: &impl Values) -> Option<usize> {
    let mut run = None;
    for t in i.terms.iter().filter(|t| varies(t, c, values)) {
        match t.source {
            Source::Var(_) if t.stride == 1 && t.coef == 1 && run.is_none() && !t.top => run = Some(t.size),
            Source::Var(_) if t.stride == 1 => return None,
            _ => {}
        }
    }
    let run = run.filter(|&r| r >= 8)?;
    let steady = |t: &Term| match t.source {
        Source::Var(_) => t.stride == 1 || t.stride.is_multiple_of(run),
        Source::Value(v) => values.stretch(v).is_multiple_of(run),
    };
    i.terms.iter().filter(|t| varies(t, c, values)).all(steady).then_some(run)
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
            Source::Value(v) => {
                let start = c.vars[c.block as usize];
                let stretch = Some(values.stretch(v)).filter(|&s| s > 0).unwrap_or(usize::MAX);
                let mut at = 0;
                while at < out.len() {
                    let n = (stretch - (start + at) % stretch).min(out.len() - at);
                    let add = digit(t, i64::from(values.at(v, at))) as i32;
                    out[at..at + n].iter_mut().for_each(|o| *o = o.wrapping_add(add));
                    at += n;
                }
            }
            Source::Var(_) => add_digit(t, c.vars[c.block as usize], out),
        }
    }
}

/// Adds `coef * ((start + lane) / stride % size)` to every lane, run by run.
fn add_digit(t: &Term, start: usize, out: &mut [i32]) {
    let coef = t.coef as i32;
    let mut digit = start / t.stride;
    if !t.top {
        digit %= t.size;
    }
    let mut rest = start % t.stride;
    let mut at = 0;
    while at < out.len() {
        let base = (digit as i32).wrapping_mul(coef);
        if t.stride == 1 {
            let run = if t.top { out.len() - at } else { (t.size - digit).min(out.len() - at) };
            out[at..at + run]
                .iter_mut()
                .enumerate()
                .for_each(|(l, o)| *o = o.wrapping_add(base).wrapping_add((l as i32).wrapping_mul(coef)));
            at += run;
            digit = 0;
        } else {
            let run = (t.stride - rest).min(out.len() - at);
            out[at..at + run].iter_mut().for_each(|o| *o = o.wrapping_add(base));
            at += run;
            rest = 0;
            digit = if !t.top && digit + 1 == t.size { 0 } else { digit + 1 };
        }
    }
}

/// An index going from run to run, without a division a run.
pub(super) struct Walk {
    at: i64,
    digits: SmallVec<[Digit; 4]>,
    /// Digits of computed values.
    computed: SmallVec<[Term; 2]>,
}

struct Digit {
    /// Positions until it counts on.
    left: usize,
    value: usize,
    term: Term,
}

impl Walk {
    /// From the start of a block on, for an index that [`runs`].
    pub(super) fn new(i: &Index, c: &Cursor, values: &impl Values) -> Self {
        let x = c.vars[c.block as usize];
        let is_computed = |t: &Term| matches!(t.source, Source::Value(_)) && varies(t, c, values);
        let computed: SmallVec<[Term; 2]> = i.terms.iter().filter(|t| is_computed(t)).copied().collect();
        let digits = i
            .terms
            .iter()
            .filter(|t| varies(t, c, values) && !is_computed(t) && t.stride > 1)
            .map(|t| Digit {
                left: t.stride - x % t.stride,
                value: if t.top { x / t.stride } else { x / t.stride % t.size },
                term: *t,
            })
            .collect();
        let mut walk = Walk { at: 0, digits, computed };
        walk.at = first(i, c, values) - walk.at(0, values);
        walk
    }

    /// The index here, which is lane `lane`.
    pub(super) fn at(&self, lane: usize, values: &impl Values) -> i64 {
        let of = |t: &Term| match t.source {
            Source::Value(v) => digit(t, i64::from(values.at(v, lane))),
            Source::Var(_) => 0,
        };
        self.at + self.computed.iter().map(of).sum::<i64>()
    }

    /// To the next run, whose digit of single steps starts over: `n` positions on, `step` of which that digit had counted.
    pub(super) fn advance(&mut self, n: usize, step: usize) {
        self.at -= step as i64;
        for d in &mut self.digits {
            d.left -= n;
            if d.left == 0 {
                d.left = d.term.stride;
                d.value += 1;
                self.at += d.term.coef;
                if !d.term.top && d.value == d.term.size {
                    d.value = 0;
                    self.at -= d.term.coef * d.term.size as i64;
                }
            }
        }
    }
}
