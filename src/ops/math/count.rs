//! Counting: occurrences, bins, histograms.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{CheckText, Graph, Literal, ReduceKind, ScatterKind, Val};
use crate::ops::build::{indices, want_dtype};
use crate::ops::math;
use crate::shape::Shape;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, host_value, row, run_one};

/// Values as int32, which must not be negative.
fn counted(g: &mut Graph, op: &str, arg: &str, x: Val) -> Result<Val> {
    let x = indices(g, op, arg, x)?;
    let zero = g.zeros_like(x)?;
    let ok = g.ge(x, zero)?;
    g.check(ok, x, CheckText { op: op.into(), what: arg.into(), wanted: "a value of at least 0".into() })?;
    Ok(x)
}

fn size_of(op: &str, size: i64) -> Result<usize> {
    usize::try_from(size).map_err(|_| Error::invalid(op, "size", "a value of at least 0", size))
}

/// Weights, or ones in the place of an empty list of them.
fn weights_for(g: &mut Graph, op: &str, x: Val, weights: Val) -> Result<Val> {
    if g.shape(weights) == g.shape(x) {
        return Ok(weights);
    }
    if g.shape(weights).size() != 0 {
        let wanted = format!("shape {} or none", g.shape(x));
        return Err(Error::invalid(op, "weights", wanted, format_args!("shape {}", g.shape(weights))));
    }
    g.full(g.dtype(weights), g.shape(x).clone(), 1.0)
}

crate::op! {
    /// How often each number below `size` occurs, or the sum of the weights where it does. Larger numbers do not count.
    Bincount in "tf.math.bincount" (arr, weights) {
        /// How many numbers are counted.
        size: i64,
    }
    build |s, g| {
        let n = size_of("Bincount", s.size)?;
        let x = counted(g, "Bincount", "arr", arr)?;
        let w = weights_for(g, "Bincount", arr, weights)?;
        let m = g.shape(x).size();
        let (x, w) = (g.reshape(x, [m, 1])?, g.reshape(w, [m])?);
        let zeros = g.full(g.dtype(w), [n], 0.0)?;
        g.scatter(ScatterKind::Combine(ReduceKind::Sum), zeros, x, w, &[0], 0)
    };
    cases [
        case().with("size", 5).ints([8], 0, 5).ints([0], 0, 1),
        case().with("size", 4).ints([2, 3], 0, 6).ints([0], 0, 1),
        case().with("size", 5).ints([6], 0, 5).f32([6]).forward_only(),
        case().with("size", 3).ints([0], 0, 5).ints([0], 0, 1),
    ]
    errors [
        case().with("size", 5).int_values([2], &[1, -1]).ints([0], 0, 1),
        case().with("size", -1).ints([2], 0, 3).ints([0], 0, 1),
        case().with("size", 3).ints([2], 0, 3).f32([3]),
    ]
}

crate::op! {
    /// As `Bincount`, for a vector or for each row of a matrix; `binary_output` says only whether a number occurs.
    DenseBincount in "tf.math.bincount" (input, weights) {
        /// How many numbers are counted.
        size: i64,
        /// Whether the result is 1 for numbers that occur.
        binary_output: bool = false,
    }
    build |s, g| {
        let op = "DenseBincount";
        let n = size_of(op, s.size)?;
        let shape = g.shape(input).clone();
        if shape.rank() == 0 || shape.rank() > 2 {
            return Err(Error::invalid(op, "input", "rank 1 or 2", format_args!("shape {shape}")));
        }
        let x = counted(g, op, "input", input)?;
        let w = weights_for(g, op, input, weights)?;
        let batch = shape.rank() - 1;
        let mut out = shape.clone();
        out[batch] = n;
        let x = g.expand_dims(x, &[shape.rank()])?;
        let kind = if s.binary_output { ScatterKind::Set } else { ScatterKind::Combine(ReduceKind::Sum) };
        let w = if s.binary_output { g.ones_like(w)? } else { w };
        let zeros = g.full(g.dtype(w), out, 0.0)?;
        g.scatter(kind, zeros, x, w, &[batch], batch)
    };
    cases [
        case().with("size", 5).ints([8], 0, 5).ints([0], 0, 1),
        case().with("size", 4).ints([2, 5], 0, 6).ints([0], 0, 1),
        case().with("size", 4).with("binary_output", true).ints([2, 5], 0, 4).ints([0], 0, 1),
        case().with("size", 5).ints([2, 3], 0, 5).f32([2, 3]).forward_only(),
        case().with("size", 3).input(DType::Int64, [4], Fill::Uniform(0.0, 3.0)).f32([0]).forward_only(),
    ]
    errors [
        case().with("size", 5).int_values([2], &[1, -1]).ints([0], 0, 1),
        case().with("size", 5).ints([2, 2, 2], 0, 3).ints([0], 0, 1),
    ]
}

