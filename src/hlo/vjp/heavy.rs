//! Derivatives of contractions, reductions, scans and sorts.

use super::{Adjoints, window};
use crate::error::{Error, Result};
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{Conv, ConvLayout, DotDims, Prim, ReduceKind, ScatterKind, WindowDim};
use crate::shape::{Dims, Shape};
use smallvec::smallvec;

pub(super) fn adjoints(g: &mut Graph, prim: &Prim, x: &[Val], y: Val, dy: Val) -> Result<Adjoints> {
    Ok(match prim {
        Prim::DotGeneral(d) => {
            let (dx, dw) = (dot_lhs(g, d, x, dy)?, dot_rhs(g, d, x, dy)?);
            smallvec![Some(dx), Some(dw)]
        }
        Prim::Convolution(c) => {
            let (dx, dw) = (conv_lhs(g, c, x, dy)?, conv_rhs(g, c, x, dy)?);
            smallvec![Some(dx), Some(dw)]
        }
        Prim::Reduce { kind, dims } => smallvec![reduce(g, *kind, dims, x[0], y, dy)?],
        Prim::ReduceWindow { kind, window: w } => smallvec![window::reduce(g, *kind, w, x[0], dy)?],
        Prim::SelectAndScatter { max, window: w } => {
            smallvec![None, Some(window::selected(g, *max, w, x[0], dy)?)]
        }
        Prim::Cumulative { kind, dim, exclusive, reverse } => {
            smallvec![Some(cumulative(g, *kind, *dim, *exclusive, *reverse, x[0], y, dy)?)]
        }
        _ => Adjoints::from_elem(None, x.len()),
    })
}

fn reduce(g: &mut Graph, kind: ReduceKind, dims: &[usize], x: Val, y: Val, dy: Val) -> Result<Option<Val>> {
    let shape = g.shape(x).clone();
    let d = g.repeat_over(dy, &shape, dims)?;
    Ok(match kind {
        ReduceKind::Sum => Some(d),
        ReduceKind::Max | ReduceKind::Min => {
            // Equal shares for all places that reach the bound.
            let bound = g.repeat_over(y, &shape, dims)?;
            let at = g.eq(x, bound)?;
            let at = g.convert(at, g.dtype(x))?;
            let count = g.reduce_over(ReduceKind::Sum, at, dims)?;
            let share = g.div(at, count)?;
            Some(g.mul(share, d)?)
        }
        ReduceKind::Prod => {
            // The product of all others, exact where there are zeros: running products from both sides.
            let kept: Vec<usize> = (0..shape.rank()).filter(|d| !dims.contains(d)).collect();
            let perm: Vec<usize> = kept.iter().chain(dims).copied().collect();
            let rows: usize = kept.iter().map(|&d| shape[d]).product();
            let n = shape.size() / rows.max(1);
            let moved = g.transpose(x, &perm)?;
            let turned = g.shape(moved).clone();
            let flat = g.reshape(moved, [rows, n])?;
            let left = g.cumulative(ReduceKind::Prod, flat, 1, true, false)?;
            let right = g.cumulative(ReduceKind::Prod, flat, 1, true, true)?;
            let others = g.mul(left, right)?;
            let others = g.reshape(others, turned)?;
            let mut inverse: Dims = smallvec![0; perm.len()];
            perm.iter().enumerate().for_each(|(i, &p)| inverse[p] = i);
            let others = g.transpose(others, &inverse)?;
            Some(g.mul(others, d)?)
        }
        ReduceKind::And | ReduceKind::Or => None,
    })
}

#[expect(clippy::too_many_arguments, reason = "the attributes of one primitive")]
fn cumulative(
    g: &mut Graph,
    kind: ReduceKind,
    dim: usize,
    exclusive: bool,
    reverse: bool,
    x: Val,
    y: Val,
    dy: Val,
) -> Result<Val> {
    match kind {
        ReduceKind::Sum => g.cumulative(kind, dy, dim, exclusive, !reverse),
        ReduceKind::Prod => {
            let weighted = g.mul(y, dy)?;
            let sum = g.cumulative(ReduceKind::Sum, weighted, dim, exclusive, !reverse)?;
            g.div(sum, x)
        }
        _ => Err(Error::unimplemented("cumulative", format_args!("the derivative of a running {kind:?}"))),
    }
}

