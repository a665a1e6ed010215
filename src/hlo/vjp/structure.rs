//! Derivatives of composites, branches, loops and calls.

use super::{Adjoints, gradient_since, linearize};
use crate::error::{Error, Result};
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{ById, CompositeOp, Prim, ScanBody};
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
        Prim::Scan(s) => scan(g, s, x, y, dy),
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
    let first = g.insts().len();
    let outputs = g.inline(&c.body().without_effects(), x)?;
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
fn filled(g: &mut Graph, y: &[Val], dy: &[Option<Val>]) -> Result<Vec<Val>> {
    y.iter().zip(dy).map(|(&y, &d)| d.map_or_else(|| g.zeros_like(y), Ok)).collect()
}

fn differentiable(g: &Graph, v: &[Val]) -> Vec<bool> {
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

/// A second scan that also stacks what the way back needs, and a scan back over it.
fn scan(g: &mut Graph, s: &ScanBody, x: &[Val], y: &[Val], dy: &[Option<Val>]) -> Result<Adjoints> {
    let whole = s.consts + s.carries;
    let wrt = differentiable(g, x);
    let flows: Vec<bool> = s.body.output_specs().iter().map(|o| o.dtype.is_differentiable()).collect();
    let invariant: Vec<bool> = (0..x.len()).map(|i| i < s.consts).collect();
    let lin = linearize(&s.body, &wrt, &flows, &invariant)?;

    // Forward once more, with the residuals stacked behind the results.
    let body = Arc::new(lin.forward.clone());
    let twin = ScanBody {
        body,
        trips: s.trips,
        consts: s.consts,
        carries: s.carries,
        reverse: s.reverse,
        primal: Some(s.body.clone()),
    };
    let twin = g.push_multi(Prim::Scan(ById(Arc::new(twin))), x)?;
    let residuals = &twin[y.len()..];

    // Back: constants are the loop-invariant inputs that are needed; carried are the adjoints of the carried values and the sums
    // of the adjoints of constants; stacked are residuals and the adjoints of stacked results.
    let mut h = Graph::new();
    let slice = |g: &Graph, v: Val| {
        let spec = g.spec(v);
        super::super::Spec::new(spec.dtype, &spec.shape[1..])
    };
    let consts: Vec<Val> = lin.invariants.iter().map(|&i| x[i]).collect();
    let h_consts: Vec<Val> = consts.iter().map(|&v| h.parameter(g.spec(v).clone())).collect();
    let carried: Vec<usize> = (s.consts..whole).filter(|&i| wrt[i]).collect();
    let summed: Vec<usize> = (0..s.consts).filter(|&i| wrt[i]).collect();
    let h_carried: Vec<Val> = carried.iter().map(|&i| h.parameter(g.spec(x[i]).clone())).collect();
    let h_summed: Vec<Val> = summed.iter().map(|&i| h.parameter(g.spec(x[i]).clone())).collect();
    let h_residuals: Vec<Val> = residuals.iter().map(|&v| h.parameter(slice(g, v))).collect();
    let stacked: Vec<usize> = (s.carries..y.len()).filter(|&i| flows[i]).collect();
    let h_stacked: Vec<Val> = stacked.iter().map(|&i| h.parameter(slice(g, y[i]))).collect();

    let mut args: Vec<Val> = h_residuals;
    args.extend(&h_consts);
    args.extend(&h_carried);
    args.extend(&h_stacked);
    let grads = h.inline(&lin.backward, &args)?;
    let mut by_input: Vec<Option<Val>> = vec![None; x.len()];
    lin.connected.iter().zip(grads).for_each(|(&i, d)| by_input[i] = Some(d));
    let mut outs = vec![];
    for (&i, &p) in carried.iter().zip(&h_carried) {
        outs.push(by_input[i].map_or_else(|| h.zeros_like(p), Ok)?);
    }
    for (&i, &p) in summed.iter().zip(&h_summed) {
        outs.push(by_input[i].map_or(Ok(p), |d| h.add(p, d))?);
    }
    let sliced: Vec<usize> = (whole..x.len()).filter(|&i| by_input[i].is_some()).collect();
    outs.extend(sliced.iter().filter_map(|&i| by_input[i]));
    h.set_outputs(outs);

    let dy_all = filled(g, y, dy)?;
    let mut operands = consts;
    operands.extend(carried.iter().map(|&i| dy_all[i - s.consts]));
    for &i in &summed {
        operands.push(g.zeros_like(x[i])?);
    }
    operands.extend(residuals);
    operands.extend(stacked.iter().map(|&i| dy_all[i]));
    let back = ScanBody {
        body: Arc::new(h.pruned()),
        trips: s.trips,
        consts: lin.invariants.len(),
        carries: carried.len() + summed.len(),
        reverse: !s.reverse,
        primal: None,
    };
    let r = g.push_multi(Prim::Scan(ById(Arc::new(back))), &operands)?;
    let mut dx = Adjoints::from_elem(None, x.len());
    for (&i, &d) in carried.iter().chain(&summed).chain(&sliced).zip(&r) {
        dx[i] = Some(d);
    }
    Ok(dx)
}
