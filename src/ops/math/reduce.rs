//! Reductions over axes.

use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::args::Axes;
use crate::ops::build::want_dtype;
use crate::shape::{Dims, resolve_axes};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

/// The shape of a reduction's result: dimensions of size 1, or none.
pub(super) fn kept(g: &mut Graph, y: Val, x: Val, dims: &[usize], keep_dims: bool) -> Result<Val> {
    let shape = g.shape(x).reduced(dims, keep_dims);
    g.reshape(y, shape)
}

/// Declares reductions: name, function, TensorFlow's path, what it builds from graph, operand and dimensions, cases, errors.
macro_rules! reductions {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, |$g:ident, $x:ident, $dims:ident| $build:expr,
        $(vjp |$s:ident, $vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr,)?
        cases [$($case:expr),*], errors [$($error:expr),*];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (input) {
                    /// The axes to reduce; an empty list reduces none.
                    axis: Vec<i64>,
                    /// Whether reduced axes stay with size 1.
                    keep_dims: bool = false,
                }
                build |s, $g| {
                    let $x = input;
                    let $dims: Dims = resolve_axes(stringify!($name), "axis", &s.axis, $g.rank(input))?;
                    let y = $build?;
                    kept($g, y, input, &$dims, s.keep_dims)
                };
                $(vjp |$s, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [$($case),*]
                errors [
                    $($error,)*
                    case().with("axis", [2]).input($crate::ops::math::macros::own_dtype(&[$($case),*]), [2, 3], Fill::Values(vec![1.0])),
                    case().with("axis", [0, 0]).input($crate::ops::math::macros::own_dtype(&[$($case),*]), [2, 3], Fill::Values(vec![1.0]))
                ]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. `axis` is one axis, a list, or `None` for all.")]
            ///
            /// # Errors
            /// `InvalidArgument` for an axis out of range or named twice, or a dtype that it is not defined on.
            pub fn $f(input_tensor: impl IntoTensor, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
                let x = input_tensor.into_tensor(None)?;
                let axis = axis.into().list(x.rank());
                run_one(&$name { axis, keep_dims: keepdims }, &[&x])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

reductions! {
    /// The sum over axes.
    Sum, reduce_sum, "tf.math.reduce_sum", |g, x, dims| g.reduce(ReduceKind::Sum, x, &dims),
        cases [case().with("axis", [1]).f32([2, 3]), case().with("axis", [0, -1]).f32([2, 3, 4]), case().with("axis", [-2]).with("keep_dims", true).f32([2, 3]),
            case().with("axis", Vec::<i64>::new()).f32([2, 3]), case().with("axis", [0]).f32([0, 3]), case().with("axis", [1]).ints([2, 3], -9, 9),
            case().with("axis", Vec::<i64>::new()).f32([]), case().with("axis", [0]).input(DType::Float16, [5], Fill::Uniform(-1.0, 1.0)),
            case().with("axis", 1).f32([3, 2]), case().with("axis", [0]).input(DType::Int64, [5], Fill::Uniform(-99.0, 99.0)), case().with("axis", [1]).complex([2, 3])],
        errors [case().with("axis", [0]).bools([2])];
    /// The mean over axes; NaN over nothing. Integers are divided towards zero.
    Mean, reduce_mean, "tf.math.reduce_mean", |g, x, dims| g.mean(x, &dims),
        vjp |s, g, x, y, dy| {
            let shape = g.shape(x[0]).clone();
            let dims = resolve_axes("Mean", "axis", &s.axis, shape.rank())?;
            let n: usize = dims.iter().map(|&d| shape[d]).product();
            let d = g.reshape(dy, shape.reduced(&dims, false))?;
            let count = g.full_like(d, n.max(1) as f64)?;
            let d = g.div(d, count)?;
            Ok(vec![Some(g.repeat_over(d, &shape, &dims)?)])
        },
        cases [case().with("axis", [1]).f32([2, 3]), case().with("axis", [0, -1]).with("keep_dims", true).f32([2, 3, 4]), case().with("axis", [0]).f32([0, 3]),
            case().with("axis", [1]).ints([2, 3], -9, 9), case().with("axis", Vec::<i64>::new()).f32([2]), case().with("axis", [0]).input(DType::Float16, [5], Fill::Uniform(-1.0, 1.0)), case().with("axis", [1]).complex([2, 3])],
        errors [case().with("axis", [0]).bools([2])];
    /// The product over axes.
    Prod, reduce_prod, "tf.math.reduce_prod", |g, x, dims| g.reduce(ReduceKind::Prod, x, &dims),
        cases [case().with("axis", [1]).f32([2, 3]), case().with("axis", [0, -1]).with("keep_dims", true).f32([2, 3, 2]), case().with("axis", [0]).f32([0, 3]),
            case().with("axis", [1]).values([2, 3], &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]), case().with("axis", [1]).ints([2, 3], -9, 9), case().with("axis", [1]).f32([2, 3, 2])],
        errors [case().with("axis", [0]).bools([2])];
    /// The largest element over axes; the gradient is shared by equal ones.
    Max, reduce_max, "tf.math.reduce_max", |g, x, dims| g.reduce(ReduceKind::Max, x, &dims),
        cases [case().with("axis", [1]).f32([2, 3]), case().with("axis", [0, -1]).with("keep_dims", true).f32([2, 3, 4]), case().with("axis", [0]).f32([0, 3]),
            case().with("axis", [1]).values([2, 3], &[1.0, 1.0, 0.0, 2.0, f64::NAN, 3.0]), case().with("axis", [1]).ints([2, 3], -9, 9), case().with("axis", [0]).ints([0, 2], 0, 3)],
        errors [case().with("axis", [0]).bools([2])];
    /// The smallest element over axes; the gradient is shared by equal ones.
    Min, reduce_min, "tf.math.reduce_min", |g, x, dims| g.reduce(ReduceKind::Min, x, &dims),
        cases [case().with("axis", [1]).f32([2, 3]), case().with("axis", [0, -1]).with("keep_dims", true).f32([2, 3, 4]), case().with("axis", [0]).f32([0, 3]),
            case().with("axis", [1]).values([2, 3], &[1.0, 1.0, 3.0, 2.0, f64::NAN, 3.0]), case().with("axis", [1]).ints([2, 3], -9, 9), case().with("axis", [0]).ints([0, 2], 0, 3)],
        errors [case().with("axis", [0]).bools([2])];
    /// Whether all elements over axes are true.
    All, reduce_all, "tf.math.reduce_all", |g, x, dims| {
            want_dtype(g, "All", "input", x, "bool", |d| d == DType::Bool)?;
            g.reduce(ReduceKind::And, x, &dims)
        },
        cases [case().with("axis", [1]).bools([4, 2]), case().with("axis", [0, 1]).with("keep_dims", true).bools([2, 2]), case().with("axis", [0]).bools([0, 2])],
        errors [case().with("axis", [0]).ints([2], 0, 2)];
    /// Whether any element over axes is true.
    Any, reduce_any, "tf.math.reduce_any", |g, x, dims| {
            want_dtype(g, "Any", "input", x, "bool", |d| d == DType::Bool)?;
            g.reduce(ReduceKind::Or, x, &dims)
        },
        cases [case().with("axis", [1]).bools([4, 2]), case().with("axis", [0, 1]).with("keep_dims", true).bools([2, 2]), case().with("axis", [0]).bools([0, 2])],
        errors [case().with("axis", [0]).ints([2], 0, 2)];
    /// The root of the sum of squares over axes.
    EuclideanNorm, reduce_euclidean_norm, "tf.math.reduce_euclidean_norm", |g, x, dims| {
            let squares = g.mul(x, x)?;
            let sum = g.reduce(ReduceKind::Sum, squares, &dims)?;
            g.sqrt(sum)
        },
        vjp |s, g, x, y, dy| {
            let dims = resolve_axes("EuclideanNorm", "axis", &s.axis, g.rank(x[0]))?;
            let shape = g.shape(x[0]).clone();
            let removed = shape.reduced(&dims, false);
            let scale = g.div(y, dy)?;
            let scale = g.reshape(scale, removed)?;
            let scale = g.repeat_over(scale, &shape, &dims)?;
            Ok(vec![Some(g.div(x[0], scale)?)])
        },
        cases [case().with("axis", [1]).f32([2, 3]), case().with("axis", [0, -1]).with("keep_dims", true).f32([2, 3, 4]), case().with("axis", [0]).f32([0, 3]),
            case().with("axis", [1]).values([2, 2], &[0.0, 0.0, 3.0, 4.0])],
        errors [case().with("axis", [0]).bools([2])];
}
