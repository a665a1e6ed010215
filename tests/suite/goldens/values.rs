//! Results and gradients.

use super::{all, bound_of, report};
use crate::parts::{Part, in_parts};
use wgflow::hlo::Literal;
use wgflow::ops::by_name;
use wgflow::tensor::{Args, Case, Row, Truth, run};
use wgflow::{GradientTape, IntoTensor, Result, Source, Tensor};
use wgflow_tests::compare::{Bound, difference};
use wgflow_tests::device::device_under_test;
use wgflow_tests::goldens::{Golden, Gradient};

#[derive(Default)]
struct Counts {
    forward: usize,
    gradient: usize,
}

in_parts!(ops_compute_what_tensorflow_computes);

fn ops_compute_what_tensorflow_computes(part: Part) {
    let device = device_under_test();
    let (mut problems, mut counts, mut raw) = (vec![], Counts::default(), 0);
    let ops: Vec<_> = part.of(all()).collect();
    for (row, goldens) in &ops {
        let cases = (row.cases)();
        raw += usize::from(row.info.truth == Truth::Raw);
        if cases.is_empty() {
            problems.push(format!("{}: has no case", row.info.name));
        }
        if goldens.cases.len() != cases.len() {
            let (name, n, m) = (row.info.name, cases.len(), goldens.cases.len());
            problems.push(format!(
                "{name}: {n} cases but {m} golden values; run `cargo xtask goldens --only {name}`"
            ));
            continue;
        }
        for (case, golden) in cases.iter().zip(&goldens.cases) {
            if let Err(problem) = check(row, case, golden, &mut counts) {
                problems.push(format!("{} [{case}]: {problem}", row.info.name));
            }
        }
    }
    println!(
        "{device}: {} ops, {raw} of them raw ops of TensorFlow; {} forward and {} gradient goldens",
        ops.len(),
        counts.forward,
        counts.gradient
    );
    report(&problems);
}

fn check(row: &Row, case: &Case, golden: &Golden, counts: &mut Counts) -> std::result::Result<(), String> {
    if case.to_string() != golden.case {
        return Err(format!("golden values of another case, {}; make them anew", golden.case));
    }
    let attrs = case.attrs.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let failed = |e: wgflow::Error| format!("{e}");
    let op = by_name(row.info.name, &Args(attrs)).map_err(failed)?;
    let x =
        golden.x.iter().map(|l| l.clone().into_tensor(None)).collect::<Result<Vec<_>>>().map_err(failed)?;
    let tape = GradientTape::new();
    x.iter().filter(|t| t.dtype().is_differentiable()).for_each(|t| tape.watch(t));
    let y = run(&*op, &x.iter().collect::<Vec<_>>()).map_err(failed)?;
    let got = y.iter().map(Tensor::to_literal).collect::<Result<Vec<_>>>().map_err(failed)?;
    if got.len() != golden.y.len() {
        return Err(format!("wanted {} results, got {}", golden.y.len(), got.len()));
    }
    if let Some((_, wanted)) = &case.deviation {
        counts.forward += 1;
        return deviates(&got, wanted, golden);
    }
    for (i, (got, want)) in got.iter().zip(&golden.y).enumerate() {
        if let Some(d) = difference(got, want, bound_of(case, want)) {
            return Err(format!("result {i}: {d}"));
        }
    }
    counts.forward += 1;
    let Gradient::Connected(connected) = &golden.gradient else { return Ok(()) };
    let seeds: Vec<Option<Tensor>> = golden
        .g
        .iter()
        .map(|g| g.clone().map(|l| l.into_tensor(None)).transpose())
        .collect::<Result<_>>()
        .map_err(failed)?;
    let targets: Vec<(&Tensor, Option<&Tensor>)> =
        y.iter().zip(&seeds).filter_map(|(y, g)| g.as_ref().map(|g| (y, Some(g)))).collect();
    let sources: Vec<Source> = x.iter().map(Source::from).collect();
    let found = tape.gradient_with(&targets, &sources[..], Default::default()).map_err(failed)?;
    for (i, (found, connected)) in found.iter().zip(connected).enumerate() {
        let want = golden.d[i].as_ref();
        match (found, want, connected) {
            (None, None, false) => {}
            (Some(found), Some(want), true) => {
                let found = found.to_literal().map_err(failed)?;
                if let Some(d) = difference(&found, want, bound_of(case, want)) {
                    return Err(format!("gradient in input {i}: {d}"));
                }
            }
            (found, ..) => {
                let word = |some: bool| if some { "connected" } else { "unconnected" };
                return Err(format!("input {i}: wanted {}, got {}", word(*connected), word(found.is_some())));
            }
        }
    }
    counts.gradient += 1;
    Ok(())
}

/// A deviation that is meant: the results are those the case lists, and TensorFlow's are others.
fn deviates(got: &[Literal], wanted: &[Vec<f64>], golden: &Golden) -> std::result::Result<(), String> {
    if got.len() != wanted.len() {
        return Err(format!("wanted {} results, got {}", wanted.len(), got.len()));
    }
    let mut differs = false;
    for (i, (got, values)) in got.iter().zip(wanted).enumerate() {
        let listed = Literal { values: as_values(got, values), ..got.clone() };
        if listed.len() != got.shape.size() {
            return Err(format!("result {i}: {} values are listed, got {}", listed.len(), got.shape.size()));
        }
        if let Some(d) = difference(got, &listed, Bound::of(got.dtype)) {
            return Err(format!("result {i} is not the listed one: {d}"));
        }
        differs |= difference(got, &golden.y[i], Bound::of(got.dtype)).is_some();
    }
    if differs { Ok(()) } else { Err("is listed as a deviation, but is what TensorFlow computes".into()) }
}

fn as_values(like: &Literal, v: &[f64]) -> wgflow::hlo::Values {
    if like.dtype.is_exact() {
        wgflow::hlo::Values::Ints(v.iter().map(|&v| v as i64).collect())
    } else {
        wgflow::hlo::Values::Floats(v.to_vec())
    }
}
