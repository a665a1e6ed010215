//! Derivatives of loops: a second loop that also keeps what the way back needs, and a loop back over it.

use super::after::{After, carried_in};
use super::linearize::{Input, Keep};
use super::structure::{differentiable, filled};
use super::{Adjoints, linearize};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{ById, Prim, ScanBody, Spec, WhileBody};
use crate::shape::Shape;
use std::sync::Arc;

/// What decides the number of trips.
enum Trips {
    Static(usize),
    Until { cond: Arc<Graph>, limit: Option<usize> },
    Counted(Val),
}

/// A loop of either kind. Operands: constants, carried values, one stack or list for each further parameter of the body.
struct Loop<'a> {
    body: &'a Arc<Graph>,
    consts: usize,
    carries: usize,
    reverse: bool,
}

pub(super) fn scan(
    g: &mut Graph,
    s: &ScanBody,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    if makes_lists(&s.body) {
        return by_trips(g, s, x, y, dy);
    }
    let l = Loop { body: &s.body, consts: s.consts, carries: s.carries, reverse: s.reverse };
    adjoints(g, &l, &Trips::Static(s.trips), x, y, dy)
}

pub(super) fn while_(
    g: &mut Graph,
    w: &WhileBody,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    let l = Loop { body: &w.body, consts: w.consts, carries: w.carries, reverse: w.reverse };
    match &w.cond {
        None => {
            let mut dx = Adjoints::from_elem(None, 1);
            dx.extend(adjoints(g, &l, &Trips::Counted(x[0]), x.get(1..).unwrap_or_default(), y, dy)?);
            Ok(dx)
        }
        Some(cond) => {
            let trips = Trips::Until { cond: cond.clone(), limit: w.limit };
            let n = w.carries;
            let without_count = |v: &[Val]| v[..n].iter().chain(&v[n + 1..]).copied().collect::<Vec<_>>();
            let dys: Vec<Option<Val>> = dy[..n].iter().chain(&dy[n + 1..]).copied().collect();
            adjoints(g, &l, &trips, x, &without_count(y), &dys)
        }
    }
}

