//! Elementwise arithmetic of two tensors, which broadcast.

use super::macros::binary;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build;
use crate::tensor::Fill;

binary! {
    OPS;
    /// `x + y`.
    AddV2, add, "tf.math.add", |g, x, y| g.add(x, y),
        cases [case().f32([2, 3]).f32([3]), case().f32([2, 1]).f32([1, 3]), case().f32([]).f32([4]), case().f32([0, 3]).f32([1, 3]),
            case().f32([1]).f32([]), case().ints([4], -9, 9).ints([4], -9, 9), case().specials().specials(),
            case().input(DType::Float16, [4], Fill::Uniform(-2.0, 2.0)).input(DType::Float16, [], Fill::Uniform(-2.0, 2.0)),
            case().input(DType::Int64, [4], Fill::Uniform(-99.0, 99.0)).input(DType::Int64, [1], Fill::Uniform(-99.0, 99.0)),
            case().input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)).input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)), case().complex([2, 3]).complex([3])],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
    /// `x + y`, under its older name.
    Add, _, "tf.raw_ops.Add", |g, x, y| g.add(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9)],
        errors [case().f32([2]).ints([2], 0, 3)];
    /// `x - y`.
    Sub, subtract, "tf.math.subtract", |g, x, y| g.sub(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9), case().f32([2, 1]).f32([3, 1, 2]), case().specials().f32([]), case().complex([2, 3]).complex([3])],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
    /// `x / y`, for floats.
    RealDiv, _, "tf.math.divide", |g, x, y| {
            build::want_dtype(g, "RealDiv", "x", x, "floats or complex numbers", DType::is_differentiable)?;
            g.div(x, y)
        },
        cases [case().f32([2, 3]).range([3], 0.5, 3.0), case().range([2, 1], 1.0, 2.0).range([4], 0.5, 3.0),
            case().specials().specials(), case().values([3], &[1.0, 0.0, -2.0]).values([], &[0.0]), case().complex([2, 3]).complex([3])],
        errors [case().bools([2]).bools([2])];
    /// The quotient as C++ has it: integers are divided towards zero.
    Div, _, "tf.raw_ops.Div", |g, x, y| {
            build::check_divisor(g, "Div", y)?;
            g.div(x, y)
        },
        cases [case().f32([2, 3]).range([3], 0.5, 3.0), case().ints([6], -9, 9).ints([6], 1, 4), case().ints([6], -9, 9).ints([6], -4, 0)],
        errors [case().ints([2], 1, 5).int_values([2], &[1, 0])];
    /// The quotient of integers, towards zero.
    TruncateDiv, truncatediv, "tf.truncatediv", |g, x, y| {
            build::check_divisor(g, "TruncateDiv", y)?;
            g.div(x, y)
        },
        cases [case().ints([6], -9, 9).ints([6], 1, 4), case().ints([6], -9, 9).ints([6], -4, 0),
            case().input(DType::Int64, [6], Fill::Uniform(-99.0, 99.0)).input(DType::Int64, [1], Fill::Uniform(3.0, 7.0))],
        errors [case().ints([2], 1, 5).int_values([2], &[1, 0]).deviates("TensorFlow has an internal error", &[])];
    /// The largest whole number not above `x / y`.
    FloorDiv, floordiv, "tf.math.floordiv", |g, x, y| {
            build::check_divisor(g, "FloorDiv", y)?;
            build::floor_div(g, x, y)
        },
        vjp |g, x, y, dy| Ok(vec![None, None]),
        cases [case().f32([2, 3]).range([3], 0.5, 3.0), case().f32([2, 3]).range([3], -3.0, -0.5), case().ints([6], -9, 9).ints([6], 1, 4),
            case().ints([6], -9, 9).ints([6], -4, 0), case().int_values([4], &[7, -7, 7, -7]).int_values([4], &[2, 2, -2, -2]),
            case().input(DType::UInt8, [6], Fill::Uniform(0.0, 256.0)).input(DType::UInt8, [6], Fill::Uniform(1.0, 9.0))],
        errors [case().ints([2], 1, 5).int_values([2], &[1, 0])];
    /// The remainder of `floordiv`, with the sign of `y`.
    FloorMod, floormod, "tf.math.floormod", |g, x, y| {
            build::check_divisor(g, "FloorMod", y)?;
            build::floor_mod(g, x, y)
        },
        vjp |g, x, y, dy| {
            let (p, q) = g.broadcast_pair("FloorMod", x[0], x[1])?;
            let whole = build::floor_div(g, p, q)?;
            let d = g.mul(dy, whole)?;
            let d = g.neg(d)?;
            let (sx, sy) = (g.shape(x[0]).clone(), g.shape(x[1]).clone());
            Ok(vec![Some(build::sum_to(g, dy, &sx)?), Some(build::sum_to(g, d, &sy)?)])
        },
        cases [case().f32([2, 3]).range([3], 0.5, 3.0), case().f32([2, 3]).range([3], -3.0, -0.5), case().ints([6], -9, 9).ints([6], 1, 4),
            case().ints([6], -9, 9).ints([6], -4, 0), case().values([4], &[7.0, -7.0, 7.0, -7.0]).values([4], &[2.0, 2.0, -2.0, -2.0]),
            case().values([4], &[5.0, -5.0, f64::INFINITY, 3.0]).values([4], &[f64::INFINITY, f64::INFINITY, 2.0, 0.0])],
        errors [case().ints([2], 1, 5).int_values([2], &[1, 0])];
    /// The remainder of `truncatediv`, with the sign of `x`.
    TruncateMod, truncatemod, "tf.truncatemod", |g, x, y| {
            build::check_divisor(g, "TruncateMod", y)?;
            g.rem(x, y)
        },
        cases [case().f32([2, 3]).range([3], 0.5, 3.0).forward_only(), case().ints([6], -9, 9).ints([6], -4, 0)],
        errors [case().ints([2], 1, 5).int_values([2], &[1, 0]).deviates("TensorFlow has an internal error", &[])];
    /// The remainder with the sign of `x`, under its older name.
    Mod, _, "tf.raw_ops.Mod", |g, x, y| {
            build::check_divisor(g, "Mod", y)?;
            g.rem(x, y)
        },
        cases [case().f32([2, 3]).range([3], 0.5, 3.0).forward_only(), case().ints([6], -9, 9).ints([6], -4, 0)],
        errors [case().ints([2], 1, 5).int_values([2], &[1, 0])];
    /// `x / y`, and 0 where `y` is 0.
    DivNoNan, divide_no_nan, "tf.math.divide_no_nan", |g, x, y| {
            build::want_dtype(g, "DivNoNan", "x", x, "floats", DType::is_float)?;
            build::div_no_nan(g, x, y)
        },
        cases [case().f32([2, 3]).values([3], &[2.0, 0.0, -0.5]), case().specials().values([], &[0.0])],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
    /// `x * y`, and 0 where `y` is 0, whatever `x` is.
    MulNoNan, multiply_no_nan, "tf.math.multiply_no_nan", |g, x, y| {
            build::want_dtype(g, "MulNoNan", "x", x, "floats", DType::is_float)?;
            mul_no_nan(g, x, y)
        },
        vjp |g, x, y, dy| {
            let (p, q) = g.broadcast_pair("MulNoNan", x[0], x[1])?;
            let (dx, dq) = (mul_no_nan(g, dy, q)?, mul_no_nan(g, p, dy)?);
            let (sx, sy) = (g.shape(x[0]).clone(), g.shape(x[1]).clone());
            Ok(vec![Some(build::sum_to(g, dx, &sx)?), Some(build::sum_to(g, dq, &sy)?)])
        },
        cases [case().f32([2, 3]).values([3], &[2.0, 0.0, -0.5]), case().specials().values([], &[0.0])],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
    /// `x * y`.
    Mul, multiply, "tf.math.multiply", |g, x, y| g.mul(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9), case().specials().specials(), case().f32([2, 0]).f32([1]), case().complex([2, 3]).complex([3])],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
    /// `max(x, y)`; where both are equal the gradient goes to `x`.
    Maximum, maximum, "tf.math.maximum", |g, x, y| g.max(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9), case().values([4], &[1.0, f64::NAN, 0.0, 2.0]).values([4], &[1.0, 0.0, f64::NAN, 3.0])],
        errors [case().f32([2]).ints([2], 0, 3)];
    /// `min(x, y)`; where both are equal the gradient goes to `x`.
    Minimum, minimum, "tf.math.minimum", |g, x, y| g.min(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9), case().values([4], &[1.0, f64::NAN, 0.0, 2.0]).values([4], &[1.0, 0.0, f64::NAN, 3.0])],
        errors [case().f32([2]).ints([2], 0, 3)];
    /// `(x - y)^2`.
    SquaredDifference, squared_difference, "tf.math.squared_difference", |g, x, y| {
            let d = g.sub(x, y)?;
            g.mul(d, d)
        },
        cases [case().f32([2, 3]).f32([3]), case().f32([2, 1]).f32([2, 4]), case().ints([4], -9, 9).ints([4], -9, 9)],
        errors [case().f32([2]).ints([2], 0, 3)];
    /// The angle of the point `(y, x)`, in all four quadrants.
    Atan2, atan2, "tf.math.atan2", |g, y, x| g.atan2(y, x),
        cases [case().f32([2, 3]).range([3], 0.5, 2.0)],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
}

/// `x * y`, and 0 where `y` is 0.
fn mul_no_nan(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let zero = g.zeros_like(y)?;
    let (at_zero, product) = (g.eq(y, zero)?, g.mul(x, y)?);
    g.select(at_zero, zero, product)
}
