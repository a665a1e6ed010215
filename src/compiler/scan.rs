//! Loops: the body becomes a plan of its own that takes the number of the slice it works on.

use super::fuse::{FuseRules, Inputs};
use super::kernel::ScanKernel;
use super::passes;
use super::plan::Plan;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, Prim, ScanBody, Spec, Val};
use crate::shape::{Dims, Shape};
use std::sync::Arc;

pub(super) fn kernel(s: &ScanBody, rules: &FuseRules) -> Result<ScanKernel> {
    let g = distinct(passes::optimize(&sliced(s)?, rules)?, s.carries)?;
    let mut scalars = vec![false; g.params().len()];
    if let Some(last) = scalars.last_mut() {
        *last = true;
    }
    let body =
        Plan::new(&g, rules, &Inputs { scalars: &scalars, stacked_from: Some(s.carries), updates: &[] })?;
    Ok(ScanKernel {
        body: Arc::new(body),
        trips: s.trips,
        reverse: s.reverse,
        consts: s.consts,
        carries: s.carries,
    })
}

/// The body over whole stacked inputs and the number of a slice.
fn sliced(s: &ScanBody) -> Result<Graph> {
    let mut g = Graph::new();
    let whole = s.consts + s.carries;
    let specs = s.body.param_specs();
    let mut params = vec![];
    for (i, spec) in specs.iter().enumerate() {
        let stacked: Shape = std::iter::once(s.trips).chain(spec.shape.iter().copied()).collect();
        params.push(g.parameter(if i < whole { spec.clone() } else { Spec::new(spec.dtype, stacked) }));
    }
    let trip = g.parameter(Spec::new(DType::Int32, ()));
    let first = g.reshape(trip, [1])?;
    let mut args: Vec<Val> = params[..whole].to_vec();
    for (&p, spec) in params[whole..].iter().zip(&specs[whole..]) {
        let rest = g.full(DType::Int32, [spec.shape.rank()], 0.0)?;
        let start = if spec.shape.rank() == 0 { first } else { g.concatenate(&[first, rest], 0)? };
        let sizes: Dims = std::iter::once(1).chain(spec.shape.iter().copied()).collect();
        let slice = g.dynamic_slice(p, start, &sizes)?;
        args.push(g.reshape(slice, spec.shape.clone())?);
    }
    let outs = g.inline(&s.body, &args)?;
    g.set_outputs(outs);
    Ok(g)
}

/// The graph with memory of its own for every output: inputs returned as they are, and values returned twice, are copied. Only the passes
/// show which values are equal.
fn distinct(mut g: Graph, carries: usize) -> Result<Graph> {
    let mut outs: Vec<Val> = vec![];
    for (i, v) in g.outputs().to_vec().into_iter().enumerate() {
        let shared = match g.def(v).prim {
            Prim::Parameter(..) => true,
            // What the host runs writes whole values, not slices of stacks.
            Prim::Scan(_) | Prim::While(_) | Prim::Case(_) | Prim::CustomCall(_) | Prim::HostCall(_) => {
                i >= carries
            }
            _ => false,
        } || outs.contains(&v);
        outs.push(if shared { g.push(Prim::OptimizationBarrier, &[v])? } else { v });
    }
    g.set_outputs(outs);
    Ok(g)
}
