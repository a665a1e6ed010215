//! Long reductions in parts, so that every part is short enough for one invocation and there are enough of them.

use super::expand::one;
use crate::compiler::fuse::FuseRules;
use crate::error::Result;
use crate::hlo::rewrite::{Results, Rewriter};
use crate::hlo::{DotDims, Ew, Literal, Prim, ReduceKind, Val};
use crate::shape::{Dims, Shape};

/// Shortest part that is worth a second launch.
const MIN_PART: usize = 2048;

/// Fewest elements of all rows together that are worth it.
const MIN_SPLIT: usize = 1 << 17;

/// Into how many parts `k` positions of each of `rows` rows go.
fn parts(rows: usize, k: usize, rules: &FuseRules) -> usize {
    let needed = k.div_ceil(rules.max_row);
    let wanted = if k >= 4 * MIN_PART && rows * k >= MIN_SPLIT {
        rules.busy_rows.div_ceil(rows.max(1)).min(k / MIN_PART)
    } else {
        1
    };
    needed.max(wanted)
}

/// `x` with dimension `dim` padded with `fill` at its end and split into (parts, length).
fn split_dim(rw: &mut Rewriter<'_>, x: Val, dim: usize, parts: usize, fill: f64) -> Result<Val> {
    let spec = rw.spec(x);
    let length = spec.shape[dim].div_ceil(parts);
    let mut high = vec![0; spec.shape.rank()];
    high[dim] = (parts * length - spec.shape[dim]) as i64;
    let padded = if high[dim] > 0 {
        let fill = rw.emit(Prim::Constant(Literal::scalar(spec.dtype, fill)), &[])?;
        let none = Dims::from_elem(0, spec.shape.rank());
        rw.emit(Prim::Pad { low: vec![0; high.len()], high, interior: none }, &[x, fill])?
    } else {
        x
    };
    let mut shape = spec.shape;
    shape[dim] = parts;
    shape.0.insert(dim + 1, length);
    rw.reshape(padded, shape)
}

/// A long reduction in parts.
pub(super) struct Parts {
    /// The operand, its longest run of reduced dimensions as (parts, length).
    pub x: Val,
    /// Number of parts.
    pub n: usize,
    /// The dimension of the parts.
    pub dim: usize,
    /// The dimensions that are reduced first: all but that of the parts.
    pub inner: Dims,
    /// The dimension of the parts in the first reduction's result.
    pub at: usize,
    /// Elements of the run that was split; the last part may be filled up.
    pub size: usize,
}

/// The parts in which a reduction of `x` is done; `None` where it is short.
pub(super) fn divided(
    rw: &mut Rewriter<'_>,
    kind: ReduceKind,
    dims: &[usize],
    x: Val,
    rules: &FuseRules,
) -> Result<Option<Parts>> {
    let shape = rw.spec(x).shape;
    let k: usize = dims.iter().map(|&d| shape[d]).product();
    if k == 0 || shape.size() == 0 {
        return Ok(None);
    }
    let n = parts(shape.size() / k, k, rules);
    if n <= 1 {
        return Ok(None);
    }
    // The longest run of neighbouring dimensions becomes one, which is split.
    let mut best = (0, 0, 0);
    let mut i = 0;
    while i < dims.len() {
        let mut j = i + 1;
        while j < dims.len() && dims[j] == dims[j - 1] + 1 {
            j += 1;
        }
        let size: usize = dims[i..j].iter().map(|&d| shape[d]).product();
        if size > best.0 {
            best = (size, dims[i], dims[j - 1] + 1);
        }
        i = j;
    }
    let (size, first, end) = best;
    // As many parts as divide the first dimension: nothing is padded, and places stay digits of positions.
    let fitting = (n..=8 * n).find(|n| shape[first].is_multiple_of(*n));
    let n = fitting.unwrap_or(n).min(size);
    if n <= 1 {
        return Ok(None);
    }
    let merged: Shape =
        shape[..first].iter().copied().chain([size]).chain(shape[end..].iter().copied()).collect();
    let x = rw.reshape(x, merged)?;
    let x = split_dim(rw, x, first, n, kind.identity(rw.graph().dtype(x)))?;
    // Dimension numbers after merging and splitting; the parts themselves are reduced second.
    let shift = |d: usize| if d < first { d } else { d + 2 - (end - first) };
    let mut inner: Dims = dims.iter().copied().filter(|d| !(first..end).contains(d)).map(shift).collect();
    inner.push(first + 1);
    inner.sort_unstable();
    let at = first - inner.iter().filter(|&&d| d < first).count();
    Ok(Some(Parts { x, n, dim: first, inner, at, size }))
}

pub(super) fn reduce(
    rw: &mut Rewriter<'_>,
    kind: ReduceKind,
    dims: &[usize],
    x: Val,
    rules: &FuseRules,
) -> Result<Option<Results>> {
    let Some(p) = divided(rw, kind, dims, x, rules)? else { return Ok(None) };
    let partial = rw.emit(Prim::Reduce { kind, dims: p.inner }, &[p.x])?;
    Ok(one(rw.emit(Prim::Reduce { kind, dims: [p.at].into_iter().collect() }, &[partial])?))
}

