//! Graph models that TensorFlow.js' converter made; see tests/goldens/tfjs_graphs.py.

use super::{compare, golden};
use std::collections::BTreeMap;
use wgflow::hlo::Literal;
use wgflow::io::GraphModel;
use wgflow::{IntoTensor, Result, Tensor};
use wgflow_tests::compare::Bound;

const BOUND: Bound = Bound { rel: 1e-4, abs: 1e-5 };

/// Calls of a model: inputs and outputs by name.
fn calls(expected: &BTreeMap<String, Literal>) -> Vec<[BTreeMap<String, Literal>; 2]> {
    let mut all: Vec<[BTreeMap<String, Literal>; 2]> = vec![];
    for (name, value) in expected {
        let (place, key) = name.split_once(':').expect("a call and a name");
        let at: usize = place[1..].parse().expect("a number");
        all.resize_with(all.len().max(at + 1), Default::default);
        all[at][usize::from(place.starts_with('y'))].insert(key.into(), value.clone());
    }
    all
}

/// Runs every call of a model twice; says what differs, and how many calls were traced.
fn check(name: &str) -> Result<(usize, bool)> {
    let g = golden(name);
    let m = GraphModel::from_parts(&g.json, &g.weights)?;
    let calls = calls(&g.expected);
    let mut is_static = true;
    for round in 0..2 {
        for (i, [x, y]) in calls.iter().enumerate() {
            let x: Vec<(String, Tensor)> = x
                .iter()
                .map(|(k, v)| Ok((k.clone(), v.clone().into_tensor(None)?)))
                .collect::<Result<_>>()?;
            let x: Vec<(&str, &Tensor)> = x.iter().map(|(k, v)| (k.as_str(), v)).collect();
            let names: Vec<&str> = y.keys().map(String::as_str).collect();
            let want: Vec<Literal> = y.values().cloned().collect();
            let got = m.execute(&x, &names).map_err(|e| e.context(format!("{name}, call {i}")))?;
            assert_eq!(compare(&got, &want, BOUND), None, "{name}, round {round}, call {i}: {names:?}");
            let got = pollster::block_on(m.execute_async(&x, &names))?;
            assert_eq!(
                compare(&got, &want, BOUND),
                None,
                "{name}, round {round}, call {i}, async: {names:?}"
            );
            is_static &= m.is_static(&x, &names)?;
        }
    }
    Ok((calls.len(), is_static))
}

/// Convolutions, normalisation, fused nodes, transposed convolutions: compiled as a whole.
#[test]
fn networks_are_compiled_whole() -> Result<()> {
    assert_eq!(check("g_cnn")?, (1, true));
    assert_eq!(check("g_mobilenet")?, (1, true));
    Ok(())
}

/// Loops with a number of steps that follows from shapes are written out in the trace.
#[test]
fn recurrent_networks_are_compiled_whole() -> Result<()> {
    assert_eq!(check("g_lstm_v1")?, (1, true));
    assert_eq!(check("g_lstm_v2")?, (1, true));
    Ok(())
}

#[test]
fn branches_are_taken_by_value() -> Result<()> {
    assert_eq!(check("g_branches_v1")?, (6, false));
    assert_eq!(check("g_branches_v2")?, (6, false));
    Ok(())
}

#[test]
fn loops_run_as_long_as_their_condition_holds() -> Result<()> {
    assert_eq!(check("g_loops_v1")?, (3, false));
    assert_eq!(check("g_loops_v2")?, (3, false));
    Ok(())
}

#[test]
fn arrays_are_collected() -> Result<()> {
    assert_eq!(check("g_arrays_v1")?.0, 2);
    assert_eq!(check("g_arrays_v2")?.0, 2);
    Ok(())
}

/// Ops with constant inputs that are attributes here, shapes that are computed, results whose shape depends on values.
#[test]
fn assorted_ops() -> Result<()> {
    assert_eq!(check("g_assorted")?, (1, false));
    Ok(())
}
