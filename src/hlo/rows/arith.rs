//! Arithmetic.

use super::{Ew, FloatFn, Functor, IntFn, Row, one, two};
use smallvec::smallvec;

/// IEEE maximum that keeps NaN, as TensorFlow's `Maximum`.
fn max(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { x.max(y) }
}

fn min(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { x.min(y) }
}

/// 0 for both zeros; NaN stays.
fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x.abs()
    }
}

fn clamp(lo: f64, x: f64, hi: f64) -> f64 {
    min(max(x, lo), hi)
}

/// Integer power by squaring; a negative exponent gives 0 but for bases 1 and -1.
fn int_pow(x: i64, y: i64) -> i64 {
    match (x, y) {
        (_, 0) | (1, _) => 1,
        (-1, y) => 1 - 2 * (y & 1),
        (_, y) if y < 0 => 0,
        (x, y) => (0..64 - y.leading_zeros())
            .rev()
            .fold(1i64, |r, b| r.wrapping_mul(r).wrapping_mul(if y >> b & 1 == 1 { x } else { 1 })),
    }
}

/// The next float32 after `x` towards `y`.
fn next_after(x: f64, y: f64) -> f64 {
    f64::from(libm::nextafterf(x as f32, y as f32))
}

// Division by zero is what WGSL defines: the quotient is the dividend, the remainder 0. Ops that must fail check before.
fn int_div(x: i64, y: i64) -> i64 {
    if y == 0 { x } else { x.wrapping_div(y) }
}

fn int_rem(x: i64, y: i64) -> i64 {
    if y == 0 { 0 } else { x.wrapping_rem(y) }
}

