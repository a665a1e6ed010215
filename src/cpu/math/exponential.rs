//! Exponentials, logarithms, powers, roots and sigmoids: the formulas of `shaders/lib/exponential.wgsl`, without branches.

use super::arith::{hold, leading, pick, with_sign};
use std::f32::consts::{LN_2, LOG2_E};

/// Adding it leaves a whole number in the low bits, rounded to nearest.
const ROUND: f32 = 12_582_912.0;

/// exp(r) - 1 on [-ln 2 / 2, ln 2 / 2]: 1.4e-8.
#[inline(always)]
fn expm1_near(r: f32) -> f32 {
    let p = 0.166_665_48 + r * (0.041_666_84 + r * (0.008_366_126 + r * 0.001_389_954_2));
    r + r * r * (0.5 + r * p)
}

/// x - n ln 2 for a whole number n of at most 11 bits; the first product is exact.
#[inline(always)]
fn less_ln2(x: f32, n: f32) -> f32 {
    (x - n * 0.693_115_23) - n * 3.194_618_3e-5
}

#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let t = x * LOG2_E + ROUND;
    let p = 1.0 + expm1_near(less_ln2(x, t - ROUND));
    let y = f32::from_bits(p.to_bits().wrapping_add(t.to_bits() << 23));
    let y = pick(x < -87.336_54, 0.0, y);
    let y = pick(x > 88.722_84, f32::INFINITY, y);
    pick(x.is_nan(), x, y)
}

#[inline(always)]
pub(super) fn expm1(x: f32) -> f32 {
    let v = hold(x, -17.5, 88.9);
    let t = v * LOG2_E + ROUND;
    let half = f32::from_bits(0.5f32.to_bits().wrapping_add(t.to_bits() << 23));
    let y = 2.0 * (half * expm1_near(less_ln2(v, t - ROUND)) + (half - 0.5));
    let y = pick(x > 88.722_84, f32::INFINITY, y);
    pick((x.abs() < 1e-8) | x.is_nan(), x, y)
}

/// (log(1 + f) - f + f^2 / 2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1]: log(1 + f) to 7.7e-10.
#[inline(always)]
fn log_tail(f: f32) -> f32 {
    let p =
        0.142_203_63 + f * (-0.124_062_076 + f * (0.118_834_704 + f * (-0.116_701_916 + f * 0.067_495_54)));
    0.333_333_13 + f * (-0.250_000_1 + f * (0.200_020_72 + f * (-0.166_679_9 + f * p)))
}

/// f and e with x = (1 + f) 2^e, for positive finite x.
#[inline(always)]
fn log_parts(x: f32) -> (f32, f32) {
    let b = x.to_bits();
    let tiny = b < 0x0080_0000;
    let whole = (b as i32) as f32;
    let i = pick(tiny, whole.to_bits(), b).wrapping_sub(0x3f35_04f3);
    let f = f32::from_bits((i & 0x007f_ffff) + 0x3f35_04f3) - 1.0;
    let e = ((i as i32) >> 23) as f32;
    (f, e - pick(tiny, 149.0, 0.0))
}

#[inline(always)]
fn log_sum(f: f32, e: f32) -> f32 {
    e * LN_2 + (f + f * f * (f * log_tail(f) - 0.5))
}

/// The logarithm `y` of `x`, with what is true of 0, negative numbers, infinity and NaN.
#[inline(always)]
fn log_ends(y: f32, x: f32) -> f32 {
    let y = pick(x == f32::INFINITY, x, y);
    let y = pick(x == 0.0, f32::NEG_INFINITY, y);
    pick((x < 0.0) | x.is_nan(), f32::NAN, y)
}

#[inline(always)]
pub(super) fn log(x: f32) -> f32 {
    let (f, e) = log_parts(x);
    log_ends(log_sum(f, e), x)
}

/// Near 0 the polynomial takes x itself; elsewhere the rounding of 1 + x is no more than that of the result.
#[inline(always)]
pub(super) fn log1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let (f, e) = log_parts(u);
    let near = (x > -0.2928) & (x < 0.4142);
    let (f, e) = (pick(near, x, f), pick(near, 0.0, e));
    let y = log_ends(log_sum(f, e), u);
    pick(x == 0.0, x, y)
}

