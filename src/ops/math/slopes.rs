//! Derivatives that TensorFlow has as ops of their own, from the result and its adjoint.

use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::scale;
use crate::tensor::{Fill, Row, row};

/// Declares them: name, the derivative from `y` and `dy`.
macro_rules! slopes {
    ($($(#[doc = $doc:literal])+ $name:ident, $api:literal, |$g:ident, $y:ident, $dy:ident| $build:expr, ($lo:expr, $hi:expr);)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api ($y, $dy) {}
                build |s, $g| {
                    $crate::ops::build::want_dtype($g, stringify!($name), "y", $y, "floats", $crate::DType::is_float)?;
                    $build
                };
                cases [
                    case().range([2, 3], $lo, $hi).f32([2, 3]),
                    case().range([], $lo, $hi).f32([]),
                    case().range([0], $lo, $hi).f32([0]),
                    case().input($crate::DType::Float64, [4], Fill::Uniform($lo, $hi)).input($crate::DType::Float64, [4], Fill::Uniform(-2.0, 2.0)),
                ]
                errors [case().f32([2]).input($crate::DType::Float64, [2], Fill::Uniform(0.0, 1.0)), case().ints([2], 0, 3).ints([2], 0, 3)]
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

slopes! {
    /// The derivative of `sigmoid` from its result: `dy * y * (1 - y)`.
    SigmoidGrad, "tf.raw_ops.SigmoidGrad", |g, y, dy| {
        let one = g.ones_like(y)?;
        let rest = g.sub(one, y)?;
        let slope = g.mul(y, rest)?;
        g.mul(dy, slope)
    }, (0.1, 0.9);
    /// The derivative of `tanh` from its result: `dy * (1 - y * y)`.
    TanhGrad, "tf.raw_ops.TanhGrad", |g, y, dy| {
        let one = g.ones_like(y)?;
        let square = g.mul(y, y)?;
        let slope = g.sub(one, square)?;
        g.mul(dy, slope)
    }, (-0.9, 0.9);
    /// The derivative of `rsqrt` from its result: `dy * -0.5 * y^3`.
    RsqrtGrad, "tf.raw_ops.RsqrtGrad", |g, y, dy| {
        let square = g.mul(y, y)?;
        let cube = g.mul(square, y)?;
        let half = scale(g, dy, -0.5)?;
        g.mul(half, cube)
    }, (0.3, 3.0);
    /// The derivative of `sqrt` from its result: `dy * 0.5 / y`.
    SqrtGrad, "tf.raw_ops.SqrtGrad", |g, y, dy| {
        let half = scale(g, dy, 0.5)?;
        g.div(half, y)
    }, (0.3, 3.0);
    /// The derivative of `reciprocal` from its result: `-dy * y * y`.
    ReciprocalGrad, "tf.raw_ops.ReciprocalGrad", |g, y, dy| inverse_slope(g, y, dy), (0.3, 3.0);
    /// The derivative of `Inv` from its result: `-dy * y * y`.
    InvGrad, "tf.raw_ops.InvGrad", |g, y, dy| inverse_slope(g, y, dy), (0.3, 3.0);
}

fn inverse_slope(g: &mut Graph, y: Val, dy: Val) -> Result<Val> {
    let square = g.mul(y, y)?;
    let d = g.mul(dy, square)?;
    g.neg(d)
}
