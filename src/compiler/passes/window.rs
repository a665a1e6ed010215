//! Small windows written out: one view of the operand for each position inside the window.

use super::expand::one;
use super::split::sum;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::rewrite::{Results, Rewriter};
use crate::hlo::{Conv, ConvLayout, Ew, Literal, Prim, ReduceKind, Spec, Val, WindowDim};
use crate::shape::{Dims, Shape};

/// Most positions that are written out.
const MAX_POSITIONS: usize = 32;

fn positions(window: &[WindowDim]) -> Shape {
    window.iter().map(|w| w.size).collect()
}

/// For each position inside the window, the operand's elements there, in the shape of the windows' result.
fn parts(
    rw: &mut Rewriter<'_>,
    x: Val,
    window: &[WindowDim],
    dilation: &[usize],
    outside: f64,
) -> Result<Vec<Val>> {
    let spec = rw.spec(x);
    let (low, high): (Vec<i64>, Vec<i64>) = window.iter().map(|w| (w.low, w.high)).unzip();
    let interior: Dims = dilation.iter().map(|d| d - 1).collect();
    let none = low.iter().chain(&high).all(|&p| p == 0) && interior.iter().all(|&p| p == 0);
    let padded = if none {
        x
    } else {
        let outside = rw.emit(Prim::Constant(Literal::scalar(spec.dtype, outside)), &[])?;
        rw.emit(Prim::Pad { low, high, interior }, &[x, outside])?
    };
    let shape = rw.spec(padded).shape;
    let dense = |w: &WindowDim| WindowDim { low: 0, high: 0, ..*w };
    let counts: Vec<usize> = window.iter().zip(shape.iter()).map(|(w, &n)| dense(w).count(n)).collect();
    let sizes = positions(window);
    (0..sizes.size())
        .map(|k| {
            let start: Dims = window.iter().zip(sizes.unravel(k)).map(|(w, k)| k * w.dilation).collect();
            let end = |d: usize| {
                if counts[d] == 0 { start[d] } else { start[d] + (counts[d] - 1) * window[d].stride + 1 }
            };
            let limit: Dims = (0..window.len()).map(end).collect();
            let stride = window.iter().map(|w| w.stride).collect();
            rw.emit(Prim::Slice { start, limit, stride }, &[padded])
        })
        .collect()
}

pub(super) fn reduce(
    rw: &mut Rewriter<'_>,
    kind: ReduceKind,
    window: &[WindowDim],
    x: Val,
) -> Result<Option<Results>> {
    if positions(window).size() > MAX_POSITIONS {
        return Ok(None);
    }
    let identity = kind.identity(rw.graph().dtype(x));
    let parts = parts(rw, x, window, &Dims::from_elem(1, window.len()), identity)?;
    let mut total = parts[0];
    for &p in &parts[1..] {
        total = rw.ew(kind.row(), &[total, p])?;
    }
    Ok(one(total))
}

/// The number, in row-major order, of the position that holds each window's first extremum.
fn chosen(rw: &mut Rewriter<'_>, max: bool, window: &[WindowDim], x: Val) -> Result<Val> {
    let dtype = rw.graph().dtype(x);
    let kind = if max { ReduceKind::Max } else { ReduceKind::Min };
    let keys = parts(rw, x, window, &Dims::from_elem(1, window.len()), kind.identity(dtype))?;
    let spec = Spec::new(DType::Int32, rw.spec(keys[0]).shape);
    let (mut best, mut at) = (keys[0], rw.fill(&spec, 0.0)?);
    for (k, &key) in keys.iter().enumerate().skip(1) {
        let better = rw.ew(if max { Ew::Gt } else { Ew::Lt }, &[key, best])?;
        let number = rw.fill(&spec, k as f64)?;
        best = rw.ew(Ew::Select, &[better, key, best])?;
        at = rw.ew(Ew::Select, &[better, number, at])?;
    }
    Ok(at)
}

pub(super) fn select_and_scatter(
    rw: &mut Rewriter<'_>,
    max: bool,
    window: &[WindowDim],
    x: &[Val],
) -> Result<Option<Results>> {
    let (operand, source) = (rw.spec(x[0]), rw.spec(x[1]));
    if source.shape.size() == 0 {
        return Ok(one(rw.fill(&operand, 0.0)?));
    }
    let at = chosen(rw, max, window, x[0])?;
    let apart = |w: &WindowDim| w.size == w.stride && w.dilation == 1 && w.low == 0;
    if window.iter().all(apart) {
        tiled(rw, window, &operand, at, x[1])
    } else {
        overlapping(rw, window, &operand, at, x[1])
    }
}

