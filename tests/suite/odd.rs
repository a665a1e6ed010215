//! Odd input: every case of every op with one input or attribute changed. Whatever comes, it is a result or an error, never a panic.
//!
//! A sample of the changes is run; `WGFLOW_ODD=all` runs all of them, `WGFLOW_ONLY=Name` those of one op.

use crate::parts::{Part, in_parts};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wgflow::hlo::Literal;
use wgflow::tensor::{Args, Attr, Case, Fill, Row, Sample, run};
use wgflow::{DType, GradientTape, IntoTensor, Result, Shape, Source, Tensor, ops};
use wgflow_tests::device::device_under_test;

/// One change in this many is run.
const SAMPLED: usize = 40;

in_parts!(odd_input_is_an_error_or_a_result);

fn odd_input_is_an_error_or_a_result(part: Part) {
    device_under_test();
    let every = if std::env::var("WGFLOW_ODD").is_ok_and(|v| v == "all") { 1 } else { SAMPLED };
    let only = std::env::var("WGFLOW_ONLY").ok();
    let (mut number, mut ran, mut problems) = (0, 0, vec![]);
    for row in part.of(ops::rows()).filter(|r| only.as_ref().is_none_or(|o| o == r.info.name)) {
        for case in (row.cases)().iter().chain(&(row.error_cases)()) {
            for changed in changes(row, case) {
                number += 1;
                if number % every == 0 {
                    ran += 1;
                    // With --nocapture it tells which one does not end.
                    println!("{} [{changed}]", row.info.name);
                    if catch_unwind(AssertUnwindSafe(|| attempt(row, &changed))).is_err() {
                        problems.push(format!("{} [{changed}]", row.info.name));
                    }
                }
            }
        }
    }
    println!("{ran} of {number} changed cases");
    assert!(problems.is_empty(), "{} panics:\n{}", problems.len(), problems.join("\n"));
}

/// Runs a case forward and back. What is refused is of no interest.
fn attempt(row: &Row, case: &Case) -> Result<()> {
    let attrs = case.attrs.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let op = ops::by_name(row.info.name, &Args(attrs))?;
    let x = case.inputs.iter().map(|s| literal(s).into_tensor(None)).collect::<Result<Vec<_>>>()?;
    let tape = GradientTape::new();
    x.iter().filter(|t| t.dtype().is_differentiable()).for_each(|t| tape.watch(t));
    let y = run(&*op, &x.iter().collect::<Vec<_>>())?;
    y.iter().try_for_each(|t| t.to_literal().map(|_| ()))?;
    let Some(target) = y.iter().find(|t| t.dtype().is_differentiable()) else { return Ok(()) };
    let sources: Vec<Source> = x.iter().map(Source::from).collect();
    tape.gradient(target, &sources[..])?
        .iter()
        .flatten()
        .try_for_each(|t: &Tensor| t.to_literal().map(|_| ()))
}

fn literal(s: &Sample) -> Literal {
    let n = s.shape.size();
    if s.dtype == DType::String {
        let given = if let Fill::Strings(v) = &s.fill { v.clone() } else { vec![] };
        let text =
            |i: usize| if given.is_empty() { vec![] } else { given[i % given.len()].clone().into_bytes() };
        return Literal::strings(s.shape.clone(), (0..n).map(text).collect());
    }
    let parts = if s.dtype == DType::Complex64 { 2 * n } else { n };
    let v: Vec<f64> = match &s.fill {
        Fill::Uniform(lo, hi) | Fill::Distinct(lo, hi) => {
            (0..parts).map(|i| lo + (hi - lo) * ((i * 37 % 101) as f64 / 101.0)).collect()
        }
        Fill::Values(v) => (0..parts).map(|i| if v.is_empty() { 0.0 } else { v[i % v.len()] }).collect(),
        Fill::Strings(_) => vec![1.0; parts],
    };
    if s.dtype.is_exact() {
        Literal::ints(s.dtype, s.shape.clone(), v.iter().map(|v| v.floor() as i64).collect())
    } else {
        Literal::floats(s.dtype, s.shape.clone(), v)
    }
}

/// The case with each one of its inputs or attributes changed.
fn changes(row: &Row, case: &Case) -> Vec<Case> {
    let mut all = vec![];
    for i in 0..case.inputs.len() {
        let mut with = |f: &dyn Fn(&mut Sample)| {
            let mut changed = case.clone();
            f(&mut changed.inputs[i]);
            all.push(changed);
        };
        shapes(&case.inputs[i].shape).iter().for_each(|s| with(&|x| x.shape = s.clone()));
        for d in [
            DType::Float16,
            DType::Int32,
            DType::Int64,
            DType::UInt8,
            DType::Bool,
            DType::Float64,
            DType::Complex64,
            DType::String,
        ] {
            with(&|x| x.dtype = d);
        }
    }
    for schema in (row.schema)() {
        let given = case.attrs.iter().position(|(n, _)| *n == schema.name);
        let Some(value) = given.map(|i| case.attrs[i].1.clone()).or(schema.default) else { continue };
        for v in values(&value) {
            let mut changed = case.clone();
            match given {
                Some(i) => changed.attrs[i].1 = v,
                None => changed.attrs.push((schema.name, v)),
            }
            all.push(changed);
        }
    }
    all
}

fn shapes(s: &Shape) -> Vec<Shape> {
    let mut all: Vec<Shape> =
        vec![().into(), [0].into(), [1].into(), [2, 0].into(), [1, 2, 3, 4, 5, 1].into()];
    for d in 0..s.rank() {
        for n in [0, 1, 2, 5] {
            let mut t = s.clone();
            t[d] = n;
            all.push(t);
        }
        let mut t = s.clone();
        t.0.remove(d);
        all.push(t);
    }
    let mut t = s.clone();
    t.0.push(2);
    all.push(t);
    all
}

fn values(a: &Attr) -> Vec<Attr> {
    const INTS: [i64; 6] = [-3, -1, 0, 1, 5, 30];
    match a {
        Attr::Int(_) => INTS.into_iter().chain([i64::MIN]).map(Attr::Int).collect(),
        Attr::Ints(v) => {
            let mut all = vec![vec![], v.iter().copied().chain([1]).collect()];
            for i in 0..v.len() {
                let with = |n: i64| v.iter().enumerate().map(|(k, &o)| if k == i { n } else { o }).collect();
                all.extend(INTS.map(with));
                all.push(v.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, &o)| o).collect());
            }
            all.into_iter().map(Attr::Ints).collect()
        }
        Attr::Float(_) => [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e30].map(Attr::Float).to_vec(),
        Attr::Floats(v) => [0, v.len(), v.len() + 1].map(|n| Attr::Floats(vec![f64::NAN; n])).to_vec(),
        Attr::Str(_) => ["", "x", "SAME", "VALID", "NCHW", "...", "->"].map(Attr::from).to_vec(),
        Attr::DType(_) => DType::ALL.map(Attr::DType).to_vec(),
        Attr::Bool(b) => vec![Attr::Bool(!b)],
        _ => vec![Attr::Int(3)],
    }
}
