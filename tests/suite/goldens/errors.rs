//! What TensorFlow refuses, refused with the matching code and a message that helps.

use super::{all, report};
use wgflow::ops::by_name;
use wgflow::tensor::{Args, Case, Fill, Row, Sample, run};
use wgflow::{DType, Error, ErrorKind, IntoTensor, Result, Tensor};
use wgflow_tests::device::device_under_test;
use wgflow_tests::goldens::Refusal;
use wgflow_tests::rng::Rng;

#[test]
fn ops_refuse_what_tensorflow_refuses() {
    device_under_test();
    let (mut problems, mut count) = (vec![], 0);
    for (row, goldens) in all() {
        let cases = (row.error_cases)();
        if goldens.errors.len() != cases.len() {
            let name = row.info.name;
            problems
                .push(format!("{name}: error cases without golden; run `cargo xtask goldens --only {name}`"));
            continue;
        }
        for (case, golden) in cases.iter().zip(&goldens.errors) {
            count += 1;
            if let Err(problem) = check(row, case, golden) {
                problems.push(format!("{} [{case}]: {problem}", row.info.name));
            }
        }
    }
    println!("{count} error goldens");
    report(&problems);
}

/// The code that answers to TensorFlow's exception class.
fn kind_of(class: &str) -> Option<ErrorKind> {
    Some(match class {
        "InvalidArgumentError" | "ValueError" | "TypeError" => ErrorKind::InvalidArgument,
        "UnimplementedError" | "NotImplementedError" => ErrorKind::Unimplemented,
        "OutOfRangeError" | "IndexError" => ErrorKind::OutOfRange,
        "FailedPreconditionError" => ErrorKind::FailedPrecondition,
        "NotFoundError" => ErrorKind::NotFound,
        "ResourceExhaustedError" => ErrorKind::ResourceExhausted,
        "InternalError" => ErrorKind::Internal,
        _ => return None,
    })
}

fn check(row: &Row, case: &Case, golden: &Refusal) -> std::result::Result<(), String> {
    if case.to_string() != golden.case {
        return Err(format!("golden of another case, {}; make it anew", golden.case));
    }
    let theirs = kind_of(&golden.error).ok_or_else(|| format!("no code answers to {}", golden.error))?;
    let wanted = if case.deviation.is_some() { ErrorKind::InvalidArgument } else { theirs };
    if case.deviation.is_some() && wanted == theirs {
        return Err("is listed as a deviation, but is what TensorFlow does".into());
    }
    let e = match attempt(row, case) {
        Ok(y) => return Err(format!("wanted {wanted}, got {y:?}")),
        Err(e) => e,
    };
    if e.kind() != wanted {
        return Err(format!("wanted {wanted}, got {e}"));
    }
    if e.op() != row.info.name {
        return Err(format!("the error names {:?}: {e}", e.op()));
    }
    let says = e.message().contains("wanted") && e.message().contains("Received");
    if wanted == ErrorKind::InvalidArgument && !says {
        return Err(format!("the error does not say what was wanted and received: {e}"));
    }
    Ok(())
}

fn attempt(row: &Row, case: &Case) -> Result<Vec<Tensor>> {
    let attrs = case.attrs.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let op = by_name(row.info.name, &Args(attrs))?;
    let mut rng = Rng::named(row.info.name);
    let x = case.inputs.iter().map(|s| input(s, &mut rng)).collect::<Result<Vec<_>>>()?;
    let y = run(&*op, &x.iter().collect::<Vec<_>>())?;
    // Errors of values may come with the read-back.
    y.iter().try_for_each(|t| t.to_literal().map(|_| ()))?;
    Ok(y)
}

fn input(s: &Sample, rng: &mut Rng) -> std::result::Result<Tensor, Error> {
    let n = s.shape.size();
    if let Fill::Strings(v) = &s.fill {
        let strings = (0..n).map(|i| v[i % v.len()].clone().into_bytes()).collect();
        return wgflow::hlo::Literal::strings(s.shape.clone(), strings).into_tensor(None);
    }
    let n = if s.dtype == DType::Complex64 { 2 * n } else { n };
    let values: Vec<f64> = match &s.fill {
        Fill::Uniform(lo, hi) | Fill::Distinct(lo, hi) => rng.uniforms(n, *lo, *hi),
        Fill::Values(v) => (0..n).map(|i| v[i % v.len()]).collect(),
        Fill::Strings(_) => vec![],
    };
    let literal = if s.dtype.is_exact() {
        wgflow::hlo::Literal::ints(
            s.dtype,
            s.shape.clone(),
            values.iter().map(|v| v.floor() as i64).collect(),
        )
    } else {
        wgflow::hlo::Literal::floats(s.dtype, s.shape.clone(), values)
    };
    literal.into_tensor(None)
}
