//! Writing at indices.

use super::creation::as_shape;
use super::gather::check_vectors;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, ReduceKind, ScatterKind, Val};
use crate::ops::args::IntoInts;
use crate::ops::build::indices as as_indices;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// Index vectors as int32, checked against the operand's shape, and the dimensions that they index.
fn vectors(g: &mut Graph, op: &str, shape: &Shape, indices: Val, updates: Val) -> Result<(Val, Vec<usize>)> {
    let is = g.shape(indices).clone();
    let depth = is.last().copied().filter(|d| *d <= shape.rank());
    let Some(depth) = depth else {
        let wanted = format!("index vectors of at most {} numbers", shape.rank());
        return Err(Error::invalid(op, "indices", wanted, format_args!("shape {is}")));
    };
    let wanted: Shape = is[..is.rank() - 1].iter().chain(&shape[depth..]).copied().collect();
    if *g.shape(updates) != wanted {
        return Err(Error::invalid(
            op,
            "updates",
            format_args!("shape {wanted}"),
            format_args!("shape {}", g.shape(updates)),
        ));
    }
    let at = as_indices(g, op, "indices", indices)?;
    check_vectors(g, op, at, &shape[..depth])?;
    Ok((at, (0..depth).collect()))
}

crate::op! {
    /// Zeros of a shape to which updates are added at index vectors.
    ScatterNd in "tf.scatter_nd" (indices, updates) {
        /// Shape of the result.
        shape: Vec<i64>,
    }
    build |s, g| {
        let shape = as_shape("ScatterNd", "shape", &s.shape)?;
        let (at, axes) = vectors(g, "ScatterNd", &shape, indices, updates)?;
        let zeros = g.full(g.dtype(updates), shape, 0.0)?;
        g.scatter(ScatterKind::Combine(ReduceKind::Sum), zeros, at, updates, &axes, 0)
    };
    cases [
        case().with("shape", [6]).int_values([4, 1], &[4, 3, 1, 4]).f32([4]),
        case().with("shape", [4, 2]).int_values([2, 1], &[3, 0]).f32([2, 2]),
        case().with("shape", [3, 3]).int_values([3, 2], &[0, 1, 2, 2, 0, 1]).ints([3], 1, 9),
        case().with("shape", [3]).int_values([0, 1], &[0]).f32([0]),
        case().with("shape", [6]).int_values([4, 1], &[4, 3, 1, 4]).complex([4]),
    ]
    errors [
        case().with("shape", [3]).int_values([2, 1], &[0, 3]).f32([2]),
        case().with("shape", [3]).int_values([2, 1], &[0, -1]).f32([2]),
        case().with("shape", [3]).int_values([2, 1], &[0, 1]).f32([3]),
        case().with("shape", [3]).int_values([2, 2], &[0, 0, 1, 1]).f32([2]),
    ]
}

/// Zeros of a shape to which updates are added at index vectors (`tf.scatter_nd`).
///
/// # Errors
/// `InvalidArgument` for an index out of range or shapes that do not fit.
pub fn scatter_nd(
    indices: impl IntoTensor,
    updates: impl IntoTensor,
    shape: impl IntoInts,
) -> Result<Tensor> {
    let indices = indices.into_tensor(None)?;
    run_one(&ScatterNd { shape: shape.into_ints()? }, &[&indices, &updates.into_tensor(None)?])
}

fn update(
    g: &mut Graph,
    op: &str,
    kind: ScatterKind,
    tensor: Val,
    indices: Val,
    updates: Val,
) -> Result<Val> {
    let shape = g.shape(tensor).clone();
    if g.dtype(tensor) != g.dtype(updates) {
        return Err(Error::invalid(op, "updates", g.dtype(tensor), g.dtype(updates)));
    }
    let (at, axes) = vectors(g, op, &shape, indices, updates)?;
    g.scatter(kind, tensor, at, updates, &axes, 0)
}

