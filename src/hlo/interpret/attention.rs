//! Attention and its adjoints by their definition.

use super::{Results, Specs, build};
use crate::hlo::Spec;
use crate::hlo::attention::LEFT_OUT;
use crate::hlo::literal::Literal;
use crate::hlo::prim::Attention;
use crate::shape::Shape;

/// Queries, keys and a mask.
struct Scores<'a> {
    a: &'a Attention,
    q: &'a Literal,
    k: &'a Literal,
    mask: Option<&'a Literal>,
}

impl<'a> Scores<'a> {
    fn new(a: &'a Attention, x: &[&'a Literal], mask: usize) -> Self {
        Scores { a, q: x[0], k: x[1], mask: x.get(mask).copied() }
    }

    fn counts(&self, [b, n, t, s]: [usize; 4]) -> bool {
        (!self.a.causal || s <= t) && self.mask.is_none_or(|m| m.i64_at(at(&m.shape, [b, n, t, s])) != 0)
    }

    fn score(&self, [b, n, t, s]: [usize; 4]) -> f64 {
        if !self.counts([b, n, t, s]) {
            return LEFT_OUT;
        }
        dot(self.q, [b, t, n, 0], self.k, [b, s, n, 0]) * self.a.scale()
    }

    /// A row's maximum, and the sum of exponentials.
    fn row(&self, b: usize, n: usize, t: usize) -> [f64; 2] {
        let row: Vec<f64> = (0..self.k.shape[1]).map(|s| self.score([b, n, t, s])).collect();
        let larger = |m: f64, v: f64| if m.is_nan() || v.is_nan() { f64::NAN } else { m.max(v) };
        let top = row.iter().fold(f64::NEG_INFINITY, |m, &v| larger(m, v));
        [top, row.iter().map(|v| (v - top).exp()).sum()]
    }

    /// The weight at a place, by its row.
    fn weight(&self, at: [usize; 4], [top, sum]: [f64; 2]) -> f64 {
        (self.score(at) - top).exp() / sum
    }
}

/// The row-major position of a place.
fn at(shape: &Shape, place: [usize; 4]) -> usize {
    shape.strides().iter().zip(place).map(|(s, p)| s * p).sum()
}

/// The sum of products over the last dimension.
fn dot(x: &Literal, p: [usize; 4], y: &Literal, q: [usize; 4]) -> f64 {
    let (l, r) = (at(&x.shape, p), at(&y.shape, q));
    (0..x.shape[3]).map(|h| x.f64_at(l + h) * y.f64_at(r + h)).sum()
}

fn floats(spec: &Spec, f: &dyn Fn([usize; 4]) -> f64) -> Literal {
    let place = |i: usize| {
        let p = spec.shape.unravel(i);
        [p[0], p[1], p[2], p[3]]
    };
    build(spec.dtype, &spec.shape, |_| 0, |i| f(place(i)))
}

pub(super) fn apply(a: &Attention, out: &Specs, x: &[&Literal]) -> Results {
    let (scores, v) = (Scores::new(a, x, 3), x[2]);
    let weighted = |[b, t, n, c]: [usize; 4]| -> f64 {
        let row = scores.row(b, n, t);
        let of = |s: usize| scores.weight([b, n, t, s], row) * v.f64_at(at(&v.shape, [b, s, n, c]));
        (0..v.shape[1]).map(of).sum()
    };
    [floats(&out[0], &weighted)].into_iter().collect()
}

/// The adjoint of the queries, and what there is to know of rows.
pub(super) fn queries(a: &Attention, out: &Specs, x: &[&Literal]) -> Results {
    let (scores, v, y, dy) = (Scores::new(a, x, 5), x[2], x[3], x[4]);
    let row = |b: usize, n: usize, t: usize| {
        let [top, sum] = scores.row(b, n, t);
        [top, sum, dot(dy, [b, t, n, 0], y, [b, t, n, 0])]
    };
    let dq = |[b, t, n, h]: [usize; 4]| -> f64 {
        let [top, sum, less] = row(b, n, t);
        let of = |s: usize| {
            let w = scores.weight([b, n, t, s], [top, sum]);
            let ds = w * (dot(dy, [b, t, n, 0], v, [b, s, n, 0]) - less);
            ds * x[1].f64_at(at(&x[1].shape, [b, s, n, h]))
        };
        let counted = (0..v.shape[1]).filter(|&s| scores.counts([b, n, t, s]));
        counted.map(of).sum::<f64>() * a.scale()
    };
    [floats(&out[0], &dq), floats(&out[1], &|[b, n, k, t]| row(b, n, t)[k])].into_iter().collect()
}

/// The adjoints of keys and values.
pub(super) fn keys(a: &Attention, out: &Specs, x: &[&Literal]) -> Results {
    let (scores, q, v, dy, rows) = (Scores::new(a, x, 5), x[0], x[2], x[3], x[4]);
    let row = |b: usize, n: usize, t: usize| [0, 1, 2].map(|k| rows.f64_at(at(&rows.shape, [b, n, k, t])));
    let dk = |[b, s, n, h]: [usize; 4]| -> f64 {
        let of = |t: usize| {
            let [top, sum, less] = row(b, n, t);
            let w = scores.weight([b, n, t, s], [top, sum]);
            let ds = w * (dot(dy, [b, t, n, 0], v, [b, s, n, 0]) - less);
            ds * q.f64_at(at(&q.shape, [b, t, n, h]))
        };
        let counted = (0..q.shape[1]).filter(|&t| scores.counts([b, n, t, s]));
        counted.map(of).sum::<f64>() * a.scale()
    };
    let dv = |[b, s, n, c]: [usize; 4]| -> f64 {
        let of = |t: usize| {
            let [top, sum, _] = row(b, n, t);
            scores.weight([b, n, t, s], [top, sum]) * dy.f64_at(at(&dy.shape, [b, t, n, c]))
        };
        (0..q.shape[1]).map(of).sum()
    };
    [floats(&out[0], &dk), floats(&out[1], &dv)].into_iter().collect()
}