/// Windows that do not overlap: each element looks at its own window.
fn tiled(
    rw: &mut Rewriter<'_>,
    window: &[WindowDim],
    operand: &Spec,
    at: Val,
    source: Val,
) -> Result<Option<Results>> {
    let counts = rw.spec(source).shape;
    // (count, size) a dimension, then both joined.
    let spread: Shape = counts.iter().zip(window).flat_map(|(&n, w)| [n, w.size]).collect();
    let joined: Shape = counts.iter().zip(window).map(|(&n, w)| n * w.size).collect();
    let outer: Dims = (0..window.len()).map(|d| 2 * d).collect();
    let repeat = |rw: &mut Rewriter<'_>, v: Val| {
        rw.emit(Prim::BroadcastInDim { shape: spread.clone(), dims: outer.clone() }, &[v])
    };
    let (at, source) = (repeat(rw, at)?, repeat(rw, source)?);
    let spec = Spec::new(DType::Int32, spread.clone());
    let mut own = rw.fill(&spec, 0.0)?;
    for (d, w) in window.iter().enumerate() {
        let n = rw.fill(&spec, w.size as f64)?;
        let scaled = rw.ew(Ew::Mul, &[own, n])?;
        let part = rw.iota(spread.clone(), 2 * d + 1)?;
        own = rw.ew(Ew::Add, &[scaled, part])?;
    }
    let hit = rw.ew(Ew::Eq, &[at, own])?;
    let zero = rw.fill(&rw.spec(source), 0.0)?;
    let r = rw.ew(Ew::Select, &[hit, source, zero])?;
    let r = rw.reshape(r, joined.clone())?;
    // Elements after the last whole window, and those that padding cut off.
    let high: Vec<i64> =
        operand.shape.iter().zip(joined.iter()).map(|(&n, &m)| n as i64 - m as i64).collect();
    if high.iter().all(|&h| h == 0) {
        return Ok(one(r));
    }
    let zero = rw.emit(Prim::Constant(Literal::scalar(operand.dtype, 0.0)), &[])?;
    let none = Dims::from_elem(0, high.len());
    Ok(one(rw.emit(Prim::Pad { low: vec![0; high.len()], high, interior: none }, &[r, zero])?))
}

/// Windows that overlap: each element adds up what it gets as each position of some window.
fn overlapping(
    rw: &mut Rewriter<'_>,
    window: &[WindowDim],
    operand: &Spec,
    at: Val,
    source: Val,
) -> Result<Option<Results>> {
    let counts = rw.spec(source).shape;
    let sizes = positions(window);
    let int = Spec::new(DType::Int32, counts.clone());
    let float = rw.spec(source);
    let zeros = rw.fill(&float, 0.0)?;
    let zero = rw.emit(Prim::Constant(Literal::scalar(operand.dtype, 0.0)), &[])?;
    let mut terms = vec![];
    for k in 0..sizes.size() {
        let number = rw.fill(&int, k as f64)?;
        let hit = rw.ew(Ew::Eq, &[at, number])?;
        let given = rw.ew(Ew::Select, &[hit, source, zeros])?;
        let low: Vec<i64> =
            window.iter().zip(sizes.unravel(k)).map(|(w, k)| (k * w.dilation) as i64 - w.low).collect();
        let high: Vec<i64> = (0..window.len())
            .map(|d| operand.shape[d] as i64 - low[d] - ((counts[d] - 1) * window[d].stride + 1) as i64)
            .collect();
        let interior = window.iter().map(|w| w.stride - 1).collect();
        terms.push(rw.emit(Prim::Pad { low, high, interior }, &[given, zero])?);
    }
    Ok(sum(rw, &terms)?.map(|v| [v].into_iter().collect()))
}

/// Convolutions with one input feature a group, and their derivative in the kernel, as sums of products of views.
pub(super) fn depthwise(rw: &mut Rewriter<'_>, c: &Conv, x: &[Val]) -> Result<Option<Results>> {
    let n = c.window.len();
    let (xs, ks) = (rw.spec(x[0]).shape, rw.spec(x[1]).shape);
    let last = ConvLayout::channels_last(n);
    if c.feature_groups > 1
        && ks[c.rhs.major] == 1
        && c.lhs == last
        && c.out == last
        && c.rhs == ConvLayout::kernel(n)
    {
        return forward(rw, c, x, &xs, &ks);
    }
    let swapped = ConvLayout { major: last.minor, minor: last.major, spatial: last.spatial.clone() };
    if c.batch_groups > 1
        && xs[n + 1] == c.batch_groups
        && c.lhs == swapped
        && c.rhs == last
        && c.out == ConvLayout::kernel(n)
    {
        return kernel_gradient(rw, c, x, &xs, &ks);
    }
    Ok(None)
}