fn adjoints(
    g: &mut Graph,
    l: &Loop<'_>,
    trips: &Trips,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    let whole = l.consts + l.carries;
    let wrt = differentiable(g, x);
    let is_static = matches!(trips, Trips::Static(_));
    // There are no zeros in the shape of a list whose length is not known.
    let flows: Vec<bool> = differentiable(g, y)
        .into_iter()
        .enumerate()
        .map(|(i, d)| d && (is_static || i < l.carries || dy[i].is_some()))
        .collect();
    let inputs: Vec<Input> = (0..x.len())
        .map(|i| match (i < l.consts, i < whole) {
            (true, _) => Input::Invariant,
            (false, true) if is_static => Input::Carried,
            (false, false) if is_static => Input::Slice,
            _ => Input::Value,
        })
        .collect();
    let quiet = if l.body.has_effects() { Arc::new(l.body.without_effects()) } else { l.body.clone() };
    let lin = linearize(&quiet, &wrt, &flows, &inputs, Keep::Cheapest)?;

    // Forward once more, with the residuals kept behind the results, and what is carried out of each trip where the way back needs what was
    // carried in.
    let mut forward = lin.forward;
    let mut kept = forward.outputs().to_vec();
    let mut out_at = vec![];
    for &i in &lin.carried {
        let out = kept[i - l.consts];
        let at = kept[l.carries..].iter().position(|&v| v == out).map(|k| k + l.carries);
        out_at.push(at.unwrap_or(kept.len()));
        if at.is_none() {
            kept.push(out);
        }
    }
    let n_residuals = forward.outputs().len() - y.len();
    forward.set_outputs(kept);
    let primal = (!l.body.has_effects()).then(|| l.body.clone());
    let twin = Loop { body: &Arc::new(forward), consts: l.consts, carries: l.carries, reverse: l.reverse };
    let (twin, counted) = twin.push(g, trips, primal, x)?;
    let mut residuals = twin[y.len()..y.len() + n_residuals].to_vec();
    residuals.extend(lin.slices.iter().map(|&i| x[i]));
    for (&i, &at) in lin.carried.iter().zip(&out_at) {
        residuals.push(carried_in(g, x[i], twin[at], l.reverse)?);
    }

    // Back: constants are the loop-invariant inputs that are needed; carried are the adjoints of the carried values and the sums
    // of the adjoints of constants; one value a trip have residuals and the adjoints of what results once a trip.
    let mut h = Graph::new();
    let slice = |g: &Graph, v: Val| {
        let spec = g.spec(v);
        Spec::new(spec.dtype, &spec.shape[1..])
    };
    let consts: Vec<Val> = lin.invariants.iter().map(|&i| x[i]).collect();
    let h_consts: Vec<Val> = consts.iter().map(|&v| h.parameter(g.spec(v).clone())).collect();
    let carried: Vec<usize> = (l.consts..whole).filter(|&i| wrt[i]).collect();
    let h_carried: Vec<Val> = carried.iter().map(|&i| h.parameter(g.spec(x[i]).clone())).collect();
    let h_residuals: Vec<Val> = residuals.iter().map(|&v| h.parameter(slice(g, v))).collect();
    let stacked: Vec<usize> = (l.carries..y.len()).filter(|&i| flows[i]).collect();
    let h_stacked: Vec<Val> = stacked.iter().map(|&i| h.parameter(slice(g, y[i]))).collect();

    let mut args: Vec<Val> = h_residuals.clone();
    args.extend(&h_consts);
    args.extend(&h_carried);
    args.extend(&h_stacked);
    let grads = h.inline(&lin.backward, &args)?;
    let mut by_input: Vec<Option<Val>> = vec![None; x.len()];
    lin.connected.iter().zip(grads).for_each(|(&i, d)| by_input[i] = Some(d));
    // Sums over the trips: after the loop where that is one instruction, else trip by trip.
    let mut after: Vec<(usize, After)> = vec![];
    let mut summed: Vec<usize> = vec![];
    for i in (0..l.consts).filter(|&i| wrt[i]) {
        match by_input[i].filter(|_| is_static).and_then(|d| After::of(&h, d)) {
            Some(a) => after.push((i, a)),
            None => summed.push(i),
        }
    }
    let h_summed: Vec<Val> = summed.iter().map(|&i| h.parameter(g.spec(x[i]).clone())).collect();
    let mut outs = vec![];
    for (&i, &p) in carried.iter().zip(&h_carried) {
        outs.push(by_input[i].map_or_else(|| h.zeros_like(p), Ok)?);
    }
    for (&i, &p) in summed.iter().zip(&h_summed) {
        outs.push(by_input[i].map_or(Ok(p), |d| h.add(p, d))?);
    }
    let sliced: Vec<usize> = (whole..x.len()).filter(|&i| by_input[i].is_some()).collect();
    outs.extend(sliced.iter().filter_map(|&i| by_input[i]));
    let plain = carried.len() + summed.len();
    let mut wanted = vec![];
    after.iter().for_each(|(_, a)| a.stacked(&mut wanted));
    for v in wanted {
        if !h_residuals.contains(&v) && !h_stacked.contains(&v) && !outs[plain..].contains(&v) {
            outs.push(v);
        }
    }
    h.set_outputs(outs.clone());

    // The body takes what is summed behind the other carried values.
    let order: Vec<Val> = h_consts
        .iter()
        .chain(&h_carried)
        .chain(&h_summed)
        .chain(&h_residuals)
        .chain(&h_stacked)
        .copied()
        .collect();
    let body = with_params(&h, &order)?;
    let mut operands = consts;
    let dy_carried = filled(g, &y[..l.carries], &dy[..l.carries])?;
    operands.extend(carried.iter().map(|&i| dy_carried[i - l.consts]));
    for &i in &summed {
        operands.push(g.zeros_like(x[i])?);
    }
    operands.extend(&residuals);
    let mut dy_stacked = vec![];
    for &i in &stacked {
        dy_stacked.push(filled(g, &y[i..=i], &dy[i..=i])?[0]);
    }
    operands.extend(&dy_stacked);
    let back =
        Loop { body: &Arc::new(body), consts: lin.invariants.len(), carries: plain, reverse: !l.reverse };
    let trips = counted.map_or_else(|| trips.again(), Trips::Counted);
    let (r, _) = back.push(g, &trips, None, &operands)?;
    let mut dx = Adjoints::from_elem(None, x.len());
    for (&i, &d) in carried.iter().chain(&summed).chain(&sliced).zip(&r) {
        dx[i] = Some(d);
    }
    let stack = |v: Val| {
        let at = |from: &[Val], to: &[Val]| from.iter().position(|&p| p == v).map(|k| to[k]);
        at(&h_residuals, &residuals)
            .or_else(|| at(&h_stacked, &dy_stacked))
            .or_else(|| at(&outs[plain..], &r[plain..]))
            .ok_or_else(|| Error::internal("gradient", "a value of a trip that was not stacked"))
    };
    for (i, a) in &after {
        dx[*i] = Some(a.build(g, &stack)?);
    }
    Ok(dx)
}

