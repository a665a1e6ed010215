//! The same golden values from traces: ops in graphs, where they are composites with a derivative of their own.

use super::{all, bound_of, report};
use wgflow::hlo::interpret::evaluate;
use wgflow::hlo::{Graph, Literal, Spec, Val, gradient};
use wgflow::ops::by_name;
use wgflow::tensor::{Args, Case, Place, Row, run, trace};
use wgflow::{DType, ErrorKind, IntoTensor, Tensor};
use wgflow_tests::compare::difference;
use wgflow_tests::device::device_under_test;
use wgflow_tests::goldens::{Golden, Gradient};

#[test]
fn traced_ops_compute_what_tensorflow_computes() {
    device_under_test();
    let (mut problems, mut forward, mut backward) = (vec![], 0, 0);
    for (row, goldens) in all() {
        for (case, golden) in (row.cases)().iter().zip(&goldens.cases) {
            match check(row, case, golden) {
                Ok((f, b)) => (forward, backward) = (forward + f, backward + b),
                Err(problem) => problems.push(format!("{} [{case}]: {problem}", row.info.name)),
            }
        }
    }
    println!("{forward} traced results and {backward} traced gradients");
    report(&problems);
}

/// Ops that draw from a global stream: a trace of one captures the stream's state.
const DRAWS: [&str; 5] =
    ["RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal", "Multinomial"];

/// The traced op as a graph; `None` for an op of the host that needs values which a trace does not have, or draws from a global stream.
fn traced(row: &Row, case: &Case, golden: &Golden) -> Result<Option<Graph>, String> {
    let attrs = case.attrs.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let op = by_name(row.info.name, &Args(attrs)).map_err(|e| e.to_string())?;
    let specs: Vec<Spec> = golden.x.iter().map(|l| Spec::new(l.dtype, l.shape.clone())).collect();
    let found = trace("golden", &specs, |x: &[Tensor]| {
        let y = run(&*op, &x.iter().collect::<Vec<_>>())?;
        Ok((y, ()))
    });
    match found {
        Ok((t, ())) if t.captures.is_empty() => Ok(Some(t.graph)),
        Ok(_) if DRAWS.contains(&row.info.name) => Ok(None),
        Ok(_) => Err("captures something".into()),
        Err(e) if row.info.place == Place::Host && e.kind() == ErrorKind::Unimplemented => Ok(None),
        Err(e) => Err(e.to_string()),
    }
}

fn check(row: &Row, case: &Case, golden: &Golden) -> Result<(usize, usize), String> {
    // Graphs have no strings.
    if case.deviation.is_some() || golden.x.iter().any(|l| l.dtype == DType::String) {
        return Ok((0, 0));
    }
    let Some(graph) = traced(row, case, golden)? else { return Ok((0, 0)) };
    graph.verify().map_err(|e| e.to_string())?;
    let got = evaluate(&graph, &golden.x).map_err(|e| e.to_string())?;
    compare(case, &got, &golden.y.iter().collect::<Vec<_>>(), "result")?;
    let Gradient::Connected(connected) = &golden.gradient else { return Ok((1, 0)) };
    let mut g = Graph::new();
    let x: Vec<Val> = graph.param_specs().into_iter().map(|s| g.parameter(s)).collect();
    let y = g.inline(&graph, &x).map_err(|e| e.to_string())?;
    let dy: Vec<Option<Val>> =
        golden.g.iter().zip(&y).map(|(l, &y)| l.as_ref().map(|_| g.parameter(g.spec(y).clone()))).collect();
    let wanted: Vec<Val> = x.iter().copied().filter(|&x| g.dtype(x).is_differentiable()).collect();
    let found = gradient(&mut g, &y, &dy, &wanted).map_err(|e| e.to_string())?;
    let mut by_input = found.iter();
    let is_float: Vec<bool> = x.iter().map(|&x| g.dtype(x).is_differentiable()).collect();
    let reached: Vec<bool> =
        is_float.iter().map(|f| *f && by_input.next().is_some_and(Option::is_some)).collect();
    if reached != *connected {
        return Err(format!("connected inputs: wanted {connected:?}, got {reached:?}"));
    }
    g.set_outputs(found.into_iter().flatten().collect::<Vec<_>>());
    let flat = g.flattened().map_err(|e| e.to_string())?;
    flat.verify().map_err(|e| e.to_string())?;
    let args: Vec<Literal> = golden.x.iter().chain(golden.g.iter().flatten()).cloned().collect();
    let got = evaluate(&flat, &args).map_err(|e| e.to_string())?;
    compare(case, &got, &golden.d.iter().flatten().collect::<Vec<_>>(), "gradient")?;
    Ok((1, 1))
}

fn compare(case: &Case, got: &[Literal], want: &[&Literal], what: &str) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("wanted {} {what}s, got {}", want.len(), got.len()));
    }
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        // The evaluator keeps f64 where a tensor would hold a float32.
        let stored = got.clone().into_tensor(None).and_then(|t| t.to_literal()).map_err(|e| e.to_string())?;
        if let Some(d) = difference(&stored, want, bound_of(case, want)) {
            return Err(format!("{what} {i}: {d}"));
        }
    }
    Ok(())
}