pub(super) fn cumulative(
    rw: &mut Rewriter<'_>,
    kind: ReduceKind,
    dim: usize,
    exclusive: bool,
    reverse: bool,
    x: Val,
    rules: &FuseRules,
) -> Result<Option<Results>> {
    let spec = rw.spec(x);
    let k = spec.shape[dim];
    let n = if k == 0 || spec.shape.size() == 0 { 1 } else { parts(spec.shape.size() / k, k, rules) };
    if n <= 1 {
        return Ok(None);
    }
    let split = split_dim(rw, x, dim, n, kind.identity(spec.dtype))?;
    let whole = rw.spec(split).shape;
    let local = rw.emit(Prim::Cumulative { kind, dim: dim + 1, exclusive, reverse }, &[split])?;
    let totals = rw.emit(Prim::Reduce { kind, dims: [dim + 1].into_iter().collect() }, &[split])?;
    let before = rw.emit(Prim::Cumulative { kind, dim, exclusive: true, reverse }, &[totals])?;
    let kept: Dims = (0..whole.rank()).filter(|&d| d != dim + 1).collect();
    let before = rw.emit(Prim::BroadcastInDim { shape: whole.clone(), dims: kept }, &[before])?;
    let sum = rw.ew(kind.row(), &[before, local])?;
    let mut joined = spec.shape.clone();
    joined[dim] = whole[dim] * whole[dim + 1];
    let sum = rw.reshape(sum, joined)?;
    let (start, ones) = (Dims::from_elem(0, spec.shape.rank()), Dims::from_elem(1, spec.shape.rank()));
    Ok(one(rw.emit(Prim::Slice { start, limit: spec.shape.0, stride: ones }, &[sum])?))
}

/// Smallest number of results of a contraction that keeps a device busy.
const MIN_RESULTS: usize = 2048;

/// Rows or columns from which on a contraction is computed in tiles.
pub(in crate::compiler) const THIN: usize = 4;

/// Parts of a long contraction with few results.
const PARTS: usize = 8;

pub(super) fn dot(
    rw: &mut Rewriter<'_>,
    d: &DotDims,
    x: &[Val],
    rules: &FuseRules,
) -> Result<Option<Results>> {
    let (l, r) = (rw.spec(x[0]).shape, rw.spec(x[1]).shape);
    let sizes: Vec<usize> = d.lhs_contract.iter().map(|&k| l[k]).collect();
    let k: usize = sizes.iter().product();
    let Some((which, &longest)) = sizes.iter().enumerate().max_by_key(|(_, n)| **n) else { return Ok(None) };
    let batch: usize = d.lhs_batch.iter().map(|&b| l[b]).product();
    let results = (l.size() / k.max(1)) * (r.size() / k.max(1)) / batch.max(1);
    let free = |s: &Shape| s.size() / k.max(1) / batch.max(1);
    if free(&l).min(free(&r)) >= THIN {
        // Tiles cut k by themselves.
        return Ok(None);
    }
    let needed = k.div_ceil(rules.max_row);
    // A fixed number, so that the texts of the kernels do not depend on how long the contraction is.
    let wanted = if results < MIN_RESULTS && k >= 2 * MIN_PART { PARTS } else { 1 };
    let n = needed.max(wanted).min(longest);
    if n <= 1 || !rules.split_contractions {
        return Ok(None);
    }
    let (lk, rk) = (d.lhs_contract[which], d.rhs_contract[which]);
    let (x, y) = (split_dim(rw, x[0], lk, n, 0.0)?, split_dim(rw, x[1], rk, n, 0.0)?);
    let shifted =
        |dims: &Dims, at: usize| -> Dims { dims.iter().map(|&d| if d >= at { d + 1 } else { d }).collect() };
    let mut dims = DotDims {
        lhs_batch: shifted(&d.lhs_batch, lk),
        rhs_batch: shifted(&d.rhs_batch, rk),
        lhs_contract: shifted(&d.lhs_contract, lk),
        rhs_contract: shifted(&d.rhs_contract, rk),
    };
    // The parts keep the number of the dimension they came from: one more batch dimension, last.
    dims.lhs_batch.push(lk);
    dims.rhs_batch.push(rk);
    let at = d.lhs_batch.len();
    let partial = rw.emit(Prim::DotGeneral(dims), &[x, y])?;
    Ok(one(rw.emit(Prim::Reduce { kind: ReduceKind::Sum, dims: [at].into_iter().collect() }, &[partial])?))
}

/// Adds up values.
pub(super) fn sum(rw: &mut Rewriter<'_>, x: &[Val]) -> Result<Option<Val>> {
    let mut total = None;
    for &v in x {
        total = Some(match total {
            None => v,
            Some(t) => rw.ew(Ew::Add, &[t, v])?,
        });
    }
    Ok(total)
}
