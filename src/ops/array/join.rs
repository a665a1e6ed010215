//! Joining and splitting.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::shape::resolve_axis;
use crate::tensor::{Adjoints, IntoTensor, Row, Tensor, row, run, run_one};

/// Refuses tensors of another dtype than the first one's.
fn want_same_dtype(g: &Graph, op: &str, values: &[Val]) -> Result<()> {
    let first = values.first().map(|&v| g.dtype(v));
    match values.iter().find(|&&v| Some(g.dtype(v)) != first) {
        Some(&v) => Err(Error::invalid(
            op,
            "values",
            format_args!("dtype {} for all", g.dtype(values[0])),
            g.dtype(v),
        )),
        None => Ok(()),
    }
}

crate::op! {
    /// Joins tensors of equal shape along a new dimension.
    Pack in "tf.stack" (; values) {
        /// Where the new dimension stands.
        axis: i64 = 0,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let Some(&first) = values.first() else {
            return Err(Error::invalid("Pack", "values", "at least one tensor", 0));
        };
        want_same_dtype(g, "Pack", values)?;
        if let Some(&bad) = values.iter().find(|&&v| g.shape(v) != g.shape(first)) {
            return Err(Error::invalid("Pack", "values", format_args!("shape {} for all", g.shape(first)), g.shape(bad)));
        }
        let axis = resolve_axis("Pack", "axis", s.axis, g.rank(first) + 1)?;
        let parts = values.iter().map(|&v| g.expand_dims(v, &[axis])).collect::<Result<Vec<_>>>()?;
        g.concatenate(&parts, axis)
    };
    cases [
        case().texts([2], &["a", "b"]).texts([2], &["a", "c"]),
        case().f32([2, 3]).f32([2, 3]),
        case().with("axis", -1).f32([2]).f32([2]).f32([2]),
        case().with("axis", 1).f32([2, 2]),
        case().ints([], 0, 5).ints([], 0, 5),
        case().f32([0]).f32([0]),
        case().with("axis", 1).complex([2, 3]).complex([2, 3]),
    ]
    errors [case().f32([2]).f32([3]), case().with("axis", 2).f32([2]).f32([2]), case().f32([2]).ints([2], 0, 3), case()]
}

/// Joins tensors of equal shape along a new dimension (`tf.stack`).
///
/// # Errors
/// `InvalidArgument` for different shapes or dtypes, or an axis out of range.
pub fn stack(values: &[Tensor], axis: i64) -> Result<Tensor> {
    run_one(&Pack { axis }, &values.iter().collect::<Vec<_>>())
}

crate::op! {
    /// Joins tensors along a dimension that they have.
    ConcatV2 in "tf.concat" (; values) {
        /// Along which dimension.
        axis: i64,
    }
    strings Moved(usize::MAX);
    build |s, g| joined_along(g, "ConcatV2", "axis", values, s.axis);
    cases [
        case().with("axis", 0).texts([2], &["a", "b"]).texts([1], &["é"]),
        case().with("axis", 0).f32([2, 3]).f32([1, 3]),
        case().with("axis", -1).f32([2, 1]).f32([2, 2]).f32([2, 0]),
        case().with("axis", 0).ints([2], 0, 5).ints([3], 0, 5),
        case().with("axis", 1).bools([1, 2]).bools([1, 1]),
        case().with("axis", -1).complex([2, 1]).complex([2, 2]),
    ]
    errors [
        case().with("axis", 0).f32([2, 3]).f32([2, 2]),
        case().with("axis", 2).f32([2, 3]).f32([2, 3]),
        case().with("axis", 0).f32([2]).f32([2, 2]),
        case().with("axis", 0).f32([2]).ints([2], 0, 3),
    ]
}

fn joined_along(g: &mut Graph, op: &str, arg: &str, values: &[Val], axis: i64) -> Result<Val> {
    let Some(&first) = values.first() else {
        return Err(Error::invalid(op, "values", "at least one tensor", 0));
    };
    want_same_dtype(g, op, values)?;
    let rank = g.rank(first);
    if let Some(&bad) = values.iter().find(|&&v| g.rank(v) != rank) {
        let wanted = format!("rank {rank} for all");
        return Err(Error::invalid(op, "values", wanted, format_args!("shape {}", g.shape(bad))));
    }
    let axis = resolve_axis(op, arg, axis, rank)?;
    g.concatenate(values, axis)
}

