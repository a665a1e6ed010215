//! What a run of calls computes, told in the same words whenever it comes again.

use super::segment::{Call, Source};
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::tensor::Entry;
use smallvec::SmallVec;
use std::sync::Arc;

/// Where an operand comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand {
    /// From a call before.
    Result(ResultOf),
    /// From outside: a number of a source.
    Source(u32),
}

/// A result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ResultOf {
    /// Number of the call.
    pub(super) call: u32,
    /// Number of the result.
    pub(super) output: u32,
}

/// The calls that wanted results depend on and those that check values, with sources in the order of their first use.
pub(super) struct Recipe<'a> {
    pub(super) steps: Vec<Step<'a>>,
    pub(super) sources: Vec<&'a Source>,
    /// Results of steps, in order.
    pub(super) wanted: Vec<ResultOf>,
    /// All of it but the values of the sources.
    pub(super) words: Vec<u64>,
}

pub(super) struct Step<'a> {
    pub(super) entry: &'a Arc<Entry>,
    pub(super) operands: SmallVec<[Operand; 4]>,
}

const NONE: u32 = u32::MAX;

impl<'a> Recipe<'a> {
    /// The recipe for results of calls on a device.
    pub(super) fn new(device: u32, calls: &'a [Call], sources: &'a [Source], wanted: &[ResultOf]) -> Self {
        let mut used: Vec<bool> = calls.iter().map(Call::checks).collect();
        wanted.iter().for_each(|w| used[w.call as usize] = true);
        for k in (0..calls.len()).rev() {
            if used[k] {
                calls[k].operands.iter().for_each(|o| {
                    if let Operand::Result(r) = o {
                        used[r.call as usize] = true;
                    }
                });
            }
        }
        let mut recipe =
            Recipe { steps: vec![], sources: vec![], wanted: vec![], words: vec![u64::from(device)] };
        let (mut step_of, mut source_of) = (vec![NONE; calls.len()], vec![NONE; sources.len()]);
        for (k, call) in calls.iter().enumerate().filter(|(k, _)| used[*k]) {
            step_of[k] = recipe.steps.len() as u32;
            recipe.words.push(call.entry.id());
            let place = |o: &Operand| match *o {
                Operand::Result(r) => Operand::Result(ResultOf { call: step_of[r.call as usize], ..r }),
                Operand::Source(s) => {
                    let n = &mut source_of[s as usize];
                    if *n == NONE {
                        *n = recipe.sources.len() as u32;
                        recipe.sources.push(&sources[s as usize]);
                    }
                    Operand::Source(*n)
                }
            };
            let operands: SmallVec<[Operand; 4]> = call.operands.iter().map(place).collect();
            recipe.words.extend(operands.iter().map(|o| match *o {
                Operand::Result(r) => u64::from(r.call) << 32 | u64::from(r.output) << 2,
                Operand::Source(n) if recipe.sources[n as usize].is_scalar() => u64::from(n) << 2 | 1,
                Operand::Source(n) => u64::from(n) << 2 | 2,
            }));
            recipe.steps.push(Step { entry: &call.entry, operands });
        }
        // No entry has this number.
        recipe.words.push(0);
        for w in wanted {
            let w = ResultOf { call: step_of[w.call as usize], ..*w };
            recipe.words.push(u64::from(w.call) << 32 | u64::from(w.output));
            recipe.wanted.push(w);
        }
        recipe
    }

    /// The graph of all steps, from sources to wanted results.
    pub(super) fn graph(&self) -> Result<Graph> {
        let mut g = Graph::new();
        let sources: Vec<Val> = self.sources.iter().map(|s| g.parameter(s.spec.clone())).collect();
        let mut results: Vec<Vec<Val>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let value = |o: &Operand| match *o {
                Operand::Source(n) => sources[n as usize],
                Operand::Result(r) => results[r.call as usize][r.output as usize],
            };
            let operands: Vec<Val> = step.operands.iter().map(value).collect();
            results.push(g.inline(step.entry.graph(), &operands)?);
        }
        let outputs: Vec<Val> =
            self.wanted.iter().map(|w| results[w.call as usize][w.output as usize]).collect();
        g.set_outputs(outputs);
        Ok(g)
    }

    /// The names of its steps, a few of them.
    pub(super) fn label(&self) -> String {
        const SHOWN: usize = 8;
        let mut text = self.steps.iter().take(SHOWN).map(|s| s.entry.label()).collect::<Vec<_>>().join(", ");
        if self.steps.len() > SHOWN {
            text.push_str(&format!(" and {} more", self.steps.len() - SHOWN));
        }
        text
    }
}
