//! Dense tensors of ragged ones.

use super::{MOST, splits, vector};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::{Case, Fill, IntoTensor, Row, Tensor, host_value, row, run_one};

/// A case with a shape, values, a default and rows by splits.
fn of_rows(shape: &[f64], rows: &[&[f64]], f: impl Fn(Case) -> Case) -> Case {
    let types = rows.iter().map(|_| "ROW_SPLITS".to_string()).collect::<Vec<_>>();
    let long = |c: Case, v: &[f64]| c.input(DType::Int64, [v.len()], Fill::Values(v.to_vec()));
    let c = crate::tensor::case().with("row_partition_types", types);
    rows.iter().fold(f(long(c, shape)), |c, r| long(c, r))
}

/// A case of rows by the number of each value's row.
fn of_ids(shape: &[f64], rows: f64, ids: &[f64]) -> Case {
    let types: Vec<String> = vec!["FIRST_DIM_SIZE".into(), "VALUE_ROWIDS".into()];
    let long = |c: Case, s: Vec<usize>, v: &[f64]| c.input(DType::Int64, s, Fill::Values(v.to_vec()));
    let c = long(crate::tensor::case().with("row_partition_types", types), vec![shape.len()], shape);
    long(long(c.f32([ids.len()]).f32([]), vec![], &[rows]), vec![ids.len()], ids)
}

const ROWS: &[f64] = &[0.0, 2.0, 2.0, 5.0];

crate::op! {
    /// A ragged tensor as a dense one: what its rows lack has a default value, what a given shape has no room for goes. The rows are given
    /// from the outermost on by `ROW_SPLITS`, or `FIRST_DIM_SIZE` and `VALUE_ROWIDS`.
    RaggedTensorToTensor in "tf.RaggedTensor.to_tensor" (shape, values, default_value; row_partition_tensors) {
        /// What each of the tensors after the default is.
        row_partition_types: Vec<String>,
    }
    strings Read;
    tensors |s, x| Ok(vec![dense(x, &s.row_partition_types)?]);
    cases [
        of_rows(&[-1.0, -1.0], &[&[0.0, 2.0, 3.0]], |c| c.texts([3], &["a", "b", "c"]).texts([], &["-"])),
        of_rows(&[-1.0, -1.0], &[ROWS], |c| c.f32([5]).f32([])),
        of_rows(&[2.0, 2.0], &[ROWS], |c| c.f32([5]).f32([])),
        of_rows(&[5.0, 4.0], &[ROWS], |c| c.ints([5], 0, 9).int_values([], &[-1])),
        of_rows(&[-1.0, -1.0, -1.0], &[&[0.0, 2.0, 3.0], ROWS], |c| c.f32([5]).f32([])),
        of_rows(&[-1.0, -1.0, 2.0], &[ROWS], |c| c.f32([5, 2]).f32([2])),
        of_rows(&[-1.0, -1.0, 2.0], &[ROWS], |c| c.f32([5, 2]).f32([])),
        of_rows(&[-1.0, -1.0], &[&[0.0]], |c| c.f32([0]).f32([])),
        of_ids(&[-1.0, -1.0], 3.0, &[0.0, 0.0, 2.0, 2.0, 2.0]),
        of_ids(&[4.0, 1.0], 3.0, &[0.0, 0.0, 2.0, 2.0, 2.0]),
    ]
    errors [
        of_rows(&[-1.0, -1.0, 3.0], &[ROWS], |c| c.f32([5, 2]).f32([2])),
        of_rows(&[-1.0, -1.0], &[ROWS], |c| c.f32([5]).f32([2])),
        of_rows(&[-1.0, -1.0], &[ROWS], |c| c.f32([5]).f32([])).with("row_partition_types", vec!["ROW_LENGTHS".to_string()]),
        of_rows(&[-1.0, -1.0], &[&[1.0, 2.0, 5.0]], |c| c.f32([5]).f32([])),
    ]
}

/// For each row of one level, the places of its children among all of the next level.
enum Rows {
    Splits(Vec<usize>),
    Ids(Vec<i64>),
}

