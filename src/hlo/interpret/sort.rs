//! Stable sorts.

use super::{Results, Specs};
use crate::dtype::DType;
use crate::hlo::literal::{Literal, Values};
use crate::hlo::prim::Prim;
use std::cmp::Ordering;

/// Ascending order with NaN last; equal elements compare equal, so that stable sorts keep their order.
fn order(x: &Literal, descending: bool, a: usize, b: usize) -> Ordering {
    let ascending = match &x.values {
        Values::Ints(v) => v[a].cmp(&v[b]),
        Values::Floats(v) if v[a].is_nan() || v[b].is_nan() => return v[a].is_nan().cmp(&v[b].is_nan()),
        Values::Floats(v) => v[a].partial_cmp(&v[b]).unwrap_or(Ordering::Equal),
        Values::Strings(v) => v[a].cmp(&v[b]),
    };
    if descending { ascending.reverse() } else { ascending }
}

pub(super) fn apply(prim: &Prim, specs: &Specs, x: &[&Literal]) -> Results {
    let s = &x[0].shape;
    let (dim, descending, kept) = match prim {
        Prim::Sort { dim, descending } | Prim::ArgSort { dim, descending } => (*dim, *descending, s[*dim]),
        Prim::TopK { k } => (s.rank() - 1, true, *k),
        _ => return Results::new(),
    };
    let (n, step) = (s[dim], s.strides()[dim]);
    let lines = s.size().checked_div(n).unwrap_or(0);
    // places[line][k]: where the k-th of the line comes from.
    let bases: Vec<usize> = (0..lines).map(|l| l / step * step * n + l % step).collect();
    let places: Vec<Vec<usize>> = bases
        .iter()
        .map(|base| {
            let mut p: Vec<usize> = (0..n).map(|k| base + k * step).collect();
            p.sort_by(|&a, &b| order(x[0], descending, a, b));
            p
        })
        .collect();
    let source = |i: usize| {
        let (outer, k, inner) = (i / step / kept, i / step % kept, i % step);
        let line = outer * step + inner;
        (places[line][k], bases[line])
    };
    let taken = |l: &Literal, shape: &crate::Shape| {
        super::build(l.dtype, shape, |i| l.i64_at(source(i).0), |i| l.f64_at(source(i).0))
    };
    let index = |i: usize| {
        let (place, base) = source(i);
        ((place - base) / step) as i64
    };
    match prim {
        Prim::ArgSort { .. } => [super::build(DType::Int32, s, index, |_| f64::NAN)].into_iter().collect(),
        Prim::TopK { .. } => {
            let shape = &specs[0].shape;
            [taken(x[0], shape), super::build(DType::Int32, shape, index, |_| f64::NAN)].into_iter().collect()
        }
        _ => x.iter().zip(specs).map(|(l, s)| taken(l, &s.shape)).collect(),
    }
}