/// The graph with its inputs in another order, and without dead instructions.
fn with_params(g: &Graph, order: &[Val]) -> Result<Graph> {
    let mut h = Graph::new();
    let places: Vec<Val> = order.iter().map(|&v| h.parameter(g.spec(v).clone())).collect();
    let missing = || Error::internal("gradient", "an input without a place");
    let args: Option<Vec<Val>> =
        g.params().iter().map(|p| order.iter().position(|v| v == p).map(|k| places[k])).collect();
    let outputs = h.inline(g, &args.ok_or_else(missing)?)?;
    h.set_outputs(outputs);
    Ok(h.pruned())
}

impl Trips {
    fn again(&self) -> Trips {
        match self {
            Trips::Static(n) => Trips::Static(*n),
            Trips::Until { cond, limit } => Trips::Until { cond: cond.clone(), limit: *limit },
            Trips::Counted(v) => Trips::Counted(*v),
        }
    }
}

impl Loop<'_> {
    /// Adds the loop. Gives its results, and the number of trips where the loop decided it.
    fn push(
        &self,
        g: &mut Graph,
        trips: &Trips,
        primal: Option<Arc<Graph>>,
        operands: &[Val],
    ) -> Result<(Vec<Val>, Option<Val>)> {
        let Loop { consts, carries, reverse, .. } = *self;
        let body = self.body.clone();
        let while_ = |cond, limit, primal| {
            let w = WhileBody { cond, body: body.clone(), consts, carries, limit, reverse, primal };
            Prim::While(ById(Arc::new(w)))
        };
        match trips {
            Trips::Static(trips) => {
                let s = ScanBody { body, trips: *trips, consts, carries, reverse, primal };
                Ok((g.push_multi(Prim::Scan(ById(Arc::new(s))), operands)?.to_vec(), None))
            }
            Trips::Until { cond, limit } => {
                let quiet = if cond.has_effects() { Arc::new(cond.without_effects()) } else { cond.clone() };
                let primal = primal.filter(|_| !cond.has_effects());
                let mut r = g.push_multi(while_(Some(quiet), *limit, primal), operands)?.to_vec();
                let count = r.remove(carries);
                Ok((r, Some(count)))
            }
            Trips::Counted(n) => {
                let all: Vec<Val> = std::iter::once(*n).chain(operands.iter().copied()).collect();
                Ok((g.push_multi(while_(None, None, primal), &all)?.to_vec(), None))
            }
        }
    }
}

/// Whether the value is a list: the result of a loop, one value a trip.
fn is_list(g: &Graph, v: Val) -> bool {
    let inst = g.def(v);
    matches!(&inst.prim, Prim::While(w) if v.index() >= inst.first_value() + w.plain_results())
}

/// The sum of two adjoints of one value: element by element, value by value where they are lists.
pub(super) fn sum(g: &mut Graph, a: Val, b: Val) -> Result<Val> {
    if !is_list(g, a) && !is_list(g, b) {
        return g.add(a, b);
    }
    let trips = match &g.def(b).prim {
        Prim::While(w) if w.cond.is_none() => g.def(b).operands[0],
        _ => return Err(Error::internal("gradient", "an adjoint of a list is made by no loop back")),
    };
    let spec = g.spec(a);
    let item = Spec::new(spec.dtype, &spec.shape[1..]);
    let mut h = Graph::new();
    let (p, q) = (h.parameter(item.clone()), h.parameter(item));
    let s = h.add(p, q)?;
    h.set_outputs(vec![s]);
    let add = Loop { body: &Arc::new(h), consts: 0, carries: 0, reverse: false };
    Ok(add.push(g, &Trips::Counted(trips), None, &[a, b])?.0[0])
}

