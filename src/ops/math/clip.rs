//! Bounds on values and norms.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::ReduceKind;
use crate::ops::args::{Axes, dims_of};
use crate::ops::build::{self, sum_to};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Values moved into `[clip_value_min, clip_value_max]`; the bounds are scalars or broadcast to `t`.
    ClipByValue in "tf.clip_by_value" (t, clip_value_min, clip_value_max) {}
    build |s, g| {
        let shape = g.shape(t).clone();
        let (lo, hi) = (g.broadcast_to(clip_value_min, &shape)?, g.broadcast_to(clip_value_max, &shape)?);
        g.clamp(lo, t, hi)
    };
    vjp |s, g, x, y, dy| {
        let shape = g.shape(x[0]).clone();
        let (lo, hi) = (g.broadcast_to(x[1], &shape)?, g.broadcast_to(x[2], &shape)?);
        let zero = g.zeros_like(dy)?;
        let (below, above) = (g.lt(x[0], lo)?, g.gt(x[0], hi)?);
        let outside = g.or(below, above)?;
        let dx = g.select(outside, zero, dy)?;
        let (dlo, dhi) = (g.select(below, dy, zero)?, g.select(above, dy, zero)?);
        let (slo, shi) = (g.shape(x[1]).clone(), g.shape(x[2]).clone());
        Ok(vec![Some(dx), Some(sum_to(g, dlo, &slo)?), Some(sum_to(g, dhi, &shi)?)])
    };
    cases [
        case().f32([2, 3]).values([], &[-0.5]).values([], &[0.8]),
        case().f32([2, 3]).range([2, 3], -1.0, 0.0).range([2, 3], 0.0, 1.0),
        case().values([5], &[-1.0, 0.0, 1.0, f64::NAN, 2.0]).values([], &[0.0]).values([], &[1.0]),
        case().ints([6], -9, 9).int_values([], &[-3]).int_values([], &[4]),
    ]
    errors [case().f32([2]).f32([3]).f32([3]), case().f32([2]).ints([], 0, 1).ints([], 0, 1)]
}

/// Values moved into `[clip_value_min, clip_value_max]` (`tf.clip_by_value`).
///
/// # Errors
/// `InvalidArgument` for bounds of another dtype or that do not broadcast to `t`.
pub fn clip_by_value(
    t: impl IntoTensor,
    clip_value_min: impl IntoTensor,
    clip_value_max: impl IntoTensor,
) -> Result<Tensor> {
    let t = t.into_tensor(None)?;
    let bound = Some(t.dtype());
    run_one(&ClipByValue {}, &[&t, &clip_value_min.into_tensor(bound)?, &clip_value_max.into_tensor(bound)?])
}

crate::op! {
    /// A tensor scaled so that its Euclidean norm over axes is at most `clip_norm`.
    ClipByNorm as "clip_by_norm" in api "tf.clip_by_norm" (t, clip_norm) {
        /// The axes of one norm; all if not given.
        axes: Option<Vec<i64>>,
    }
    build |s, g| {
        build::want_dtype(g, "clip_by_norm", "t", t, "floats", DType::is_float)?;
        let shape = g.shape(t).clone();
        let dims = dims_of("clip_by_norm", s.axes.as_deref(), shape.rank())?;
        let squares = g.mul(t, t)?;
        let sum = g.reduce_over(ReduceKind::Sum, squares, &dims)?;
        // The root's slope at 0 is infinite: it is taken of 1 there.
        let (zero, one) = (g.zeros_like(sum)?, g.ones_like(sum)?);
        let positive = g.gt(sum, zero)?;
        let safe = g.select(positive, sum, one)?;
        let root = g.sqrt(safe)?;
        let norm = g.select(positive, root, sum)?;
        let bound = g.broadcast_to(clip_norm, &shape)?;
        let scaled = g.mul(t, bound)?;
        let divisor = g.max(norm, bound)?;
        g.div(scaled, divisor)
    };
    cases [
        case().f32([2, 3]).values([], &[1.5]),
        case().f32([2, 3]).values([], &[50.0]),
        case().with("axes", [1]).f32([2, 3]).values([], &[1.0]),
        case().values([3], &[0.0, 0.0, 0.0]).values([], &[1.0]),
    ]
    errors [case().with("axes", [2]).f32([2, 3]).values([], &[1.0])]
}

