//! Running sums, products and logarithms of sums of exponentials.

use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::{div_no_nan, want_dtype};
use crate::shape::resolve_axis;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

/// Declares them: name, function, TensorFlow's path, what it builds from graph, operand, axis and the flags exclusive and reverse.
macro_rules! scans {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, |$g:ident, $x:ident, $axis:ident, $exclusive:ident, $reverse:ident| $build:expr
        $(, vjp |$vs:ident, $vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr)?, cases [$($case:expr),*], errors [$($error:expr),*];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (x) {
                    /// Along which axis.
                    axis: i64,
                    /// Whether an element's own value is left out.
                    exclusive: bool = false,
                    /// Whether it runs from the last element to the first.
                    reverse: bool = false,
                }
                build |s, $g| {
                    let $x = x;
                    let $axis = resolve_axis(stringify!($name), "axis", s.axis, $g.rank(x))?;
                    let ($exclusive, $reverse) = (s.exclusive, s.reverse);
                    $build
                };
                $(vjp |$vs, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [
                    case().with("axis", 0).f32([4]),
                    case().with("axis", 1).with("exclusive", true).f32([2, 3, 2]),
                    case().with("axis", -1).with("reverse", true).f32([2, 5]),
                    case().with("axis", 1).with("exclusive", true).with("reverse", true).f32([2, 4]),
                    case().with("axis", 1).f32([2, 0]),
                    case().with("axis", 0).f32([0, 2])
                    $(, $case)*
                ]
                errors [case().with("axis", 2).f32([2, 3]), case().with("axis", 0).f32([]), case().with("axis", 0).bools([2]) $(, $error)*]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. The result has the shape of `x`.")]
            ///
            /// # Errors
            /// `InvalidArgument` for an axis out of range, or a dtype that it is not defined on.
            pub fn $f(x: impl IntoTensor, axis: i64, exclusive: bool, reverse: bool) -> Result<Tensor> {
                run_one(&$name { axis, exclusive, reverse }, &[&x.into_tensor(None)?])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

scans! {
    /// Sums of all elements up to each one along an axis.
    Cumsum, cumsum, "tf.math.cumsum", |g, x, axis, exclusive, reverse| g.cumulative(ReduceKind::Sum, x, axis, exclusive, reverse),
        cases [case().with("axis", 0).ints([5], -9, 9), case().with("axis", 0).input(DType::Int64, [5], Fill::Uniform(-9.0, 9.0))], errors [];
    /// Products of all elements up to each one along an axis.
    Cumprod, cumprod, "tf.math.cumprod", |g, x, axis, exclusive, reverse| g.cumulative(ReduceKind::Prod, x, axis, exclusive, reverse),
        vjp |s, g, x, y, dy| {
            let axis = resolve_axis("Cumprod", "axis", s.axis, g.rank(x[0]))?;
            let weighted = g.mul(y, dy)?;
            let sum = g.cumulative(ReduceKind::Sum, weighted, axis, s.exclusive, !s.reverse)?;
            Ok(vec![Some(div_no_nan(g, sum, x[0])?)])
        },
        cases [case().with("axis", 0).ints([5], -3, 4), case().with("axis", 0).values([4], &[2.0, 0.0, 3.0, -1.0])], errors [];
    /// Logarithms of the sums of exponentials of all elements up to each one along an axis, without overflow.
    CumulativeLogsumexp, cumulative_logsumexp, "tf.math.cumulative_logsumexp",
        |g, x, axis, exclusive, reverse| {
            want_dtype(g, "CumulativeLogsumexp", "x", x, "floats", DType::is_float)?;
            running_logsumexp(g, x, axis, exclusive, reverse)
        },
        vjp |s, g, x, y, dy| {
            // dx = exp(x) * sum over later places of dy * exp(-y): in logarithms, for both signs of dy.
            let axis = resolve_axis("CumulativeLogsumexp", "axis", s.axis, g.rank(x[0]))?;
            let least = g.full_like(dy, g.dtype(dy).min())?;
            let zero = g.zeros_like(dy)?;
            let mut part = |positive: bool| -> Result<Val> {
                let d = if positive { dy } else { g.neg(dy)? };
                let counts = g.gt(d, zero)?;
                let log = g.log(d)?;
                let log = g.select(counts, log, least)?;
                let relative = g.sub(log, y)?;
                let sum = running_logsumexp(g, relative, axis, s.exclusive, !s.reverse)?;
                let total = g.add(sum, x[0])?;
                g.exp(total)
            };
            let (up, down) = (part(true)?, part(false)?);
            Ok(vec![Some(g.sub(up, down)?)])
        },
        cases [case().with("axis", 0).values([5], &[-200.0, 0.0, 300.0, 300.0, -5.0])
            .tolerance(1e-4, 1e-5, "logarithms near 300 have few digits after the point")], errors [case().with("axis", 0).ints([2], 0, 3)];
}

/// By doubling: after step `k` each place holds the sum of `2^k` neighbours.
fn running_logsumexp(g: &mut Graph, x: Val, axis: usize, exclusive: bool, reverse: bool) -> Result<Val> {
    let n = g.shape(x)[axis];
    // What an empty sum is in TensorFlow.
    let least = g.scalar(g.dtype(x), g.dtype(x).min())?;
    let mut y = if exclusive && n > 0 { moved(g, x, least, axis, 1, reverse)? } else { x };
    let mut step = 1;
    while step < n {
        let other = moved(g, y, least, axis, step, reverse)?;
        y = log_add_exp(g, y, other)?;
        step *= 2;
    }
    Ok(y)
}

/// `x` moved by `step` places along an axis, with `fill` where nothing came.
fn moved(g: &mut Graph, x: Val, fill: Val, axis: usize, step: usize, reverse: bool) -> Result<Val> {
    let rank = g.rank(x);
    let (mut low, mut high) = (vec![0; rank], vec![0; rank]);
    let step = step as i64;
    (low[axis], high[axis]) = if reverse { (-step, step) } else { (step, -step) };
    g.pad(x, fill, &low, &high, &vec![0; rank])
}

/// `log(exp(a) + exp(b))`.
fn log_add_exp(g: &mut Graph, a: Val, b: Val) -> Result<Val> {
    let (max, min) = (g.max(a, b)?, g.min(a, b)?);
    let d = g.sub(min, max)?;
    // Equal infinities have no difference.
    let (same, zero) = (g.eq(a, b)?, g.zeros_like(a)?);
    let d = g.select(same, zero, d)?;
    let e = g.exp(d)?;
    let rest = g.log1p(e)?;
    g.add(max, rest)
}
