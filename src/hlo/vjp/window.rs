//! Derivatives of sliding windows.

use super::gradient_since;
use crate::error::Result;
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{ReduceKind, WindowDim};
use crate::shape::Dims;

pub(super) fn reduce(
    g: &mut Graph,
    kind: ReduceKind,
    window: &[WindowDim],
    x: Val,
    dy: Val,
) -> Result<Option<Val>> {
    Ok(match kind {
        ReduceKind::Sum => Some(sum(g, window, x, dy)?),
        ReduceKind::Max | ReduceKind::Min => {
            Some(g.select_and_scatter(x, dy, kind == ReduceKind::Max, window)?)
        }
        ReduceKind::Prod => {
            let first = g.insts().len();
            let parts = positions(g, x, window, 1.0)?;
            let mut product = parts[0];
            for &p in &parts[1..] {
                product = g.mul(product, p)?;
            }
            gradient_since(g, first, &[product], &[Some(dy)], &[x])?[0]
        }
        ReduceKind::And | ReduceKind::Or => None,
    })
}

/// Each input element collects the adjoints of the windows that hold it: a window sum over the spread adjoint.
fn sum(g: &mut Graph, window: &[WindowDim], x: Val, dy: Val) -> Result<Val> {
    let (xs, ys) = (g.shape(x).clone(), g.shape(dy).clone());
    if ys.size() == 0 {
        return g.zeros_like(x);
    }
    let low: Vec<i64> = window.iter().map(|w| w.span() as i64 - 1 - w.low).collect();
    let high: Vec<i64> = window
        .iter()
        .enumerate()
        .map(|(d, w)| xs[d] as i64 + w.span() as i64 - 1 - ((ys[d] - 1) * w.stride + 1) as i64 - low[d])
        .collect();
    let interior: Dims = window.iter().map(|w| w.stride - 1).collect();
    let zero = g.scalar(g.dtype(dy), 0.0)?;
    let spread = g.pad(dy, zero, &low, &high, &interior)?;
    let dense: Vec<WindowDim> =
        window.iter().map(|w| WindowDim { stride: 1, low: 0, high: 0, ..*w }).collect();
    g.reduce_window(ReduceKind::Sum, spread, &dense)
}

/// One value in the shape of the windows' result for each position inside the window, in row-major order of positions; `outside` stands
/// for what lies in the padding.
///
/// # Errors
/// `InvalidArgument` when the window does not fit the rank of `x`.
pub(crate) fn positions(g: &mut Graph, x: Val, window: &[WindowDim], outside: f64) -> Result<Vec<Val>> {
    let low: Vec<i64> = window.iter().map(|w| w.low).collect();
    let high: Vec<i64> = window.iter().map(|w| w.high).collect();
    let counts: Dims = window.iter().zip(g.shape(x).iter()).map(|(w, &n)| w.count(n)).collect();
    let outside = g.scalar(g.dtype(x), outside)?;
    let padded = g.pad(x, outside, &low, &high, &Dims::from_elem(0, window.len()))?;
    let sizes: crate::Shape = window.iter().map(|w| w.size).collect();
    let stride: Dims = window.iter().map(|w| w.stride).collect();
    (0..sizes.size())
        .map(|k| {
            let at = sizes.unravel(k);
            let start: Dims = window.iter().zip(&at).map(|(w, &k)| k * w.dilation).collect();
            let end =
                |d: usize| if counts[d] == 0 { start[d] } else { start[d] + (counts[d] - 1) * stride[d] + 1 };
            let limit: Dims = (0..window.len()).map(end).collect();
            g.slice(padded, &start, &limit, &stride)
        })
        .collect()
}

/// The adjoint at the first maximum (or minimum) of each window: the transpose of select_and_scatter in its source.
pub(super) fn selected(g: &mut Graph, max: bool, window: &[WindowDim], x: Val, dy: Val) -> Result<Val> {
    let kind = if max { ReduceKind::Max } else { ReduceKind::Min };
    let bound = kind.identity(g.dtype(x));
    let (keys, values) = (positions(g, x, window, bound)?, positions(g, dy, window, 0.0)?);
    let (mut key, mut value) = (keys[0], values[0]);
    for (&k, &v) in keys[1..].iter().zip(&values[1..]) {
        let better = if max { g.gt(k, key)? } else { g.lt(k, key)? };
        key = g.select(better, k, key)?;
        value = g.select(better, v, value)?;
    }
    Ok(value)
}
