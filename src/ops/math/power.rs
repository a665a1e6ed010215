//! Powers, logarithms times factors, neighbours, and zeta functions of two tensors.

use super::macros::binary;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{CheckText, Graph, Val};
use crate::ops::build::{self, sum_to};

binary! {
    OPS;
    /// `x` to the power of `y`.
    Pow, pow, "tf.math.pow", |g, x, y| {
            check_exponent(g, y)?;
            g.pow(x, y)
        },
        cases [case().range([2, 3], 0.2, 3.0).f32([3]), case().f32([4]).values([], &[2.0]), case().f32([3]).values([3], &[3.0, -2.0, 0.0]),
            case().values([5], &[0.0, 0.0, 0.0, 1.0, -1.0]).values([5], &[0.0, 1.0, 2.5, f64::INFINITY, 3.0]),
            case().ints([5], -4, 5).ints([5], 0, 4), case().ints([2, 1], -4, 5).int_values([3], &[0, 2, 5])],
        errors [case().ints([2], 1, 3).int_values([2], &[1, -1]), case().bools([2]).bools([2])];
    /// `x / y`, and 0 where `x` is 0, whatever `y` is.
    Xdivy, xdivy, "tf.math.xdivy", |g, x, y| guarded(g, "Xdivy", x, y, |g, x, y| g.div(x, y)),
        cases [case().f32([2, 3]).range([3], 0.5, 2.0), case().values([5], &[0.0, 0.0, 1.0, 0.0, -2.0]).values([5], &[0.0, f64::NAN, 0.0, 1.0, 4.0])],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
    /// `x * log(y)`, and 0 where `x` is 0, whatever `y` is.
    Xlogy, xlogy, "tf.math.xlogy", |g, x, y| guarded(g, "Xlogy", x, y, |g, x, y| {
            let log = g.log(y)?;
            g.mul(x, log)
        }),
        cases [case().f32([2, 3]).range([3], 0.5, 2.0), case().values([5], &[0.0, 0.0, 1.0, 0.0, -2.0]).values([5], &[0.0, f64::NAN, 0.0, 1.0, 4.0])],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
    /// `x * log(1 + y)`, and 0 where `x` is 0, whatever `y` is.
    Xlog1py, xlog1py, "tf.math.xlog1py", |g, x, y| guarded(g, "Xlog1py", x, y, |g, x, y| {
            let log = g.log1p(y)?;
            g.mul(x, log)
        }),
        cases [case().f32([2, 3]).range([3], -0.5, 2.0), case().values([5], &[0.0, 0.0, 1.0, 0.0, -2.0]).values([5], &[-1.0, f64::NAN, -1.0, 1.0, 4.0])],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
    /// The next float32 after `x1` towards `x2`.
    NextAfter, nextafter, "tf.math.nextafter", |g, x1, x2| g.next_after(x1, x2),
        vjp |g, x, y, dy| {
            let (first, second) = (g.shape(x[0]).clone(), g.zeros_like(x[1])?);
            Ok(vec![Some(sum_to(g, dy, &first)?), Some(second)])
        },
        cases [case().f32([2, 3]).f32([3]), case().values([4], &[0.0, 1.0, 1.0, f64::INFINITY]).values([4], &[1.0, 1.0, 2.0, 0.0])],
        errors [case().ints([2], 0, 3).ints([2], 0, 3)];
    /// The Hurwitz zeta function: the sum of `(q + n)^-x` over all whole `n` from 0.
    Zeta, zeta, "tf.math.zeta", |g, x, q| g.zeta(x, q),
        cases [case().range([2, 3], 1.2, 6.0).range([3], 0.3, 8.0), case().values([4], &[1.0, 2.0, 0.5, 3.0]).values([4], &[2.0, 0.0, 1.0, -0.5])],
        errors [case().ints([2], 1, 3).ints([2], 1, 3)];
    /// The derivative of order `a` of digamma at `x`.
    Polygamma, polygamma, "tf.math.polygamma", |g, a, x| polygamma_of(g, a, x),
        vjp |g, x, y, dy| {
            let (a, p) = g.broadcast_pair("Polygamma", x[0], x[1])?;
            let next = build::shift(g, a, 1.0)?;
            let d = polygamma_of(g, next, p)?;
            let d = g.mul(dy, d)?;
            let shape = g.shape(x[1]).clone();
            Ok(vec![None, Some(sum_to(g, d, &shape)?)])
        },
        cases [case().values([4, 1], &[0.0, 1.0, 2.0, 3.0]).range([3], 0.3, 8.0), case().values([3], &[0.5, -1.0, 1.0]).values([3], &[1.0, 1.0, 0.0])],
        errors [case().ints([2], 1, 3).ints([2], 1, 3)];
}

/// Integers have no negative powers.
fn check_exponent(g: &mut Graph, y: Val) -> Result<()> {
    if !g.dtype(y).is_signed_int() {
        return Ok(());
    }
    let zero = g.zeros_like(y)?;
    let ok = g.ge(y, zero)?;
    let shown = g.convert(y, DType::Int32)?;
    let text = CheckText {
        op: "Pow".into(),
        what: "y".into(),
        wanted: "an exponent of at least 0 for integers".into(),
    };
    g.check(ok, shown, text)
}

/// `f(x, y)`, and 0 where `x` is 0; `y` is replaced there, so that no NaN comes into the derivative.
fn guarded(
    g: &mut Graph,
    op: &str,
    x: Val,
    y: Val,
    f: fn(&mut Graph, Val, Val) -> Result<Val>,
) -> Result<Val> {
    build::want_dtype(g, op, "x", x, "floats", DType::is_float)?;
    let (zero, one) = (g.zeros_like(x)?, g.ones_like(y)?);
    let at_zero = g.eq(x, zero)?;
    let safe = g.select(at_zero, one, y)?;
    let r = f(g, x, safe)?;
    g.select(at_zero, zero, r)
}

/// Digamma for order 0, else `(-1)^(a + 1) a! zeta(a + 1, x)`; NaN for orders that are no whole numbers.
fn polygamma_of(g: &mut Graph, a: Val, x: Val) -> Result<Val> {
    let (zero, nan) = (g.zeros_like(a)?, g.full_like(a, f64::NAN)?);
    let next = build::shift(g, a, 1.0)?;
    let factorial = g.lgamma(next)?;
    let factorial = g.exp(factorial)?;
    let z = g.zeta(next, x)?;
    let size = g.mul(factorial, z)?;
    let two = g.full_like(a, 2.0)?;
    let parity = g.rem(a, two)?;
    let even = g.eq(parity, zero)?;
    let minus = g.neg(size)?;
    let high = g.select(even, minus, size)?;
    let low = g.digamma(x)?;
    let first = g.eq(a, zero)?;
    let y = g.select(first, low, high)?;
    let whole = g.floor(a)?;
    let (is_whole, not_below) = (g.eq(whole, a)?, g.ge(a, zero)?);
    let defined = g.and(is_whole, not_below)?;
    g.select(defined, y, nan)
}
