//! Dense tensors of sparse ones.

use super::{MOST, product, vector};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::array::{broadcast_to, concat, gather, reshape};
use crate::tensor::{IntoTensor, Row, Tensor, host_value, row, run_one};

crate::op! {
    /// A tensor of one value with others at given places.
    SparseToDense in "tf.sparse.to_dense" (sparse_indices, output_shape, sparse_values, default_value) {
        /// Whether places must be in order, each once.
        validate_indices: bool = true,
    }
    strings Read;
    tensors |s, x| Ok(vec![dense(s.validate_indices, x)?]);
    cases [
        case().int_values([2], &[1, 3]).int_values([1], &[4]).texts([2], &["a", "b"]).texts([], &["-"]),
        case().int_values([2, 2], &[0, 1, 1, 2]).int_values([2], &[2, 3]).f32([2]).values([], &[-1.0]),
        case().with("validate_indices", false).int_values([2], &[3, 1]).int_values([1], &[5]).f32([2]).values([], &[-1.0]).forward_only(),
        case().with("validate_indices", false).int_values([3], &[1, 1, 2]).int_values([1], &[4]).ints([3], 1, 9).int_values([], &[0]),
        case().int_values([2], &[1, 3]).int_values([1], &[5]).values([], &[4.0]).values([], &[0.5]).forward_only(),
        case().int_values([], &[3]).int_values([1], &[5]).values([], &[4.0]).values([], &[0.5]).forward_only(),
        case().int_values([0, 2], &[0]).int_values([2], &[2, 2]).f32([0]).values([], &[0.5]).forward_only(),
    ]
    errors [
        case().int_values([2], &[3, 1]).int_values([1], &[5]).f32([2]).f32([]),
        case().int_values([2], &[1, 1]).int_values([1], &[5]).f32([2]).f32([]),
        case().int_values([2], &[1, 5]).int_values([1], &[5]).f32([2]).f32([]),
        case().with("validate_indices", false).int_values([2], &[1, -5]).int_values([1], &[5]).f32([2]).f32([]),
        case().int_values([1, 2], &[1, 3]).int_values([1], &[5]).f32([]).f32([]),
        case().int_values([2], &[1, 3]).int_values([1], &[5]).f32([1]).f32([]),
        case().int_values([2], &[1, 3]).int_values([1], &[5]).f32([2]).f32([1]),
        case().int_values([2], &[1, 3]).int_values([1], &[-5]).f32([2]).f32([]),
    ]
}

fn dense(validate: bool, x: &[&Tensor]) -> Result<Tensor> {
    let op = "SparseToDense";
    let [indices, output_shape, values, default] = x else {
        return Err(Error::invalid(op, "inputs", 4, x.len()));
    };
    let at = host_value(op, indices)?;
    if !at.dtype.is_int() || at.shape.rank() > 2 {
        let wanted = "integers: a matrix, a vector or a scalar";
        return Err(Error::invalid(op, "sparse_indices", wanted, format_args!("{}{}", at.dtype, at.shape)));
    }
    let shape = vector(op, "output_shape", output_shape)?;
    let (n, width) = match at.shape[..] {
        [n, width] => (n, width),
        [n] => (n, 1),
        _ => (1, 1),
    };
    if width != shape.len() {
        return Err(Error::invalid(
            op,
            "output_shape",
            format_args!("{width} sizes"),
            format_args!("{shape:?}"),
        ));
    }
    let size = product(op, "output_shape", &shape)?;
    if size > MOST {
        return Err(Error::invalid(op, "output_shape", format_args!("at most {MOST} elements"), size));
    }
    if values.rank() > 1 || (values.rank() == 1 && values.size() != n) {
        let wanted = format!("a scalar or shape ({n},)");
        return Err(Error::invalid(op, "sparse_values", wanted, format_args!("shape {}", values.shape())));
    }
    if default.rank() != 0 || default.dtype() != values.dtype() {
        let wanted = format!("a scalar of {}", values.dtype());
        return Err(Error::invalid(op, "default_value", wanted, default.spec()));
    }
    let at = at.to_i64s();
    // What stands at each place: the number of a value, or of the default, which is the last.
    let mut from = vec![n as i64; size as usize];
    let mut before: Option<&[i64]> = None;
    for (k, place) in at.chunks_exact(width.max(1)).enumerate() {
        let arg = format!("sparse_indices[{k}]");
        if place.iter().zip(&shape).any(|(i, n)| !(0..*n).contains(i)) {
            return Err(Error::invalid(
                op,
                &arg,
                format_args!("a place in {shape:?}"),
                format_args!("{place:?}"),
            ));
        }
        if validate && before.is_some_and(|b| b >= place) {
            let wanted = format!("a place behind {before:?}, the one before");
            return Err(Error::invalid(op, &arg, wanted, format_args!("{place:?}")));
        }
        before = Some(place);
        let flat = place.iter().zip(&shape).fold(0, |f, (i, n)| f * n + i);
        from[flat as usize] = k as i64;
    }
    let values = broadcast_to(*values, [n])?;
    let all = concat(&[values, reshape(*default, [1])?], 0)?;
    let from = Literal::ints(DType::Int32, [from.len()], from);
    reshape(gather(all, from, 0, 0)?, shape)
}

/// A tensor of shape `output_shape` with `sparse_values` (or one value) at `sparse_indices`, `default_value` elsewhere
/// (`tf.compat.v1.sparse_to_dense`, whose defaults are 0 and true). With `validate_indices` places must be in order, each once.
///
/// ```
/// # use wgflow::ops::sparse::sparse_to_dense;
/// assert_eq!(sparse_to_dense([1, 3], [5], [7, 8], 0, true)?.to_vec::<i32>()?, [0, 7, 0, 8, 0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for places out of range or out of order, and shapes that do not fit; `Unimplemented` while a function is traced, for
/// places that are computed in it.
pub fn sparse_to_dense(
    sparse_indices: impl IntoTensor,
    output_shape: impl IntoTensor,
    sparse_values: impl IntoTensor,
    default_value: impl IntoTensor,
    validate_indices: bool,
) -> Result<Tensor> {
    let (values, default) = crate::tensor::pair(sparse_values, default_value)?;
    let (indices, shape) = (sparse_indices.into_tensor(None)?, output_shape.into_tensor(None)?);
    run_one(&SparseToDense { validate_indices }, &[&indices, &shape, &values, &default])
}

pub(super) const OPS: &[Row] = &[row::<SparseToDense>()];
