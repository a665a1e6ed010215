//! Loops whose number of trips is known when they run, as cases: plain, limited, in each other, in scans and in branches.

use super::cases::{Case, case};
use std::sync::Arc;
use wgflow::hlo::{ById, Graph, Prim, ReduceKind, ScanBody, Spec, Val, WhileBody};
use wgflow::{DType, Result};

const F: DType = DType::Float64;

fn int() -> Spec {
    Spec::new(DType::Int32, ())
}

/// A graph from its inputs and what it does with them.
fn graph(inputs: &[Spec], f: impl Fn(&mut Graph, &[Val]) -> Result<Vec<Val>>) -> Arc<Graph> {
    let mut g = Graph::new();
    let x: Vec<Val> = inputs.iter().map(|s| g.parameter(s.clone())).collect();
    let y = f(&mut g, &x).unwrap();
    g.set_outputs(y);
    Arc::new(g)
}

/// `w` is constant, `h` carried: while the sum of `h` is below `bound`, `h = h * 1.5 + sin(w * h)`.
fn growing(n: usize, bound: f64, limit: Option<usize>) -> Prim {
    let inputs = [Spec::new(F, [n]), Spec::new(F, [n])];
    let cond = graph(&inputs, |g, x| {
        let sum = g.reduce(ReduceKind::Sum, x[1], &[0])?;
        let bound = g.scalar(F, bound)?;
        Ok(vec![g.lt(sum, bound)?])
    });
    let body = graph(&inputs, |g, x| {
        let p = g.mul(x[0], x[1])?;
        let s = g.sin(p)?;
        let factor = g.full_like(x[1], 1.5)?;
        let h = g.mul(x[1], factor)?;
        Ok(vec![g.add(h, s)?])
    });
    while_(Some(cond), body, 1, 1, limit)
}

fn while_(
    cond: Option<Arc<Graph>>,
    body: Arc<Graph>,
    consts: usize,
    carries: usize,
    limit: Option<usize>,
) -> Prim {
    let w = WhileBody { cond, body, consts, carries, limit, reverse: false, primal: None };
    Prim::While(ById(Arc::new(w)))
}

/// `trip < trips` over an int32 carried first.
fn counts_to(trips: f64, inputs: &[Spec], at: usize) -> Arc<Graph> {
    graph(inputs, move |g, x| {
        let n = g.scalar(DType::Int32, trips)?;
        Ok(vec![g.lt(x[at], n)?])
    })
}

fn counted(g: &mut Graph, trip: Val) -> Result<Val> {
    let one = g.scalar(DType::Int32, 1.0)?;
    g.add(trip, one)
}

/// Three trips, each of which runs a loop of other length inside, whose values its own derivative needs.
fn nested() -> Prim {
    let inputs = [Spec::new(F, [3]), int(), Spec::new(F, [3])];
    let inner = growing(3, 8.0, None);
    let body = graph(&inputs, move |g, x| {
        let grown = g.push_multi(inner.clone(), &[x[0], x[2]])?[0];
        let third = g.full_like(grown, 0.3)?;
        let small = g.mul(grown, third)?;
        let next = g.tanh(small)?;
        let p = g.mul(next, x[0])?;
        Ok(vec![counted(g, x[1])?, p])
    });
    while_(Some(counts_to(3.0, &inputs, 1)), body, 1, 2, None)
}

/// As long as the squares of `h` are small, at most four times, a loop inside that starts anew from small values.
fn restarting() -> Prim {
    let inputs = [Spec::new(F, [3]), Spec::new(F, [3])];
    let cond = graph(&inputs, |g, x| {
        let squares = g.mul(x[1], x[1])?;
        let sum = g.reduce(ReduceKind::Sum, squares, &[0])?;
        let bound = g.scalar(F, 60.0)?;
        Ok(vec![g.lt(sum, bound)?])
    });
    let inner = growing(3, 6.0, None);
    let body = graph(&inputs, move |g, x| {
        let tenth = g.full_like(x[1], 0.1)?;
        let small = g.mul(x[1], tenth)?;
        let grown = g.push_multi(inner.clone(), &[x[0], small])?[0];
        let more = g.full_like(grown, 1.3)?;
        Ok(vec![g.mul(grown, more)?])
    });
    while_(Some(cond), body, 1, 1, Some(4))
}

pub(super) fn all() -> Vec<Case> {
    let zero = |g: &mut Graph| g.scalar(DType::Int32, 0.0);
    let of = |name: &str, prim: Prim| {
        case(name, &[&[3], &[3]], move |g, x| Ok(g.push_multi(prim.clone(), &[x[0], x[1]])?[0]))
    };
    let scan_body = {
        let inner = growing(2, 6.0, Some(5));
        graph(&[Spec::new(F, [2]), Spec::new(F, [2]), Spec::new(F, [2])], move |g, x| {
            let s = g.add(x[1], x[2])?;
            let grown = g.push_multi(inner.clone(), &[x[0], s])?[0];
            let part = g.full_like(grown, 0.2)?;
            let small = g.mul(grown, part)?;
            let next = g.tanh(small)?;
            Ok(vec![next, g.mul(next, grown)?])
        })
    };
    let scan = move |output: usize, reverse: bool| {
        let body = scan_body.clone();
        let name = format!("while in a scan, output {output}");
        case(&name, &[&[2], &[2], &[4, 2]], move |g, x| {
            let s = ScanBody { body: body.clone(), trips: 4, consts: 1, carries: 1, reverse, primal: None };
            Ok(g.push_multi(Prim::Scan(ById(Arc::new(s))), x)?[output])
        })
    };
    let branches: Vec<ById<Graph>> = [5.0, 40.0]
        .into_iter()
        .map(|bound| {
            let prim = growing(3, bound, None);
            ById(graph(&[Spec::new(F, [3]), Spec::new(F, [3])], move |g, x| {
                Ok(vec![g.push_multi(prim.clone(), x)?[0]])
            }))
        })
        .collect();
    vec![
        of("while", growing(3, 30.0, None)),
        of("while without trips", growing(3, -1.0, None)),
        of("while with a limit", growing(3, 1e9, Some(3))),
        case("while in a while", &[&[3], &[3]], move |g, x| {
            let start = zero(g)?;
            Ok(g.push_multi(nested(), &[x[0], start, x[1]])?[1])
        }),
        of("while that restarts another", restarting()),
        scan(0, false),
        scan(1, true),
        case("while in a branch", &[&[3], &[3]], move |g, x| {
            let one = g.scalar(DType::Int32, 1.0)?;
            g.push(Prim::Case(branches.clone()), &[one, x[0], x[1]])
        }),
    ]
}
