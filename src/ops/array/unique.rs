//! Distinct elements: ops of the host, since the size of their results depends on values.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Literal, Values};
use crate::shape::{Shape, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, row, run};
use std::collections::HashMap;

/// An element (or a slice of elements) as a key. Floats count by value: both zeros are one.
fn key(l: &Literal, places: impl Iterator<Item = usize>) -> Vec<u64> {
    let bits = |v: f64| if v == 0.0 { 0 } else { v.to_bits() };
    places.map(|i| if l.dtype.is_exact() { l.i64_at(i) as u64 } else { bits(l.f64_at(i)) }).collect()
}

/// Elements of `l` at places.
fn taken(l: &Literal, shape: Shape, places: &[usize]) -> Literal {
    let values = match &l.values {
        Values::Ints(v) => Values::Ints(places.iter().map(|&i| v[i]).collect()),
        Values::Floats(v) => Values::Floats(places.iter().map(|&i| v[i]).collect()),
        Values::Strings(v) => Values::Strings(places.iter().map(|&i| v[i].clone()).collect()),
    };
    Literal { dtype: l.dtype, shape, values }
}

/// What the distinct slices along a dimension are: the first place of each, to which one each slice belongs, how many belong to each.
struct Distinct {
    first: Vec<usize>,
    of: Vec<i64>,
    counts: Vec<i64>,
}

fn distinct(keys: impl Iterator<Item = Vec<u64>>) -> Distinct {
    let mut seen: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut d = Distinct { first: vec![], of: vec![], counts: vec![] };
    for (i, key) in keys.enumerate() {
        let next = d.first.len();
        let k = *seen.entry(key).or_insert(next);
        if k == next {
            d.first.push(i);
            d.counts.push(0);
        }
        d.of.push(k as i64);
        d.counts[k] += 1;
    }
    d
}

fn index_type(op: &str, d: DType) -> Result<()> {
    if matches!(d, DType::Int32 | DType::Int64) {
        Ok(())
    } else {
        Err(Error::invalid(op, "out_idx", "int32 or int64", d))
    }
}

fn vector(dtype: DType, v: Vec<i64>) -> Literal {
    Literal::ints(dtype, [v.len()], v)
}

/// The distinct elements of a vector, and what belongs to them.
fn of_vector(op: &str, x: &Literal, out_idx: DType) -> Result<(Literal, Distinct)> {
    index_type(op, out_idx)?;
    if x.shape.rank() != 1 {
        return Err(Error::invalid(op, "x", "rank 1", format_args!("shape {}", x.shape)));
    }
    let d = distinct((0..x.len()).map(|i| key(x, std::iter::once(i))));
    Ok((taken(x, Shape::from([d.first.len()]), &d.first), d))
}

crate::op! {
    /// The distinct elements of a vector in order of their first places, and for each element which one it is.
    Unique in "tf.unique" (x) {
        /// dtype of the indices.
        out_idx: DType = DType::Int32,
    }
    strings Moved(1);
    host |s, x| {
        let (y, d) = of_vector("Unique", &x[0], s.out_idx)?;
        Ok(vec![y, vector(s.out_idx, d.of)])
    };
    cases [
        case().texts([5], &["a", "b", "a", "", "b"]),
        case().ints([9], 0, 5),
        case().with("out_idx", DType::Int64).values([5], &[1.0, -0.0, 0.0, 1.0, 2.0]),
        case().ints([0], 0, 5),
    ]
    errors [case().ints([2, 2], 0, 5), case().with("out_idx", DType::Float32).ints([2], 0, 3)]
}

/// The distinct elements of a vector in order of their first places, and for each element which one it is (`tf.unique`; TensorFlow's default
/// is int32).
///
/// ```
/// # use wgflow::{DType, ops::array::unique};
/// let (y, idx) = unique([1, 1, 2, 4, 4, 7], DType::Int32)?;
/// assert_eq!((y.to_vec::<i32>()?, idx.to_vec::<i32>()?), (vec![1, 2, 4, 7], vec![0, 0, 1, 2, 2, 3]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for what is no vector; `Unimplemented` while a function is traced.
pub fn unique(x: impl IntoTensor, out_idx: DType) -> Result<(Tensor, Tensor)> {
    let [y, idx] = results(run(&Unique { out_idx }, &[&x.into_tensor(None)?])?)?;
    Ok((y, idx))
}

fn results<const N: usize>(found: Vec<Tensor>) -> Result<[Tensor; N]> {
    found.try_into().map_err(|_| Error::internal("Unique", "gave another number of results"))
}

crate::op! {
    /// As `Unique`, with the number of times that each distinct element occurs.
    UniqueWithCounts in "tf.unique_with_counts" (x) {
        /// dtype of the indices and counts.
        out_idx: DType = DType::Int32,
    }
    strings Moved(1);
    host |s, x| {
        let (y, d) = of_vector("UniqueWithCounts", &x[0], s.out_idx)?;
        Ok(vec![y, vector(s.out_idx, d.of), vector(s.out_idx, d.counts)])
    };
    cases [case().ints([9], 0, 5), case().with("out_idx", DType::Int64).ints([5], 0, 3)]
    errors [case().ints([2, 2], 0, 5)]
}