impl Rows {
    /// The number of children of the row that has most.
    fn widest(&self) -> usize {
        match self {
            Rows::Splits(v) => v.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0),
            Rows::Ids(v) => v.chunk_by(|a, b| a == b).map(<[i64]>::len).max().unwrap_or(0),
        }
    }

    /// Where each child goes, for parents that go to places of their own, in rows of `width`.
    fn children(&self, parents: &[Option<usize>], width: usize) -> Vec<Option<usize>> {
        let place = |row: usize, k: usize| {
            let parent = parents.get(row).copied().flatten()?;
            (k < width).then_some(parent * width + k)
        };
        match self {
            Rows::Splits(v) => {
                let rows = v.windows(2).enumerate();
                rows.flat_map(|(r, w)| (0..w[1] - w[0]).map(move |k| (r, k)))
                    .map(|(r, k)| place(r, k))
                    .collect()
            }
            Rows::Ids(v) => {
                let rows = v.chunk_by(|a, b| a == b);
                rows.flat_map(|same| same.iter().enumerate().map(|(k, r)| place(*r as usize, k))).collect()
            }
        }
    }
}

fn dense(x: &[&Tensor], types: &[String]) -> Result<Tensor> {
    let op = "RaggedTensorToTensor";
    let [shape, values, default, partitions @ ..] = x else {
        return Err(Error::invalid(
            op,
            "inputs",
            "shape, values, default_value and rows",
            format_args!("{} tensors", x.len()),
        ));
    };
    if values.rank() == 0 {
        return Err(Error::invalid(op, "values", "at least one dimension", "shape ()"));
    }
    let inner = Shape::from(&values.shape()[1..]);
    if default.rank() > inner.rank() || default.dtype() != values.dtype() {
        let wanted = format!("{} that broadcasts to shape {inner}", values.dtype());
        return Err(Error::invalid(op, "default_value", wanted, default.spec()));
    }
    let (first, levels) = levels(op, types, partitions, values.shape()[0])?;
    let size = sizes(op, shape, first, &levels, &inner)?;
    let mut places: Vec<Option<usize>> = (0..first).map(|r| (r < size[0]).then_some(r)).collect();
    for (level, &width) in levels.iter().zip(&size[1..]) {
        places = level.children(&places, width);
    }
    let count = size.iter().try_fold(1usize, |n, s| n.checked_mul(*s)).filter(|n| *n <= MOST);
    let Some(count) = count else {
        return Err(Error::new(
            ErrorKind::ResourceExhausted,
            op,
            format!("wanted at most {MOST} rows. Received: {size:?}"),
        ));
    };
    let n = values.shape()[0];
    // For each place of the result a value, or the default, which is the last.
    let mut from = vec![n as i64; count];
    for (k, place) in places.iter().take(n).enumerate() {
        if let Some(place) = place {
            from[*place] = k as i64;
        }
    }
    let default = array::broadcast_to(*default, inner.clone()).map_err(|e| e.for_op(op))?;
    let all = array::concat(&[(*values).clone(), array::expand_dims(default, 0)?], 0)?;
    let filled = array::gather(all, Literal::ints(DType::Int32, [count], from), 0, 0)?;
    let full: Shape = size.iter().chain(inner.iter()).copied().collect();
    array::reshape(filled, full)
}