pub(super) const ROWS: &[Row] = &[
    Row::new(Ew::Neg, "negate", 1)
        .float(FloatFn::Unary(|x| -x), Functor::Prefix("-"))
        .int(IntFn::Unary(i64::wrapping_neg), Functor::Prefix("-"))
        .uint(Functor::Lib("u_neg"))
        .vjp(|g, _, _, dy| one(g.neg(dy)?)),
    Row::new(Ew::Abs, "abs", 1)
        .float(FloatFn::Unary(f64::abs), Functor::Builtin("abs"))
        .int(IntFn::Unary(i64::wrapping_abs), Functor::Builtin("abs"))
        .kinks(&[(0.0, 0.0)])
        .vjp(|g, x, _, dy| {
            let s = g.sign(x[0])?;
            one(g.mul(dy, s)?)
        }),
    Row::new(Ew::Sign, "sign", 1)
        .float(FloatFn::Unary(sign), Functor::Lib("m_sign"))
        .int(IntFn::Unary(i64::signum), Functor::Builtin("sign"))
        .uint(Functor::Lib("u_sign"))
        .kinks(&[(0.0, 0.0)])
        .vjp(|g, _, _, dy| one(g.zeros_like(dy)?)),
    Row::new(Ew::Add, "add", 2)
        .float(FloatFn::Binary(|x, y| x + y), Functor::Infix("+"))
        .int(IntFn::Binary(i64::wrapping_add), Functor::Infix("+"))
        .vjp(|_, _, _, dy| two(dy, dy)),
    Row::new(Ew::Sub, "subtract", 2)
        .float(FloatFn::Binary(|x, y| x - y), Functor::Infix("-"))
        .int(IntFn::Binary(i64::wrapping_sub), Functor::Infix("-"))
        .vjp(|g, _, _, dy| two(dy, g.neg(dy)?)),
    Row::new(Ew::Mul, "multiply", 2)
        .float(FloatFn::Binary(|x, y| x * y), Functor::Infix("*"))
        .int(IntFn::Binary(i64::wrapping_mul), Functor::Infix("*"))
        .vjp(|g, x, _, dy| two(g.mul(dy, x[1])?, g.mul(dy, x[0])?)),
    Row::new(Ew::Div, "divide", 2)
        .float(FloatFn::Binary(|x, y| x / y), Functor::Infix("/"))
        .int(IntFn::Binary(int_div), Functor::Lib("i_div"))
        .uint(Functor::Lib("u_div"))
        .domain(&[(-8.0, 8.0), (0.1, 8.0)])
        .tol(4e-7)
        .vjp(|g, x, y, dy| {
            let dx = g.div(dy, x[1])?;
            let d = g.mul(dx, y)?;
            two(dx, g.neg(d)?)
        }),
    Row::new(Ew::Rem, "remainder", 2)
        .float(FloatFn::Binary(|x, y| x % y), Functor::Lib("m_rem"))
        .int(IntFn::Binary(int_rem), Functor::Lib("i_rem"))
        .uint(Functor::Lib("u_rem"))
        .domain(&[(-8.0, 8.0), (0.5, 3.0)])
        .vjp(|g, x, y, dy| {
            // y = x - n * x1 with n a whole number: n = (x - y) / x1, rounded against the division's error.
            let whole = g.sub(x[0], y)?;
            let n = g.div(whole, x[1])?;
            let n = g.round(n)?;
            let d = g.mul(dy, n)?;
            two(dy, g.neg(d)?)
        }),
    Row::new(Ew::Max, "maximum", 2)
        .float(FloatFn::Binary(max), Functor::Lib("m_max"))
        .int(IntFn::Binary(i64::max), Functor::Builtin("max"))
        .vjp(|g, x, _, dy| {
            let first = g.ge(x[0], x[1])?;
            let zero = g.zeros_like(dy)?;
            two(g.select(first, dy, zero)?, g.select(first, zero, dy)?)
        }),
    Row::new(Ew::Min, "minimum", 2)
        .float(FloatFn::Binary(min), Functor::Lib("m_min"))
        .int(IntFn::Binary(i64::min), Functor::Builtin("min"))
        .vjp(|g, x, _, dy| {
            let first = g.le(x[0], x[1])?;
            let zero = g.zeros_like(dy)?;
            two(g.select(first, dy, zero)?, g.select(first, zero, dy)?)
        }),
    Row::new(Ew::Pow, "power", 2)
        .float(FloatFn::Binary(libm::pow), Functor::Lib("m_pow"))
        .int(IntFn::Binary(int_pow), Functor::Lib("i_pow"))
        .uint(Functor::Lib("u_pow"))
        .domain(&[(0.01, 8.0), (-4.0, 4.0)])
        .tol(2e-6)
        .vjp(|g, x, y, dy| {
            let one = g.ones_like(dy)?;
            let zero = g.zeros_like(dy)?;
            let less = g.sub(x[1], one)?;
            let slope = g.pow(x[0], less)?;
            let slope = g.mul(x[1], slope)?;
            // log of a base that is not positive counts as 0, as in TensorFlow.
            let positive = g.gt(x[0], zero)?;
            let safe = g.select(positive, x[0], one)?;
            let log = g.log(safe)?;
            let rate = g.mul(y, log)?;
            let rate = g.select(positive, rate, zero)?;
            two(g.mul(dy, slope)?, g.mul(dy, rate)?)
        }),
    Row::new(Ew::Floor, "floor", 1).float(FloatFn::Unary(f64::floor), Functor::Builtin("floor")),
    Row::new(Ew::Ceil, "ceil", 1).float(FloatFn::Unary(f64::ceil), Functor::Builtin("ceil")),
    Row::new(Ew::Round, "round_nearest_even", 1)
        .float(FloatFn::Unary(f64::round_ties_even), Functor::Builtin("round")),
    Row::new(Ew::Clamp, "clamp", 3)
        .float(FloatFn::Ternary(clamp), Functor::Lib("m_clamp"))
        .int(IntFn::Ternary(|lo, x, hi| x.max(lo).min(hi)), Functor::Lib("i_clamp"))
        .uint(Functor::Lib("u_clamp"))
        .domain(&[(-4.0, -1.0), (-8.0, 8.0), (1.0, 4.0)])
        .vjp(|g, x, _, dy| {
            let zero = g.zeros_like(dy)?;
            let (below, above) = (g.lt(x[1], x[0])?, g.gt(x[1], x[2])?);
            let outside = g.or(below, above)?;
            let (lo, hi) = (g.select(below, dy, zero)?, g.select(above, dy, zero)?);
            Ok(smallvec![Some(lo), Some(g.select(outside, zero, dy)?), Some(hi)])
        }),
    Row::new(Ew::NextAfter, "next_after", 2).float(FloatFn::Binary(next_after), Functor::Lib("m_next_after")),
];
