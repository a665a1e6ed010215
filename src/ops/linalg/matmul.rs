//! Products of matrices and batches of them.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{DotDims, Graph, Val};
use crate::ops::checks::want_rank;
use crate::shape::{Dims, Shape, broadcast};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, pair, row, run_one};
use smallvec::smallvec;

crate::op! {
    /// The product of two matrices, each transposed first where asked.
    MatMul in "tf.linalg.matmul" (a, b) { transpose_a: bool = false, transpose_b: bool = false }
    build |s, g| {
        want_rank(g, "MatMul", &[("a", a), ("b", b)], |r| r == 2, "a matrix")?;
        multiply(g, a, b, s.transpose_a, s.transpose_b)
    };
    cases [
        case().f32([3, 4]).f32([4, 2]),
        case().with("transpose_a", true).f32([4, 3]).f32([4, 2]),
        case().with("transpose_b", true).f32([3, 4]).f32([2, 4]),
        case().with("transpose_a", true).with("transpose_b", true).f32([4, 3]).f32([2, 4]),
        case().f32([3, 0]).f32([0, 2]),
        case().f32([0, 3]).f32([3, 2]),
        case().f32([1, 1]).f32([1, 1]),
        case().ints([3, 4], -9, 9).ints([4, 2], -9, 9),
        case().half([3, 4]).half([4, 2]),
        case().complex([3, 4]).complex([4, 2]),
        case().with("transpose_a", true).with("transpose_b", true).complex([4, 3]).complex([2, 4]),
    ]
    errors [
        case().f32([3, 4]).f32([3, 2]),
        case().with("transpose_b", true).f32([3, 4]).f32([4, 2]),
        case().f32([3]).f32([3, 2]),
        case().f32([2, 3, 4]).f32([4, 2]),
        case().f32([3, 4]).ints([4, 2], 0, 3),
    ]
}

crate::op! {
    /// Products of equally many matrices of two batches.
    BatchMatMul in "tf.linalg.matmul" (x, y) { adj_x: bool = false, adj_y: bool = false }
    build |s, g| {
        want_rank(g, "BatchMatMul", &[("x", x), ("y", y)], |r| r >= 2, "at least two dimensions")?;
        let batch = |v| g.shape(v)[..g.rank(v) - 2].to_vec();
        if batch(x) != batch(y) {
            let received = format!("{} and {}", g.shape(x), g.shape(y));
            return Err(Error::invalid("BatchMatMul", "x, y", "equal batch dimensions", received));
        }
        batch_multiply(g, "BatchMatMul", x, y, s.adj_x, s.adj_y)
    };
    cases [
        case().f32([2, 3, 4]).f32([2, 4, 2]),
        case().with("adj_x", true).with("adj_y", true).f32([2, 1, 4, 3]).f32([2, 1, 2, 4]),
    ]
    errors [case().f32([2, 3, 4]).f32([1, 4, 2])]
}

crate::op! {
    /// Products of matrices of two batches, whose batch dimensions broadcast.
    BatchMatMulV2 in "tf.linalg.matmul" (x, y) { adj_x: bool = false, adj_y: bool = false }
    build |s, g| {
        want_rank(g, "BatchMatMulV2", &[("x", x), ("y", y)], |r| r >= 2, "at least two dimensions")?;
        batch_multiply(g, "BatchMatMulV2", x, y, s.adj_x, s.adj_y)
    };
    cases [
        case().f32([3, 4]).f32([4, 2]),
        case().f32([2, 3, 4]).f32([4, 2]),
        case().f32([3, 4]).f32([2, 4, 2]),
        case().f32([2, 1, 3, 4]).f32([5, 4, 2]),
        case().with("adj_x", true).f32([2, 4, 3]).f32([1, 4, 2]),
        case().with("adj_y", true).f32([2, 3, 4]).f32([2, 2, 4]),
        case().f32([2, 3, 0]).f32([2, 0, 2]),
        case().f32([0, 3, 4]).f32([1, 4, 2]),
        case().ints([2, 2, 3], -9, 9).ints([3, 2], -9, 9),
        case().with("adj_x", true).complex([2, 4, 3]).complex([1, 4, 2]),
        case().with("adj_y", true).complex([2, 3, 4]).complex([2, 2, 4]),
    ]
    errors [case().f32([2, 3, 4]).f32([3, 4, 2]), case().f32([2, 3, 4]).f32([3, 2]), case().f32([4]).f32([4, 2])]
}