fn forward(rw: &mut Rewriter<'_>, c: &Conv, x: &[Val], xs: &Shape, ks: &Shape) -> Result<Option<Results>> {
    let n = c.window.len();
    let whole: Vec<WindowDim> =
        [WindowDim::UNIT].into_iter().chain(c.window.iter().copied()).chain([WindowDim::UNIT]).collect();
    let sizes = positions(&c.window);
    if sizes.size() > MAX_POSITIONS || sizes.size() == 0 {
        return Ok(None);
    }
    let dilation: Dims = [1].into_iter().chain(c.lhs_dilation.iter().copied()).chain([1]).collect();
    let parts = parts(rw, x[0], &whole, &dilation, 0.0)?;
    let (channels, multiplier) = (xs[n + 1], ks[n + 1] / xs[n + 1]);
    let out = rw.spec(parts[0]).shape;
    let split: Shape = out.iter().copied().chain([multiplier]).collect();
    let kernel = rw.reshape(x[1], [sizes.size(), channels, multiplier])?;
    let mut terms = vec![];
    for (k, &part) in parts.iter().enumerate() {
        let weight = rw.emit(
            Prim::Slice {
                start: [k, 0, 0].into_iter().collect(),
                limit: [k + 1, channels, multiplier].into_iter().collect(),
                stride: Dims::from_elem(1, 3),
            },
            &[kernel],
        )?;
        let weight = rw.reshape(weight, [channels, multiplier])?;
        let weight = rw.emit(
            Prim::BroadcastInDim { shape: split.clone(), dims: [n + 1, n + 2].into_iter().collect() },
            &[weight],
        )?;
        let part =
            rw.emit(Prim::BroadcastInDim { shape: split.clone(), dims: (0..n + 2).collect() }, &[part])?;
        terms.push(rw.ew(Ew::Mul, &[part, weight])?);
    }
    let Some(total) = sum(rw, &terms)? else { return Ok(None) };
    let mut joined = out;
    joined[n + 1] = channels * multiplier;
    Ok(one(rw.reshape(total, joined)?))
}

fn kernel_gradient(
    rw: &mut Rewriter<'_>,
    c: &Conv,
    x: &[Val],
    xs: &Shape,
    ks: &Shape,
) -> Result<Option<Results>> {
    let n = c.window.len();
    let counts: Shape = c
        .window
        .iter()
        .enumerate()
        .map(|(d, w)| w.count((xs[d + 1].max(1) - 1) * c.lhs_dilation[d] + 1))
        .collect();
    let dense = c.lhs_dilation.iter().all(|&d| d == 1);
    let empty = counts.size() == 0 || c.window.iter().any(|w| w.size == 0);
    if counts.size() > MAX_POSITIONS || empty || !dense || !ks[n + 1].is_multiple_of(xs[n + 1]) {
        return Ok(None);
    }
    let (channels, multiplier) = (xs[n + 1], ks[n + 1] / xs[n + 1]);
    // The same views as forward, with the parts of position and place in the window exchanged.
    let turned: Vec<WindowDim> = [WindowDim::UNIT]
        .into_iter()
        .chain(c.window.iter().enumerate().map(|(d, w)| {
            let high = ((counts[d] - 1) * w.stride + (w.size - 1) * w.dilation + 1) as i64
                - xs[d + 1] as i64
                - w.low;
            WindowDim { size: counts[d], stride: w.dilation, dilation: w.stride, low: w.low, high }
        }))
        .chain([WindowDim::UNIT])
        .collect();
    let parts = parts(rw, x[0], &turned, &Dims::from_elem(1, n + 2), 0.0)?;
    let out = rw.spec(parts[0]).shape;
    let split: Shape = out.iter().copied().chain([multiplier]).collect();
    let given = rw.reshape(x[1], split.clone())?;
    let mut sums = vec![];
    for &part in &parts {
        let part =
            rw.emit(Prim::BroadcastInDim { shape: split.clone(), dims: (0..n + 2).collect() }, &[part])?;
        let product = rw.ew(Ew::Mul, &[part, given])?;
        let total =
            rw.emit(Prim::Reduce { kind: ReduceKind::Sum, dims: (0..n + 1).collect() }, &[product])?;
        sums.push(rw.reshape(total, [1, channels * multiplier])?);
    }
    let all = if sums.len() == 1 { sums[0] } else { rw.emit(Prim::Concatenate { dim: 0 }, &sums)? };
    let shape: Shape = counts.iter().copied().chain([1, channels * multiplier]).collect();
    Ok(one(rw.reshape(all, shape)?))
}
