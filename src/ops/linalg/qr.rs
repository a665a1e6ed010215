//! The QR decomposition.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{ById, DotDims, Graph, Prim, ReduceKind, ScanBody, Spec, Val};
use crate::ops::build::want_dtype;
use crate::shape::{Dims, Shape};
use crate::tensor::{IntoTensor, Row, Tensor, row, run};
use smallvec::smallvec;
use std::sync::Arc;

crate::op! {
    /// Matrices as products of one with orthonormal columns and an upper triangular one, by Householder's reflections.
    Qr in "tf.linalg.qr" (input) {
        /// Whether the first factor is square; else it has as many columns as the shorter side.
        full_matrices: bool = false,
    }
    build |s, g| decompose(g, input, s.full_matrices);
    vjps |s, g, x, y, dy| {
        let d = adjoint(g, x[0], y, dy)?;
        Ok(vec![Some(d)])
    };
    cases [
        case().f32([4, 4]),
        case().f32([5, 3]),
        case().f32([3, 5]),
        case().f32([2, 4, 3]),
        case().f32([1, 1]),
        case().f32([3, 1]),
        case().with("full_matrices", true).f32([5, 3]).forward_only(),
        case().with("full_matrices", true).f32([3, 5]),
        case().values([3, 3], &[1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 0.0, 0.0, 6.0]),
        case().f32([0, 3, 2]).forward_only(),
    ]
    errors [case().f32([3]), case().ints([3, 3], 0, 5)]
}

/// The QR decomposition of matrices (`tf.linalg.qr`): `q` and `r`.
///
/// ```
/// # use wgflow::ops::linalg;
/// let a = [[3.0, 1.0], [4.0, 1.0]];
/// let (q, r) = linalg::qr(a, false)?;
/// let back = linalg::matmul(&q, &r)?.to_vec::<f32>()?;
/// assert!(back.iter().zip([3.0, 1.0, 4.0, 1.0]).all(|(x, y)| (x - y).abs() < 1e-5));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for fewer than two dimensions, or dtypes other than float32 and float64.
pub fn qr(input: impl IntoTensor, full_matrices: bool) -> Result<(Tensor, Tensor)> {
    let both = run(&Qr { full_matrices }, &[&input.into_tensor(None)?])?;
    match <[Tensor; 2]>::try_from(both) {
        Ok([q, r]) => Ok((q, r)),
        Err(_) => Err(Error::internal("Qr", "gave other than two results")),
    }
}

fn decompose(g: &mut Graph, x: Val, full: bool) -> Result<Vec<Val>> {
    let wide = |d: DType| matches!(d, DType::Float32 | DType::Float64);
    want_dtype(g, "Qr", "input", x, "float32 or float64", wide)?;
    let Spec { dtype, shape } = g.spec(x).clone();
    let rank = shape.rank();
    if rank < 2 {
        return Err(Error::invalid("Qr", "input", "at least two dimensions", format_args!("shape {shape}")));
    }
    let (m, n) = (shape[rank - 2], shape[rank - 1]);
    let (batch, k) = (shape[..rank - 2].iter().product::<usize>(), m.min(n));
    let size = if full { m } else { k };
    let back = |a: usize, b: usize| -> Shape { shape[..rank - 2].iter().copied().chain([a, b]).collect() };
    let a = g.reshape(x, [batch, m, n])?;
    let (rows, columns) = (g.iota(DType::Int32, [m, m], 0)?, g.iota(DType::Int32, [m, m], 1)?);
    let unit = g.eq(rows, columns)?;
    let unit = g.convert(unit, dtype)?;
    let unit = g.broadcast_in_dim(unit, [batch, m, m], &[1, 2])?;
    let (mut q, mut r) = (unit, a);
    if batch > 0 && k > 0 {
        let body = Arc::new(reflection(dtype, [batch, m, n])?);
        let columns = g.iota(DType::Int32, [k], 0)?;
        let scan = ScanBody { body, trips: k, consts: 0, carries: 2, reverse: false, primal: None };
        let done = g.push_multi(Prim::Scan(ById(Arc::new(scan))), &[unit, a, columns])?;
        (q, r) = (done[0], done[1]);
    }
    // What the reflections have made zero is zero.
    let (rows, columns) = (g.iota(DType::Int32, [m, n], 0)?, g.iota(DType::Int32, [m, n], 1)?);
    let upper = g.le(rows, columns)?;
    let upper = g.broadcast_in_dim(upper, [batch, m, n], &[1, 2])?;
    let zero = g.zeros_like(r)?;
    r = g.select(upper, r, zero)?;
    q = g.slice_in_dim(q, 2, 0, size)?;
    r = g.slice_in_dim(r, 1, 0, size)?;
    Ok(vec![g.reshape(q, back(m, size))?, g.reshape(r, back(size, n))?])
}

