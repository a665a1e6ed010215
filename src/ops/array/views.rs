//! The same elements under another shape or order.

use crate::error::{Error, Result};
use crate::ops::args::{Axes, IntoInts};
use crate::shape::{Dims, Shape, resolve_axes, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The same elements in row-major order under another shape; one size may be -1.
    Reshape in "tf.reshape" (tensor) {
        /// Sizes of the dimensions.
        shape: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let n = g.shape(tensor).size();
        let known: i64 = s.shape.iter().filter(|d| **d >= 0).product();
        let unknown = s.shape.iter().filter(|d| **d < 0).count();
        let fits = match unknown {
            0 => known as usize == n,
            1 => s.shape.iter().all(|d| *d >= -1) && known > 0 && n.is_multiple_of(known as usize),
            _ => false,
        };
        if !fits {
            return Err(Error::invalid("Reshape", "shape", format_args!("a shape of {n} elements"), format_args!("{:?}", s.shape)));
        }
        let shape: Shape = s.shape.iter().map(|&d| if d < 0 { n / known as usize } else { d as usize }).collect();
        g.reshape(tensor, shape)
    };
    cases [
        case().with("shape", [3, -1]).f32([2, 6]),
        case().with("shape", Vec::<i64>::new()).f32([1]),
        case().with("shape", [0, 4]).f32([2, 0]),
        case().with("shape", [-1]).bools([2, 2]),
        case().with("shape", [3, -1]).complex([2, 6]),
    ]
    errors [
        case().with("shape", [5]).f32([2, 3]),
        case().with("shape", [-1, -1]).f32([2, 3]),
        case().with("shape", [4, -1]).f32([2, 3]),
        case().with("shape", [-2, 3]).f32([2, 3]),
    ]
}

/// The same elements in row-major order under another shape (`tf.reshape`); one size may be -1.
///
/// # Errors
/// `InvalidArgument` when the numbers of elements differ.
pub fn reshape(tensor: impl IntoTensor, shape: impl IntoInts) -> Result<Tensor> {
    run_one(&Reshape { shape: shape.into_ints()? }, &[&tensor.into_tensor(None)?])
}

crate::op! {
    /// Inserts a dimension of size 1.
    ExpandDims in "tf.expand_dims" (input) {
        /// Where it stands in the result.
        axis: i64,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let at = resolve_axis("ExpandDims", "axis", s.axis, g.rank(input) + 1)?;
        g.expand_dims(input, &[at])
    };
    cases [case().with("axis", 0).f32([2, 3]), case().with("axis", -1).f32([2, 3]), case().with("axis", 1).f32([2, 3]), case().with("axis", 0).ints([], 0, 5), case().with("axis", -1).complex([2, 3])]
    errors [case().with("axis", 3).f32([2, 3]), case().with("axis", -4).f32([2, 3])]
}

/// Inserts a dimension of size 1 (`tf.expand_dims`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn expand_dims(input: impl IntoTensor, axis: i64) -> Result<Tensor> {
    run_one(&ExpandDims { axis }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// Removes dimensions of size 1: those named, or all.
    Squeeze in "tf.squeeze" (input) {
        /// Which dimensions; all of size 1 for an empty list.
        axis: Vec<i64> = vec![],
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let shape = g.shape(input).clone();
        let dims = s.axis.iter().map(|&a| resolve_axis("Squeeze", "axis", a, shape.rank())).collect::<Result<Dims>>()?;
        if let Some(&bad) = dims.iter().find(|&&d| shape[d] != 1) {
            return Err(Error::invalid("Squeeze", "axis", "dimensions of size 1", format_args!("dimension {bad} of {shape}")));
        }
        let gone = |d: usize| if dims.is_empty() { shape[d] == 1 } else { dims.contains(&d) };
        let kept: Shape = (0..shape.rank()).filter(|&d| !gone(d)).map(|d| shape[d]).collect();
        g.reshape(input, kept)
    };
    cases [case().f32([1, 2, 1, 3]), case().with("axis", [0, -2]).f32([1, 2, 1, 3]), case().f32([1, 1]), case().with("axis", [2]).ints([1, 2, 1], 0, 5)]
    errors [case().with("axis", [1]).f32([1, 2]), case().with("axis", [2]).f32([1, 2])]
}

/// Removes dimensions of size 1 (`tf.squeeze`): those named, or all for `None`.
///
/// # Errors
/// `InvalidArgument` for an axis out of range or of another size.
pub fn squeeze(input: impl IntoTensor, axis: impl Into<Axes>) -> Result<Tensor> {
    run_one(&Squeeze { axis: axis.into().0.unwrap_or_default() }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// Dimensions in another order: dimension `i` of the result is dimension `perm[i]` of `x`.
    Transpose in "tf.transpose" (x) {
        /// A permutation of the dimensions.
        perm: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let rank = g.rank(x);
        let wanted = || format!("a permutation of the {rank} dimensions");
        if s.perm.len() != rank {
            return Err(Error::invalid("Transpose", "perm", wanted(), format_args!("{:?}", s.perm)));
        }
        resolve_axes("Transpose", "perm", &s.perm, rank)?;
        let perm = s.perm.iter().map(|&p| resolve_axis("Transpose", "perm", p, rank)).collect::<Result<Dims>>()?;
        g.transpose(x, &perm)
    };
    cases [
        case().with("perm", [1, 0]).f32([2, 3]),
        case().with("perm", [2, 0, 1]).f32([2, 3, 4]),
        case().with("perm", [0, -1, 1]).f32([2, 3, 4]).forward_only(),
        case().with("perm", Vec::<i64>::new()).f32([]),
        case().with("perm", [1, 0]).bools([2, 3]),
        case().with("perm", [1, 0]).f32([0, 3]),
        case().with("perm", [2, 0, 1]).complex([2, 3, 4]),
    ]
    errors [case().with("perm", [0]).f32([2, 3]), case().with("perm", [0, 0]).f32([2, 3]), case().with("perm", [0, 2]).f32([2, 3])]
}

/// Dimensions in another order (`tf.transpose`); reversed for `None`.
///
/// # Errors
/// `InvalidArgument` when `perm` is no permutation of the dimensions.
pub fn transpose(a: impl IntoTensor, perm: impl Into<Axes>) -> Result<Tensor> {
    let a = a.into_tensor(None)?;
    let perm = perm.into().0.unwrap_or_else(|| (0..a.rank() as i64).rev().collect());
    run_one(&Transpose { perm }, &[&a])
}

pub(super) const OPS: &[Row] = &[row::<Reshape>(), row::<ExpandDims>(), row::<Squeeze>(), row::<Transpose>()];
