//! Reductions of rows by segment: with a given number of segments on the device, with sorted segment numbers after reading them.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Literal, ReduceKind, ScatterKind, Val};
use crate::ops::build::indices;
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, host_value, row, run_one};

/// Data as rows, one for each segment number, and the numbers as int32 index vectors.
fn rows_of(g: &mut Graph, op: &str, data: Val, ids: Val) -> Result<(Val, Val, Shape)> {
    let (ds, is) = (g.shape(data).clone(), g.shape(ids).clone());
    if ds.rank() < is.rank() || ds[..is.rank()] != is[..] {
        let wanted = format!("a shape that data's {ds} begins with");
        return Err(Error::invalid(op, "segment_ids", wanted, is));
    }
    let rest: Shape = ds[is.rank()..].into();
    let flat: Shape = std::iter::once(is.size()).chain(rest.iter().copied()).collect();
    let data = g.reshape(data, flat)?;
    let ids = indices(g, op, "segment_ids", ids)?;
    Ok((data, g.reshape(ids, [is.size(), 1])?, rest))
}

fn segments(rest: &Shape, n: usize) -> Shape {
    std::iter::once(n).chain(rest.iter().copied()).collect()
}

/// Each segment's reduction; rows with a negative number are dropped.
fn reduce(g: &mut Graph, op: &str, kind: ReduceKind, data: Val, ids: Val, n: i64) -> Result<Val> {
    let Ok(n) = usize::try_from(n) else {
        return Err(Error::invalid(op, "num_segments", "a value of at least 0", n));
    };
    let dtype = g.dtype(data);
    let (data, ids, rest) = rows_of(g, op, data, ids)?;
    let limit = g.full_like(ids, n as f64)?;
    let ok = g.lt(ids, limit)?;
    let wanted = format!("a value below {n}");
    g.check(ok, ids, crate::hlo::CheckText { op: op.into(), what: "segment_ids".into(), wanted })?;
    // What a segment without rows has: the least number for the greatest one, and so on; no infinities.
    let empty = match kind {
        ReduceKind::Max if dtype.is_float() => dtype.min(),
        ReduceKind::Min if dtype.is_float() => dtype.max(),
        kind => kind.identity(dtype),
    };
    let start = g.full(dtype, segments(&rest, n), empty)?;
    g.scatter(ScatterKind::Combine(kind), start, ids, data, &[0], 0)
}

/// The derivative of a product by segment where some factors are 0: a segment with one zero has a slope there, one with more has none.
fn product_slope(g: &mut Graph, data: Val, ids: Val, y: Val, dy: Val) -> Result<Val> {
    let shape = g.shape(data).clone();
    let (data, ids, _) = rows_of(g, "UnsortedSegmentProd", data, ids)?;
    let (zero, one) = (g.zeros_like(data)?, g.ones_like(data)?);
    let is_zero = g.eq(data, zero)?;
    let count = g.convert(is_zero, g.dtype(data))?;
    let nothing = g.zeros_like(y)?;
    let zeros = g.scatter(ScatterKind::Combine(ReduceKind::Sum), nothing, ids, count, &[0], 0)?;
    let single = g.ones_like(zeros)?;
    let several = g.gt(zeros, single)?;
    let dy = g.select(several, nothing, dy)?;
    let others = g.select(is_zero, one, data)?;
    let start = g.ones_like(y)?;
    let product = g.scatter(ScatterKind::Combine(ReduceKind::Prod), start, ids, others, &[0], 0)?;
    let at = |g: &mut Graph, v: Val| g.gather(v, ids, &[0], 0, GatherMode::Fill);
    let (whole, product, d) = (at(g, y)?, at(g, product)?, at(g, dy)?);
    let divided = g.div(whole, others)?;
    let slope = g.select(is_zero, product, divided)?;
    let d = g.mul(d, slope)?;
    g.reshape(d, shape)
}

/// Declares them: name, function, TensorFlow's path, kind.
macro_rules! unsorted {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $kind:ident $(, vjp |$s:ident, $vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr)?;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (data, segment_ids) {
                    /// How many segments there are.
                    num_segments: i64,
                }
                build |s, g| reduce(g, stringify!($name), ReduceKind::$kind, data, segment_ids, s.num_segments);
                $(vjp |$s, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [
                    case().with("num_segments", 3).f32([5, 2]).int_values([5], &[2, 0, 2, 0, 0]),
                    case().with("num_segments", 4).f32([5]).int_values([5], &[3, -1, 0, 3, 0]),
                    case().with("num_segments", 2).f32([2, 2, 3]).int_values([2, 2], &[1, 0, 1, 1]),
                    case().with("num_segments", 2).ints([4], -9, 9).int_values([4], &[1, 1, 0, 1]),
                    case().with("num_segments", 3).values([5], &[0.0, 2.0, 0.0, 3.0, 0.0]).int_values([5], &[0, 0, 1, 1, 1]),
                    case().with("num_segments", 2).f32([0, 2]).int_values([0], &[0]),
                ]
                errors [
                    case().with("num_segments", 2).f32([3]).int_values([3], &[0, 1, 2]),
                    case().with("num_segments", 2).f32([3]).int_values([2], &[0, 1]),
                    case().with("num_segments", -1).f32([1]).int_values([1], &[0]),
                ]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. Rows with a negative number are dropped.")]
            ///
            /// # Errors
            /// `InvalidArgument` for a number that is not below `num_segments`, or shapes that do not fit.
            pub fn $f(data: impl IntoTensor, segment_ids: impl IntoTensor, num_segments: i64) -> Result<Tensor> {
                run_one(&$name { num_segments }, &[&data.into_tensor(None)?, &segment_ids.into_tensor(None)?])
            }
        )+
        pub(super) const UNSORTED: &[Row] = &[$(row::<$name>()),+];
    };
}

