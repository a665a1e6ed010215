//! Reading at indices.

use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Literal, Val};
use crate::ops::build::indices as as_indices;
use crate::shape::{Shape, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// `params` at `indices` along `axis`, with leading batch dimensions.
fn gather_along(
    g: &mut Graph,
    op: &str,
    params: Val,
    indices: Val,
    axis: i64,
    batch_dims: i64,
) -> Result<Val> {
    let (ps, is) = (g.shape(params).clone(), g.shape(indices).clone());
    let axis = resolve_axis(op, "axis", axis, ps.rank())?;
    let batch = if batch_dims < 0 { batch_dims + is.rank() as i64 } else { batch_dims };
    let batch = usize::try_from(batch).ok().filter(|b| *b <= is.rank() && *b <= axis);
    let Some(batch) = batch else {
        let wanted = format!("at most {axis}, the axis, and {}, the rank of indices", is.rank());
        return Err(Error::invalid(op, "batch_dims", wanted, batch_dims));
    };
    if ps[..batch] != is[..batch] {
        let wanted = format!("batch dimensions {:?}", &ps[..batch]);
        return Err(Error::invalid(op, "indices", wanted, format_args!("shape {is}")));
    }
    let at = as_indices(g, op, "indices", indices)?;
    g.check_indices(op, "indices", at, ps[axis])?;
    let vectors = g.expand_dims(at, &[is.rank()])?;
    let y = g.gather(params, vectors, &[axis], batch, GatherMode::Clip)?;
    // Batch, indices, before, after: the indices go to where the axis was.
    let (n, before) = (is.rank() - batch, axis - batch);
    let perm: Vec<usize> = (0..batch)
        .chain(batch + n..batch + n + before)
        .chain(batch..batch + n)
        .chain(batch + n + before..g.rank(y))
        .collect();
    g.transpose(y, &perm)
}

crate::op! {
    /// Slices of `params` along an axis, at `indices`.
    GatherV2 in "tf.gather" (params, indices) {
        /// Along which axis.
        axis: i64,
        /// How many leading dimensions belong together.
        batch_dims: i64 = 0,
    }
    strings Moved(usize::MAX);
    build |s, g| gather_along(g, "GatherV2", params, indices, s.axis, s.batch_dims);
    cases [
        case().with("axis", 0).texts([3], &["a", "bc", ""]).int_values([2, 2], &[2, 0, 1, 1]),
        case().with("axis", 0).f32([4, 2]).int_values([3], &[3, 0, 3]),
        case().with("axis", 1).f32([2, 4, 3]).int_values([2, 2], &[3, 0, 1, 1]),
        case().with("axis", -1).f32([2, 4]).int_values([], &[2]),
        case().with("axis", 1).with("batch_dims", 1).f32([2, 4, 3]).int_values([2, 3], &[3, 0, 1, 1, 2, 2]),
        case().with("axis", 2).with("batch_dims", 1).f32([2, 2, 4, 2]).int_values([2, 3], &[3, 0, 1, 1, 2, 2]),
        case().with("axis", 1).with("batch_dims", -1).f32([2, 4]).int_values([2, 2], &[3, 0, 1, 1]),
        case().with("axis", 0).ints([4], 0, 9).int_values([0], &[0]),
        case().with("axis", 1).complex([2, 4]).int_values([3], &[3, 0, 1]),
    ]
    errors [
        case().with("axis", 0).f32([4, 2]).int_values([2], &[3, 4]),
        case().with("axis", 0).f32([4, 2]).int_values([2], &[-1, 0]),
        case().with("axis", 2).f32([4, 2]).int_values([2], &[0, 0]),
        case().with("axis", 0).with("batch_dims", 1).f32([2, 2]).int_values([2, 1], &[0, 0]),
        case().with("axis", 1).with("batch_dims", 1).f32([2, 2]).int_values([3, 1], &[0, 0, 0]),
        case().with("axis", 0).f32([4, 2]).f32([2]),
    ]
}

/// Slices of `params` along an axis, at `indices` (`tf.gather`; both numbers default to 0 there).
///
/// # Errors
/// `InvalidArgument` for an index, axis or number of batch dimensions out of range, or indices that are no integers.
pub fn gather(
    params: impl IntoTensor,
    indices: impl IntoTensor,
    axis: i64,
    batch_dims: i64,
) -> Result<Tensor> {
    run_one(&GatherV2 { axis, batch_dims }, &[&params.into_tensor(None)?, &indices.into_tensor(None)?])
}

crate::op! {
    /// Slices of `params` along its first dimension, at `indices`.
    Gather in "tf.raw_ops.Gather" (params, indices) {
        /// Has no effect; indices are always checked.
        validate_indices: bool = true,
    }
    strings Moved(usize::MAX);
    build |s, g| gather_along(g, "Gather", params, indices, 0, 0);
    cases [case().f32([4, 2]).int_values([3], &[3, 0, 3]), case().ints([4], 0, 9).int_values([2, 2], &[3, 0, 3, 1])]
    errors [case().f32([4, 2]).int_values([2], &[3, 4])]
}

/// Makes index vectors outside of the given sizes an error.
pub(super) fn check_vectors(g: &mut Graph, op: &str, at: Val, sizes: &[usize]) -> Result<()> {
    let shape = g.shape(at).clone();
    let last = shape.rank() - 1;
    let ends = g.constant(Literal::ints(
        crate::DType::Int32,
        [sizes.len()],
        sizes.iter().map(|&n| n as i64).collect(),
    ))?;
    let ends = g.broadcast_in_dim(ends, shape, &[last])?;
    let zero = g.zeros_like(at)?;
    let (low, high) = (g.ge(at, zero)?, g.lt(at, ends)?);
    let ok = g.and(low, high)?;
    let wanted = format!("an index vector into shape {}", Shape::from(sizes));
    g.check(ok, at, crate::hlo::CheckText { op: op.into(), what: "indices".into(), wanted })
}

/// `params` at index vectors, with leading batch dimensions.
fn gather_vectors(
    g: &mut Graph,
    op: &str,
    params: Val,
    indices: Val,
    batch: i64,
    check: bool,
) -> Result<Val> {
    let (ps, is) = (g.shape(params).clone(), g.shape(indices).clone());
    let Some(&depth) = is.last() else {
        return Err(Error::invalid(op, "indices", "at least rank 1", format_args!("shape {is}")));
    };
    let batch = usize::try_from(batch).ok().filter(|b| *b < is.rank() && *b <= ps.rank());
    let Some(batch) = batch else {
        return Err(Error::invalid(
            op,
            "batch_dims",
            format_args!("a value in [0, {})", is.rank()),
            "another one",
        ));
    };
    if depth > ps.rank() - batch || ps[..batch] != is[..batch] {
        let wanted = format!(
            "index vectors of at most {} numbers after batch dimensions {:?}",
            ps.rank() - batch,
            &ps[..batch]
        );
        return Err(Error::invalid(op, "indices", wanted, format_args!("shape {is}")));
    }
    let at = as_indices(g, op, "indices", indices)?;
    if check {
        check_vectors(g, op, at, &ps[batch..batch + depth])?;
    }
    let axes: Vec<usize> = (batch..batch + depth).collect();
    g.gather(params, at, &axes, batch, GatherMode::Fill)
}

crate::op! {
    /// Elements or slices of `params` at index vectors, which stand along the last dimension of `indices`.
    GatherNd in "tf.gather_nd" (params, indices) {
        /// Empty or `ERROR`: a bad index is an error; `IGNORE`: it gives zeros.
        bad_indices_policy: String = "",
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let check = match s.bad_indices_policy.as_str() {
            "" | "DEFAULT" | "ERROR" => true,
            "IGNORE" => false,
            other => return Err(Error::invalid("GatherNd", "bad_indices_policy", "DEFAULT, ERROR or IGNORE", other)),
        };
        gather_vectors(g, "GatherNd", params, indices, 0, check)
    };
    cases [
        case().texts([2, 2], &["a", "bc", "", "d"]).int_values([1, 2], &[1, 1]),
        case().f32([3, 4]).int_values([2, 2], &[2, 3, 0, 1]),
        case().f32([3, 4]).int_values([2, 1], &[2, 0]),
        case().f32([3, 4, 2]).int_values([2, 1, 2], &[2, 3, 2, 3]),
        case().f32([3, 2]).int_values([2, 0], &[0]).forward_only(),
        case().with("bad_indices_policy", "IGNORE").f32([3]).int_values([3, 1], &[2, 5, -1]).forward_only(),
        case().complex([3, 4]).int_values([2, 2], &[2, 3, 0, 1]),
    ]
    errors [
        case().f32([3, 4]).int_values([1, 2], &[3, 0]),
        case().f32([3]).int_values([1, 2], &[0, 0]),
        case().f32([3]).int_values([], &[0]),
    ]
}

crate::op! {
    /// As `GatherNd`, in each place of leading batch dimensions.
    GatherNdBatch as "gather_nd" in api "tf.gather_nd" (params, indices) {
        /// How many leading dimensions belong together.
        batch_dims: i64 = 0,
    }
    strings Moved(usize::MAX);
    build |s, g| gather_vectors(g, "gather_nd", params, indices, s.batch_dims, true);
    cases [
        case().with("batch_dims", 1).f32([2, 3, 4]).int_values([2, 2, 2], &[2, 3, 0, 1, 0, 0, 1, 1]),
        case().with("batch_dims", 1).f32([2, 3]).int_values([2, 1], &[2, 0]),
    ]
    errors [case().with("batch_dims", 1).f32([2, 3]).int_values([2, 1], &[3, 0])]
}

/// Elements or slices of `params` at index vectors, which stand along the last dimension of `indices` (`tf.gather_nd`, whose default is no
/// batch dimension).
///
/// # Errors
/// `InvalidArgument` for an index out of range or shapes that do not fit.
pub fn gather_nd(params: impl IntoTensor, indices: impl IntoTensor, batch_dims: i64) -> Result<Tensor> {
    let (params, indices) = (params.into_tensor(None)?, indices.into_tensor(None)?);
    if batch_dims == 0 {
        return run_one(&GatherNd { bad_indices_policy: String::new() }, &[&params, &indices]);
    }
    run_one(&GatherNdBatch { batch_dims }, &[&params, &indices])
}

pub(super) const OPS: &[Row] =
    &[row::<GatherV2>(), row::<Gather>(), row::<GatherNd>(), row::<GatherNdBatch>()];