/// How often each number from 0 on occurs in `arr` (`tf.math.bincount`): as many counts as the largest number needs, at least `minlength`
/// and at most `maxlength`. With weights, their sums.
///
/// ```
/// # use wgflow::{DType, ops::math::bincount};
/// assert_eq!(bincount([1, 1, 3], None, None, None, DType::Int32)?.to_vec::<i32>()?, [0, 2, 0, 1]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for negative numbers or weights of another shape; `Unimplemented` while a function is traced: there the result's size
/// must be given by both `minlength` and `maxlength`, equal.
pub fn bincount(
    arr: impl IntoTensor,
    weights: Option<&Tensor>,
    minlength: Option<usize>,
    maxlength: Option<usize>,
    dtype: DType,
) -> Result<Tensor> {
    let arr = arr.into_tensor(None)?;
    let size = match (minlength, maxlength) {
        (Some(a), Some(b)) if a == b => a,
        _ => {
            let largest = host_value("Bincount", &arr)?.to_i64s().into_iter().max().unwrap_or(-1);
            let n = (largest + 1).max(0) as usize;
            n.max(minlength.unwrap_or(0)).min(maxlength.unwrap_or(usize::MAX))
        }
    };
    let none = Literal::filled(dtype, [0], 0.0).into_tensor(None)?;
    run_one(&Bincount { size: size as i64 }, &[&arr, weights.unwrap_or(&none)])
}

crate::op! {
    /// The number of boundaries that are not above each value: the bin it falls into.
    Bucketize in "tf.raw_ops.Bucketize" (input) {
        /// Sorted borders of the bins.
        boundaries: Vec<f64>,
    }
    build |s, g| {
        if let Some(w) = s.boundaries.windows(2).find(|w| w[0] > w[1]) {
            return Err(Error::invalid("Bucketize", "boundaries", "sorted values", format_args!("{w:?}")));
        }
        want_dtype(g, "Bucketize", "input", input, "numbers", |d| d.is_float() || d.is_int())?;
        let x = g.convert(input, DType::Float32)?;
        let n = s.boundaries.len();
        let shape: Shape = g.shape(x).iter().copied().chain([n]).collect();
        let rank = shape.rank();
        let bounds = g.constant(Literal::floats(DType::Float32, [n], s.boundaries.clone()))?;
        let bounds = g.broadcast_in_dim(bounds, shape.clone(), &[rank - 1])?;
        let x = g.broadcast_in_dim(x, shape, &(0..rank - 1).collect::<Vec<_>>())?;
        let above = g.ge(x, bounds)?;
        let above = g.convert(above, DType::Int32)?;
        g.reduce(ReduceKind::Sum, above, &[rank - 1])
    };
    cases [
        case().with("boundaries", [0.0, 10.0, 100.0]).values([3, 2], &[-5.0, 10000.0, 150.0, 10.0, 5.0, 100.0]),
        case().with("boundaries", [1.0, 3.5]).ints([6], 0, 6),
        case().with("boundaries", Vec::<f64>::new()).f32([3]),
    ]
    errors [case().with("boundaries", [3.0, 1.0]).f32([3])]
}

