//! Programs of branches, loops and arrays against what a real TensorFlow makes of them; see tests/goldens/control.py.

use super::programs::{ALL, Program};
use serde_json::Value;
use wgflow::{
    GradientTape, IntoTensor, Result, Tensor, Variable, capture_prints, function, reduce_sum, square,
};
use wgflow_tests::device::device_under_test;
use wgflow_tests::goldens::directory;

const X: [f64; 3] = [0.5, 1.25, 0.75];
const W: [f64; 3] = [0.9, 1.1, 0.4];
const V: [f64; 3] = [1.5, 0.5, 1.25];

/// A part of control.json.
pub(super) fn goldens(part: &str) -> Value {
    let path = directory().join("control.json");
    let text = std::fs::read(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; make it with tests/goldens/control.py", path.display()));
    serde_json::from_slice::<Value>(&text).expect("control.json is JSON")[part].take()
}

/// What a program gives: numbers by name, and what it printed.
#[derive(Default)]
struct Found {
    numbers: Vec<(&'static str, Option<Vec<f64>>)>,
    printed: String,
}

impl Found {
    fn put(&mut self, name: &'static str, t: Option<&Tensor>) -> Result<()> {
        self.numbers.push((name, t.map(|t| Ok(t.to_literal()?.to_f64s())).transpose()?));
        Ok(())
    }
}

type Call = Box<dyn Fn(&Tensor, &Tensor) -> Result<Tensor>>;

/// Runs it, then once more under two tapes.
fn run(make: &dyn Fn(&Variable) -> Call) -> Result<Found> {
    let v = Variable::new(V)?;
    let f = make(&v);
    let (x, w) = (X.into_tensor(None)?, W.into_tensor(None)?);
    let mut found = Found::default();
    let (y, printed) = capture_prints(|| f(&x, &w));
    found.put("y", Some(&y?))?;
    found.printed = printed;
    found.put("v", Some(&v.value()?))?;
    v.assign(V)?;
    let (done, _) = capture_prints(|| -> Result<()> {
        let outer = GradientTape::new();
        outer.watch(&x);
        let inner = GradientTape::new();
        inner.watch(&x);
        inner.watch(&w);
        let loss = f(&x, &w)?;
        let (dx, dw, dv) = inner.gradient(&loss, (&x, &w, &v))?;
        found.put("dx", dx.as_ref())?;
        found.put("dw", dw.as_ref())?;
        found.put("dv", dv.as_ref())?;
        let Some(dx) = dx else { return Ok(()) };
        let ddx = outer.gradient(&reduce_sum(square(dx)?, None, false)?, &x)?;
        found.put("ddx", ddx.as_ref())
    });
    done?;
    Ok(found)
}

/// As [`run`], with the tape inside of the traced function.
fn run_inside(program: Program) -> Result<Found> {
    let v = Variable::new(V)?;
    let held = v.clone();
    let f = function(move |a: &[Tensor]| {
        let tape = GradientTape::new();
        tape.watch(&a[0]);
        tape.watch(&a[1]);
        let y = program(&a[0], &a[1], &held)?;
        let (dx, dw) = tape.gradient(&y, (&a[0], &a[1]))?;
        let zeros = |d: Option<Tensor>| d.map_or_else(|| wgflow::zeros_like(&y), Ok);
        Ok((y.clone(), zeros(dx)?, zeros(dw)?))
    });
    let (x, w) = (X.into_tensor(None)?, W.into_tensor(None)?);
    let mut found = Found::default();
    let (result, printed) = capture_prints(|| f.call([&x, &w]));
    let (y, dx, dw) = result?;
    found.put("y", Some(&y))?;
    found.put("dx", Some(&dx))?;
    found.put("dw", Some(&dw))?;
    found.put("v", Some(&v.value()?))?;
    found.printed = printed;
    Ok(found)
}

/// What is not as in the golden.
fn differences(name: &str, found: Result<Found>, golden: &Value) -> Vec<String> {
    let found = match found {
        Ok(found) => found,
        Err(e) => return vec![format!("{name}: {e}")],
    };
    let mut problems = vec![];
    for (key, got) in &found.numbers {
        let Some(wanted) = golden[*key].as_array() else {
            // TensorFlow gives no gradient of variables that a branch assigns; those here are as op by op.
            continue;
        };
        let wanted: Vec<f64> = wanted.iter().filter_map(Value::as_f64).collect();
        let scale = wanted.iter().fold(1.0f64, |a, v| a.max(v.abs()));
        // Where TensorFlow says zeros, nothing may be connected.
        let got = got.clone().unwrap_or_else(|| vec![0.0; wanted.len()]);
        let near =
            got.len() == wanted.len() && got.iter().zip(&wanted).all(|(g, w)| (g - w).abs() <= 2e-5 * scale);
        if !near {
            problems.push(format!("{name}: {key}: wanted {wanted:?}, got {got:?}"));
        }
    }
    // The last digits of floats that are printed may differ.
    let words = |text: &str| -> Vec<String> {
        let word = |w: &str| w.parse::<f32>().map_or(w.into(), |v| format!("{v:.4}"));
        text.replace(['[', ']'], " ").split_whitespace().map(word).collect()
    };
    let printed = golden["printed"].as_str().unwrap_or_default();
    if words(&found.printed) != words(printed) {
        problems.push(format!("{name}: wanted {printed:?} printed, got {:?}", found.printed));
    }
    problems
}

fn compare(how: impl Fn(Program) -> Result<Found>) {
    device_under_test();
    let goldens = goldens("programs");
    let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
    let wanted: Vec<&str> = goldens.as_object().into_iter().flatten().map(|(k, _)| k.as_str()).collect();
    assert!(wanted.iter().all(|w| names.contains(w)) && wanted.len() == names.len(), "{wanted:?} {names:?}");
    let problems: Vec<String> = ALL.iter().flat_map(|(n, p)| differences(n, how(*p), &goldens[*n])).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn programs_op_by_op_are_tensorflows() {
    compare(|program| {
        run(&move |v| {
            let v = v.clone();
            Box::new(move |x, w| program(x, w, &v))
        })
    });
}

#[test]
fn traced_programs_are_tensorflows() {
    compare(|program| {
        run(&move |v| {
            let v = v.clone();
            let f = function(move |a: &[Tensor]| program(&a[0], &a[1], &v));
            Box::new(move |x, w| f.call([x, w]))
        })
    });
}

#[test]
fn gradients_inside_of_traced_programs_are_tensorflows() {
    compare(run_inside);
}