/// The number of outermost rows, and the rows of each level.
fn levels(op: &str, types: &[String], given: &[&Tensor], n: usize) -> Result<(usize, Vec<Rows>)> {
    if types.len() != given.len() || types.is_empty() {
        let wanted = format!("{} tensors of rows", types.len().max(1));
        return Err(Error::invalid(op, "row_partition_tensors", wanted, given.len()));
    }
    let mut first = None;
    let mut found = vec![];
    for (k, (kind, t)) in types.iter().zip(given).enumerate() {
        let arg = format!("row_partition_tensors[{k}]");
        // Values of this level are rows of the next; how many there are the last level alone is told.
        let most = if k + 1 == given.len() { n } else { MOST };
        match &kind[..] {
            "FIRST_DIM_SIZE" if k == 0 => {
                let l = host_value(op, t)?;
                let size = (l.shape.rank() == 0 && l.dtype.is_int()).then(|| l.i64_at(0));
                let size = size.and_then(|s| usize::try_from(s).ok()).filter(|s| *s <= MOST);
                first =
                    Some(size.ok_or_else(|| {
                        Error::invalid(op, &arg, "a number of rows", format_args!("{t:?}"))
                    })?);
            }
            "ROW_SPLITS" => {
                let own = splits(op, &arg, t, most)?;
                if own[0] != 0 {
                    return Err(Error::invalid(op, &arg, "splits that begin with 0", own[0]));
                }
                first.get_or_insert(own.len() - 1);
                found.push(Rows::Splits(own));
            }
            "VALUE_ROWIDS" if k > 0 => {
                let own = vector(op, &arg, t)?;
                if own.first().is_some_and(|r| *r < 0) || own.windows(2).any(|w| w[0] > w[1]) {
                    return Err(Error::invalid(
                        op,
                        &arg,
                        "numbers of rows that do not fall",
                        format_args!("{own:?}"),
                    ));
                }
                if k + 1 == given.len() && own.len() != n {
                    return Err(Error::invalid(
                        op,
                        &arg,
                        format_args!("{n} numbers, one a value"),
                        own.len(),
                    ));
                }
                found.push(Rows::Ids(own));
            }
            _ => {
                let wanted = "FIRST_DIM_SIZE first and VALUE_ROWIDS behind it, or ROW_SPLITS";
                return Err(Error::invalid(op, "row_partition_types", wanted, format_args!("{types:?}")));
            }
        }
    }
    Ok((first.unwrap_or(0), found))
}

/// The sizes of the dimensions that rows are in: those that are given, the widest rows for the others.
fn sizes(op: &str, shape: &Tensor, first: usize, levels: &[Rows], inner: &Shape) -> Result<Vec<usize>> {
    let l = host_value(op, shape)?;
    let rank = 1 + levels.len() + inner.rank();
    let wanted = match l.shape.rank() {
        0 if l.dtype.is_int() && l.i64_at(0) == -1 => vec![-1; rank],
        _ => vector(op, "shape", shape)?,
    };
    let fits = wanted.len() == rank
        && wanted.iter().all(|n| *n >= -1)
        && wanted[1 + levels.len()..].iter().zip(inner.iter()).all(|(w, n)| *w == -1 || *w == *n as i64);
    if !fits {
        let like = format!("{rank} sizes from -1 up, the last {inner} or -1");
        return Err(Error::invalid(op, "shape", like, format_args!("{wanted:?}")));
    }
    let own = std::iter::once(first).chain(levels.iter().map(Rows::widest));
    Ok(own.zip(wanted).map(|(own, w)| usize::try_from(w).unwrap_or(own)).collect())
}

/// A ragged tensor, as its splits from the outermost on and its values, as a dense one (`tf.RaggedTensor.to_tensor`): what its rows lack is
/// `default_value`, what `shape` has no room for goes. Without a shape, and where it is -1, rows are as wide as the widest.
///
/// ```
/// # use wgflow::{IntoTensor, ops::ragged::to_tensor};
/// let rows = [0i64, 2, 3].into_tensor(None)?;
/// assert_eq!(to_tensor(&[rows], [1, 2, 3], 0, None)?.to_vec::<i32>()?, [1, 2, 3, 0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for splits that fall or do not fit the values, and shapes that do not fit; `ResourceExhausted` for more rows than the host
/// makes; `Unimplemented` while a function is traced, for splits that are computed in it.
pub fn to_tensor(
    nested_splits: &[Tensor],
    values: impl IntoTensor,
    default_value: impl IntoTensor,
    shape: Option<&[i64]>,
) -> Result<Tensor> {
    let (values, default) = crate::tensor::pair(values, default_value)?;
    let shape = match shape {
        Some(s) => s.to_vec().into_tensor(None)?,
        None => (-1i64).into_tensor(None)?,
    };
    let row_partition_types = vec!["ROW_SPLITS".to_string(); nested_splits.len()];
    let inputs: Vec<&Tensor> = [&shape, &values, &default].into_iter().chain(nested_splits).collect();
    run_one(&RaggedTensorToTensor { row_partition_types }, &inputs)
}

pub(super) const OPS: &[Row] = &[row::<RaggedTensorToTensor>()];
