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
fn allowed(g: &mut Graph, a: &Attention, x: &[Val], mask: Option<Val>) -> Result<Option<Val>> {
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
fn scores(g: &mut Graph, a: &Attention, x: &[Val], mask: Option<Val>) -> Result<(Val, Option<Val>)> {
    let dots = over_features(g, x[0], x[1])?;
    let scale = g.full_like(dots, a.scale())?;
    let scaled = g.mul(dots, scale)?;
    let allowed = allowed(g, a, x, mask)?;
    let Some(m) = allowed else { return Ok((scaled, None)) };
    let low = g.full_like(scaled, LEFT_OUT)?;
    Ok((g.select(m, scaled, low)?, allowed))
}

/// Rows' maxima, exponentials of scores above them, and the sums of those.
fn exponentials(g: &mut Graph, s: Val) -> Result<[Val; 3]> {
    let shape = g.shape(s).clone();
    let top = g.reduce(ReduceKind::Max, s, &[3])?;
    let tops = g.repeat_over(top, &shape, &[3])?;
    let shifted = g.sub(s, tops)?;
    let e = g.exp(shifted)?;
    Ok([top, e, g.reduce(ReduceKind::Sum, e, &[3])?])
}

/// [`Prim::Attention`] or one of its adjoints in other primitives.
///
/// # Errors
/// As inference.
pub fn plain(prim: &Prim, a: &Attention, specs: &[Spec]) -> Result<Graph> {
    let mut g = Graph::new();
    let x: Vec<Val> = specs.iter().map(|s| g.parameter(s.clone())).collect();
    let outputs = match prim {
        Prim::Attention(_) => vec![weighted(&mut g, a, &x)?],
        Prim::AttentionQueries(_) => of_queries(&mut g, a, &x)?,
        _ => of_keys(&mut g, a, &x)?,
    };
    g.set_outputs(outputs);
    Ok(g)
}

fn weighted(g: &mut Graph, a: &Attention, x: &[Val]) -> Result<Val> {
    let (s, _) = scores(g, a, x, x.get(3).copied())?;
    let shape = g.shape(s).clone();
    let [_, e, sum] = exponentials(g, s)?;
    let sums = g.repeat_over(sum, &shape, &[3])?;
    let weights = g.div(e, sums)?;
    over_rows(g, weights, x[2], false)
}

/// Queries, keys, values, results, adjoints of results, a mask: adjoints of queries, and what there is to know of rows.
fn of_queries(g: &mut Graph, a: &Attention, x: &[Val]) -> Result<Vec<Val>> {
    let (s, allowed) = scores(g, a, x, x.get(5).copied())?;
    let [top, e, sum] = exponentials(g, s)?;
    let product = g.mul(x[4], x[3])?;
    let dots = g.reduce(ReduceKind::Sum, product, &[3])?;
    let dots = g.transpose(dots, &[0, 2, 1])?;
    let row = g.shape(top).clone();
    let each = [top, sum, dots].map(|v| g.reshape(v, [row[0], row[1], 1, row[2]]));
    let [top, of_sum, of_dots] = each;
    let rows = g.concatenate(&[top?, of_sum?, of_dots?], 2)?;
    let shape = g.shape(s).clone();
    let sums = g.repeat_over(sum, &shape, &[3])?;
    let weights = g.div(e, sums)?;
    let ds = of_scores(g, a, x, [x[4], weights, dots], allowed)?;
    Ok(vec![over_rows(g, ds, x[1], false)?, rows])
}

/// Queries, keys, values, adjoints of results, rows, a mask: adjoints of keys and values.
fn of_keys(g: &mut Graph, a: &Attention, x: &[Val]) -> Result<Vec<Val>> {
    let (s, allowed) = scores(g, a, x, x.get(5).copied())?;
    let shape = g.shape(s).clone();
    let row = g.shape(x[4]).clone();
    let each = [0, 1, 2].map(|k| {
        let part = g.slice_in_dim(x[4], 2, k, k + 1)?;
        g.reshape(part, [row[0], row[1], row[3]])
    });
    let [top, sum, dots] = each;
    let (top, sum) = (g.repeat_over(top?, &shape, &[3])?, g.repeat_over(sum?, &shape, &[3])?);
    let shifted = g.sub(s, top)?;
    let e = g.exp(shifted)?;
    let weights = g.div(e, sum)?;
    let ds = of_scores(g, a, x, [x[3], weights, dots?], allowed)?;
    Ok(vec![over_rows(g, ds, x[0], true)?, over_rows(g, weights, x[3], true)?])
}

/// Adjoints of products of queries and keys, of the adjoints of results, the weights and the rows' sums.
fn of_scores(
    g: &mut Graph,
    a: &Attention,
    x: &[Val],
    [dy, weights, dots]: [Val; 3],
    allowed: Option<Val>,
) -> Result<Val> {
    let dp = over_features(g, dy, x[2])?;
    let shape = g.shape(dp).clone();
    let dots = g.repeat_over(dots, &shape, &[3])?;
    let less = g.sub(dp, dots)?;
    let mut ds = g.mul(weights, less)?;
    if let Some(m) = allowed {
        let zero = g.zeros_like(ds)?;
        ds = g.select(m, ds, zero)?;
    }
    let scale = g.full_like(ds, a.scale())?;
    g.mul(ds, scale)
}

/// The adjoints of queries, keys and values: weights are computed again, first row by row, then column by column.
pub(super) fn adjoints(
    g: &mut Graph,
    a: &Attention,
    x: &[Val],
    y: Val,
    dy: Option<Val>,
) -> Result<Vec<Option<Val>>> {
    let Some(dy) = dy else { return Ok(vec![None; x.len()]) };
    let (mask, with) = (&x[3..], |own: &[Val]| [&x[..3], own, &x[3..]].concat());
    let of_queries = g.push_multi(Prim::AttentionQueries(*a), &with(&[y, dy]))?;
    let of_keys = g.push_multi(Prim::AttentionKeys(*a), &with(&[dy, of_queries[1]]))?;
    let mut all = vec![Some(of_queries[0]), Some(of_keys[0]), Some(of_keys[1])];
    all.extend(mask.iter().map(|_| None));
    Ok(all)
}

impl Graph {
    /// See [`Prim::Attention`].
    ///
    /// # Errors
    /// `InvalidArgument` for operands that do not fit.
    pub fn attention(&mut self, a: Attention, x: &[Val]) -> Result<Val> {
        self.push(Prim::Attention(a), x)
    }
}
