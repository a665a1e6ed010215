//! How often a loop runs, where the host can tell before it runs.

use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::interpret::evaluate;
use crate::hlo::{Graph, Literal, Val};
use crate::tensor::Tensor;

/// Trips that are counted ahead; loops that run longer decide when they run.
const MOST: usize = 10_000;

/// The number of trips of a loop over `carries` (the last inputs of both graphs), which start as `start`: where the condition depends only
/// on integers that start from known values and change by themselves.
pub(super) fn known_trips(
    cond: &Graph,
    body: &Graph,
    carries: usize,
    start: &[&Tensor],
    limit: Option<usize>,
) -> Result<Option<usize>> {
    if cond.has_effects() {
        return Ok(None);
    }
    let consts = cond.params().len() - carries;
    let Some(counters) = counters(cond, body, consts, carries) else { return Ok(None) };
    // Inputs that do not count are not read.
    let mut values = vec![Literal::scalar(DType::Int32, 0.0); consts + carries];
    for &k in &counters {
        match start[k].host_value().filter(|l| l.dtype.is_exact()) {
            Some(l) => values[consts + k] = (**l).clone(),
            None => return Ok(None),
        }
    }
    let (cond, body) = (only(cond, &[0]), only(body, &counters));
    if body.has_effects() {
        return Ok(None);
    }
    for trips in 0..=limit.unwrap_or(MOST).min(MOST) {
        if limit == Some(trips) || evaluate(&cond, &values)?[0].i64_at(0) == 0 {
            return Ok(Some(trips));
        }
        for (&k, v) in counters.iter().zip(evaluate(&body, &values)?) {
            values[consts + k] = v;
        }
    }
    Ok(None)
}

/// The graph with some of its outputs and without checks and prints.
fn only(g: &Graph, outputs: &[usize]) -> Graph {
    let mut g = g.without_effects();
    let kept: Vec<Val> = outputs.iter().map(|&k| g.outputs()[k]).collect();
    g.set_outputs(kept);
    g
}

/// The carried values that the condition depends on, now or by way of others; `None` where it depends on what is not carried.
fn counters(cond: &Graph, body: &Graph, consts: usize, carries: usize) -> Option<Vec<usize>> {
    let mut wanted = vec![false; carries];
    for p in inputs_of(cond, &[0]) {
        wanted[p.checked_sub(consts)?] = true;
    }
    loop {
        let known: Vec<usize> = (0..carries).filter(|&k| wanted[k]).collect();
        for p in inputs_of(body, &known) {
            wanted[p.checked_sub(consts)?] = true;
        }
        if known.len() == wanted.iter().filter(|w| **w).count() {
            return Some(known);
        }
    }
}

/// Which inputs the outputs with these numbers depend on.
fn inputs_of(g: &Graph, outputs: &[usize]) -> Vec<usize> {
    let mut needed = vec![false; g.num_values()];
    outputs.iter().for_each(|&k| needed[g.outputs()[k].index()] = true);
    for inst in g.insts().iter().rev() {
        if inst.results().any(|v| needed[v.index()]) {
            inst.operands.iter().for_each(|v| needed[v.index()] = true);
        }
    }
    (0..g.params().len()).filter(|&i| needed[g.params()[i].index()]).collect()
}