/// Permutes a result whose dimensions are those of an operand in the order `order` into that operand's own order.
fn into_order(g: &mut Graph, v: Val, order: &[usize]) -> Result<Val> {
    let mut perm: Dims = smallvec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &d)| perm[d] = i);
    g.transpose(v, &perm)
}

fn free(rank: usize, a: &[usize], b: &[usize]) -> Dims {
    (0..rank).filter(|d| !a.contains(d) && !b.contains(d)).collect()
}

/// Contracted dimensions of one operand sorted as the other's: the order in which they appear in the adjoint of the other.
fn partner_order(own: &[usize], partner: &[usize]) -> Dims {
    let mut pairs: Vec<_> = partner.iter().zip(own).collect();
    pairs.sort();
    pairs.into_iter().map(|(_, &o)| o).collect()
}

fn dot_lhs(g: &mut Graph, d: &DotDims, x: &[Val], dy: Val) -> Result<Val> {
    let (lhs_free, rhs_free) = (
        free(g.rank(x[0]), &d.lhs_batch, &d.lhs_contract),
        free(g.rank(x[1]), &d.rhs_batch, &d.rhs_contract),
    );
    let (b, m) = (d.lhs_batch.len(), lhs_free.len());
    let dims = DotDims {
        lhs_batch: (0..b).collect(),
        rhs_batch: d.rhs_batch.clone(),
        lhs_contract: (b + m..b + m + rhs_free.len()).collect(),
        rhs_contract: rhs_free,
    };
    let r = g.dot_general(dy, x[1], dims)?;
    let contract = partner_order(&d.lhs_contract, &d.rhs_contract);
    let order: Dims = d.lhs_batch.iter().chain(&lhs_free).chain(&contract).copied().collect();
    into_order(g, r, &order)
}

fn dot_rhs(g: &mut Graph, d: &DotDims, x: &[Val], dy: Val) -> Result<Val> {
    let (lhs_free, rhs_free) = (
        free(g.rank(x[0]), &d.lhs_batch, &d.lhs_contract),
        free(g.rank(x[1]), &d.rhs_batch, &d.rhs_contract),
    );
    let b = d.lhs_batch.len();
    let dims = DotDims {
        lhs_batch: d.lhs_batch.clone(),
        rhs_batch: (0..b).collect(),
        rhs_contract: (b..b + lhs_free.len()).collect(),
        lhs_contract: lhs_free,
    };
    let r = g.dot_general(x[0], dy, dims)?;
    let contract = partner_order(&d.rhs_contract, &d.lhs_contract);
    let order: Dims = d.rhs_batch.iter().chain(&contract).chain(&rhs_free).copied().collect();
    into_order(g, r, &order)
}

fn spread(n: usize, by: usize) -> i64 {
    if n == 0 { 0 } else { ((n - 1) * by + 1) as i64 }
}

/// Splits `groups` off the front of dimension `from` and joins them to the front of dimension `to`.
fn regroup(g: &mut Graph, x: Val, from: usize, to: usize, groups: usize) -> Result<Val> {
    let mut split = g.shape(x).clone();
    split[from] /= groups;
    let mut joined = split.clone();
    joined[to] *= groups;
    split.0.insert(from, groups);
    let x = g.reshape(x, split.clone())?;
    let mut perm: Dims = (0..split.rank()).filter(|&d| d != from).collect();
    perm.insert(to, from);
    let x = g.transpose(x, &perm)?;
    g.reshape(x, joined)
}

fn swapped(l: &ConvLayout) -> ConvLayout {
    ConvLayout { major: l.minor, minor: l.major, spatial: l.spatial.clone() }
}

