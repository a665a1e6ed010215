//! Hyperbolic functions and their inverses: the formulas of `shaders/lib/hyperbolic.wgsl`.

use super::arith::{pick, with_sign};
use super::exponential::{exp, log1p};
use std::f32::consts::LN_2;

/// exp(|x|) as the square of exp(|x| / 2), which reaches as far as the result does. On [0, 1] a polynomial: 3e-10.
#[inline(always)]
pub(super) fn sinh(x: f32) -> f32 {
    let a = x.abs();
    let e = exp(0.5 * a);
    let s = a * a;
    let near =
        a + a * s * (0.166_666_67 + s * (0.008_333_310_5 + s * (0.000_198_428_96 + s * 2.782_213_2e-6)));
    let far = (0.5 * e) * e - (0.5 / e) / e;
    with_sign(pick(a < 1.0, near, far), x)
}

#[inline(always)]
pub(super) fn cosh(x: f32) -> f32 {
    let e = exp(0.5 * x.abs());
    (0.5 * e) * e + (0.5 / e) / e
}

/// log(2 a) for huge a, whose square is not finite.
#[inline(always)]
pub(super) fn asinh(x: f32) -> f32 {
    let a = x.abs();
    let huge = a > 1e18;
    let t = a + a * a / (1.0 + (1.0 + a * a).sqrt());
    let y = log1p(pick(huge, a, t));
    with_sign(y + pick(huge, LN_2, 0.0), x)
}

#[inline(always)]
pub(super) fn acosh(x: f32) -> f32 {
    let t = x - 1.0;
    let huge = x > 1e18;
    let sum = t + (t * (t + 2.0)).sqrt();
    let y = log1p(pick(huge, t, sum)) + pick(huge, LN_2, 0.0);
    pick(x < 1.0, f32::NAN, y)
}

#[inline(always)]
pub(super) fn atanh(x: f32) -> f32 {
    let a = x.abs();
    with_sign(0.5 * log1p(2.0 * a / (1.0 - a)), x)
}
