//! Reductions that TensorFlow composes: the logarithm of a sum of exponentials, variance, deviation, norms.

use super::reduce::kept;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::args::{Axes, dims_of};
use crate::ops::build::want_dtype;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

/// Declares them: name, function, TensorFlow's path, what it builds from graph, operand and dimensions.
macro_rules! statistics {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $text:literal, $api:literal, |$g:ident, $x:ident, $dims:ident| $build:expr
        $(, vjp |$s:ident, $vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr)?;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name as $text in api $api (input_tensor) {
                    /// The axes to reduce; all if not given.
                    axis: Option<Vec<i64>>,
                    /// Whether reduced axes stay with size 1.
                    keepdims: bool = false,
                }
                build |s, $g| {
                    let $x = input_tensor;
                    want_dtype($g, $text, "input_tensor", $x, "floats", DType::is_float)?;
                    let $dims = dims_of($text, s.axis.as_deref(), $g.rank($x))?;
                    let y = $build?;
                    kept($g, y, $x, &$dims, s.keepdims)
                };
                $(vjp |$s, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [
                    case().f32([2, 3]),
                    case().with("axis", [1]).f32([2, 3]),
                    case().with("axis", [0, -1]).with("keepdims", true).f32([2, 3, 2]),
                    // The slope of a deviation of 0 is 0 times infinity.
                    case().with("axis", [-1]).f32([3, 1]).forward_only(),
                    case().with("axis", [0]).input(DType::Float64, [4], Fill::Uniform(-30.0, 30.0)),
                ]
                errors [case().with("axis", [2]).f32([2, 3]), case().bools([2])]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. `axis` is one axis, a list, or `None` for all.")]
            ///
            /// # Errors
            /// `InvalidArgument` for an axis out of range or named twice, or a dtype that is no float.
            pub fn $f(input_tensor: impl IntoTensor, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
                run_one(&$name { axis: axis.into().0, keepdims }, &[&input_tensor.into_tensor(None)?])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

statistics! {
    /// `log(sum(exp(x)))` over axes, shifted by the maximum so that it does not overflow.
    ReduceLogsumexp, reduce_logsumexp, "reduce_logsumexp", "tf.math.reduce_logsumexp", |g, x, dims| logsumexp(g, x, &dims),
        vjp |s, g, x, y, dy| {
            let shape = g.shape(x[0]).clone();
            let dims = dims_of("reduce_logsumexp", s.axis.as_deref(), shape.rank())?;
            let removed = shape.reduced(&dims, false);
            let mut spread = |v: Val| {
                let v = g.reshape(v, removed.clone())?;
                g.repeat_over(v, &shape, &dims)
            };
            let (y, dy) = (spread(y)?, spread(dy)?);
            let d = g.sub(x[0], y)?;
            let share = g.exp(d)?;
            Ok(vec![Some(g.mul(share, dy)?)])
        };
    /// The variance over axes: the mean of squared distances from the mean.
    ReduceVariance, reduce_variance, "reduce_variance", "tf.math.reduce_variance", |g, x, dims| variance(g, x, &dims);
    /// The standard deviation over axes: the root of the variance.
    ReduceStd, reduce_std, "reduce_std", "tf.math.reduce_std", |g, x, dims| {
        let v = variance(g, x, &dims)?;
        g.sqrt(v)
    };
}

fn logsumexp(g: &mut Graph, x: Val, dims: &[usize]) -> Result<Val> {
    let shape = g.shape(x).clone();
    let max = g.reduce(ReduceKind::Max, x, dims)?;
    let (finite, zero) = (g.is_finite(max)?, g.zeros_like(max)?);
    let max = g.select(finite, max, zero)?;
    let spread = g.repeat_over(max, &shape, dims)?;
    let shifted = g.sub(x, spread)?;
    let e = g.exp(shifted)?;
    let sum = g.reduce(ReduceKind::Sum, e, dims)?;
    let log = g.log(sum)?;
    g.add(log, max)
}

fn variance(g: &mut Graph, x: Val, dims: &[usize]) -> Result<Val> {
    let shape = g.shape(x).clone();
    let mean = g.mean(x, dims)?;
    let mean = g.repeat_over(mean, &shape, dims)?;
    let d = g.sub(x, mean)?;
    let squares = g.mul(d, d)?;
    g.mean(squares, dims)
}