/// One trip: from the product of the reflections so far, what they have made of the matrices, and a column's number, to the next ones.
fn reflection(dtype: DType, [batch, m, n]: [usize; 3]) -> Result<Graph> {
    let mut body = Graph::new();
    let g = &mut body;
    let q = g.parameter(Spec::new(dtype, [batch, m, m]));
    let r = g.parameter(Spec::new(dtype, [batch, m, n]));
    let j = g.parameter(Spec::new(DType::Int32, ()));
    // The column, with its part above the diagonal hidden.
    let numbers = g.iota(DType::Int32, [batch, m, n], 2)?;
    let at = g.broadcast_in_dim(j, [batch, m, n], &[])?;
    let own = g.eq(numbers, at)?;
    let zero = g.zeros_like(r)?;
    let column = g.select(own, r, zero)?;
    let column = g.reduce(ReduceKind::Sum, column, &[2])?;
    let rows = g.iota(DType::Int32, [batch, m], 1)?;
    let at = g.broadcast_in_dim(j, [batch, m], &[])?;
    let (diagonal, below) = (g.eq(rows, at)?, g.gt(rows, at)?);
    let zero = g.zeros_like(column)?;
    let (first, tail) = (g.select(diagonal, column, zero)?, g.select(below, column, zero)?);
    let first = g.reduce(ReduceKind::Sum, first, &[1])?;
    let squares = g.mul(tail, tail)?;
    let rest = g.reduce(ReduceKind::Sum, squares, &[1])?;
    // Nothing is below the diagonal: the column stays as it is.
    let (zero, one) = (g.zeros_like(rest)?, g.ones_like(rest)?);
    let done = g.eq(rest, zero)?;
    let square = g.mul(first, first)?;
    let square = g.add(square, rest)?;
    let square = g.select(done, one, square)?;
    let norm = g.sqrt(square)?;
    let minus = g.neg(norm)?;
    let positive = g.ge(first, zero)?;
    let beta = g.select(positive, minus, norm)?;
    let over = g.sub(first, beta)?;
    let over = g.select(done, one, over)?;
    let twice = g.sub(beta, first)?;
    let twice = g.div(twice, beta)?;
    let twice = g.select(done, zero, twice)?;
    // The reflected direction, 1 at the diagonal.
    let over = g.broadcast_in_dim(over, [batch, m], &[0])?;
    let v = g.div(tail, over)?;
    let ones = g.ones_like(v)?;
    let v = g.select(diagonal, ones, v)?;
    let r = reflected(g, r, v, twice, 1)?;
    let q = reflected(g, q, v, twice, 2)?;
    g.set_outputs(vec![q, r]);
    Ok(body)
}

/// `x - twice (x v) v`, of the rows (`side` 2) or the columns (`side` 1) of `x`.
fn reflected(g: &mut Graph, x: Val, v: Val, twice: Val, side: usize) -> Result<Val> {
    let shape = g.shape(x).clone();
    let other: Dims = [0, 3 - side].into_iter().collect();
    let along = g.broadcast_in_dim(v, shape.clone(), &[0, side])?;
    let product = g.mul(x, along)?;
    let product = g.reduce(ReduceKind::Sum, product, &[side])?;
    let size = g.shape(product).clone();
    let twice = g.broadcast_in_dim(twice, size, &[0])?;
    let product = g.mul(product, twice)?;
    let product = g.broadcast_in_dim(product, shape, &other)?;
    let change = g.mul(product, along)?;
    g.sub(x, change)
}

/// Rows or a list of vectors made orthonormal by Gram and Schmidt's process (TensorFlow.js's `linalg.gramSchmidt`): each is what is left of it
/// without its parts in the direction of those before, scaled to length 1.
///
/// ```
/// # use wgflow::ops::linalg;
/// let y = linalg::gram_schmidt([[2.0, 0.0], [3.0, 1.0]])?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for other than a matrix, or more vectors than they have elements.
pub fn gram_schmidt(xs: impl IntoTensor) -> Result<Tensor> {
    use crate::ops::{array, math};
    let xs = xs.into_tensor(None)?;
    if xs.rank() != 2 || xs.shape()[0] > xs.shape()[1] {
        let wanted = "a matrix with at most as many rows as columns";
        return Err(Error::invalid("gram_schmidt", "xs", wanted, format_args!("shape {}", xs.shape())));
    }
    // Of the transpose's decomposition the columns are those vectors, up to the sign of r's diagonal.
    let (q, r) = qr(array::transpose(&xs, [1, 0])?, false)?;
    let sign = math::sign(array::diag_part(&r, 0)?)?;
    array::transpose(math::multiply(&q, &sign)?, [1, 0])
}

/// The product of batches of matrices, each transposed first where asked.
fn product(g: &mut Graph, x: Val, y: Val, transpose_x: bool, transpose_y: bool) -> Result<Val> {
    let dims = DotDims {
        lhs_batch: smallvec![0],
        rhs_batch: smallvec![0],
        lhs_contract: smallvec![if transpose_x { 1 } else { 2 }],
        rhs_contract: smallvec![if transpose_y { 2 } else { 1 }],
    };
    g.dot_general(x, y, dims)
}

