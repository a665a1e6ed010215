//! Derivatives of index maps.

use super::Adjoints;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{GatherMode, Prim, ReduceKind, ScatterKind};
use crate::shape::Dims;
use smallvec::smallvec;

pub(super) fn adjoints(g: &mut Graph, prim: &Prim, x: &[Val], y: Val, dy: Val) -> Result<Adjoints> {
    let shape = g.shape(x[0]).clone();
    let rank = shape.rank();
    Ok(match prim {
        Prim::Convert(_) if g.dtype(dy).is_differentiable() => smallvec![Some(g.convert(dy, g.dtype(x[0]))?)],
        Prim::Reshape(_) => smallvec![Some(g.reshape(dy, shape)?)],
        Prim::BroadcastInDim { dims, .. } => {
            let out = g.shape(y).clone();
            let repeated = |d: &usize| dims.iter().position(|k| k == d).is_none_or(|i| shape[i] != out[*d]);
            let summed: Dims = (0..out.rank()).filter(repeated).collect();
            let sum = g.reduce(ReduceKind::Sum, dy, &summed)?;
            // What is left stands in the order of the result's dimensions.
            let mut kept: Vec<usize> = (0..rank).filter(|&i| !summed.contains(&dims[i])).collect();
            kept.sort_by_key(|&i| dims[i]);
            let mut order: Vec<usize> = (0..kept.len()).collect();
            order.sort_by_key(|&k| kept[k]);
            let sum = g.transpose(sum, &order)?;
            smallvec![Some(g.reshape(sum, shape)?)]
        }
        Prim::Transpose { perm } => {
            let mut inverse: Dims = smallvec![0; rank];
            perm.iter().enumerate().for_each(|(i, &p)| inverse[p] = i);
            smallvec![Some(g.transpose(dy, &inverse)?)]
        }
        Prim::Reverse { dims } => smallvec![Some(g.reverse(dy, dims)?)],
        Prim::Slice { start, stride, .. } => {
            let len = g.shape(y).clone();
            let low: Vec<i64> = start.iter().map(|&s| s as i64).collect();
            let spread = |d: usize| if len[d] == 0 { 0 } else { (len[d] - 1) * stride[d] + 1 };
            let high: Vec<i64> = (0..rank).map(|d| shape[d] as i64 - low[d] - spread(d) as i64).collect();
            let interior: Dims = stride.iter().map(|s| s - 1).collect();
            let zero = g.scalar(g.dtype(dy), 0.0)?;
            smallvec![Some(g.pad(dy, zero, &low, &high, &interior)?)]
        }
        Prim::Pad { low, high, interior } => {
            let zero = g.scalar(g.dtype(dy), 0.0)?;
            let negate = |p: &[i64]| p.iter().map(|p| -p).collect::<Vec<_>>();
            let inner = g.pad(dy, zero, &negate(low), &negate(high), &Dims::from_elem(0, rank))?;
            let limit = g.shape(inner).clone();
            let stride: Dims = interior.iter().map(|p| p + 1).collect();
            let dx = g.slice(inner, &Dims::from_elem(0, rank), &limit, &stride)?;
            let all: Dims = (0..rank).collect();
            let (total, own) = (g.reduce(ReduceKind::Sum, dy, &all)?, g.reduce(ReduceKind::Sum, dx, &all)?);
            smallvec![Some(dx), Some(g.sub(total, own)?)]
        }
        Prim::Concatenate { dim } => {
            let mut at = 0;
            let mut parts = Adjoints::new();
            for &x in x {
                let n = g.shape(x)[*dim];
                parts.push(Some(g.slice_in_dim(dy, *dim, at, at + n)?));
                at += n;
            }
            parts
        }
        Prim::DynamicSlice { .. } => {
            let zeros = g.zeros_like(x[0])?;
            smallvec![Some(g.dynamic_update_slice(zeros, dy, x[1])?), None]
        }
        Prim::DynamicUpdateSlice => {
            let sizes = g.shape(x[1]).clone();
            let zeros = g.zeros_like(x[1])?;
            let dx = g.dynamic_update_slice(dy, zeros, x[2])?;
            smallvec![Some(dx), Some(g.dynamic_slice(dy, x[2], &sizes)?), None]
        }
        Prim::Gather { axes, batch, mode } => {
            let indices = match mode {
                GatherMode::Fill => x[1],
                GatherMode::Clip => clip(g, x[1], &axes.iter().map(|&a| shape[a]).collect::<Vec<_>>())?,
            };
            let zeros = g.zeros_like(x[0])?;
            let kind = ScatterKind::Combine(ReduceKind::Sum);
            smallvec![Some(g.scatter(kind, zeros, indices, dy, axes, *batch)?), None]
        }
        Prim::Scatter { kind, axes, batch } => scatter(g, *kind, axes, *batch, x, y, dy)?,
        _ => Adjoints::from_elem(None, x.len()),
    })
}