unsorted! {
    /// The sum of the rows of each segment.
    UnsortedSegmentSum, unsorted_segment_sum, "tf.math.unsorted_segment_sum", Sum;
    /// The product of the rows of each segment.
    UnsortedSegmentProd, unsorted_segment_prod, "tf.math.unsorted_segment_prod", Prod,
        vjp |s, g, x, y, dy| Ok(vec![Some(product_slope(g, x[0], x[1], y, dy)?), None]);
    /// The maximum of the rows of each segment.
    UnsortedSegmentMax, unsorted_segment_max, "tf.math.unsorted_segment_max", Max;
    /// The minimum of the rows of each segment.
    UnsortedSegmentMin, unsorted_segment_min, "tf.math.unsorted_segment_min", Min;
}

/// The number of rows of each segment. The numbers must be sorted and at least 0; the last one says how many segments there are.
fn sorted_counts(op: &str, ids: &Tensor) -> Result<Vec<f64>> {
    let l = host_value(op, ids)?;
    if !l.dtype.is_int() || l.shape.rank() != 1 {
        return Err(Error::invalid(
            op,
            "segment_ids",
            "a vector of int32 or int64",
            format_args!("{}{}", l.dtype, l.shape),
        ));
    }
    let ids = l.to_i64s();
    if let Some(w) = ids.windows(2).find(|w| w[0] > w[1]) {
        return Err(Error::invalid(
            op,
            "segment_ids",
            "sorted values",
            format_args!("{} before {}", w[0], w[1]),
        ));
    }
    if let Some(first) = ids.first().filter(|i| **i < 0) {
        return Err(Error::invalid(op, "segment_ids", "values of at least 0", first));
    }
    let mut counts = vec![0.0; ids.last().map_or(0, |l| *l as usize + 1)];
    ids.iter().for_each(|&i| counts[i as usize] += 1.0);
    Ok(counts)
}

/// What the reduction by sorted segments does beside that by numbered ones.
#[derive(Clone, Copy, PartialEq)]
enum Sorted {
    Sum,
    Mean,
    SqrtN,
    Prod,
    Max,
    Min,
}

fn sorted(op: &str, how: Sorted, data: &Tensor, ids: &Tensor) -> Result<Tensor> {
    if data.rank() == 0 || data.shape().first() != ids.shape().first() {
        let wanted = format!("as many numbers as data of shape {} has rows", data.shape());
        return Err(Error::invalid(op, "segment_ids", wanted, format_args!("shape {}", ids.shape())));
    }
    let counts = sorted_counts(op, ids)?;
    let n = counts.len() as i64;
    // One number a segment, along the first axis.
    let column = |v: Vec<f64>, dtype: DType| -> Result<Tensor> {
        let shape: Shape = std::iter::once(v.len()).chain(data.shape()[1..].iter().map(|_| 1)).collect();
        let l = if dtype.is_exact() {
            Literal::ints(dtype, shape, v.iter().map(|&v| v as i64).collect())
        } else {
            Literal::floats(dtype, shape, v)
        };
        l.into_tensor(None)
    };
    let reduced = match how {
        Sorted::Sum | Sorted::Mean | Sorted::SqrtN => unsorted_segment_sum(data, ids, n)?,
        Sorted::Prod => unsorted_segment_prod(data, ids, n)?,
        Sorted::Max => unsorted_segment_max(data, ids, n)?,
        Sorted::Min => unsorted_segment_min(data, ids, n)?,
    };
    let per_row = |f: fn(f64) -> f64| counts.iter().map(|&c| f(c.max(1.0))).collect();
    match how {
        Sorted::Mean if data.dtype().is_int() => {
            math::truncatediv(reduced, column(per_row(|c| c), data.dtype())?)
        }
        Sorted::Mean => math::divide(reduced, column(per_row(|c| c), data.dtype())?),
        Sorted::SqrtN => math::divide(reduced, column(per_row(f64::sqrt), data.dtype())?),
        Sorted::Max | Sorted::Min if counts.contains(&0.0) => {
            let some = column(counts.clone(), DType::Bool)?;
            array::where_(some, &reduced, array::zeros_like(&reduced)?)
        }
        _ => Ok(reduced),
    }
}

