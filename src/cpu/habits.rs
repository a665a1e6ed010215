//! How the values of a program follow from the position in a block: which repeat, which stay the same over several positions.

use super::block::BLOCK;
use crate::compiler::index::{Index, Source};
use crate::compiler::scalar::{Body, SOp};
use std::sync::Arc;

/// What is known of every value of a program over one loop variable.
#[derive(Debug)]
pub(super) struct Habits {
    /// After how many positions it repeats: [`NEVER`], or 0 where it depends on more than the position.
    pub period: Vec<usize>,
    /// Over how many positions, counted from 0 on, it stays the same; [`STEADY`] where it always does.
    pub stretch: Vec<usize>,
}

impl Habits {
    pub(super) fn new(body: &Body, block: u8) -> Arc<Self> {
        Arc::new(Habits { period: periods(body, block), stretch: stretches(body, block) })
    }

    /// A length of blocks of which the values that repeat are computed once: a multiple of what most of them repeat after.
    pub(super) fn block_length(&self) -> usize {
        let whole = self.period.iter().copied().filter(|&p| p > 0).fold(1, |all, p| {
            let both = joint(all, p);
            if both <= 2 * BLOCK && both.is_multiple_of(4) { both } else { all }
        });
        whole * (BLOCK / whole).max(1)
    }
}

/// Longest period that is looked for.
const MAX_PERIOD: usize = 1 << 16;

/// The period of what depends on the position alone and does not repeat.
const NEVER: usize = usize::MAX;

/// The period of both.
fn joint(a: usize, b: usize) -> usize {
    if a == 0 || b == 0 || a == NEVER || b == NEVER {
        return a.min(b).min(1) * NEVER;
    }
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    if a / x * b > MAX_PERIOD { NEVER } else { a / x * b }
}

/// Periods of all values over loop variable `block`.
fn periods(body: &Body, block: u8) -> Vec<usize> {
    let mut periods: Vec<usize> = vec![];
    for inst in &body.insts {
        let of_index = |i: &Index| {
            i.terms.iter().fold(1, |p, t| {
                joint(
                    p,
                    match t.source {
                        Source::Var(_) if t.top => NEVER,
                        Source::Var(_) => t.stride * t.size,
                        Source::Value(v) => periods[v.0 as usize],
                    },
                )
            })
        };
        let of_args = || inst.args.iter().fold(1, |p, a| joint(p, periods[a.0 as usize]));
        periods.push(match &inst.op {
            _ if inst.vars & !(1 << block) != 0 => 0,
            SOp::Constant(_) | SOp::Scalar(_) => 1,
            SOp::Index(i) => of_index(i),
            SOp::Load { index, mask, .. } => {
                joint(of_index(index), mask.map_or(1, |m| periods[m.0 as usize]))
            }
            SOp::Row(_) | SOp::Convert { .. } | SOp::Bitcast | SOp::Narrow(_) => of_args(),
            SOp::Philox { .. } | SOp::Reduced(_) | SOp::Accumulator => 0,
        });
    }
    periods
}

/// The stretch of what is the same everywhere: a multiple of all that come up.
pub(super) const STEADY: usize = 0;

fn common(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    x
}

/// Stretches of all values over loop variable `block`.
fn stretches(body: &Body, block: u8) -> Vec<usize> {
    let mut stretches: Vec<usize> = vec![];
    for inst in &body.insts {
        let of_index = |i: &Index| {
            i.terms.iter().fold(STEADY, |s, t| match t.source {
                Source::Var(x) if x == block => common(s, t.stride),
                Source::Var(_) => s,
                Source::Value(v) => common(s, stretches[v.0 as usize]),
            })
        };
        let of_args = || inst.args.iter().fold(STEADY, |s, a| common(s, stretches[a.0 as usize]));
        stretches.push(match &inst.op {
            _ if inst.vars >> block & 1 == 0 => STEADY,
            SOp::Index(i) => of_index(i),
            SOp::Load { index, mask, .. } => {
                common(of_index(index), mask.map_or(STEADY, |m| stretches[m.0 as usize]))
            }
            SOp::Row(_) | SOp::Convert { .. } | SOp::Bitcast | SOp::Narrow(_) => of_args(),
            _ => 1,
        });
    }
    stretches
}