/// The adjoint of the matrices, as TensorFlow has it: that of the square or tall part, and of further columns the part in `q`.
fn adjoint(g: &mut Graph, x: Val, y: &[Val], dy: &[Option<Val>]) -> Result<Val> {
    let shape = g.shape(x).clone();
    let rank = shape.rank();
    let (m, n) = (shape[rank - 2], shape[rank - 1]);
    let (batch, k) = (shape[..rank - 2].iter().product::<usize>(), m.min(n));
    if m > n && g.shape(y[0])[rank - 1] == m {
        return Err(Error::unimplemented("Qr", "the gradient of a tall matrix with full_matrices"));
    }
    let mut flat = |v: Option<Val>, like: Val, rows: usize, columns: usize| {
        let v = v.map_or_else(|| g.zeros_like(like), Ok)?;
        g.reshape(v, [batch, rows, columns])
    };
    let (q, dq) = (flat(Some(y[0]), y[0], m, k)?, flat(dy[0], y[0], m, k)?);
    let (r, dr) = (flat(Some(y[1]), y[1], k, n)?, flat(dy[1], y[1], k, n)?);
    let a = flat(Some(x), x, m, n)?;
    if batch == 0 || k == 0 {
        return g.zeros_like(x);
    }
    let (u, du) = (g.slice_in_dim(r, 2, 0, k)?, g.slice_in_dim(dr, 2, 0, k)?);
    let mut dq = dq;
    let mut parts = vec![];
    if n > k {
        let (other, dv) = (g.slice_in_dim(a, 2, k, n)?, g.slice_in_dim(dr, 2, k, n)?);
        let more = product(g, other, dv, false, true)?;
        dq = g.add(dq, more)?;
        parts.push(product(g, q, dv, false, false)?);
    }
    let qdq = product(g, q, dq, true, false)?;
    let rdr = product(g, u, du, false, true)?;
    let sum = g.add(qdq, rdr)?;
    let swapped = g.transpose(sum, &[0, 2, 1])?;
    let skew = g.sub(sum, swapped)?;
    let (rows, columns) = (g.iota(DType::Int32, [batch, k, k], 1)?, g.iota(DType::Int32, [batch, k, k], 2)?);
    let (lower, zero) = (g.gt(rows, columns)?, g.zeros_like(skew)?);
    let lower = g.select(lower, skew, zero)?;
    let inner = g.sub(lower, qdq)?;
    let inner = product(g, q, inner, false, false)?;
    let inner = g.add(inner, dq)?;
    let solved = solved(g, inner, u)?;
    let direct = product(g, q, du, false, false)?;
    parts.insert(0, g.add(direct, solved)?);
    let d = g.concatenate(&parts, 2)?;
    g.reshape(d, shape)
}

/// `x` for `x transpose(r) = b`, with an upper triangular `r`, column by column from the last.
fn solved(g: &mut Graph, b: Val, r: Val) -> Result<Val> {
    let (spec, square) = (g.spec(b).clone(), g.spec(r).clone());
    let n = square.shape[1];
    let mut body = Graph::new();
    let h = &mut body;
    let (r_in, b_in) = (h.parameter(square.clone()), h.parameter(spec.clone()));
    let x_in = h.parameter(spec.clone());
    let j = h.parameter(Spec::new(DType::Int32, ()));
    // Row j of r, and what it has on the diagonal.
    let rows = h.iota(DType::Int32, square.shape.clone(), 1)?;
    let at = h.broadcast_in_dim(j, square.shape.clone(), &[])?;
    let (own, zero) = (h.eq(rows, at)?, h.zeros_like(r_in)?);
    let row = h.select(own, r_in, zero)?;
    let row = h.reduce(ReduceKind::Sum, row, &[1])?;
    let row = h.broadcast_in_dim(row, spec.shape.clone(), &[0, 2])?;
    let columns = h.iota(DType::Int32, spec.shape.clone(), 2)?;
    let at = h.broadcast_in_dim(j, spec.shape.clone(), &[])?;
    let (own, zero) = (h.eq(columns, at)?, h.zeros_like(x_in)?);
    let diagonal = h.select(own, row, zero)?;
    let diagonal = h.reduce(ReduceKind::Sum, diagonal, &[2])?;
    let known = h.mul(x_in, row)?;
    let minus = h.neg(known)?;
    let given = h.select(own, b_in, minus)?;
    // Columns before j are still zero.
    let column = h.reduce(ReduceKind::Sum, given, &[2])?;
    let column = h.div(column, diagonal)?;
    let column = h.broadcast_in_dim(column, spec.shape.clone(), &[0, 1])?;
    let x_out = h.select(own, column, x_in)?;
    h.set_outputs(vec![x_out]);
    let columns = g.iota(DType::Int32, [n], 0)?;
    let start = g.full(spec.dtype, spec.shape, 0.0)?;
    let body = Arc::new(body);
    let scan = ScanBody { body, trips: n, consts: 2, carries: 1, reverse: true, primal: None };
    g.push(Prim::Scan(ById(Arc::new(scan))), &[r, b, start, columns])
}

pub(super) const OPS: &[Row] = &[row::<Qr>()];