crate::op! {
    /// As `BatchMatMulV2`, with a result of dtype `Tout`: int8 operands give int32.
    BatchMatMulV3 in "tf.linalg.matmul" (x, y) { tout: DType, adj_x: bool = false, adj_y: bool = false }
    build |s, g| {
        let op = "BatchMatMulV3";
        want_rank(g, op, &[("x", x), ("y", y)], |r| r >= 2, "at least two dimensions")?;
        let product = batch_multiply(g, op, x, y, s.adj_x, s.adj_y)?;
        if g.dtype(product) != s.tout {
            return Err(Error::invalid(op, "Tout", g.dtype(product), s.tout));
        }
        Ok::<_, Error>(product)
    };
    cases [
        case().with("Tout", DType::Float32).f32([2, 3, 4]).f32([4, 2]),
        case().with("Tout", DType::Int32).input(DType::Int8, [2, 3], Fill::Uniform(-128.0, 128.0)).input(DType::Int8, [3, 2], Fill::Uniform(-128.0, 128.0)),
    ]
    errors [case().with("Tout", DType::Float32).f32([2, 3, 4]).f32([3, 2])]
}

/// The product of two matrices, or of two batches of matrices whose batch dimensions broadcast (`tf.linalg.matmul`).
///
/// ```
/// # use wgflow::ops::linalg;
/// let y = linalg::matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0], [1.0]])?;
/// assert_eq!(y.to_vec::<f32>()?, [3.0, 7.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for vectors and scalars, different dtypes, or inner dimensions that differ.
pub fn matmul(a: impl IntoTensor, b: impl IntoTensor) -> Result<Tensor> {
    matmul_with(a, b, MatMul { transpose_a: false, transpose_b: false })
}

/// As [`matmul`], with each operand's last two dimensions swapped first where asked (`tf.linalg.matmul(transpose_a, transpose_b)`;
/// of real numbers the same as `adjoint_a`, `adjoint_b`).
///
/// ```
/// # use wgflow::ops::linalg::{self, MatMul};
/// let y = linalg::matmul_with([[1.0, 2.0]], [[3.0, 4.0]], MatMul { transpose_a: true, transpose_b: false })?;
/// assert_eq!(y.to_vec::<f32>()?, [3.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// As [`matmul`].
pub fn matmul_with(a: impl IntoTensor, b: impl IntoTensor, options: MatMul) -> Result<Tensor> {
    let (a, b) = pair(a, b)?;
    if a.rank() == 2 && b.rank() == 2 {
        return run_one(&options, &[&a, &b]);
    }
    run_one(&BatchMatMulV2 { adj_x: options.transpose_a, adj_y: options.transpose_b }, &[&a, &b])
}

/// Contracts the inner dimensions of `[.., m, k]` (without batch) and `[k, n]`.
fn multiply(g: &mut Graph, a: Val, b: Val, transpose_a: bool, transpose_b: bool) -> Result<Val> {
    let last = g.rank(a) - 1;
    let dims = DotDims {
        lhs_contract: smallvec![if transpose_a { last - 1 } else { last }],
        rhs_contract: smallvec![usize::from(transpose_b)],
        ..DotDims::default()
    };
    g.dot_general(a, b, dims)
}

fn batch_multiply(g: &mut Graph, op: &str, x: Val, y: Val, adj_x: bool, adj_y: bool) -> Result<Val> {
    let x = if adj_x { g.conj(x)? } else { x };
    let y = if adj_y { g.conj(y)? } else { y };
    let (xs, ys) = (g.shape(x).clone(), g.shape(y).clone());
    let parts = |s: &Shape| (Shape::from(&s[..s.rank() - 2]), s[s.rank() - 2..].to_vec());
    let ((xb, xm), (yb, ym)) = (parts(&xs), parts(&ys));
    let batch = broadcast(op, &xb, &yb)?;
    let b = batch.rank();
    // One matrix on the right serves every row of a batch on the left.
    if yb.iter().all(|&n| n == 1) && xb.rank() == b && !adj_x {
        let y = g.reshape(y, ym)?;
        return multiply(g, x, y, false, adj_y);
    }
    let mut widen = |v: Val, m: Vec<usize>| {
        let shape: Shape = batch.iter().chain(&m).copied().collect();
        g.broadcast_to(v, &shape)
    };
    let (x, y) = (widen(x, xm)?, widen(y, ym)?);
    let lead: Dims = (0..b).collect();
    let dims = DotDims {
        lhs_batch: lead.clone(),
        rhs_batch: lead,
        lhs_contract: smallvec![if adj_x { b } else { b + 1 }],
        rhs_contract: smallvec![if adj_y { b + 1 } else { b }],
    };
    g.dot_general(x, y, dims)
}

pub(super) const OPS: &[Row] =
    &[row::<MatMul>(), row::<BatchMatMul>(), row::<BatchMatMulV2>(), row::<BatchMatMulV3>()];
