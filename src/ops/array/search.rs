//! Places in sorted sequences.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Val};
use crate::ops::build::shift;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// How many elements of each row of `sorted` are below (or, for `upper`, not above) each value: a binary search in as many steps as the
/// length has bits.
fn search(g: &mut Graph, op: &str, sorted: Val, values: Val, upper: bool, out: DType) -> Result<Val> {
    let (ss, vs) = (g.shape(sorted).clone(), g.shape(values).clone());
    for (arg, shape) in [("sorted_inputs", &ss), ("values", &vs)] {
        if shape.rank() != 2 {
            return Err(Error::invalid(op, arg, "rank 2", format_args!("shape {shape}")));
        }
    }
    if ss[0] != vs[0] {
        return Err(Error::invalid(
            op,
            "values",
            format_args!("{} rows, as sorted_inputs has", ss[0]),
            vs[0],
        ));
    }
    if g.dtype(sorted) != g.dtype(values) {
        return Err(Error::invalid(op, "values", g.dtype(sorted), g.dtype(values)));
    }
    if !matches!(out, DType::Int32 | DType::Int64) {
        return Err(Error::invalid(op, "out_type", "int32 or int64", out));
    }
    let n = ss[1];
    let mut found = g.full(DType::Int32, vs.clone(), 0.0)?;
    let most = g.full_like(found, n as f64)?;
    let mut step = if n == 0 { 0 } else { 1usize << n.ilog2() };
    while step > 0 {
        let next = shift(g, found, step as f64)?;
        let at = shift(g, next, -1.0)?;
        let at = g.expand_dims(at, &[2])?;
        let there = g.gather(sorted, at, &[1], 1, GatherMode::Clip)?;
        let before = if upper { g.le(there, values)? } else { g.lt(there, values)? };
        let inside = g.le(next, most)?;
        let moves = g.and(before, inside)?;
        found = g.select(moves, next, found)?;
        step /= 2;
    }
    g.convert(found, out)
}

/// Declares both.
macro_rules! bounds {
    ($($(#[doc = $doc:literal])+ $name:ident, $upper:literal;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in "tf.searchsorted" (sorted_inputs, values) {
                    /// int32 or int64.
                    out_type: DType = DType::Int32,
                }
                build |s, g| search(g, stringify!($name), sorted_inputs, values, $upper, s.out_type);
                cases [
                    case().values([1, 6], &[1.0, 2.0, 2.0, 2.0, 5.0, 9.0]).values([1, 7], &[0.0, 1.0, 2.0, 3.0, 9.0, 10.0, 5.0]),
                    case().int_values([2, 3], &[1, 3, 5, 2, 2, 4]).ints([2, 4], 0, 7),
                    case().with("out_type", DType::Int64).values([1, 1], &[3.0]).values([1, 3], &[2.0, 3.0, 4.0]),
                    case().f32([2, 0]).f32([2, 2]),
                    case().values([1, 7], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).range([1, 9], 0.0, 8.0),
                ]
                errors [case().f32([2, 3]).f32([3, 2]), case().f32([3]).f32([3]), case().f32([1, 3]).ints([1, 3], 0, 3)]
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

bounds! {
    /// The number of elements of each sorted row that are below each value.
    LowerBound, false;
    /// The number of elements of each sorted row that are not above each value.
    UpperBound, true;
}

/// Where values would be inserted into sorted sequences to keep them sorted (`tf.searchsorted`): rows along the last dimension; before equal
/// elements for `side` `"left"` (TensorFlow's default), behind them for `"right"`.
///
/// ```
/// # use wgflow::{DType, ops::array::searchsorted};
/// assert_eq!(searchsorted([-1, 3, 5, 5, 10], [0, 4, 5], "right", DType::Int32)?.to_vec::<i32>()?, [1, 2, 4]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for other leading dimensions, different dtypes, or another side.
pub fn searchsorted(
    sorted_sequence: impl IntoTensor,
    values: impl IntoTensor,
    side: &str,
    out_type: DType,
) -> Result<Tensor> {
    let (sorted, values) = crate::tensor::pair(sorted_sequence, values)?;
    let (ss, vs) = (sorted.shape().clone(), values.shape().clone());
    let (Some((&n, rows)), Some((&m, other))) = (ss.split_last(), vs.split_last()) else {
        return Err(Error::invalid(
            "searchsorted",
            "values",
            "at least rank 1",
            format_args!("{ss} and {vs}"),
        ));
    };
    if rows != other {
        return Err(Error::invalid(
            "searchsorted",
            "values",
            format_args!("leading dimensions {rows:?}"),
            vs,
        ));
    }
    let count: usize = rows.iter().product();
    let (flat, wanted) = (super::reshape(sorted, [count, n])?, super::reshape(values, [count, m])?);
    let found = match side {
        "left" => run_one(&LowerBound { out_type }, &[&flat, &wanted])?,
        "right" => run_one(&UpperBound { out_type }, &[&flat, &wanted])?,
        _ => return Err(Error::invalid("searchsorted", "side", "left or right", side)),
    };
    super::reshape(found, vs)
}
