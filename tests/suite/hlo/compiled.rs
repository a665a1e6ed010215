//! Compiled graphs against the exact evaluator, on the CPU executor.

use super::cases::all;
use super::gradients::{backward, floats, forward};
use wgflow::hlo::interpret::evaluate;
use wgflow::hlo::{Graph, Literal};
use wgflow_tests::plans::{RULES, run};
use wgflow_tests::rng::Rng;

fn compare(name: &str, g: &Graph, args: &[Literal]) {
    // Both see what float32 holds.
    let args: Vec<Literal> = args
        .iter()
        .map(|l| {
            if l.dtype.is_float() {
                Literal::floats(l.dtype, l.shape.clone(), l.to_f64s())
            } else {
                l.clone()
            }
        })
        .collect();
    let want = evaluate(g, &args).unwrap();
    let got = run(g, &args, &RULES);
    for (w, r) in want.iter().zip(&got) {
        let scale = w.to_f64s().iter().fold(1e-3f64, |a, v| if v.is_finite() { a.max(v.abs()) } else { a });
        for i in 0..w.len() {
            let (w, r) = (w.f64_at(i), r.f64_at(i));
            let same = (w - r).abs() <= 2e-5 * scale || w == r || (w.is_nan() && r.is_nan());
            assert!(same, "{name}: element {i}: wanted {w}, compiled {r}\n{}", g.to_text("f"));
        }
    }
}

#[test]
fn primitives_and_their_derivatives_compile() {
    for c in all() {
        if c.name.starts_with("scan") {
            continue;
        }
        let mut rng = Rng::named(&c.name);
        let f = forward(&c);
        let x: Vec<Literal> =
            c.inputs.iter().map(|(s, (lo, hi))| floats(s, rng.uniforms(s.size(), *lo, *hi))).collect();
        compare(&c.name, &f, &x);
        let b = backward(&f);
        let dy: Vec<Literal> = f
            .output_specs()
            .iter()
            .map(|s| floats(&s.shape, rng.uniforms(s.shape.size(), 0.5, 1.5)))
            .collect();
        let args: Vec<Literal> = x.iter().chain(&dy).cloned().collect();
        compare(&format!("{} (derivative)", c.name), &b, &args);
    }
}