fn conv_lhs(g: &mut Graph, c: &Conv, x: &[Val], dy: Val) -> Result<Val> {
    let groups = c.feature_groups.max(c.batch_groups);
    let kernel = if groups > 1 { regroup(g, x[1], c.rhs.minor, c.rhs.major, groups)? } else { x[1] };
    let kernel = g.reverse(kernel, &c.rhs.spatial)?;
    let (xs, ys) = (g.shape(x[0]).clone(), g.shape(dy).clone());
    let window = c.window.iter().enumerate().map(|(d, w)| {
        let low = w.span() as i64 - w.low - 1;
        let total = spread(xs[c.lhs.spatial[d]], c.lhs_dilation[d]) + w.span() as i64
            - 1
            - spread(ys[c.out.spatial[d]], w.stride);
        WindowDim { size: w.size, stride: c.lhs_dilation[d], dilation: w.dilation, low, high: total - low }
    });
    let conv = Conv {
        window: window.collect(),
        lhs_dilation: c.window.iter().map(|w| w.stride).collect(),
        lhs: c.out.clone(),
        rhs: swapped(&c.rhs),
        out: c.lhs.clone(),
        feature_groups: groups,
        batch_groups: 1,
    };
    let dx = g.convolution(dy, kernel, conv)?;
    if c.batch_groups > 1 { regroup(g, dx, c.lhs.minor, c.lhs.major, c.batch_groups) } else { Ok(dx) }
}

fn conv_rhs(g: &mut Graph, c: &Conv, x: &[Val], dy: Val) -> Result<Val> {
    let (xs, ys): (Shape, Shape) = (g.shape(x[0]).clone(), g.shape(dy).clone());
    let window = c.window.iter().enumerate().map(|(d, w)| {
        let out = ys[c.out.spatial[d]];
        let high = spread(out, w.stride) - spread(xs[c.lhs.spatial[d]], c.lhs_dilation[d]) + w.span() as i64
            - w.low
            - 1;
        WindowDim { size: out, stride: w.dilation, dilation: w.stride, low: w.low, high }
    });
    let conv = Conv {
        window: window.collect(),
        lhs_dilation: c.lhs_dilation.clone(),
        lhs: swapped(&c.lhs),
        rhs: c.out.clone(),
        out: c.rhs.clone(),
        feature_groups: c.batch_groups,
        batch_groups: c.feature_groups,
    };
    g.convolution(x[0], dy, conv)
}

/// Sort and top_k: their results come from places, to which the adjoints go back.
pub(super) fn sorted(
    g: &mut Graph,
    prim: &Prim,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    let shape = g.shape(x[0]).clone();
    let (dim, places) = match prim {
        Prim::TopK { .. } => (shape.rank() - 1, y[1]),
        Prim::Sort { dim, descending } => (*dim, g.arg_sort(x[0], *dim, *descending)?),
        _ => return Err(Error::internal(prim.name(), "not a sort")),
    };
    let mut dx = Adjoints::from_elem(None, x.len());
    for (i, slot) in dx.iter_mut().enumerate() {
        if let Some(Some(d)) = dy.get(i) {
            *slot = Some(unsort(g, x[i], places, *d, dim)?);
        }
    }
    Ok(dx)
}

fn unsort(g: &mut Graph, x: Val, places: Val, d: Val, dim: usize) -> Result<Val> {
    let rank = g.rank(x);
    // All dimensions before the last index vector's are batch dimensions once `dim` is last.
    let mut perm: Dims = (0..rank).filter(|&k| k != dim).collect();
    perm.push(dim);
    let (d, places) = (g.transpose(d, &perm)?, g.transpose(places, &perm)?);
    let zeros = g.zeros_like(x)?;
    let zeros = g.transpose(zeros, &perm)?;
    let indices = g.expand_dims(places, &[rank])?;
    let r = g.scatter(ScatterKind::Combine(ReduceKind::Sum), zeros, indices, d, &[rank - 1], rank - 1)?;
    into_order(g, r, &perm)
}