/// A tensor scaled so that its Euclidean norm over `axes` is at most `clip_norm` (`tf.clip_by_norm`).
///
/// # Errors
/// `InvalidArgument` for axes out of range or a dtype that is no float.
pub fn clip_by_norm(t: impl IntoTensor, clip_norm: impl IntoTensor, axes: impl Into<Axes>) -> Result<Tensor> {
    let t = t.into_tensor(None)?;
    let bound = clip_norm.into_tensor(Some(t.dtype()))?;
    run_one(&ClipByNorm { axes: axes.into().0 }, &[&t, &bound])
}

crate::op! {
    /// The Euclidean norm of several tensors taken as one.
    GlobalNorm as "global_norm" in api "tf.linalg.global_norm" (; t_list) {}
    build |s, g| {
        if t_list.is_empty() {
            return Err(Error::invalid("global_norm", "t_list", "at least one tensor", 0));
        }
        let mut total = None;
        for &t in t_list {
            build::want_dtype(g, "global_norm", "t_list", t, "floats", DType::is_float)?;
            let squares = g.mul(t, t)?;
            let dims: Vec<usize> = (0..g.rank(t)).collect();
            let sum = g.reduce(ReduceKind::Sum, squares, &dims)?;
            total = Some(match total {
                None => sum,
                Some(other) => g.add(other, sum)?,
            });
        }
        g.sqrt(total.unwrap_or(t_list[0]))
    };
    cases [case().f32([2, 3]).f32([4]), case().f32([])]
    errors []
}

/// The Euclidean norm of several tensors taken as one (`tf.linalg.global_norm`).
///
/// # Errors
/// `InvalidArgument` for no tensors, different dtypes or a dtype that is no float.
pub fn global_norm(t_list: &[Tensor]) -> Result<Tensor> {
    run_one(&GlobalNorm {}, &t_list.iter().collect::<Vec<_>>())
}

/// Tensors scaled together so that their [`global_norm`] is at most `clip_norm`, and that norm (`tf.clip_by_global_norm`). Where the norm is
/// not finite all become NaN.
///
/// ```
/// # use wgflow::{IntoTensor, ops::math::clip_by_global_norm};
/// let grads = [[3.0, 0.0].into_tensor(None)?, 4.0.into_tensor(None)?];
/// let (clipped, norm) = clip_by_global_norm(&grads, 1.0, None)?;
/// assert_eq!(norm.item::<f32>()?, 5.0);
/// assert_eq!(clipped[0].to_vec::<f32>()?, [0.6, 0.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// As [`global_norm`].
pub fn clip_by_global_norm(
    t_list: &[Tensor],
    clip_norm: impl IntoTensor,
    use_norm: Option<&Tensor>,
) -> Result<(Vec<Tensor>, Tensor)> {
    let norm = match use_norm {
        Some(n) => n.clone(),
        None => global_norm(t_list)?,
    };
    let bound = clip_norm.into_tensor(Some(norm.dtype()))?;
    // clip_norm * min(1 / norm, 1 / clip_norm), and NaN where the norm is infinite.
    let factor = super::minimum(super::reciprocal(&norm)?, super::reciprocal(&bound)?)?;
    let factor = super::multiply(super::add(factor, super::subtract(&norm, &norm)?)?, &bound)?;
    let clipped = t_list.iter().map(|t| super::multiply(t, &factor)).collect::<Result<Vec<_>>>()?;
    Ok((clipped, norm))
}

pub(super) const OPS: &[Row] = &[row::<ClipByValue>(), row::<ClipByNorm>(), row::<GlobalNorm>()];