/// By 2^(y log2 |x|), where log2 |x| and the product are sums of pieces: a leading one of few bits, whose products are exact, and the
/// rest.
#[inline(always)]
pub(super) fn pow(x: f32, y: f32) -> f32 {
    let a = x.abs();
    let (f, e) = log_parts(a);
    // log(1 + f) = log_hi + log_lo
    let cubic = f * f * (f * log_tail(f));
    let f_hi = leading(f);
    let f_lo = f - f_hi;
    let log_hi = leading(f - 0.5 * f * f + cubic);
    let log_lo = ((f_hi - log_hi) - 0.5 * f_hi * f_hi) + ((f_lo - f_lo * (f_hi + 0.5 * f_lo)) + cubic);
    // log2(1 + f) = hi + lo
    let hi = leading(log_hi * LOG2_E);
    let lo = (log_hi * 1.442_871_1 - hi) + (log_hi * -0.000_176_052_85 + log_lo * LOG2_E);
    // y (e + hi + lo); a larger y gives 0, 1 or infinity as this one does.
    let t = hold(y, -1e10, 1e10);
    let t_hi = leading(t);
    let rest = (t - t_hi) * (e + hi) + t * lo;
    let z = t_hi * e + t_hi * hi + rest;
    let rounded = z + ROUND;
    let r = ((t_hi * e - (rounded - ROUND)) + t_hi * hi) + rest;
    let p = 1.0 + expm1_near(r * LN_2);
    let size = f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23));
    let size = pick(z < -126.0, 0.0, size);
    let size = pick(z >= 128.0, f32::INFINITY, size);
    let end = (a == 0.0) | (a == f32::INFINITY);
    let at_end = pick((a == 0.0) == (y < 0.0), f32::INFINITY, 0.0);
    let size = pick(end, at_end, size);
    let negative = x.is_sign_negative();
    let whole = y.floor() == y;
    let odd = whole & ((0.5 * y).floor() != 0.5 * y);
    let signed = pick(negative & odd, -size, size);
    let nan = x.is_nan() | y.is_nan() | (negative & !whole & !end);
    let value = pick(nan, f32::NAN, signed);
    pick((x == 1.0) | (y == 0.0), 1.0, value)
}

/// A polynomial on [1, 2) (2.9e-8) times a power of the cube root of 2.
#[inline(always)]
pub(super) fn cbrt(x: f32) -> f32 {
    let b = x.to_bits() & 0x7fff_ffff;
    let tiny = b < 0x0080_0000;
    let whole = (b as i32) as f32;
    let bits = pick(tiny, whole.to_bits(), b);
    // Exponent plus 150, which 3 divides: never negative.
    let e = (bits >> 23).wrapping_add(pick(tiny, 126u32.wrapping_neg(), 23));
    let third = e / 3;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.5;
    let p = -0.009_249_666 + m * (0.004_477_558_7 + m * (-0.002_736_249 + m * 0.001_582_744_1));
    let p = 1.144_714_2 + m * (0.254_380_82 + m * (-0.056_531_28 + m * (0.020_942_63 + m * p)));
    let rest = e.wrapping_sub(third.wrapping_mul(3));
    let factor = pick(rest == 1, 1.259_921_1, 1.587_401_1);
    let root = p * pick(rest == 0, 1.0, factor);
    let y = f32::from_bits(root.to_bits().wrapping_add(third.wrapping_sub(50) << 23));
    pick((b == 0) | (b >= 0x7f80_0000), x, with_sign(y, x))
}

#[inline(always)]
pub(super) fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// x P(x^2) / Q(x^2) up to where the result rounds to 1: 2.7e-8.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let t = hold(x, -9.02, 9.02);
    let s = t * t;
    let p = 1.0 + s * (0.133_826_82 + s * (0.003_497_599_9 + s * (2.064_471_5e-5 + s * 1.340_867_9e-8)));
    let q = 1.0 + s * (0.467_160_02 + s * (0.025_884_505 + s * (0.000_328_902_97 + s * 7.797_721_7e-7)));
    hold(t * p / q, -1.0, 1.0)
}
