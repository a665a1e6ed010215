//! Attention by its definition.

use super::{Results, Specs, build};
use crate::hlo::attention::LEFT_OUT;
use crate::hlo::literal::Literal;
use crate::hlo::prim::Attention;
use crate::shape::Shape;

pub(super) fn apply(a: &Attention, out: &Specs, x: &[&Literal]) -> Results {
    let (q, k, v) = (x[0], x[1], x[2]);
    let (keys, features) = (k.shape[1], q.shape[3]);
    let scores = |b: usize, n: usize, t: usize| -> Vec<f64> {
        let score = |s: usize| {
            let counts =
                (!a.causal || s <= t) && x.get(3).is_none_or(|m| m.i64_at(at(&m.shape, [b, n, t, s])) != 0);
            if !counts {
                return LEFT_OUT;
            }
            let (l, r) = (at(&q.shape, [b, t, n, 0]), at(&k.shape, [b, s, n, 0]));
            (0..features).map(|h| q.f64_at(l + h) * k.f64_at(r + h)).sum::<f64>() * a.scale()
        };
        (0..keys).map(score).collect()
    };
    let top = |s: &[f64]| {
        s.iter().fold(f64::NEG_INFINITY, |m, &v| if m.is_nan() || v.is_nan() { f64::NAN } else { m.max(v) })
    };
    let exps = |s: &[f64]| -> Vec<f64> {
        let top = top(s);
        s.iter().map(|v| (v - top).exp()).collect()
    };
    let floats = |spec: &crate::hlo::Spec, f: &dyn Fn(&[usize]) -> f64| {
        build(spec.dtype, &spec.shape, |_| 0, |i| f(&spec.shape.unravel(i)))
    };
    let weighted = |p: &[usize]| -> f64 {
        let e = exps(&scores(p[0], p[2], p[1]));
        let sum: f64 = e.iter().sum();
        (0..keys).map(|s| e[s] / sum * v.f64_at(at(&v.shape, [p[0], s, p[2], p[3]]))).sum()
    };
    [
        floats(&out[0], &weighted),
        floats(&out[1], &|at| top(&scores(at[0], at[1], at[2]))),
        floats(&out[2], &|at| exps(&scores(at[0], at[1], at[2])).iter().sum()),
    ]
    .into_iter()
    .collect()
}

/// The row-major position of a place.
fn at(shape: &Shape, place: [usize; 4]) -> usize {
    shape.strides().iter().zip(place).map(|(s, p)| s * p).sum()
}