crate::op! {
    /// As `ConcatV2`: how older graphs have it.
    Concat in "tf.concat" (; values) {
        /// Along which dimension.
        concat_dim: i64,
    }
    strings Moved(usize::MAX);
    build |s, g| joined_along(g, "Concat", "concat_dim", values, s.concat_dim);
    cases [
        case().with("concat_dim", 1).f32([2, 3]).f32([2, 1]),
        case().with("concat_dim", 0).ints([2], 0, 5).ints([3], 0, 5),
    ]
    errors [case().with("concat_dim", 0).f32([2, 3]).f32([2, 2]), case().with("concat_dim", 2).f32([2, 3]).f32([2, 3])]
}

/// Joins tensors along a dimension that they have (`tf.concat`).
///
/// # Errors
/// `InvalidArgument` for shapes that differ elsewhere, different dtypes, or an axis out of range.
pub fn concat(values: &[Tensor], axis: i64) -> Result<Tensor> {
    run_one(&ConcatV2 { axis }, &values.iter().collect::<Vec<_>>())
}

crate::op! {
    /// The slices of a tensor along a dimension, which goes.
    Unpack in "tf.unstack" (value) {
        /// How many slices: the size of the dimension.
        num: i64,
        /// Along which dimension.
        axis: i64 = 0,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let axis = resolve_axis("Unpack", "axis", s.axis, g.rank(value))?;
        let shape = g.shape(value).clone();
        if usize::try_from(s.num) != Ok(shape[axis]) {
            return Err(Error::invalid("Unpack", "num", format_args!("{}, the size of dimension {axis}", shape[axis]), s.num));
        }
        let rest = shape.reduced(&[axis], false);
        (0..shape[axis])
            .map(|k| {
                let part = g.slice_in_dim(value, axis, k, k + 1)?;
                g.reshape(part, rest.clone())
            })
            .collect::<Result<Vec<Val>>>()
    };
    cases [
        case().with("num", 2).texts([2, 2], &["a", "b", "c", "a"]),
        case().with("num", 2).f32([2, 3]),
        case().with("num", 3).with("axis", -1).f32([2, 3]),
        case().with("num", 2).ints([2], 0, 5),
        case().with("num", 2).complex([2, 3]),
    ]
    errors [case().with("num", 3).f32([2, 3]), case().with("num", 2).with("axis", 2).f32([2, 3])]
}

/// The slices of a tensor along a dimension, which goes (`tf.unstack`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn unstack(value: impl IntoTensor, axis: i64) -> Result<Vec<Tensor>> {
    let value = value.into_tensor(None)?;
    let num = value.shape()[resolve_axis("Unpack", "axis", axis, value.rank())?] as i64;
    run(&Unpack { num, axis }, &[&value])
}

/// The parts of a dimension, of the given sizes.
fn parts(g: &mut Graph, x: Val, axis: usize, sizes: impl Iterator<Item = usize>) -> Result<Vec<Val>> {
    let mut at = 0;
    sizes
        .map(|n| {
            at += n;
            g.slice_in_dim(x, axis, at - n, at)
        })
        .collect()
}

crate::op! {
    /// A tensor cut into equal parts along a dimension.
    Split in "tf.split" (value) {
        /// Along which dimension.
        axis: i64,
        /// How many parts.
        num_split: i64,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let axis = resolve_axis("Split", "axis", s.axis, g.rank(value))?;
        let n = g.shape(value)[axis];
        let count = usize::try_from(s.num_split).ok().filter(|c| *c > 0 && n.is_multiple_of(*c));
        let count = count.ok_or_else(|| Error::invalid("Split", "num_split", format_args!("a divisor of {n}, the size of dimension {axis}"), s.num_split))?;
        parts(g, value, axis, std::iter::repeat_n(n / count, count))
    };
    vjps |s, g, x, y, dy| joined(g, y, dy, resolve_axis("Split", "axis", s.axis, g.rank(x[0]))?);
    cases [
        case().with("axis", 0).with("num_split", 2).texts([2], &["a", "b"]),
        case().with("axis", 0).with("num_split", 2).f32([4, 3]),
        case().with("axis", -1).with("num_split", 3).f32([2, 3]),
        case().with("axis", 0).with("num_split", 1).ints([3], 0, 5),
        case().with("axis", -1).with("num_split", 2).complex([2, 4]),
    ]
    errors [
        case().with("axis", 0).with("num_split", 3).f32([4, 3]),
        case().with("axis", 2).with("num_split", 2).f32([4, 2]),
        case().with("axis", 0).with("num_split", 0).f32([4, 2]),
    ]
}

