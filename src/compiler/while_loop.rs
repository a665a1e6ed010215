//! Loops that the host drives: the condition and the body become plans of their own.

use super::fuse::{FuseRules, Inputs};
use super::kernel::WhileKernel;
use super::plan::{Plan, buffer_bytes};
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Ew, Graph, Prim, Spec, Val, WhileBody};
use std::sync::Arc;

/// Carried values of more bytes than this are not worth choosing between old and new: a look at the condition each trip costs less.
const MAX_MASKED: u64 = 1 << 18;

pub(super) fn kernel(w: &WhileBody, rules: &FuseRules) -> Result<WhileKernel> {
    let plan = |g: &Graph| Plan::new(g, rules, &Inputs::default()).map(Arc::new);
    let mut bytes = 0;
    for spec in &w.body.output_specs()[..w.carries] {
        bytes += buffer_bytes(spec.dtype.storage()?, spec.shape.size());
    }
    // Where the host looks inside of each trip, it may look at the condition too.
    let looks = w.body.insts().iter().any(|i| i.prim.is_chosen_by_host());
    let masked = w.cond.is_some() && bytes <= MAX_MASKED && !looks;
    let step = match &w.cond {
        None => w.body.clone(),
        Some(cond) => Arc::new(step(w, cond, masked)?),
    };
    Ok(WhileKernel {
        first: w.cond.as_deref().map(plan).transpose()?,
        step: plan(&step)?,
        consts: w.consts,
        carries: w.carries,
        limit: w.limit,
        reverse: w.reverse,
        masked,
    })
}

/// One trip and the question whether another follows.
fn step(w: &WhileBody, cond: &Graph, masked: bool) -> Result<Graph> {
    let mut g = Graph::new();
    let operands: Vec<Val> = w.body.param_specs().into_iter().map(|s| g.parameter(s)).collect();
    let counts = g.parameter(Spec::new(DType::Bool, ()));
    let trips = g.parameter(Spec::new(DType::Int32, ()));
    let (consts, carried) = operands.split_at(w.consts);
    let mut results = if masked && w.body.insts().iter().any(|i| i.prim.needs_guard()) {
        let args: Vec<Val> = std::iter::once(counts).chain(operands.iter().copied()).collect();
        g.inline(&w.body.guarded()?, &args)?
    } else {
        g.inline(&w.body, &operands)?
    };
    if masked {
        for (new, &old) in results.iter_mut().zip(carried) {
            let shape = g.shape(old).clone();
            let counts = g.broadcast_in_dim(counts, shape, &[])?;
            *new = g.select(counts, *new, old)?;
        }
    }
    let args: Vec<Val> = consts.iter().chain(&results[..w.carries]).copied().collect();
    let goes_on = if masked {
        let args: Vec<Val> = std::iter::once(counts).chain(args).collect();
        g.inline(&cond.guarded()?, &args)?[0]
    } else {
        g.inline(cond, &args)?[0]
    };
    let goes_on = g.push(Prim::Elementwise(Ew::And), &[counts, goes_on])?;
    let one = g.convert(counts, DType::Int32)?;
    let trips = g.add(trips, one)?;
    results.splice(w.carries..w.carries, [goes_on, trips]);
    g.set_outputs(results);
    Ok(g)
}
