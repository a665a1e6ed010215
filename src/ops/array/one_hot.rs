//! Indices and lengths as patterns of on and off.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::shape::resolve_axis;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, host_value, row, run_one};

crate::op! {
    /// A new dimension in which `on_value` stands at the index and `off_value` elsewhere; everywhere for an index out of range.
    OneHot in "tf.one_hot" (indices, on_value, off_value) {
        /// Size of the new dimension.
        depth: i64,
        /// Where the new dimension stands.
        axis: i64 = -1,
    }
    build |s, g| {
        let op = "OneHot";
        let depth = usize::try_from(s.depth).map_err(|_| Error::invalid(op, "depth", "a value of at least 0", s.depth))?;
        let at = resolve_axis(op, "axis", s.axis, g.rank(indices) + 1)?;
        for (arg, v) in [("on_value", on_value), ("off_value", off_value)] {
            crate::ops::build::want_rank(g, op, arg, v, 0)?;
        }
        if g.dtype(on_value) != g.dtype(off_value) {
            return Err(Error::invalid(op, "off_value", g.dtype(on_value), g.dtype(off_value)));
        }
        let index = crate::ops::build::indices(g, op, "indices", indices)?;
        let mut shape = g.shape(index).clone();
        shape.0.insert(at, depth);
        let kept: Vec<usize> = (0..shape.rank()).filter(|&d| d != at).collect();
        let index = g.broadcast_in_dim(index, shape.clone(), &kept)?;
        let place = g.iota(DType::Int32, shape.clone(), at)?;
        let hit = g.eq(index, place)?;
        let (on, off) = (g.broadcast_in_dim(on_value, shape.clone(), &[])?, g.broadcast_in_dim(off_value, shape, &[])?);
        g.select(hit, on, off)
    };
    vjp |s, g, x, y, dy| Ok(vec![None, None, None]);
    cases [
        case().with("depth", 3).int_values([4], &[0, 2, -1, 5]).values([], &[1.0]).values([], &[0.0]),
        case().with("depth", 3).with("axis", 0).ints([2, 2], 0, 3).values([], &[5.0]).values([], &[-1.0]),
        case().with("depth", 2).with("axis", 1).input(DType::UInt8, [2, 2], Fill::Uniform(0.0, 3.0)).int_values([], &[1]).int_values([], &[0]),
        case().with("depth", 4).input(DType::Int64, [], Fill::Values(vec![2.0])).bools([]).bools([]),
        case().with("depth", 0).ints([2], 0, 3).f32([]).f32([]),
    ]
    errors [
        case().with("depth", -1).ints([2], 0, 3).f32([]).f32([]),
        case().with("depth", 3).with("axis", 3).ints([2], 0, 3).f32([]).f32([]),
        case().with("depth", 3).ints([2], 0, 3).f32([2]).f32([]),
        case().with("depth", 3).f32([2]).f32([]).f32([]),
    ]
}

/// Vectors with `on_value` at the index and `off_value` elsewhere, along a new dimension (`tf.one_hot`; without values 1 and 0).
///
/// ```
/// # use wgflow::{DType, ops::array::one_hot};
/// let y = one_hot([0, 2], 3, None, None, -1, DType::Float32)?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a negative depth, an axis out of range, or values that are no scalars of `dtype`.
pub fn one_hot(
    indices: impl IntoTensor,
    depth: i64,
    on_value: Option<&Tensor>,
    off_value: Option<&Tensor>,
    axis: i64,
    dtype: DType,
) -> Result<Tensor> {
    let value = |t: Option<&Tensor>, v: f64| match t {
        Some(t) if t.dtype() != dtype => {
            Err(Error::invalid("OneHot", "on_value, off_value", dtype, t.dtype()))
        }
        Some(t) => Ok(t.clone()),
        None => Literal::scalar(dtype, v).into_tensor(None),
    };
    run_one(
        &OneHot { depth, axis },
        &[&indices.into_tensor(None)?, &value(on_value, 1.0)?, &value(off_value, 0.0)?],
    )
}

crate::op! {
    /// For each length a row in which the first places, as many as it says, are true.
    SequenceMask as "sequence_mask" in api "tf.sequence_mask" (lengths) {
        /// Length of the rows.
        maxlen: i64,
        /// dtype of the result.
        dtype: DType = DType::Bool,
    }
    build |s, g| {
        let n = usize::try_from(s.maxlen).map_err(|_| Error::invalid("sequence_mask", "maxlen", "a value of at least 0", s.maxlen))?;
        let lengths = crate::ops::build::indices(g, "sequence_mask", "lengths", lengths)?;
        let mut shape = g.shape(lengths).clone();
        shape.0.push(n);
        let rank = shape.rank();
        let lengths = g.broadcast_in_dim(lengths, shape.clone(), &(0..rank - 1).collect::<Vec<_>>())?;
        let place = g.iota(DType::Int32, shape, rank - 1)?;
        let on = g.lt(place, lengths)?;
        g.convert(on, s.dtype)
    };
    cases [
        case().with("maxlen", 5).int_values([3], &[1, 3, 7]),
        case().with("maxlen", 3).with("dtype", DType::Float32).ints([2, 2], 0, 4),
        case().with("maxlen", 2).int_values([], &[1]),
    ]
}

/// For each length a row in which the first places, as many as it says, are true (`tf.sequence_mask`). Without `maxlen` the rows are as long
/// as the largest length.
///
/// # Errors
/// `InvalidArgument` for lengths that are no integers; `Unimplemented` while a function is traced, without `maxlen`.
pub fn sequence_mask(lengths: impl IntoTensor, maxlen: Option<i64>, dtype: DType) -> Result<Tensor> {
    let lengths = lengths.into_tensor(None)?;
    let maxlen = match maxlen {
        Some(n) => n,
        None => host_value("sequence_mask", &lengths)?.to_i64s().into_iter().max().unwrap_or(0).max(0),
    };
    run_one(&SequenceMask { maxlen, dtype }, &[&lengths])
}

pub(super) const OPS: &[Row] = &[row::<OneHot>(), row::<SequenceMask>()];
