//! Trigonometric functions and their inverses: the formulas of `shaders/lib/trig.wgsl`, without branches.

use super::arith::{pick, with_sign};
use pulp::NullaryFnOnce;
use std::f32::consts::{FRAC_2_PI, FRAC_PI_2, PI};

/// From here on `sin`, `cos` and `tan` are not right: a slower way must be taken.
pub(super) const LARGE: f32 = 8192.0;

/// Whether an argument is that large.
pub(super) struct AnyLarge<'a>(pub(super) &'a [f32]);

impl NullaryFnOnce for AnyLarge<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        self.0.iter().fold(false, |any, x| any | (x.abs() >= LARGE))
    }
}

/// Adding it leaves a whole number in the low bits, rounded to nearest.
const ROUND: f32 = 12_582_912.0;

/// (r, k): |x| = r + k pi / 2, |r| <= pi / 4, for |x| < `LARGE`. The pieces of pi / 2 have 11, 11, 11 and 24 bits: the first three
/// products are exact.
#[inline(always)]
fn reduce(x: f32) -> (f32, u32) {
    let a = x.abs();
    let t = a * FRAC_2_PI + ROUND;
    let k = t - ROUND;
    let high = (a - k * 1.570_312_5) - k * 0.000_483_751_3;
    ((high - k * 7.549_533_6e-8) - k * 2.563_344e-12, t.to_bits())
}

/// Sine of r + k pi / 2. The polynomials hold to 1.6e-10 and 1.2e-10.
#[inline(always)]
fn sin_turned(r: f32, k: u32) -> f32 {
    let s = r * r;
    let sin =
        r + r * s * (-0.166_666_67 + s * (0.008_333_379 + s * (-0.000_198_530_66 + s * 2.832_547_4e-6)));
    let cos = 1.0 - s * (0.5 - s * (0.041_666_646 + s * (-0.001_388_731 + s * 2.443_232_7e-5)));
    let y = pick(k & 1 == 1, cos, sin);
    f32::from_bits(y.to_bits() ^ (k & 2) << 30)
}

#[inline(always)]
pub(super) fn sin(x: f32) -> f32 {
    let (r, k) = reduce(x);
    f32::from_bits(sin_turned(r, k).to_bits() ^ (x.to_bits() & 0x8000_0000))
}

#[inline(always)]
pub(super) fn cos(x: f32) -> f32 {
    let (r, k) = reduce(x);
    sin_turned(r, k.wrapping_add(1))
}

/// On [-pi / 4, pi / 4]: 1.3e-9.
#[inline(always)]
pub(super) fn tan(x: f32) -> f32 {
    let (r, k) = reduce(x);
    let s = r * r;
    let p = 0.021_284_506 + s * (0.010_832_519 + s * (9.112_93e-5 + s * 0.004_376_493_4));
    let t = r + r * s * (0.333_333_5 + s * (0.133_326_74 + s * (0.054_059_178 + s * p)));
    let y = pick(k & 1 == 1, -1.0 / t, t);
    f32::from_bits(y.to_bits() ^ (x.to_bits() & 0x8000_0000))
}

/// On [0, 1/2]: 4.9e-9.
#[inline(always)]
fn asin_near(a: f32) -> f32 {
    let s = a * a;
    let p = 0.045_469_772 + s * (0.024_180_77 + s * 0.042_166_43);
    a + a * s * (0.166_667_52 + s * (0.074_953_064 + s * p))
}

/// asin(a) = pi / 2 - 2 asin(sqrt((1 - a) / 2)) from 1/2 on.
#[inline(always)]
pub(super) fn asin(x: f32) -> f32 {
    let a = x.abs();
    let far = a > 0.5;
    let root = (0.5 - 0.5 * a).sqrt();
    let y = asin_near(pick(far, root, a));
    with_sign(pick(far, FRAC_PI_2 - 2.0 * y, y), x)
}

#[inline(always)]
pub(super) fn acos(x: f32) -> f32 {
    let a = x.abs();
    let far = a > 0.5;
    let root = (0.5 - 0.5 * a).sqrt();
    let y = asin_near(pick(far, root, a));
    let near = FRAC_PI_2 - pick(x < 0.0, -y, y);
    let beyond = pick(x < 0.0, PI - 2.0 * y, 2.0 * y);
    pick(far, beyond, near)
}

/// On [0, 1]: 2.6e-9.
#[inline(always)]
fn atan_near(t: f32) -> f32 {
    let s = t * t;
    let p =
        -0.083_993_29 + s * (0.057_882_27 + s * (-0.031_098_573 + s * (0.010_870_04 + s * -0.001_783_263_3)));
    t + t * s * (-0.333_333 + s * (0.199_985_3 + s * (-0.142_640_16 + s * (0.109_508_83 + s * p))))
}

#[inline(always)]
pub(super) fn atan(x: f32) -> f32 {
    let a = x.abs();
    let far = a > 1.0;
    let inverse = 1.0 / a;
    let y = atan_near(pick(far, inverse, a));
    with_sign(pick(far, FRAC_PI_2 - y, y), x)
}

#[inline(always)]
pub(super) fn atan2(y: f32, x: f32) -> f32 {
    let (a, b) = (y.abs(), x.abs());
    let (hi, lo) = (pick(a > b, a, b), pick(a > b, b, a));
    let t = lo / hi;
    let t = pick(lo == hi, 1.0, t);
    let near = atan_near(pick(hi == 0.0, 0.0, t));
    let half = pick(a > b, FRAC_PI_2 - near, near);
    let full = pick(x.is_sign_negative(), PI - half, half);
    pick(x.is_nan() | y.is_nan(), f32::NAN, with_sign(full, y))
}
