//! Variances of long rows: each part has a mean and squares around that mean, which are then combined, so that mean and variance take two
//! kernels together instead of two each, and lose no digits.

use super::expand::one;
use super::split::{self, Parts};
use crate::compiler::fuse::FuseRules;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::rewrite::{Results, Rewriter, rewrite};
use crate::hlo::{Ew, Graph, Prim, ReduceKind, Spec, Val};
use crate::shape::Dims;

pub(super) fn run(g: &Graph, rules: &FuseRules) -> Result<Graph> {
    rewrite(g, true, &|rw, prim, x| match prim {
        Prim::Reduce { kind: ReduceKind::Sum, dims } => rule(rw, dims, x[0], rules),
        _ => Ok(None),
    })
}

/// `x` and its mean where `v` is the square of `x` less its mean over `dims`.
fn centred(g: &Graph, v: Val, dims: &[usize]) -> Option<(Val, Val)> {
    let square = g.def(v);
    if square.prim != Prim::Elementwise(Ew::Mul) || square.operands[0] != square.operands[1] {
        return None;
    }
    let difference = g.def(square.operands[0]);
    if difference.prim != Prim::Elementwise(Ew::Sub) {
        return None;
    }
    let x = difference.operands[0];
    let spread = g.def(difference.operands[1]);
    let Prim::BroadcastInDim { dims: kept, .. } = &spread.prim else { return None };
    let others: Dims = (0..g.rank(x)).filter(|d| !dims.contains(d)).collect();
    let mut mean = spread.operands[0];
    let kept = if let Prim::Reshape(_) = g.def(mean).prim {
        // The mean may have kept its reduced dimensions as ones.
        let kept: Dims = kept.iter().copied().filter(|d| others.contains(d)).collect();
        mean = g.def(mean).operands[0];
        kept
    } else {
        kept.clone()
    };
    (kept == others && is_mean(g, mean, x, dims)).then_some((x, mean))
}

/// Whether `m` is the mean of `x` over `dims`.
fn is_mean(g: &Graph, m: Val, x: Val, dims: &[usize]) -> bool {
    let inst = g.def(m);
    let n: usize = dims.iter().map(|&d| g.shape(x)[d]).product();
    let by = |v: Val| -> Option<f64> {
        let inst = g.def(v);
        match &inst.prim {
            Prim::Constant(l) => l.splat(),
            Prim::BroadcastInDim { .. } => match &g.def(inst.operands[0]).prim {
                Prim::Constant(l) => l.splat(),
                _ => None,
            },
            _ => None,
        }
    };
    let scale = match inst.prim {
        Prim::Elementwise(Ew::Div) => by(inst.operands[1]).map(|d| 1.0 / d),
        Prim::Elementwise(Ew::Mul) => by(inst.operands[1]),
        _ => return false,
    };
    let whole = Prim::Reduce { kind: ReduceKind::Sum, dims: dims.iter().copied().collect() };
    let sum = g.def(inst.operands[0]);
    sum.prim == whole && sum.operands[0] == x && scale.is_some_and(|s| (s * n as f64 - 1.0).abs() < 1e-6)
}

fn rule(rw: &mut Rewriter<'_>, dims: &[usize], v: Val, rules: &FuseRules) -> Result<Option<Results>> {
    let Some((x, mean)) = centred(rw.graph(), v, dims) else { return Ok(None) };
    if rw.graph().dtype(x) != DType::Float32 {
        return Ok(None);
    }
    let Some(p) = split::divided(rw, ReduceKind::Sum, dims, x, rules)? else { return Ok(None) };
    let first = Prim::Reduce { kind: ReduceKind::Sum, dims: p.inner.clone() };
    let whole = rw.spec(p.x);
    let sums = rw.emit(first.clone(), &[p.x])?;
    let part = rw.spec(sums);
    let counts = counts(rw, &p, &part)?;
    // A part may be all filling.
    let some = rw.fill(&part, 1.0)?;
    let some = rw.ew(Ew::Max, &[counts, some])?;
    let means = rw.ew(Ew::Div, &[sums, some])?;
    let kept: Dims = (0..whole.shape.rank()).filter(|d| !p.inner.contains(d)).collect();
    let around = rw.emit(Prim::BroadcastInDim { shape: whole.shape.clone(), dims: kept }, &[means])?;
    let off = rw.ew(Ew::Sub, &[p.x, around])?;
    let mut squares = rw.ew(Ew::Mul, &[off, off])?;
    if let Some(inside) = inside(rw, &p, &whole)? {
        let zero = rw.fill(&whole, 0.0)?;
        squares = rw.ew(Ew::Select, &[inside, squares, zero])?;
    }
    let within = rw.emit(first, &[squares])?;
    // What the parts' means are off from the whole's.
    let kept: Dims = (0..part.shape.rank()).filter(|&d| d != p.at).collect();
    let mean = rw.emit(Prim::BroadcastInDim { shape: part.shape, dims: kept }, &[mean])?;
    let off = rw.ew(Ew::Sub, &[means, mean])?;
    let square = rw.ew(Ew::Mul, &[off, off])?;
    let between = rw.ew(Ew::Mul, &[square, counts])?;
    let all = rw.ew(Ew::Add, &[within, between])?;
    let dims = [p.at].into_iter().collect();
    Ok(one(rw.emit(Prim::Reduce { kind: ReduceKind::Sum, dims }, &[all])?))
}

/// Length of a part of the run that was split.
fn length(p: &Parts) -> usize {
    p.size.div_ceil(p.n)
}

/// How many elements each sum is of, in the shape of the sums.
fn counts(rw: &mut Rewriter<'_>, p: &Parts, part: &Spec) -> Result<Val> {
    let whole = rw.spec(p.x).shape;
    let others: usize = p.inner.iter().filter(|&&d| d != p.dim + 1).map(|&d| whole[d]).product();
    if length(p) * p.n == p.size {
        return rw.fill(part, (length(p) * others) as f64);
    }
    let int = part.with_dtype(DType::Int32);
    let number = rw.iota(part.shape.clone(), p.at)?;
    let each = rw.fill(&int, length(p) as f64)?;
    let before = rw.ew(Ew::Mul, &[number, each])?;
    let size = rw.fill(&int, p.size as f64)?;
    let left = rw.ew(Ew::Sub, &[size, before])?;
    let none = rw.fill(&int, 0.0)?;
    let held = rw.ew(Ew::Clamp, &[none, left, each])?;
    let held = rw.emit(Prim::Convert(DType::Float32), &[held])?;
    let others = rw.fill(part, others as f64)?;
    rw.ew(Ew::Mul, &[held, others])
}

/// Which elements are not filling; `None` where all are.
fn inside(rw: &mut Rewriter<'_>, p: &Parts, whole: &Spec) -> Result<Option<Val>> {
    if length(p) * p.n == p.size {
        return Ok(None);
    }
    let int = whole.with_dtype(DType::Int32);
    let (number, place) = (rw.iota(whole.shape.clone(), p.dim)?, rw.iota(whole.shape.clone(), p.dim + 1)?);
    let each = rw.fill(&int, length(p) as f64)?;
    let before = rw.ew(Ew::Mul, &[number, each])?;
    let at = rw.ew(Ew::Add, &[before, place])?;
    let size = rw.fill(&int, p.size as f64)?;
    rw.ew(Ew::Lt, &[at, size]).map(Some)
}
