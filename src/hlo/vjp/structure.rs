//! Derivatives of composites, branches, loops and calls.

use super::{Adjoints, gradient_since, loops};
use crate::error::{Error, Result};
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{ById, CompositeOp, Prim};
use std::sync::Arc;

pub(super) fn adjoints(
    g: &mut Graph,
    prim: &Prim,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    match prim {
        Prim::Composite(c) => composite(g, &**c, x, y, dy),
        Prim::CustomCall(c) => match c.vjp(g, x, y, dy) {
            Some(dx) => Ok(dx?.into_iter().collect()),
            None => Ok(Adjoints::from_elem(None, x.len())),
        },
        Prim::Case(branches) => case(g, branches, x, y, dy),
        Prim::Scan(s) => loops::scan(g, s, x, y, dy),
        Prim::While(w) => loops::while_(g, w, x, y, dy),
        Prim::OptimizationBarrier => Ok(dy.iter().copied().collect()),
        _ => Err(Error::internal(prim.name(), "no structure")),
    }
}

fn composite(
    g: &mut Graph,
    c: &dyn CompositeOp,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    if let Some(dx) = c.vjp(g, x, y, dy) {
        let dx: Adjoints = dx.map_err(|e| e.for_op(c.name()))?.into_iter().collect();
        if dx.len() != x.len() {
            return Err(Error::internal(
                c.name(),
                format_args!("its vjp gave {} adjoints for {} operands", dx.len(), x.len()),
            ));
        }
        return Ok(dx);
    }
    // The body again, to differentiate it here; common subexpressions make it one with the first when both are inlined.
    of_body(g, &c.body().without_effects(), x, dy)
}

/// The adjoints of what `body` is given.
pub(super) fn of_body(g: &mut Graph, body: &Graph, x: &[Val], dy: &[Option<Val>]) -> Result<Adjoints> {
    let first = g.insts().len();
    let outputs = g.inline(body, x)?;
    let mut distinct: Vec<Val> = x.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let dx = gradient_since(g, first, &outputs, dy, &distinct)?;
    // A value given twice has one adjoint, which counts once.
    let once = |i: usize| {
        (!x[..i].contains(&x[i])).then(|| distinct.binary_search(&x[i]).ok().and_then(|k| dx[k])).flatten()
    };
    Ok((0..x.len()).map(once).collect())
}

/// Adjoints with zeros for those that are missing.
pub(super) fn filled(g: &mut Graph, y: &[Val], dy: &[Option<Val>]) -> Result<Vec<Val>> {
    y.iter().zip(dy).map(|(&y, &d)| d.map_or_else(|| g.zeros_like(y), Ok)).collect()
}

pub(super) fn differentiable(g: &Graph, v: &[Val]) -> Vec<bool> {
    v.iter().map(|&v| g.dtype(v).is_differentiable()).collect()
}

fn case(
    g: &mut Graph,
    branches: &[ById<Graph>],
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    let flows = differentiable(g, y);
    let wrt = differentiable(g, &x[1..]);
    let dy_all = filled(g, y, dy)?;
    let dys: Vec<Val> = dy_all.iter().zip(&flows).filter(|(_, f)| **f).map(|(d, _)| *d).collect();
    let mut backward = vec![];
    for b in branches {
        let mut h = Graph::new();
        let args: Vec<Val> = b.param_specs().into_iter().map(|s| h.parameter(s)).collect();
        let d_specs: Vec<_> =
            b.output_specs().into_iter().zip(&flows).filter(|(_, f)| **f).map(|(s, _)| s).collect();
        let ds: Vec<Val> = d_specs.into_iter().map(|s| h.parameter(s)).collect();
        let outs = h.inline(b, &args)?;
        let mut ds = ds.into_iter();
        let seeds: Vec<Option<Val>> = flows.iter().map(|f| if *f { ds.next() } else { None }).collect();
        let targets: Vec<Val> = args.iter().zip(&wrt).filter(|(_, w)| **w).map(|(a, _)| *a).collect();
        let grads = super::gradient(&mut h, &outs, &seeds, &targets)?;
        let outs = grads
            .iter()
            .zip(&targets)
            .map(|(d, t)| d.map_or_else(|| h.zeros_like(*t), Ok))
            .collect::<Result<Vec<_>>>()?;
        h.set_outputs(outs);
        backward.push(ById(Arc::new(h.without_effects().pruned())));
    }
    let operands: Vec<Val> = x.iter().chain(&dys).copied().collect();
    let mut grads = g.push_multi(Prim::Case(backward), &operands)?.into_iter();
    let mut dx: Adjoints = Adjoints::from_elem(None, 1);
    dx.extend(wrt.iter().map(|w| if *w { grads.next() } else { None }));
    Ok(dx)
}