/// Declares them: name, function, TensorFlow's path, how.
macro_rules! sorted {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $how:ident, [$($case:expr),*];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (data, segment_ids) {}
                tensors |s, x| Ok(vec![sorted(stringify!($name), Sorted::$how, x[0], x[1])?]);
                cases [
                    case().f32([5, 2]).int_values([5], &[0, 0, 1, 2, 2]),
                    case().f32([4]).int_values([4], &[0, 0, 2, 2]),
                    case().f32([0, 2]).int_values([0], &[0])
                    $(, $case)*
                ]
                errors [
                    case().f32([3]).int_values([3], &[0, 2, 1]),
                    case().f32([3]).int_values([2], &[0, 1]),
                    case().f32([2]).int_values([2], &[-1, 0]),
                ]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. The result has one row more than the last number says.")]
            ///
            /// # Errors
            /// `InvalidArgument` for numbers that are not sorted, below 0, or not one a row; `Unimplemented` while a function is traced.
            pub fn $f(data: impl IntoTensor, segment_ids: impl IntoTensor) -> Result<Tensor> {
                run_one(&$name {}, &[&data.into_tensor(None)?, &segment_ids.into_tensor(None)?])
            }
        )+
        pub(super) const SORTED: &[Row] = &[$(row::<$name>()),+];
    };
}

sorted! {
    /// The sum of the rows of each segment, by sorted segment numbers.
    SegmentSum, segment_sum, "tf.math.segment_sum", Sum, [case().ints([4], -9, 9).int_values([4], &[0, 1, 1, 1])];
    /// The mean of the rows of each segment, by sorted segment numbers.
    SegmentMean, segment_mean, "tf.math.segment_mean", Mean, [];
    /// The product of the rows of each segment, by sorted segment numbers.
    SegmentProd, segment_prod, "tf.math.segment_prod", Prod, [case().ints([4], -9, 9).int_values([4], &[0, 1, 1, 1])];
    /// The maximum of the rows of each segment, by sorted segment numbers.
    SegmentMax, segment_max, "tf.math.segment_max", Max, [case().ints([4], -9, 9).int_values([4], &[0, 1, 3, 3])];
    /// The minimum of the rows of each segment, by sorted segment numbers.
    SegmentMin, segment_min, "tf.math.segment_min", Min, [case().ints([4], -9, 9).int_values([4], &[0, 1, 3, 3])];
}

/// Rows of `data` at `indices`. These are looked at here: a check on the device would speak of the gather.
fn rows_at(op: &str, data: &Tensor, indices: &Tensor) -> Result<Tensor> {
    let rows = data.shape().first().copied().unwrap_or(1) as i64;
    let numbers = host_value(op, indices)?.to_i64s();
    if let Some((k, bad)) = numbers.iter().enumerate().find(|(_, i)| !(0..rows).contains(*i)) {
        return Err(Error::invalid(
            op,
            &format!("indices[{k}]"),
            format_args!("a value in [0, {rows})"),
            bad,
        ));
    }
    array::gather(data, indices, 0, 0).map_err(|e| e.for_op(op))
}

/// Declares them: name, function, TensorFlow's path, how.
macro_rules! sparse {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $how:ident;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (data, indices, segment_ids) {}
                tensors |s, x| {
                    let rows = rows_at(stringify!($name), x[0], x[1])?;
                    Ok(vec![sorted(stringify!($name), Sorted::$how, &rows, x[2])?])
                };
                cases [
                    case().f32([4, 2]).int_values([4], &[3, 0, 0, 1]).int_values([4], &[0, 0, 1, 1]),
                    case().f32([4, 2]).int_values([3], &[3, 0, 2]).int_values([3], &[0, 0, 2]),
                ]
                errors [
                    case().f32([3, 2]).int_values([2], &[0, 3]).int_values([2], &[0, 0]),
                    case().f32([3, 2]).int_values([2], &[0, 1]).int_values([2], &[1, 0]),
                    case().f32([3, 2]).int_values([2], &[0, 1]).int_values([3], &[0, 0, 0]),
                ]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. The result has one row more than the last number says.")]
            ///
            /// # Errors
            /// `InvalidArgument` for an index out of range, numbers that are not sorted, or not one an index; `Unimplemented` while a
            /// function is traced.
            pub fn $f(data: impl IntoTensor, indices: impl IntoTensor, segment_ids: impl IntoTensor) -> Result<Tensor> {
                let (data, indices) = (data.into_tensor(None)?, indices.into_tensor(None)?);
                run_one(&$name {}, &[&data, &indices, &segment_ids.into_tensor(None)?])
            }
        )+
        pub(super) const SPARSE: &[Row] = &[$(row::<$name>()),+];
    };
}

sparse! {
    /// The sum by segment of the rows at `indices`.
    SparseSegmentSum, sparse_segment_sum, "tf.sparse.segment_sum", Sum;
    /// The mean by segment of the rows at `indices`.
    SparseSegmentMean, sparse_segment_mean, "tf.sparse.segment_mean", Mean;
    /// The sum by segment of the rows at `indices`, divided by the root of their number.
    SparseSegmentSqrtN, sparse_segment_sqrt_n, "tf.sparse.segment_sqrt_n", SqrtN;
}
