//! Every primitive's derivative, and the derivative of that, against central differences of the exact evaluator.

use super::cases::{Case, all};
use wgflow::hlo::interpret::evaluate;
use wgflow::hlo::{Graph, Literal, Spec, Val, gradient};
use wgflow::{DType, Shape};
use wgflow_tests::rng::Rng;

const STEP: f64 = 1e-5;

pub(super) fn forward(c: &Case) -> Graph {
    let mut g = Graph::new();
    let x: Vec<Val> =
        c.inputs.iter().map(|(s, _)| g.parameter(Spec::new(DType::Float64, s.clone()))).collect();
    let y = (c.build)(&mut g, &x).unwrap_or_else(|e| panic!("{}: {e}", c.name));
    g.set_outputs(y);
    g
}

/// `x, dy -> dx`, with zeros for unconnected inputs.
pub(super) fn backward(f: &Graph) -> Graph {
    let mut g = Graph::new();
    let x: Vec<Val> = f.param_specs().into_iter().map(|s| g.parameter(s)).collect();
    let dy: Vec<Val> = f.output_specs().into_iter().map(|s| g.parameter(s)).collect();
    let y = g.inline(f, &x).unwrap();
    let seeds: Vec<Option<Val>> = dy.iter().copied().map(Some).collect();
    let dx = gradient(&mut g, &y, &seeds, &x).unwrap();
    let dx: Vec<Val> =
        dx.iter().zip(&x).map(|(d, &x)| d.map_or_else(|| g.zeros_like(x).unwrap(), |d| d)).collect();
    g.set_outputs(dx);
    let g = g.pruned();
    g.verify().unwrap();
    g
}

pub(super) fn floats(shape: &Shape, v: Vec<f64>) -> Literal {
    Literal { dtype: DType::Float64, shape: shape.clone(), values: wgflow::hlo::Values::Floats(v) }
}

fn dot(a: &[Literal], b: &[Literal]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.to_f64s().iter().zip(b.to_f64s()).map(|(a, b)| a * b).sum::<f64>()).sum()
}

/// `<dy, J v>` by differences against `<J^T dy, v>` by the derivative graph, at a random place and in random directions.
fn check(name: &str, f: &Graph, b: &Graph, x: &[Literal], rng: &mut Rng) {
    let mut random = |shape: &Shape| floats(shape, rng.uniforms(shape.size(), -1.0, 1.0));
    let v: Vec<Literal> = x.iter().map(|l| random(&l.shape)).collect();
    let dy: Vec<Literal> = f.output_specs().iter().map(|s| random(&s.shape)).collect();
    let moved = |t: f64| -> Vec<Literal> {
        x.iter()
            .zip(&v)
            .map(|(x, v)| {
                floats(&x.shape, x.to_f64s().iter().zip(v.to_f64s()).map(|(x, v)| x + t * v).collect())
            })
            .collect()
    };
    let (hi, lo) = (evaluate(f, &moved(STEP)).unwrap(), evaluate(f, &moved(-STEP)).unwrap());
    let numeric = (dot(&dy, &hi) - dot(&dy, &lo)) / (2.0 * STEP);
    let args: Vec<Literal> = x.iter().chain(&dy).cloned().collect();
    let exact = dot(&evaluate(b, &args).unwrap(), &v);
    let scale = numeric.abs().max(exact.abs()).max(1.0);
    assert!(
        (numeric - exact).abs() <= 2e-6 * scale,
        "{name}: differences give {numeric}, the derivative {exact}\n{}",
        b.to_text("vjp")
    );
}

#[test]
fn every_primitive_differentiates_twice() {
    let cases = all();
    assert!(cases.len() > 90, "{}", cases.len());
    for c in &cases {
        let mut rng = Rng::named(&c.name);
        let f = forward(c);
        f.verify().unwrap();
        let b = backward(&f);
        let x: Vec<Literal> =
            c.inputs.iter().map(|(s, (lo, hi))| floats(s, rng.uniforms(s.size(), *lo, *hi))).collect();
        check(&c.name, &f, &b, &x, &mut rng);
        let bb = backward(&b);
        let dy: Vec<Literal> = f
            .output_specs()
            .iter()
            .map(|s| floats(&s.shape, rng.uniforms(s.shape.size(), 0.5, 1.5)))
            .collect();
        let x2: Vec<Literal> = x.iter().chain(&dy).cloned().collect();
        if c.smooth {
            check(&format!("{} (second)", c.name), &b, &bb, &x2, &mut rng);
        }
        let flat = bb.flattened().unwrap();
        flat.verify().unwrap();
    }
}
