//! Every registered op against golden values of a real TensorFlow: results, gradients, errors.
//!
//! `WGFLOW_ONLY=Name` looks at one op.

mod errors;
mod traced;
mod translations;
mod values;

use wgflow::hlo::Literal;
use wgflow::ops;
use wgflow::tensor::{Case, Row};
use wgflow_tests::compare::Bound;
use wgflow_tests::goldens::{OpGoldens, digest, family, manifest};

/// Every op with its golden values. One without is a failure.
fn all() -> Vec<(&'static Row, OpGoldens)> {
    let only = std::env::var("WGFLOW_ONLY").ok();
    let mut found = vec![];
    for (name, rows) in ops::families() {
        let mut goldens = family(name);
        for row in rows {
            let own = goldens.remove(row.info.name);
            if only.as_ref().is_none_or(|o| o == row.info.name) {
                found.push((row, own.unwrap_or_default()));
            }
        }
        let stale: Vec<_> = goldens.keys().collect();
        assert!(stale.is_empty(), "golden values of ops that are not registered: {stale:?}; make them anew");
    }
    found
}

/// How near a case's results must come to `want`.
fn bound_of(case: &Case, want: &Literal) -> Bound {
    match case.tolerance {
        Some((rel, abs, _)) if want.dtype.is_differentiable() => Bound { rel, abs },
        _ => Bound::of(want.dtype),
    }
}

/// Fails with all problems in one text.
fn report(problems: &[String]) {
    const SHOWN: usize = 40;
    let shown = problems.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(problems.is_empty(), "{} problems:\n{shown}", problems.len());
}

#[test]
fn files_are_those_of_the_manifest() {
    let listed = manifest();
    for (name, _) in ops::families() {
        for ending in ["safetensors", "json"] {
            let file = format!("{name}.{ending}");
            assert_eq!(listed.get(&file), Some(&digest(&file)), "{file} was changed after it was made");
        }
    }
}

#[test]
fn names_are_unique_and_documented() {
    let mut names: Vec<_> = ops::rows().map(|r| r.info.name).collect();
    let n = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), n, "two ops of one name");
    for row in ops::rows() {
        let i = row.info;
        assert!(
            i.doc.trim().ends_with('.') && (i.api.starts_with("tf.") || i.api.starts_with("keras.")),
            "{}: {:?} {:?}",
            i.name,
            i.doc,
            i.api
        );
    }
}
