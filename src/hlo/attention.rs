//! Attention in other primitives: what it means for passes without a kernel of it, and its derivative.

use super::graph::{Graph, Val};
use super::prim::{Attention, DotDims, Prim, ReduceKind, Spec};
use crate::dtype::DType;
use crate::error::Result;
use smallvec::smallvec;

/// What stands for scores that are left out: Keras' number, as float32 holds it, so that a row of nothing else weighs all keys alike.
pub const LEFT_OUT: f64 = (3.38953e38 * -0.7) as f32 as f64;

/// `[b, t, n, h] x [b, s, n, h]` over the batch and heads: `[b, n, t, s]`.
fn over_features(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let dims = DotDims {
        lhs_batch: smallvec![0, 2],
        rhs_batch: smallvec![0, 2],
        lhs_contract: smallvec![3],
        rhs_contract: smallvec![3],
    };
    g.dot_general(x, y, dims)
}

/// `[b, n, t, s] x [b, s, n, v]` over keys, or over queries where `queries`: `[b, t, n, v]`.
fn over_rows(g: &mut Graph, weights: Val, x: Val, queries: bool) -> Result<Val> {
    let dims = DotDims {
        lhs_batch: smallvec![0, 1],
        rhs_batch: smallvec![0, 2],
        lhs_contract: smallvec![if queries { 2 } else { 3 }],
        rhs_contract: smallvec![1],
    };
    let y = g.dot_general(weights, x, dims)?;
    g.transpose(y, &[0, 2, 1, 3])
}

/// Where scores count: `None` where all do.
fn allowed(g: &mut Graph, a: &Attention, x: &[Val]) -> Result<Option<Val>> {
    let mask = x.get(3).copied();
    if !a.causal {
        return Ok(mask);
    }
    let (q, k) = (g.shape(x[0]).clone(), g.shape(x[1]).clone());
    let shape = [q[0], q[2], q[1], k[1]];
    let (t, s) = (g.iota(DType::Int32, shape, 2)?, g.iota(DType::Int32, shape, 3)?);
    let before = g.ge(t, s)?;
    Ok(Some(match mask {
        Some(m) => g.and(m, before)?,
        None => before,
    }))
}

/// Scores, and where they count.
fn scores(g: &mut Graph, a: &Attention, x: &[Val]) -> Result<(Val, Option<Val>)> {
    let dots = over_features(g, x[0], x[1])?;
    let scale = g.full_like(dots, a.scale())?;
    let scaled = g.mul(dots, scale)?;
    let allowed = allowed(g, a, x)?;
    let Some(m) = allowed else { return Ok((scaled, None)) };
    let low = g.full_like(scaled, LEFT_OUT)?;
    Ok((g.select(m, scaled, low)?, allowed))
}

/// [`Prim::Attention`] in other primitives.
///
/// # Errors
/// As inference.
pub fn plain(a: &Attention, specs: &[Spec]) -> Result<Graph> {
    let mut g = Graph::new();
    let x: Vec<Val> = specs.iter().map(|s| g.parameter(s.clone())).collect();
    let (s, _) = scores(&mut g, a, &x)?;
    let shape = g.shape(s).clone();
    let top = g.reduce(ReduceKind::Max, s, &[3])?;
    let tops = g.repeat_over(top, &shape, &[3])?;
    let shifted = g.sub(s, tops)?;
    let e = g.exp(shifted)?;
    let sum = g.reduce(ReduceKind::Sum, e, &[3])?;
    let sums = g.repeat_over(sum, &shape, &[3])?;
    let weights = g.div(e, sums)?;
    let y = over_rows(&mut g, weights, x[2], false)?;
    g.set_outputs(vec![y, top, sum]);
    Ok(g)
}

/// The adjoints of queries, keys and values: weights are computed again from the rows' maxima and sums.
pub(super) fn adjoints(
    g: &mut Graph,
    a: &Attention,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Vec<Option<Val>>> {
    let (s, allowed) = scores(g, a, x)?;
    let shape = g.shape(s).clone();
    let over_keys = |g: &mut Graph, v: Val| g.repeat_over(v, &shape, &[3]);
    let (top, sum) = (over_keys(g, y[1])?, over_keys(g, y[2])?);
    let shifted = g.sub(s, top)?;
    let e = g.exp(shifted)?;
    let mut ds: Option<Val> = None;
    let mut dv = None;
    if let Some(d) = dy[0] {
        let weights = g.div(e, sum)?;
        let dp = over_features(g, d, x[2])?;
        let product = g.mul(d, y[0])?;
        let row = g.reduce(ReduceKind::Sum, product, &[3])?;
        let row = g.transpose(row, &[0, 2, 1])?;
        let row = over_keys(g, row)?;
        let less = g.sub(dp, row)?;
        ds = Some(g.mul(weights, less)?);
        dv = Some(over_rows(g, weights, d, true)?);
    }
    let add = |g: &mut Graph, sum: Option<Val>, v: Val| match sum {
        Some(s) => g.add(s, v),
        None => Ok(v),
    };
    // Of the maximum: itself, and what the sum loses where it grows.
    let mut dtop = dy[1];
    if let Some(d) = dy[2] {
        let lost = g.mul(d, y[2])?;
        let lost = g.neg(lost)?;
        dtop = Some(add(g, dtop, lost)?);
        let d = over_keys(g, d)?;
        let part = g.mul(d, e)?;
        ds = Some(add(g, ds, part)?);
    }
    if let Some(d) = dtop {
        // Not the maxima that are given: another kernel's scores may be rounded otherwise.
        let largest = g.reduce_over(ReduceKind::Max, s, &[3])?;
        let at = g.eq(s, largest)?;
        let at = g.convert(at, g.dtype(s))?;
        let count = g.reduce_over(ReduceKind::Sum, at, &[3])?;
        let share = g.div(at, count)?;
        let d = over_keys(g, d)?;
        let part = g.mul(share, d)?;
        ds = Some(add(g, ds, part)?);
    }
    let Some(mut ds) = ds else { return Ok(vec![None; x.len()]) };
    if let Some(m) = allowed {
        let zero = g.zeros_like(ds)?;
        ds = g.select(m, ds, zero)?;
    }
    let scale = g.full_like(ds, a.scale())?;
    let ds = g.mul(ds, scale)?;
    let dq = over_rows(g, ds, x[1], false)?;
    let dk = over_rows(g, ds, x[0], true)?;
    let mut all = vec![Some(dq), Some(dk), dv];
    all.resize(x.len(), None);
    Ok(all)
}

impl Graph {
    /// See [`Prim::Attention`]: weighted values, maxima and sums.
    ///
    /// # Errors
    /// `InvalidArgument` for operands that do not fit.
    pub fn attention(&mut self, a: Attention, x: &[Val]) -> Result<[Val; 3]> {
        let r = self.push_multi(Prim::Attention(a), x)?;
        Ok([r[0], r[1], r[2]])
    }
}