crate::op! {
    /// How many values fall into each of `nbins` equal bins of a range; values outside count in the first or last bin.
    HistogramFixedWidth in "tf.histogram_fixed_width" (values, value_range) {
        /// How many bins.
        nbins: i64 = 100,
        /// dtype of the counts.
        dtype: DType = DType::Int32,
    }
    build |s, g| {
        let op = "HistogramFixedWidth";
        if s.nbins <= 0 {
            return Err(Error::invalid(op, "nbins", "a value above 0", s.nbins));
        }
        if *g.shape(value_range) != Shape::from([2]) {
            return Err(Error::invalid(op, "value_range", "shape (2,)", format_args!("shape {}", g.shape(value_range))));
        }
        want_dtype(g, op, "values", values, "numbers", |d| d.is_float() || d.is_int())?;
        let (n, bins) = (g.shape(values).size(), s.nbins as usize);
        let x = g.reshape(values, [n])?;
        let (x, range) = (g.convert(x, DType::Float32)?, g.convert(value_range, DType::Float32)?);
        let mut end = |k: usize| -> Result<Val> {
            let v = g.slice_in_dim(range, 0, k, k + 1)?;
            let v = g.reshape(v, ())?;
            g.broadcast_to(v, &Shape::from([n]))
        };
        let (lo, hi) = (end(0)?, end(1)?);
        let (width, above) = (g.sub(hi, lo)?, g.sub(x, lo)?);
        let count = g.full_like(x, bins as f64)?;
        let step = g.div(width, count)?;
        let at = g.div(above, step)?;
        let at = g.floor(at)?;
        let (zero, last) = (g.zeros_like(at)?, g.full_like(at, bins as f64 - 1.0)?);
        let at = g.clamp(zero, at, last)?;
        let at = g.convert(at, DType::Int32)?;
        let at = g.reshape(at, [n, 1])?;
        let (start, one) = (g.full(s.dtype, [bins], 0.0)?, g.full(s.dtype, [n], 1.0)?);
        g.scatter(ScatterKind::Combine(ReduceKind::Sum), start, at, one, &[0], 0)
    };
    cases [
        case().with("nbins", 5).values([6], &[-1.0, 0.0, 1.5, 2.0, 5.0, 15.0]).values([2], &[0.0, 5.0]),
        case().range([40], -1.0, 1.0).values([2], &[-0.5, 0.5]),
        case().with("nbins", 4).with("dtype", DType::Int64).ints([9], 0, 10).int_values([2], &[0, 8]),
    ]
    errors [case().with("nbins", 0).f32([3]).values([2], &[0.0, 5.0]), case().with("nbins", 5).f32([3]).values([3], &[0.0, 5.0, 1.0])]
}

/// How many values fall into each of `nbins` equal bins of `value_range` (`tf.histogram_fixed_width`, whose defaults are 100 bins and
/// int32); values outside count in the first or last bin.
///
/// # Errors
/// `InvalidArgument` for no bins or a range that is no pair.
pub fn histogram_fixed_width(
    values: impl IntoTensor,
    value_range: impl IntoTensor,
    nbins: i64,
    dtype: DType,
) -> Result<Tensor> {
    let values = values.into_tensor(None)?;
    let range = value_range.into_tensor(Some(values.dtype()))?;
    run_one(&HistogramFixedWidth { nbins, dtype }, &[&values, &range])
}

/// The number of elements that are not 0 over axes (`tf.math.count_nonzero`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range or named twice.
pub fn count_nonzero(
    input: impl IntoTensor,
    axis: impl Into<crate::ops::Axes>,
    keepdims: bool,
    dtype: DType,
) -> Result<Tensor> {
    let some = math::cast(input, DType::Bool)?;
    math::reduce_sum(math::cast(some, dtype)?, axis, keepdims)
}

pub(super) const OPS: &[Row] =
    &[row::<Bincount>(), row::<DenseBincount>(), row::<Bucketize>(), row::<HistogramFixedWidth>()];
