//! Reductions over dimensions, windows and prefixes.

use super::{build, half_round};
use crate::dtype::DType;
use crate::hlo::literal::{Literal, Values};
use crate::hlo::prim::{Prim, ReduceKind, Spec, WindowDim};
use crate::hlo::rows::{FloatFn, IntFn};
use crate::shape::Shape;

fn fold_floats(kind: ReduceKind, dtype: DType, v: impl Iterator<Item = f64>) -> f64 {
    match kind.row().row().float {
        Some(FloatFn::Binary(f)) => v.fold(kind.identity(dtype), f),
        _ => f64::NAN,
    }
}

fn fold_ints(kind: ReduceKind, dtype: DType, v: impl Iterator<Item = i64>) -> i64 {
    match kind.row().row().int {
        Some(IntFn::Binary(f)) => v.fold(kind.identity(dtype) as i64, |a, b| dtype.wrap(f(a, b))),
        _ => 0,
    }
}

/// A literal each of whose elements folds a list of places of `x`.
fn folded(kind: ReduceKind, out: &Spec, x: &Literal, places: impl Fn(usize) -> Vec<usize>) -> Literal {
    build(
        out.dtype,
        &out.shape,
        |i| fold_ints(kind, x.dtype, places(i).into_iter().map(|p| x.i64_at(p))),
        |i| fold_floats(kind, x.dtype, places(i).into_iter().map(|p| x.f64_at(p))),
    )
}

pub(super) fn apply(prim: &Prim, out: &Spec, x: &[&Literal]) -> Literal {
    let s = &x[0].shape;
    let strides = s.strides();
    match prim {
        Prim::Reduce { kind, dims } => {
            let reduced: Shape = dims.iter().map(|&d| s[d]).collect();
            let kept: Vec<usize> = (0..s.rank()).filter(|d| !dims.contains(d)).collect();
            folded(*kind, out, x[0], |i| {
                let base: usize = kept.iter().zip(out.shape.unravel(i)).map(|(&d, i)| strides[d] * i).sum();
                let inner = |k: usize| {
                    dims.iter().zip(reduced.unravel(k)).map(|(&d, i)| strides[d] * i).sum::<usize>()
                };
                (0..reduced.size()).map(|k| base + inner(k)).collect()
            })
        }
        Prim::ReduceWindow { kind, window } => {
            folded(*kind, out, x[0], |i| window_places(window, s, &out.shape.unravel(i)).collect())
        }
        Prim::ArgReduce { max, dim } => arg_reduce(*max, *dim, out, x[0]),
        Prim::SelectAndScatter { max, window } => select_and_scatter(*max, window, x[0], x[1]),
        Prim::Cumulative { kind, dim, exclusive, reverse } => {
            let (n, step) = (s[*dim], strides[*dim]);
            folded(*kind, out, x[0], |i| {
                let at = i / step % n;
                let base = i - at * step;
                let range = match (reverse, exclusive) {
                    (false, false) => 0..at + 1,
                    (false, true) => 0..at,
                    (true, false) => at..n,
                    (true, true) => at + 1..n,
                };
                range.map(|k| base + k * step).collect()
            })
        }
        _ => build(out.dtype, &out.shape, |_| 0, |_| f64::NAN),
    }
}

/// The row-major positions that a window covers, in order; padding is left out.
fn window_places<'a>(
    window: &'a [WindowDim],
    s: &'a Shape,
    at: &[usize],
) -> impl Iterator<Item = usize> + use<'a> {
    let sizes: Shape = window.iter().map(|w| w.size).collect();
    let at: Vec<usize> = at.to_vec();
    (0..sizes.size()).filter_map(move |k| {
        let k = sizes.unravel(k);
        window.iter().enumerate().try_fold(0, |flat, (d, w)| {
            let i = (at[d] * w.stride + k[d] * w.dilation) as i64 - w.low;
            (i >= 0 && i < s[d] as i64).then(|| flat * s[d] + i as usize)
        })
    })
}

/// Whether `a` comes before `b` as an extremum; NaN comes before everything.
fn better(max: bool, a: f64, b: f64) -> bool {
    if b.is_nan() {
        return false;
    }
    a.is_nan() || if max { a > b } else { a < b }
}

fn arg_reduce(max: bool, dim: usize, out: &Spec, x: &Literal) -> Literal {
    let (s, strides) = (&x.shape, x.shape.strides());
    let (n, step) = (s[dim], strides[dim]);
    let best = |i: usize| {
        let base = i / step * step * n + i % step;
        (1..n).fold(
            0,
            |b, k| if better(max, x.f64_at(base + k * step), x.f64_at(base + b * step)) { k } else { b },
        )
    };
    build(out.dtype, &out.shape, |i| best(i) as i64, |_| f64::NAN)
}

fn select_and_scatter(max: bool, window: &[WindowDim], x: &Literal, source: &Literal) -> Literal {
    let mut sums = Literal::filled(x.dtype, x.shape.clone(), 0.0);
    for o in 0..source.len() {
        let places = window_places(window, &x.shape, &source.shape.unravel(o));
        let Some(best) = places.reduce(|b, p| if better(max, x.f64_at(p), x.f64_at(b)) { p } else { b })
        else {
            continue;
        };
        match &mut sums.values {
            Values::Ints(v) => v[best] = x.dtype.wrap(v[best] + source.i64_at(o)),
            Values::Floats(v) => v[best] = half_round(x.dtype, v[best] + source.f64_at(o)),
            Values::Strings(_) => {}
        }
    }
    sums
}