/// Index vectors moved into `[0, size)` component by component.
fn clip(g: &mut Graph, indices: Val, sizes: &[usize]) -> Result<Val> {
    let shape = g.shape(indices).clone();
    let last = shape.rank() - 1;
    let hi = g.i32_vector(&sizes.iter().map(|&n| n as i64 - 1).collect::<Vec<_>>())?;
    let hi = g.broadcast_in_dim(hi, shape, &[last])?;
    let lo = g.zeros_like(indices)?;
    g.clamp(lo, indices, hi)
}

fn scatter(
    g: &mut Graph,
    kind: ScatterKind,
    axes: &[usize],
    batch: usize,
    x: &[Val],
    y: Val,
    dy: Val,
) -> Result<Adjoints> {
    let (operand, indices, updates) = (x[0], x[1], x[2]);
    let at = |g: &mut Graph, v: Val| g.gather(v, indices, axes, batch, GatherMode::Fill);
    let sum = ScatterKind::Combine(ReduceKind::Sum);
    let (dx, du) = match kind {
        ScatterKind::Combine(ReduceKind::Sum) => (dy, at(g, dy)?),
        ScatterKind::Set => {
            let zeros = g.zeros_like(updates)?;
            let dx = g.scatter(ScatterKind::Set, dy, indices, zeros, axes, batch)?;
            // Of updates to one place only the last counts: number them, scatter the numbers, see which come back.
            let (spec, n) = (g.spec(updates).clone(), g.shape(updates).size());
            let numbers = g.iota(DType::Int32, [n], 0)?;
            let numbers = g.reshape(numbers, spec.shape)?;
            let none = g.full(DType::Int32, g.shape(operand).clone(), -1.0)?;
            let winners = g.scatter(ScatterKind::Set, none, indices, numbers, axes, batch)?;
            let winners = at(g, winners)?;
            let won = g.eq(winners, numbers)?;
            let d = at(g, dy)?;
            (dx, g.select(won, d, zeros)?)
        }
        ScatterKind::Combine(ReduceKind::Prod) => {
            let ones = g.ones_like(operand)?;
            let factor = g.scatter(kind, ones, indices, updates, axes, batch)?;
            let dx = g.mul(dy, factor)?;
            let whole = g.mul(dy, y)?;
            let whole = at(g, whole)?;
            (dx, g.div(whole, updates)?)
        }
        ScatterKind::Combine(_) => {
            let here = at(g, y)?;
            let (won, stayed) = (g.eq(updates, here)?, g.eq(operand, y)?);
            let dtype = g.dtype(dy);
            let (won, stayed) = (g.convert(won, dtype)?, g.convert(stayed, dtype)?);
            let count = g.scatter(sum, stayed, indices, won, axes, batch)?;
            let one = g.ones_like(count)?;
            let count = g.max(count, one)?;
            let share = g.div(dy, count)?;
            let dx = g.mul(share, stayed)?;
            let share = at(g, share)?;
            (dx, g.mul(share, won)?)
        }
    };
    Ok(smallvec![Some(dx), None, Some(du)])
}
