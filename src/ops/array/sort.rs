//! Sorting and the largest elements.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{CheckText, Graph, ScatterKind, Val};
use crate::shape::resolve_axis;
use crate::tensor::{IntoTensor, Row, Tensor, row, run, run_one};

crate::op! {
    /// The `k` largest elements along the last dimension and their indices; of equal ones the first comes first.
    TopKV2 in "tf.math.top_k" (input) {
        /// How many.
        k: i64,
        /// Whether they come in descending order; they do in any case.
        sorted: bool = true,
        /// dtype of the indices.
        index_type: DType = DType::Int32,
    }
    build |s, g| {
        let shape = g.shape(input).clone();
        let Some(&n) = shape.last() else {
            return Err(Error::invalid("TopKV2", "input", "at least rank 1", "shape ()"));
        };
        let k = usize::try_from(s.k).ok().filter(|k| *k <= n);
        let k = k.ok_or_else(|| Error::invalid("TopKV2", "k", format_args!("a value in [0, {n}]"), s.k))?;
        if !matches!(s.index_type, DType::Int16 | DType::Int32 | DType::Int64) {
            return Err(Error::invalid("TopKV2", "index_type", "int16, int32 or int64", s.index_type));
        }
        let (values, at) = g.top_k(input, k)?;
        Ok::<(Val, Val), Error>((values, g.convert(at, s.index_type)?))
    };
    cases [
        case().with("k", 2).distinct([2, 5]),
        case().with("k", 3).ints([2, 2, 4], 0, 3),
        case().with("k", 4).distinct([4]),
        case().with("k", 0).f32([3]),
        case().with("k", 2).with("index_type", DType::Int64).distinct([3]).forward_only(),
    ]
    errors [case().with("k", 4).f32([3]), case().with("k", -1).f32([3]), case().with("k", 1).f32([])]
}

/// The `k` largest elements along the last dimension and their int32 indices (`tf.math.top_k`; TensorFlow's default is 1); of equal ones the
/// first comes first.
///
/// ```
/// # use wgflow::ops::array::top_k;
/// let (values, indices) = top_k([1.0, 9.0, 4.0], 2, true)?;
/// assert_eq!((values.to_vec::<f32>()?, indices.to_vec::<i32>()?), (vec![9.0, 4.0], vec![1, 2]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a scalar, or `k` beyond the last dimension.
pub fn top_k(input: impl IntoTensor, k: i64, sorted: bool) -> Result<(Tensor, Tensor)> {
    let op = TopKV2 { k, sorted, index_type: DType::Int32 };
    let mut found = run(&op, &[&input.into_tensor(None)?])?.into_iter();
    match (found.next(), found.next()) {
        (Some(values), Some(indices)) => Ok((values, indices)),
        _ => Err(Error::internal("TopKV2", "gave no indices")),
    }
}

crate::attr_enum! {
    /// The order of [`sort()`] and [`argsort`].
    Direction {
        /// The smallest first.
        Ascending = "ASCENDING",
        /// The largest first.
        Descending = "DESCENDING",
    }
}

/// The values and their places, sorted along an axis.
fn sorted(g: &mut Graph, op: &str, x: Val, axis: i64, d: Direction) -> Result<(Val, Val)> {
    let shape = g.shape(x).clone();
    let dim = resolve_axis(op, "axis", axis, shape.rank())?;
    let places = g.iota(DType::Int32, shape, dim)?;
    let r = g.sort(&[x, places], dim, d == Direction::Descending)?;
    Ok((r[0], r[1]))
}

crate::op! {
    /// The elements in order along an axis.
    Sort as "sort" in api "tf.sort" (values) {
        /// Along which axis.
        axis: i64 = -1,
        /// Which order.
        direction: Direction = Direction::Ascending,
    }
    build |s, g| sorted(g, "sort", values, s.axis, s.direction).map(|r| r.0);
    cases [
        case().distinct([2, 5]),
        case().with("axis", 0).distinct([4, 2]),
        case().with("direction", "DESCENDING").distinct([2, 3, 4]),
        case().ints([2, 6], -3, 3),
        case().input(DType::UInt8, [5], crate::tensor::Fill::Uniform(0.0, 9.0)),
    ]
    errors [case().with("axis", 2).f32([2, 3]), case().with("direction", "UP").f32([2])]
}

/// The elements in order along an axis (`tf.sort`, whose defaults are the last axis and ascending).
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn sort(values: impl IntoTensor, axis: i64, direction: Direction) -> Result<Tensor> {
    run_one(&Sort { axis, direction }, &[&values.into_tensor(None)?])
}

crate::op! {
    /// The indices that sort a tensor along an axis; equal elements keep their order.
    Argsort as "argsort" in api "tf.argsort" (values) {
        /// Along which axis.
        axis: i64 = -1,
        /// Which order.
        direction: Direction = Direction::Ascending,
        /// Has no effect: the order is always stable.
        stable: bool = false,
    }
    build |s, g| sorted(g, "argsort", values, s.axis, s.direction).map(|r| r.1);
    cases [
        case().distinct([2, 5]),
        case().with("axis", 0).distinct([4, 2]),
        case().with("direction", "DESCENDING").distinct([2, 4]),
        case().ints([2, 6], -3, 3),
        case().with("direction", "DESCENDING").ints([6], -3, 3),
    ]
    errors [case().with("axis", 2).f32([2, 3])]
}

/// The int32 indices that sort a tensor along an axis (`tf.argsort`, whose defaults are the last axis and ascending); equal elements keep
/// their order.
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn argsort(values: impl IntoTensor, axis: i64, direction: Direction) -> Result<Tensor> {
    run_one(&Argsort { axis, direction, stable: true }, &[&values.into_tensor(None)?])
}

crate::op! {
    /// The inverse of a permutation of `0..n`.
    InvertPermutation in "tf.math.invert_permutation" (x) {}
    build |s, g| {
        crate::ops::build::want_rank(g, "InvertPermutation", "x", x, 1)?;
        let n = g.shape(x)[0];
        let dtype = g.dtype(x);
        let at = crate::ops::build::indices(g, "InvertPermutation", "x", x)?;
        g.check_indices("InvertPermutation", "x", at, n)?;
        let vectors = g.reshape(at, [n, 1])?;
        let (places, zeros) = (g.iota(DType::Int32, [n], 0)?, g.full(DType::Int32, [n], 0.0)?);
        let y = g.scatter(ScatterKind::Set, zeros, vectors, places, &[0], 0)?;
        // Of a number that occurs twice only the last place comes back.
        let back = g.gather(y, vectors, &[0], 0, crate::hlo::GatherMode::Clip)?;
        let once = g.eq(back, places)?;
        let text = CheckText { op: "InvertPermutation".into(), what: "x".into(), wanted: "each number once".into() };
        g.check(once, at, text)?;
        g.convert(y, dtype)
    };
    cases [
        case().int_values([5], &[3, 4, 0, 2, 1]),
        case().input(DType::Int64, [3], crate::tensor::Fill::Distinct(0.0, 2.0)),
        case().ints([0], 0, 1),
    ]
    errors [case().int_values([3], &[0, 3, 1]), case().int_values([3], &[0, 1, 1]), case().ints([2, 2], 0, 1)]
}

/// The inverse of a permutation of `0..n` (`tf.math.invert_permutation`).
///
/// # Errors
/// `InvalidArgument` for what is no permutation.
pub fn invert_permutation(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&InvertPermutation {}, &[&x.into_tensor(None)?])
}

pub(super) const OPS: &[Row] =
    &[row::<TopKV2>(), row::<Sort>(), row::<Argsort>(), row::<InvertPermutation>()];