/// As [`unique`], with the number of times that each distinct element occurs (`tf.unique_with_counts`).
///
/// # Errors
/// As [`unique`].
pub fn unique_with_counts(x: impl IntoTensor, out_idx: DType) -> Result<(Tensor, Tensor, Tensor)> {
    let [y, idx, count] = results(run(&UniqueWithCounts { out_idx }, &[&x.into_tensor(None)?])?)?;
    Ok((y, idx, count))
}

crate::op! {
    /// The distinct slices along an axis; of the elements of a vector for no axis.
    UniqueV2 in "tf.raw_ops.UniqueV2" (x) {
        /// Along which axis: a list of at most one.
        axis: Vec<i64>,
        /// dtype of the indices.
        out_idx: DType = DType::Int32,
    }
    strings Moved(1);
    host |s, x| {
        let x = &x[0];
        index_type("UniqueV2", s.out_idx)?;
        let axis = match s.axis[..] {
            [a] => resolve_axis("UniqueV2", "axis", a, x.shape.rank())?,
            [] if x.shape.rank() == 1 => 0,
            [] => return Err(Error::invalid("UniqueV2", "x", "rank 1 without an axis", format_args!("shape {}", x.shape))),
            _ => return Err(Error::invalid("UniqueV2", "axis", "at most one", format_args!("{:?}", s.axis))),
        };
        let (n, strides) = (x.shape[axis], x.shape.strides());
        let mut others = x.shape.clone();
        others[axis] = 1;
        let place = |at: &[usize], k: usize| at.iter().zip(&strides).map(|(a, s)| a * s).sum::<usize>() + k * strides[axis];
        let slice = |k: usize| (0..others.size()).map(|i| place(&others.unravel(i), k)).collect::<Vec<_>>();
        let d = distinct((0..n).map(|k| key(x, slice(k).into_iter())));
        let mut shape = x.shape.clone();
        shape[axis] = d.first.len();
        let places: Vec<usize> = (0..shape.size())
            .map(|i| {
                let mut at = shape.unravel(i);
                at[axis] = d.first[at[axis]];
                place(&at, 0)
            })
            .collect();
        Ok(vec![taken(x, shape, &places), vector(s.out_idx, d.of)])
    };
    cases [
        case().with("axis", [0]).int_values([4, 2], &[1, 0, 2, 3, 1, 0, 5, 5]),
        case().with("axis", [1]).int_values([2, 4], &[1, 2, 1, 2, 3, 4, 3, 4]),
        case().with("axis", Vec::<i64>::new()).ints([6], 0, 3),
    ]
    errors [case().with("axis", [2]).ints([2, 2], 0, 5), case().with("axis", Vec::<i64>::new()).ints([2, 2], 0, 5)]
}

crate::op! {
    /// The elements of `x` that are not in `y`, in order, and their places.
    ListDiff in "tf.raw_ops.ListDiff" (x, y) {
        /// dtype of the places.
        out_idx: DType = DType::Int32,
    }
    strings Moved(1);
    host |s, x| {
        index_type("ListDiff", s.out_idx)?;
        let [x, y] = x else {
            return Err(Error::invalid("ListDiff", "inputs", 2, x.len()));
        };
        if x.dtype != y.dtype {
            return Err(Error::invalid("ListDiff", "y", x.dtype, y.dtype));
        }
        for (arg, l) in [("x", x), ("y", y)] {
            if l.shape.rank() != 1 {
                return Err(Error::invalid("ListDiff", arg, "rank 1", format_args!("shape {}", l.shape)));
            }
        }
        let gone: std::collections::HashSet<_> = (0..y.len()).map(|i| key(y, std::iter::once(i))).collect();
        let kept: Vec<usize> = (0..x.len()).filter(|&i| !gone.contains(&key(x, std::iter::once(i)))).collect();
        let places = kept.iter().map(|&i| i as i64).collect();
        Ok(vec![taken(x, Shape::from([kept.len()]), &kept), vector(s.out_idx, places)])
    };
    cases [
        case().texts([3], &["a", "b", "c"]).texts([1], &["b"]),
        case().int_values([6], &[1, 2, 3, 4, 5, 6]).int_values([3], &[1, 3, 5]),
        case().with("out_idx", DType::Int64).ints([8], 0, 5).ints([2], 0, 5),
        case().f32([3]).f32([0]),
    ]
    errors [case().ints([2, 2], 0, 5).ints([2], 0, 3), case().ints([2], 0, 5).f32([2])]
}

/// The elements of `x` that are not in `y`, in order, and their places (`tf.compat.v1.setdiff1d`).
///
/// # Errors
/// `InvalidArgument` for what is no vector, or different dtypes; `Unimplemented` while a function is traced.
pub fn setdiff1d(x: impl IntoTensor, y: impl IntoTensor, index_dtype: DType) -> Result<(Tensor, Tensor)> {
    let (x, y) = crate::tensor::pair(x, y)?;
    let [out, idx] = results(run(&ListDiff { out_idx: index_dtype }, &[&x, &y])?)?;
    Ok((out, idx))
}

pub(super) const OPS: &[Row] =
    &[row::<Unique>(), row::<UniqueWithCounts>(), row::<UniqueV2>(), row::<ListDiff>()];
