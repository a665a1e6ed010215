//! Index maps: each result element comes from one place.

use super::build;
use crate::dtype::DType;
use crate::hlo::literal::{Literal, Values};
use crate::hlo::prim::{GatherMode, Prim, ScatterKind, Spec};
use crate::hlo::rows::{FloatFn, IntFn};
use crate::shape::{Dims, Shape};

/// Where an element comes from.
enum Source {
    /// Operand `.0`, row-major position `.1`.
    At(usize, usize),
    /// No operand: zero.
    Zero,
}

fn flat(shape: &Shape, at: &[usize]) -> usize {
    at.iter().zip(shape.iter()).fold(0, |a, (&i, &n)| a * n + i)
}

pub(super) fn apply(prim: &Prim, out: &Spec, x: &[&Literal]) -> Literal {
    match prim {
        Prim::Iota { dim, .. } => {
            let at = |i: usize| out.shape.unravel(i)[*dim];
            build(out.dtype, &out.shape, |i| at(i) as i64, |i| at(i) as f64)
        }
        Prim::Scatter { kind, axes, batch } => scatter(*kind, axes, *batch, x),
        _ => {
            let source = |i: usize| source(prim, &out.shape, x, i);
            build(
                out.dtype,
                &out.shape,
                |i| if let Source::At(k, i) = source(i) { x[k].i64_at(i) } else { 0 },
                |i| if let Source::At(k, i) = source(i) { x[k].f64_at(i) } else { 0.0 },
            )
        }
    }
}

fn source(prim: &Prim, out: &Shape, x: &[&Literal], i: usize) -> Source {
    let s = &x[0].shape;
    let rank = s.rank();
    let at = out.unravel(i);
    let from = |at: Dims| Source::At(0, flat(s, &at));
    match prim {
        Prim::BroadcastInDim { dims, .. } => {
            from((0..rank).map(|d| if s[d] == 1 { 0 } else { at[dims[d]] }).collect())
        }
        Prim::Transpose { perm } => {
            let mut of: Dims = Dims::from_elem(0, rank);
            perm.iter().zip(&at).for_each(|(&p, &i)| of[p] = i);
            from(of)
        }
        Prim::Reverse { dims } => {
            from((0..rank).map(|d| if dims.contains(&d) { s[d] - 1 - at[d] } else { at[d] }).collect())
        }
        Prim::Slice { start, stride, .. } => from((0..rank).map(|d| start[d] + at[d] * stride[d]).collect()),
        Prim::Pad { low, interior, .. } => {
            let mut of = Dims::new();
            for d in 0..rank {
                let (p, step) = (at[d] as i64 - low[d], interior[d] as i64 + 1);
                if p < 0 || p % step != 0 || p / step >= s[d] as i64 {
                    return Source::At(1, 0);
                }
                of.push((p / step) as usize);
            }
            from(of)
        }
        Prim::Concatenate { dim } => {
            let mut k = 0;
            let mut at = at;
            while at[*dim] >= x[k].shape[*dim] {
                at[*dim] -= x[k].shape[*dim];
                k += 1;
            }
            Source::At(k, flat(&x[k].shape, &at))
        }
        Prim::DynamicSlice { sizes } => {
            from((0..rank).map(|d| clamped_start(x[1], d, s[d], sizes[d]) + at[d]).collect())
        }
        Prim::DynamicUpdateSlice => {
            let u = &x[1].shape;
            let inside: Option<Dims> = (0..rank)
                .map(|d| at[d].checked_sub(clamped_start(x[2], d, s[d], u[d])).filter(|&i| i < u[d]))
                .collect();
            inside.map_or(Source::At(0, i), |at| Source::At(1, flat(u, &at)))
        }
        Prim::Gather { axes, batch, mode } => {
            let lead = x[1].shape.rank() - 1;
            let vector = index_vector(x[1], &at[..lead]);
            match target(s, axes, *batch, &at[..*batch], &vector, &at[lead..], *mode == GatherMode::Clip) {
                Some(at) => from(at),
                None => Source::Zero,
            }
        }
        _ => Source::At(0, i),
    }
}

fn clamped_start(start: &Literal, d: usize, n: usize, size: usize) -> usize {
    start.i64_at(d).clamp(0, (n - size) as i64) as usize
}

fn index_vector(indices: &Literal, lead: &[usize]) -> Vec<i64> {
    let n = indices.shape[lead.len()];
    let row = lead.iter().zip(indices.shape.iter()).fold(0, |a, (&i, &n)| a * n + i) * n;
    (0..n).map(|k| indices.i64_at(row + k)).collect()
}

/// The operand's coordinates for an index vector; `None` where it is out of range.
fn target(
    s: &Shape,
    axes: &[usize],
    batch: usize,
    at_batch: &[usize],
    vector: &[i64],
    rest: &[usize],
    clip: bool,
) -> Option<Dims> {
    let mut rest = rest.iter();
    (0..s.rank())
        .map(|d| {
            if d < batch {
                return Some(at_batch[d]);
            }
            match axes.iter().position(|&a| a == d) {
                None => rest.next().copied(),
                Some(k) if clip => Some(vector[k].clamp(0, s[d] as i64 - 1) as usize),
                Some(k) => usize::try_from(vector[k]).ok().filter(|&i| i < s[d]),
            }
        })
        .collect()
}

fn scatter(kind: ScatterKind, axes: &[usize], batch: usize, x: &[&Literal]) -> Literal {
    let mut out = x[0].clone();
    let s = out.shape.clone();
    let lead = x[1].shape.rank() - 1;
    for u in 0..x[2].len() {
        let at = x[2].shape.unravel(u);
        let vector = index_vector(x[1], &at[..lead]);
        let Some(to) = target(&s, axes, batch, &at[..batch], &vector, &at[lead..], false) else { continue };
        let i = flat(&s, &to);
        match (&mut out.values, kind) {
            (Values::Ints(v), ScatterKind::Set) => v[i] = x[2].i64_at(u),
            (Values::Floats(v), ScatterKind::Set) => v[i] = x[2].f64_at(u),
            (Values::Ints(v), ScatterKind::Combine(k)) => {
                if let Some(IntFn::Binary(f)) = k.row().row().int {
                    v[i] = out.dtype.wrap(f(v[i], x[2].i64_at(u)));
                }
            }
            (Values::Floats(v), ScatterKind::Combine(k)) => {
                if let Some(FloatFn::Binary(f)) = k.row().row().float {
                    v[i] = f(v[i], x[2].f64_at(u));
                }
            }
            (Values::Strings(_), _) => {}
        }
    }
    if matches!(out.dtype, DType::Float16 | DType::BFloat16) {
        return Literal::floats(out.dtype, out.shape.clone(), out.to_f64s());
    }
    out
}
