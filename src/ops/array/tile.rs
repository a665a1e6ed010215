//! Repetition.

use super::creation::as_shape;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Literal};
use crate::ops::args::IntoInts;
use crate::shape::{Shape, broadcast, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// A tensor repeated along each dimension.
    Tile in "tf.tile" (input) {
        /// How often, one number a dimension.
        multiples: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let shape = g.shape(input).clone();
        if s.multiples.len() != shape.rank() {
            return Err(Error::invalid("Tile", "multiples", format_args!("{} numbers", shape.rank()), format_args!("{:?}", s.multiples)));
        }
        let times = as_shape("Tile", "multiples", &s.multiples)?;
        let pairs: Shape = times.iter().zip(shape.iter()).flat_map(|(&m, &n)| [m, n]).collect();
        let places: Vec<usize> = (0..shape.rank()).map(|d| 2 * d + 1).collect();
        let repeated = g.broadcast_in_dim(input, pairs, &places)?;
        g.reshape(repeated, times.iter().zip(shape.iter()).map(|(m, n)| m * n).collect::<Shape>())
    };
    cases [
        case().with("multiples", [2, 3]).f32([2, 2]),
        case().with("multiples", [1, 2, 1]).f32([2, 1, 3]),
        case().with("multiples", [0]).f32([3]),
        case().with("multiples", Vec::<i64>::new()).f32([]),
        case().with("multiples", [3]).bools([2]),
        case().with("multiples", [2, 3]).complex([2, 2]),
    ]
    errors [case().with("multiples", [2]).f32([2, 2]), case().with("multiples", [2, -1]).f32([2, 2])]
}

/// A tensor repeated along each dimension (`tf.tile`).
///
/// # Errors
/// `InvalidArgument` when there is not one number of at least 0 a dimension.
pub fn tile(input: impl IntoTensor, multiples: impl IntoInts) -> Result<Tensor> {
    run_one(&Tile { multiples: multiples.into_ints()? }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// A tensor broadcast to a shape.
    BroadcastTo in "tf.broadcast_to" (input) {
        /// The shape.
        shape: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let wanted = as_shape("BroadcastTo", "shape", &s.shape)?;
        let both = broadcast("BroadcastTo", g.shape(input), &wanted)?;
        if both != wanted {
            return Err(Error::invalid("BroadcastTo", "shape", format_args!("a shape that {} broadcasts to", g.shape(input)), wanted));
        }
        g.broadcast_to(input, &wanted)
    };
    cases [
        case().with("shape", [2, 3]).f32([3]),
        case().with("shape", [2, 3, 4]).f32([3, 1]),
        case().with("shape", [2, 0]).f32([2, 1]),
        case().with("shape", [3]).ints([], 0, 9),
        case().with("shape", [2, 3]).complex([3]),
    ]
    errors [case().with("shape", [2, 3]).f32([2]), case().with("shape", [1]).f32([2])]
}

/// A tensor broadcast to a shape (`tf.broadcast_to`).
///
/// # Errors
/// `InvalidArgument` for a shape that it does not broadcast to.
pub fn broadcast_to(input: impl IntoTensor, shape: impl IntoInts) -> Result<Tensor> {
    run_one(&BroadcastTo { shape: shape.into_ints()? }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// Each element repeated, along an axis or in the flattened tensor.
    Repeat as "repeat" in api "tf.repeat" (input) {
        /// How often: one number, or one for each element along the axis.
        repeats: Vec<i64>,
        /// Along which axis; flattened if not given.
        axis: Option<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let (x, axis) = match s.axis {
            Some(a) => (input, resolve_axis("repeat", "axis", a, g.rank(input))?),
            None => {
                let n = g.shape(input).size();
                (g.reshape(input, [n])?, 0)
            }
        };
        let n = g.shape(x)[axis];
        let times = as_shape("repeat", "repeats", &s.repeats)?;
        if times.rank() != 1 && times.rank() != n {
            return Err(Error::invalid("repeat", "repeats", format_args!("1 or {n} numbers"), format_args!("{:?}", s.repeats)));
        }
        let of = |i: usize| if times.rank() == 1 { times[0] } else { times[i] };
        let at: Vec<i64> = (0..n).flat_map(|i| std::iter::repeat_n(i as i64, of(i))).collect();
        let count = at.len();
        let at = g.constant(Literal::ints(DType::Int32, [count, 1], at))?;
        let y = g.gather(x, at, &[axis], 0, GatherMode::Clip)?;
        // The repeated dimension comes first out of a gather.
        crate::ops::build::move_dim(g, y, 0, axis)
    };
    cases [
        case().with("repeats", [3]).f32([2, 2]),
        case().with("repeats", [2, 0, 1]).with("axis", 0).f32([3, 2]),
        case().with("repeats", [2]).with("axis", -1).f32([2, 3]),
        case().with("repeats", [1, 2]).with("axis", 0).ints([2], 0, 9),
    ]
    errors [case().with("repeats", [1, 2]).with("axis", 0).f32([3]), case().with("repeats", [1]).with("axis", 2).f32([3])]
}

/// Each element repeated (`tf.repeat`), along an axis or, for `None`, in the flattened tensor.
///
/// # Errors
/// `InvalidArgument` for a negative number, not one (or one an element), or an axis out of range.
pub fn repeat(input: impl IntoTensor, repeats: impl IntoInts, axis: Option<i64>) -> Result<Tensor> {
    run_one(&Repeat { repeats: repeats.into_ints()?, axis }, &[&input.into_tensor(None)?])
}

/// Coordinate grids of vectors (`tf.meshgrid`): one tensor for each vector, all of the grid's shape. `indexing` is `"xy"` (the first two
/// dimensions are swapped) or `"ij"`.
///
/// ```
/// # use wgflow::{IntoTensor, ops::array::meshgrid};
/// let grids = meshgrid(&[[1, 2, 3].into_tensor(None)?, [4, 5].into_tensor(None)?], "xy")?;
/// assert_eq!(grids[0].to_vec::<i32>()?, [1, 2, 3, 1, 2, 3]);
/// assert_eq!(grids[1].to_vec::<i32>()?, [4, 4, 4, 5, 5, 5]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for another `indexing`.
pub fn meshgrid(args: &[Tensor], indexing: &str) -> Result<Vec<Tensor>> {
    if !matches!(indexing, "xy" | "ij") {
        return Err(Error::invalid("meshgrid", "indexing", "xy or ij", indexing));
    }
    let n = args.len();
    let place = |k: usize| if indexing == "xy" && n > 1 && k < 2 { 1 - k } else { k };
    let mut shape = vec![1; n];
    args.iter().enumerate().for_each(|(k, t)| shape[place(k)] = t.size());
    let grid = |(k, t): (usize, &Tensor)| {
        let mut along = vec![1; n];
        along[place(k)] = t.size();
        broadcast_to(super::reshape(t, along)?, &shape)
    };
    args.iter().enumerate().map(grid).collect()
}

pub(super) const OPS: &[Row] = &[row::<Tile>(), row::<BroadcastTo>(), row::<Repeat>()];