/// Declares them: name, function, TensorFlow's path, what is scattered.
macro_rules! updates {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, |$g:ident, $t:ident, $i:ident, $u:ident| $build:expr
        $(, vjp |$s:ident, $vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr)?;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (tensor, indices, updates) {}
                build |s, $g| {
                    let ($t, $i, $u) = (tensor, indices, updates);
                    $build
                };
                $(vjp |$s, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [
                    case().f32([6]).int_values([3, 1], &[4, 3, 1]).f32([3]),
                    case().f32([4, 2]).int_values([2, 1], &[3, 0]).f32([2, 2]),
                    case().f32([3, 3]).int_values([2, 2], &[0, 1, 2, 2]).f32([2]),
                    case().ints([6], -9, 9).int_values([3, 1], &[4, 3, 1]).ints([3], -9, 9),
                ]
                errors [
                    case().f32([3]).int_values([2, 1], &[0, 3]).f32([2]),
                    case().f32([3]).int_values([2, 1], &[0, 1]).f32([3]),
                    case().f32([3]).int_values([2, 1], &[0, 1]).ints([2], 0, 3),
                ]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. Index vectors stand along the last dimension of `indices`.")]
            ///
            /// # Errors
            /// `InvalidArgument` for an index out of range, or shapes or dtypes that do not fit.
            pub fn $f(tensor: impl IntoTensor, indices: impl IntoTensor, updates: impl IntoTensor) -> Result<Tensor> {
                let (tensor, indices) = (tensor.into_tensor(None)?, indices.into_tensor(None)?);
                let updates = updates.into_tensor(Some(tensor.dtype()))?;
                run_one(&$name {}, &[&tensor, &indices, &updates])
            }
        )+
        pub(super) const UPDATES: &[Row] = &[$(row::<$name>()),+];
    };
}

updates! {
    /// A tensor with elements or slices replaced at index vectors; of updates to one place the last stays.
    TensorScatterUpdate, tensor_scatter_nd_update, "tf.tensor_scatter_nd_update",
        |g, t, i, u| update(g, "TensorScatterUpdate", ScatterKind::Set, t, i, u),
        vjp |s, g, x, y, dy| {
            let at = as_indices(g, "TensorScatterUpdate", "indices", x[1])?;
            let axes: Vec<usize> = (0..g.shape(at).last().copied().unwrap_or(0)).collect();
            let zeros = g.zeros_like(x[2])?;
            let dx = g.scatter(ScatterKind::Set, dy, at, zeros, &axes, 0)?;
            Ok(vec![Some(dx), None, Some(g.gather(dy, at, &axes, 0, GatherMode::Fill)?)])
        };
    /// A tensor with updates added at index vectors.
    TensorScatterAdd, tensor_scatter_nd_add, "tf.tensor_scatter_nd_add",
        |g, t, i, u| update(g, "TensorScatterAdd", ScatterKind::Combine(ReduceKind::Sum), t, i, u);
    /// A tensor with updates subtracted at index vectors.
    TensorScatterSub, tensor_scatter_nd_sub, "tf.tensor_scatter_nd_sub",
        |g, t, i, u| {
            let minus = g.neg(u)?;
            update(g, "TensorScatterSub", ScatterKind::Combine(ReduceKind::Sum), t, i, minus)
        };
    /// The maximum of a tensor and updates at index vectors.
    TensorScatterMax, tensor_scatter_nd_max, "tf.tensor_scatter_nd_max",
        |g, t, i, u| update(g, "TensorScatterMax", ScatterKind::Combine(ReduceKind::Max), t, i, u);
    /// The minimum of a tensor and updates at index vectors.
    TensorScatterMin, tensor_scatter_nd_min, "tf.tensor_scatter_nd_min",
        |g, t, i, u| update(g, "TensorScatterMin", ScatterKind::Combine(ReduceKind::Min), t, i, u);
}

pub(super) const OPS: &[Row] = &[row::<ScatterNd>()];