/// Whether differentiating the graph keeps lists, which no stack can hold: their lengths differ from trip to trip.
fn makes_lists(g: &Graph) -> bool {
    g.insts().iter().any(|i| match &i.prim {
        Prim::While(_) => true,
        Prim::Composite(c) => makes_lists(c.body()),
        Prim::Scan(s) => makes_lists(&s.body),
        _ => false,
    })
}

/// A scan as a loop that counts its trips, with stacks as constants that slices are taken from and as carried values that slices are
/// written to, and its adjoints.
fn by_trips(g: &mut Graph, s: &ScanBody, x: &[Val], y: &[Val], dy: &[Option<Val>]) -> Result<Adjoints> {
    let whole = s.consts + s.carries;
    let specs = s.body.param_specs();
    let outs = s.body.output_specs();
    let mut h = Graph::new();
    let consts: Vec<Val> = (0..s.consts).map(|i| h.parameter(specs[i].clone())).collect();
    let stacks: Vec<Val> = (whole..x.len()).map(|i| h.parameter(g.spec(x[i]).clone())).collect();
    let trip = h.parameter(Spec::new(DType::Int32, ()));
    let carried: Vec<Val> = (s.consts..whole).map(|i| h.parameter(specs[i].clone())).collect();
    let written: Vec<Val> = (s.carries..y.len()).map(|i| h.parameter(g.spec(y[i]).clone())).collect();
    let one = h.scalar(DType::Int32, 1.0)?;
    let last = h.scalar(DType::Int32, s.trips as f64 - 1.0)?;
    let at = if s.reverse { h.sub(last, trip)? } else { trip };
    let mut args: Vec<Val> = consts.iter().chain(&carried).copied().collect();
    for (&stack, spec) in stacks.iter().zip(&specs[whole..]) {
        let start = start_of(&mut h, at, spec)?;
        let sizes: Vec<usize> = std::iter::once(1).chain(spec.shape.iter().copied()).collect();
        let slice = h.dynamic_slice(stack, start, &sizes)?;
        args.push(h.reshape(slice, spec.shape.clone())?);
    }
    let results = h.inline(&s.body, &args)?;
    let mut next = vec![h.add(trip, one)?];
    next.extend(&results[..s.carries]);
    for ((&stack, &v), spec) in written.iter().zip(&results[s.carries..]).zip(&outs[s.carries..]) {
        let shape: Shape = std::iter::once(1).chain(spec.shape.iter().copied()).collect();
        let (slice, start) = (h.reshape(v, shape)?, start_of(&mut h, at, spec)?);
        next.push(h.dynamic_update_slice(stack, slice, start)?);
    }
    h.set_outputs(next);

    let mut operands: Vec<Val> = x[..s.consts].iter().chain(&x[whole..]).copied().collect();
    operands.push(g.scalar(DType::Int32, 0.0)?);
    operands.extend(&x[s.consts..whole]);
    for &v in &y[s.carries..] {
        operands.push(g.zeros_like(v)?);
    }
    let l = Loop {
        body: &Arc::new(h),
        consts: s.consts + stacks.len(),
        carries: 1 + s.carries + written.len(),
        reverse: false,
    };
    let trips = Trips::Counted(g.scalar(DType::Int32, s.trips as f64)?);
    let (again, _) = l.push(g, &trips, None, &operands)?;
    let dys: Vec<Option<Val>> = std::iter::once(None).chain(dy.iter().copied()).collect();
    let d = adjoints(g, &l, &trips, &operands, &again, &dys)?;
    let (n, k) = (s.consts, stacks.len());
    let found = (0..n).chain(n + k + 1..n + k + 1 + s.carries).chain(n..n + k).map(|i| d[i]);
    Ok(found.collect())
}

/// Start indices of slice number `at` of a stack.
fn start_of(h: &mut Graph, at: Val, slice: &Spec) -> Result<Val> {
    let first = h.reshape(at, [1])?;
    if slice.shape.rank() == 0 {
        return Ok(first);
    }
    let rest = h.full(DType::Int32, [slice.shape.rank()], 0.0)?;
    h.concatenate(&[first, rest], 0)
}
