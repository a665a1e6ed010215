//! Reshaping and joining.

use crate::error::{Error, Result};
use crate::shape::{Shape, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The same elements in row-major order under another shape; one size may be -1.
    Reshape in "tf.reshape" (tensor) { shape: Vec<i64> }
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
    cases [case().with("shape", [3, -1]).f32([2, 6]), case().with("shape", Vec::<i64>::new()).f32([1])]
}

/// The same elements in row-major order under another shape (`tf.reshape`).
///
/// # Errors
/// `InvalidArgument` when the numbers of elements differ.
pub fn reshape(tensor: impl IntoTensor, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into().iter().map(|&d| d as i64).collect();
    run_one(&Reshape { shape }, &[&tensor.into_tensor(None)?])
}

crate::op! {
    /// Joins tensors of equal shape along a new dimension.
    Pack in "tf.stack" (; values) { axis: i64 = 0 }
    build |s, g| {
        let Some(&first) = values.first() else {
            return Err(Error::invalid("Pack", "values", "at least one tensor", 0));
        };
        let axis = resolve_axis("Pack", "axis", s.axis, g.rank(first) + 1)?;
        let parts = values.iter().map(|&v| g.expand_dims(v, &[axis])).collect::<Result<Vec<_>>>()?;
        g.concatenate(&parts, axis)
    };
    cases [case().f32([2, 3]).f32([2, 3]), case().with("axis", -1).f32([2]).f32([2]).f32([2])]
}

/// Joins tensors of equal shape along a new dimension (`tf.stack`).
///
/// # Errors
/// `InvalidArgument` for different shapes or dtypes, or an axis out of range.
pub fn stack(values: &[Tensor], axis: i64) -> Result<Tensor> {
    run_one(&Pack { axis }, &values.iter().collect::<Vec<_>>())
}

pub(super) const OPS: &[Row] = &[row::<Reshape>(), row::<Pack>()];
