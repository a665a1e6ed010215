//! Other shapes for sparse tensors.

use super::{places, product, vector};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{Case, Fill, IntoTensor, Row, Tensor, row, run};

/// A case of places, a shape and another shape.
fn places_in(places: ([usize; 2], &[f64]), shape: &[f64], new: &[f64]) -> Case {
    let long = |c: Case, s: Vec<usize>, v: &[f64]| c.input(DType::Int64, s, Fill::Values(v.to_vec()));
    let c = long(crate::tensor::case(), places.0.to_vec(), places.1);
    long(long(c, vec![shape.len()], shape), vec![new.len()], new)
}

const THREE: ([usize; 2], &[f64]) = ([3, 3], &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);

crate::op! {
    /// The places of a sparse tensor's values, and its shape, after it is given another shape; one size may be -1.
    SparseReshape in "tf.sparse.reshape" (input_indices, input_shape, new_shape) {}
    tensors |s, x| reshaped(x);
    cases [
        places_in(THREE, &[2.0, 3.0, 4.0], &[4.0, -1.0]),
        places_in(THREE, &[2.0, 3.0, 4.0], &[24.0]),
        places_in(([1, 2], &[3.0, 1.0]), &[4.0, 3.0], &[2.0, 2.0, 3.0]),
        places_in(([0, 2], &[0.0]), &[0.0, 3.0], &[3.0, -1.0]),
    ]
    errors [
        places_in(THREE, &[2.0, 3.0, 4.0], &[5.0, -1.0]),
        places_in(THREE, &[2.0, 3.0, 4.0], &[-1.0, -1.0]),
        places_in(THREE, &[2.0, 3.0, 4.0], &[-2.0, 12.0]),
        places_in(THREE, &[2.0, 3.0, 4.0], &[5.0, 5.0]),
        places_in(([1, 2], &[0.0, 0.0]), &[2.0, 3.0, 4.0], &[6.0, 4.0]),
        places_in(([0, 2], &[0.0]), &[0.0, 3.0], &[0.0, -1.0]),
    ]
}

fn reshaped(x: &[&Tensor]) -> Result<Vec<Tensor>> {
    let op = "SparseReshape";
    let [indices, input_shape, new_shape] = x else {
        return Err(Error::invalid(op, "inputs", 3, x.len()));
    };
    let at = places(op, "input_indices", indices)?;
    let (old, mut new) = (vector(op, "input_shape", input_shape)?, vector(op, "new_shape", new_shape)?);
    let (n, width) = (at.shape[0], at.shape[1]);
    if old.len() != width {
        return Err(Error::invalid(
            op,
            "input_shape",
            format_args!("{width} sizes"),
            format_args!("{old:?}"),
        ));
    }
    let size = product(op, "input_shape", &old)?;
    let fits = || format!("a shape of {size} elements, as {old:?} has");
    let open: Vec<usize> = (0..new.len()).filter(|&d| new[d] == -1).collect();
    let received = format!("{new:?}");
    if let [d] = open[..] {
        new[d] = 1;
        let known = product(op, "new_shape", &new)?;
        if known == 0 || size % known != 0 {
            return Err(Error::invalid(op, "new_shape", fits(), received));
        }
        new[d] = size / known;
    } else if open.len() > 1 {
        return Err(Error::invalid(op, "new_shape", "at most one size of -1", received));
    }
    if product(op, "new_shape", &new)? != size {
        return Err(Error::invalid(op, "new_shape", fits(), received));
    }
    let mut to = Vec::with_capacity(n * new.len());
    for k in 0..n {
        let mut flat = 0i64;
        for (d, &size) in old.iter().enumerate() {
            let i = at.i64_at(k * width + d);
            if !(0..size).contains(&i) {
                return Err(Error::invalid(
                    op,
                    &format!("input_indices[{k}, {d}]"),
                    format_args!("a value in [0, {size})"),
                    i,
                ));
            }
            flat = flat * size + i;
        }
        let first = to.len();
        for &size in new.iter().rev() {
            to.push(flat % size);
            flat /= size;
        }
        to[first..].reverse();
    }
    Ok(vec![
        Literal::ints(at.dtype, [n, new.len()], to).into_tensor(None)?,
        Literal::ints(at.dtype, [new.len()], new).into_tensor(None)?,
    ])
}

/// The places of a sparse tensor's values, and its shape, after it is given another shape, of which one size may be -1
/// (`tf.sparse.reshape`; values stay as they are).
///
/// ```
/// # use wgflow::ops::sparse::reshape;
/// let (indices, shape) = reshape([[0, 2], [1, 0]], [2, 3], [-1])?;
/// assert_eq!((indices.to_vec::<i64>()?, shape.to_vec::<i64>()?), (vec![2, 3], vec![6]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a shape of another size, places out of range and more than one -1; `Unimplemented` while a function is traced, for
/// places that are computed in it.
pub fn reshape(
    input_indices: impl IntoTensor,
    input_shape: impl IntoTensor,
    new_shape: impl IntoTensor,
) -> Result<(Tensor, Tensor)> {
    let long = Some(DType::Int64);
    let (indices, old) = (input_indices.into_tensor(long)?, input_shape.into_tensor(long)?);
    let found = run(&SparseReshape {}, &[&indices, &old, &new_shape.into_tensor(long)?])?;
    match <[Tensor; 2]>::try_from(found) {
        Ok([indices, shape]) => Ok((indices, shape)),
        Err(_) => Err(Error::internal("SparseReshape", "wanted two results")),
    }
}

pub(super) const OPS: &[Row] = &[row::<SparseReshape>()];