crate::op! {
    /// A tensor cut into parts of given sizes along a dimension; one size may be -1.
    SplitV in "tf.split" (value) {
        /// Sizes of the parts.
        size_splits: Vec<i64>,
        /// Along which dimension.
        axis: i64,
        /// How many parts.
        num_split: i64,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let axis = resolve_axis("SplitV", "axis", s.axis, g.rank(value))?;
        let n = g.shape(value)[axis] as i64;
        let known: i64 = s.size_splits.iter().filter(|d| **d >= 0).sum();
        let open = s.size_splits.iter().filter(|d| **d == -1).count();
        let fits = s.size_splits.len() as i64 == s.num_split
            && s.size_splits.iter().all(|d| *d >= -1)
            && (open == 0 && known == n || open == 1 && known <= n);
        if !fits {
            let wanted = format!("{} sizes that add up to {n}", s.num_split);
            return Err(Error::invalid("SplitV", "size_splits", wanted, format_args!("{:?}", s.size_splits)));
        }
        let sizes: Vec<usize> = s.size_splits.iter().map(|&d| if d < 0 { n - known } else { d } as usize).collect();
        parts(g, value, axis, sizes.into_iter())
    };
    vjps |s, g, x, y, dy| joined(g, y, dy, resolve_axis("SplitV", "axis", s.axis, g.rank(x[0]))?);
    cases [
        case().with("size_splits", [1, 3]).with("axis", 0).with("num_split", 2).f32([4, 2]),
        case().with("size_splits", [2, -1, 0]).with("axis", -1).with("num_split", 3).f32([2, 5]),
        case().with("size_splits", [3]).with("axis", 0).with("num_split", 1).ints([3], 0, 5),
    ]
    errors [
        case().with("size_splits", [1, 4]).with("axis", 0).with("num_split", 2).f32([4, 2]),
        case().with("size_splits", [-1, -1]).with("axis", 0).with("num_split", 2).f32([4, 2]),
        case().with("size_splits", [1, 3]).with("axis", 3).with("num_split", 2).f32([4, 2]),
    ]
}

/// The adjoint of what was cut into parts: theirs joined, with zeros where there is none.
fn joined(g: &mut Graph, y: &[Val], dy: &[Option<Val>], axis: usize) -> Result<Adjoints> {
    let parts =
        y.iter().zip(dy).map(|(&y, d)| d.map_or_else(|| g.zeros_like(y), Ok)).collect::<Result<Vec<_>>>()?;
    Ok(vec![if parts.is_empty() { None } else { Some(g.concatenate(&parts, axis)?) }])
}

/// How to cut in [`split`]: into a number of equal parts, or parts of given sizes (one may be -1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Splits {
    /// A number of equal parts.
    Number(i64),
    /// Sizes of the parts.
    Sizes(Vec<i64>),
}

macro_rules! splits_from {
    ($($t:ty),+) => { $(
        impl From<$t> for Splits {
            fn from(n: $t) -> Self {
                Splits::Number(n as i64)
            }
        }
        impl<const N: usize> From<[$t; N]> for Splits {
            fn from(sizes: [$t; N]) -> Self {
                Splits::Sizes(sizes.iter().map(|&n| n as i64).collect())
            }
        }
        impl From<Vec<$t>> for Splits {
            fn from(sizes: Vec<$t>) -> Self {
                Splits::Sizes(sizes.iter().map(|&n| n as i64).collect())
            }
        }
    )+ };
}
splits_from!(i32, i64, usize);

/// A tensor cut along a dimension into a number of equal parts or parts of given sizes (`tf.split`).
///
/// ```
/// # use wgflow::ops::array::split;
/// let parts = split([1, 2, 3, 4, 5], [2, -1], 0)?;
/// assert_eq!(parts[1].to_vec::<i32>()?, [3, 4, 5]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for parts that do not add up, or an axis out of range.
pub fn split(
    value: impl IntoTensor,
    num_or_size_splits: impl Into<Splits>,
    axis: i64,
) -> Result<Vec<Tensor>> {
    let value = value.into_tensor(None)?;
    match num_or_size_splits.into() {
        Splits::Number(num_split) => run(&Split { axis, num_split }, &[&value]),
        Splits::Sizes(size_splits) => {
            let num_split = size_splits.len() as i64;
            run(&SplitV { size_splits, axis, num_split }, &[&value])
        }
    }
}

pub(super) const OPS: &[Row] =
    &[row::<Pack>(), row::<ConcatV2>(), row::<Concat>(), row::<Unpack>(), row::<Split>(), row::<SplitV>()];
