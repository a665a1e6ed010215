//! Products of tensors that are written as contractions.

use super::{MatMul, einsum, matmul_with};
use crate::error::{Error, Result};
use crate::shape::{Dims, resolve_axis};
use crate::tensor::{IntoTensor, Tensor, pair, run_one};

/// The product of matrices and vectors (`tf.linalg.matvec`): `a` of shape `[.., m, n]`, `b` of shape `[.., n]`, the result `[.., m]`.
/// With `transpose_a`, `a` is `[.., n, m]`.
///
/// # Errors
/// `InvalidArgument` for different dtypes, or sizes that do not fit.
pub fn matvec(a: impl IntoTensor, b: impl IntoTensor, transpose_a: bool) -> Result<Tensor> {
    let (a, b) = pair(a, b)?;
    if b.rank() == 0 {
        return Err(Error::invalid(
            "matvec",
            "b",
            "at least one dimension",
            format_args!("shape {}", b.shape()),
        ));
    }
    let column = reshaped(&b, b.shape().iter().copied().chain([1]))?;
    let y = matmul_with(&a, &column, MatMul { transpose_a, transpose_b: false })
        .map_err(|e| e.for_op("matvec"))?;
    reshaped(&y, y.shape()[..y.rank() - 1].iter().copied())
}

fn reshaped(x: &Tensor, shape: impl Iterator<Item = usize>) -> Result<Tensor> {
    run_one(&crate::ops::array::Reshape { shape: shape.map(|n| n as i64).collect() }, &[x])
}

/// Which axes [`tensordot`] contracts: a number `n` for the last `n` of the first operand with the first `n` of the second, or a list
/// for each operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DotAxes {
    /// The last of `a` with the first of `b`, that many.
    Count(usize),
    /// These of `a` with those of `b`, in order.
    Lists(Vec<i64>, Vec<i64>),
}

impl From<usize> for DotAxes {
    fn from(n: usize) -> Self {
        DotAxes::Count(n)
    }
}

impl From<[&[i64]; 2]> for DotAxes {
    fn from([a, b]: [&[i64]; 2]) -> Self {
        DotAxes::Lists(a.to_vec(), b.to_vec())
    }
}

impl<const N: usize> From<[[i64; N]; 2]> for DotAxes {
    fn from([a, b]: [[i64; N]; 2]) -> Self {
        DotAxes::Lists(a.to_vec(), b.to_vec())
    }
}

/// Contracts axes of `a` with axes of `b` (`tf.tensordot`). The result has the axes of `a` that are left, then those of `b`.
///
/// ```
/// # use wgflow::ops::linalg;
/// let y = linalg::tensordot([[1.0, 2.0]], [[3.0, 4.0]], [[1], [1]])?;
/// assert_eq!(y.to_vec::<f32>()?, [11.0]);
/// let y = linalg::tensordot([1.0, 2.0], [3.0, 4.0], 1)?;
/// assert_eq!(y.item::<f32>()?, 11.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for lists of different lengths, axes out of range or named twice, and sizes or dtypes that differ.
pub fn tensordot(a: impl IntoTensor, b: impl IntoTensor, axes: impl Into<DotAxes>) -> Result<Tensor> {
    let (a, b) = pair(a, b)?;
    let resolve = |x: &Tensor, axes: &[i64]| -> Result<Dims> {
        let dims =
            axes.iter().map(|&d| resolve_axis("tensordot", "axes", d, x.rank())).collect::<Result<Dims>>()?;
        match (1..dims.len()).find(|&i| dims[..i].contains(&dims[i])) {
            None => Ok(dims),
            Some(_) => Err(Error::invalid("tensordot", "axes", "each axis once", format_args!("{axes:?}"))),
        }
    };
    let axes = axes.into();
    let (of_a, of_b) = match &axes {
        DotAxes::Count(n) if *n <= a.rank().min(b.rank()) => {
            ((a.rank() - n..a.rank()).collect(), (0..*n).collect())
        }
        DotAxes::Lists(x, y) if x.len() == y.len() => (resolve(&a, x)?, resolve(&b, y)?),
        _ => {
            let wanted = format!("equally many axes of shapes {} and {}", a.shape(), b.shape());
            return Err(Error::invalid("tensordot", "axes", wanted, format_args!("{axes:?}")));
        }
    };
    let equation = dot_equation(a.rank(), b.rank(), &of_a, &of_b)?;
    einsum(&equation, &[&a, &b]).map_err(|e| e.for_op("tensordot"))
}

/// Letters for both operands, equal where they are contracted.
fn dot_equation(rank_a: usize, rank_b: usize, of_a: &[usize], of_b: &[usize]) -> Result<String> {
    let alphabet: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    if rank_a + rank_b > alphabet.len() {
        return Err(Error::unimplemented(
            "tensordot",
            format_args!("more than {} dimensions", alphabet.len()),
        ));
    }
    let a = &alphabet[..rank_a];
    let b: Vec<char> = (0..rank_b)
        .map(|d| of_b.iter().position(|&x| x == d).map_or(alphabet[rank_a + d], |k| a[of_a[k]]))
        .collect();
    let free = |letters: &[char], dims: &[usize]| -> String {
        (0..letters.len()).filter(|d| !dims.contains(d)).map(|d| letters[d]).collect()
    };
    let join = |l: &[char]| l.iter().collect::<String>();
    Ok(format!("{},{}->{}{}", join(a), join(&b), free(a, of_a), free(&b, of_b)))
}

/// The outer product of two vectors, or of tensors: every element of `a` times every element of `b`, in shape `a.shape + b.shape`.
///
/// # Errors
/// `InvalidArgument` for different dtypes.
pub fn outer(a: impl IntoTensor, b: impl IntoTensor) -> Result<Tensor> {
    tensordot(a, b, 0)
}
