//! Rows without values, filled.

use super::{places, vector};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::array::{concat, gather, reshape};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run};

/// An input of whole 64-bit numbers.
fn wide(c: crate::tensor::Case, shape: &[usize], v: &[f64]) -> crate::tensor::Case {
    c.input(DType::Int64, shape.to_vec(), Fill::Values(v.to_vec()))
}

crate::op! {
    /// A sparse tensor with a default value in the first column of each row that has none; which rows those are; and where each value went.
    SparseFillEmptyRows in "tf.sparse.fill_empty_rows" (indices, values, dense_shape, default_value) {}
    strings Read;
    tensors |s, x| fill(x);
    cases [
        wide(wide(case(), &[1, 2], &[1.0, 1.0]).texts([1], &["a"]), &[2], &[2.0, 3.0]).texts([], &["none"]),
        wide(wide(case(), &[4, 2], &[0.0, 1.0, 0.0, 3.0, 2.0, 0.0, 2.0, 0.0]).f32([4]), &[2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[2, 2], &[2.0, 1.0, 0.0, 3.0]).f32([2]), &[2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[0, 2], &[0.0]).ints([0], 0, 9), &[2], &[2.0, 6.0]).int_values([], &[-1]),
        wide(wide(case(), &[0, 2], &[0.0]).f32([0]), &[2], &[0.0, 6.0]).f32([]).forward_only(),
        wide(wide(case(), &[2, 3], &[1.0, 1.0, 0.0, 0.0, 3.0, 2.0]).ints([2], 0, 9), &[3], &[2.0, 4.0, 4.0]).int_values([], &[0]),
    ]
    errors [
        wide(wide(case(), &[2, 2], &[4.0, 1.0, 0.0, 3.0]).f32([2]), &[2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[2, 2], &[-1.0, 1.0, 0.0, 3.0]).f32([2]), &[2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[2], &[1.0, 2.0]).f32([2]), &[2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[1, 2], &[1.0, 2.0]).f32([2]), &[2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[1, 2], &[1.0, 2.0]).f32([1]), &[1, 2], &[4.0, 6.0]).f32([]),
        wide(wide(case(), &[1, 2], &[1.0, 2.0]).f32([1]), &[2], &[4.0, 6.0]).f32([1]),
        wide(wide(case(), &[1, 2], &[0.0, 2.0]).f32([1]), &[2], &[0.0, 6.0]).f32([]),
    ]
}

/// The most rows that are looked at.
const MOST_ROWS: i64 = 1 << 27;

fn fill(x: &[&Tensor]) -> Result<Vec<Tensor>> {
    let op = "SparseFillEmptyRows";
    let [indices, values, dense_shape, default] = x else {
        return Err(Error::invalid(op, "inputs", 4, x.len()));
    };
    let (at, shape) = (places(op, "indices", indices)?, vector(op, "dense_shape", dense_shape)?);
    let (n, width) = (at.shape[0], at.shape[1]);
    if **values.shape() != [n] {
        return Err(Error::invalid(
            op,
            "values",
            format_args!("shape ({n},)"),
            format_args!("shape {}", values.shape()),
        ));
    }
    if default.rank() != 0 || default.dtype() != values.dtype() {
        return Err(Error::invalid(
            op,
            "default_value",
            format_args!("a scalar of {}", values.dtype()),
            default.spec(),
        ));
    }
    if shape.len() != width || width == 0 {
        return Err(Error::invalid(
            op,
            "dense_shape",
            format_args!("{} sizes", width.max(1)),
            format_args!("{shape:?}"),
        ));
    }
    if !(0..=MOST_ROWS).contains(&shape[0]) {
        return Err(Error::invalid(
            op,
            "dense_shape[0]",
            format_args!("a size from 0 to {MOST_ROWS}"),
            shape[0],
        ));
    }
    let rows = shape[0] as usize;
    let mut of_row: Vec<Vec<usize>> = vec![vec![]; rows];
    for k in 0..n {
        let r = at.i64_at(k * width);
        let own = usize::try_from(r).ok().and_then(|r| of_row.get_mut(r));
        let Some(own) = own else {
            return Err(Error::invalid(
                op,
                &format!("indices[{k}, 0]"),
                format_args!("a row in [0, {rows})"),
                r,
            ));
        };
        own.push(k);
    }
    let (mut to, mut from, mut reverse) = (vec![], vec![], vec![0; n]);
    for (r, own) in of_row.iter().enumerate() {
        for &k in own {
            reverse[k] = from.len() as i64;
            from.push(k as i64);
            to.extend((0..width).map(|d| at.i64_at(k * width + d)));
        }
        if own.is_empty() {
            from.push(n as i64);
            to.push(r as i64);
            to.extend(std::iter::repeat_n(0, width - 1));
        }
    }
    let empty = of_row.iter().map(|own| i64::from(own.is_empty())).collect();
    let all = concat(&[(*values).clone(), reshape(*default, [1])?], 0)?;
    let count = from.len();
    Ok(vec![
        Literal::ints(at.dtype, [count, width], to).into_tensor(None)?,
        gather(all, Literal::ints(DType::Int32, [count], from), 0, 0)?,
        Literal::ints(DType::Bool, [rows], empty).into_tensor(None)?,
        Literal::ints(at.dtype, [n], reverse).into_tensor(None)?,
    ])
}

/// Results of [`fill_empty_rows`].
#[derive(Clone, Debug)]
pub struct FilledRows {
    /// Places, sorted by row.
    pub indices: Tensor,
    /// Values at the places.
    pub values: Tensor,
    /// For each row, whether it had no value.
    pub empty_row_indicator: Tensor,
    /// For each value that was given, where it stands now.
    pub reverse_index_map: Tensor,
}

/// A sparse tensor with `default_value` in the first column of each row that has none (`tf.sparse.fill_empty_rows`).
///
/// # Errors
/// `InvalidArgument` for rows out of range and shapes that do not fit; `Unimplemented` while a function is traced, for places that are
/// computed in it.
pub fn fill_empty_rows(
    indices: impl IntoTensor,
    values: impl IntoTensor,
    dense_shape: impl IntoTensor,
    default_value: impl IntoTensor,
) -> Result<FilledRows> {
    let (values, default) = crate::tensor::pair(values, default_value)?;
    let long = Some(DType::Int64);
    let (indices, shape) = (indices.into_tensor(long)?, dense_shape.into_tensor(long)?);
    match <[Tensor; 4]>::try_from(run(&SparseFillEmptyRows {}, &[&indices, &values, &shape, &default])?) {
        Ok([indices, values, empty_row_indicator, reverse_index_map]) => {
            Ok(FilledRows { indices, values, empty_row_indicator, reverse_index_map })
        }
        Err(_) => Err(Error::internal("SparseFillEmptyRows", "wanted four results")),
    }
}

pub(super) const OPS: &[Row] = &[row::<SparseFillEmptyRows>()];
