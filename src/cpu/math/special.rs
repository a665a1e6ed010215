//! Error functions: the formulas of `shaders/lib/special.wgsl`, without branches. The gamma family goes through f64.

use super::arith::{hold, leading, pick};
use super::exponential::{exp, log};
use std::f32::consts::FRAC_2_SQRT_PI;

/// x P(x^2) / Q(x^2) up to where the result rounds to 1: 5.2e-8.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let t = hold(x, -3.93, 3.93);
    let s = t * t;
    let p = 0.051_506_914 + s * (0.003_364_415_8 + s * (0.000_276_622_25 + s * 2.131_576_6e-6));
    let p = FRAC_2_SQRT_PI + s * (0.180_961 + s * p);
    let q = 0.110_212_02 + s * (0.014_162_816 + s * (0.001_066_812_9 + s * 3.850_637e-5));
    let q = 1.0 + s * (0.493_706_94 + s * q);
    let y = hold(t * p / q, -1.0, 1.0);
    let y = pick(x >= 3.93, 1.0, y);
    pick(x <= -3.93, -1.0, y)
}

/// exp(-a^2) times a polynomial in (a - 2) / (a + 2) over a + 2: 4.6e-8. The square is taken in two pieces, the first exact.
#[inline(always)]
pub(super) fn erfc(x: f32) -> f32 {
    let a = hold(x.abs(), 0.0, 10.1);
    let hi = leading(a);
    let e = exp(-hi * hi) * exp((hi - a) * (hi + a));
    let d = 1.0 / (a + 2.0);
    let t = (a - 2.0) * d;
    let p = 0.006_437_964_3 + t * (0.002_982_975_7 + t * (-0.000_753_754_46 + t * -0.000_462_390_28));
    let p = 0.279_470_06 + t * (-0.036_435_727 + t * (-0.021_485_882 + t * p));
    let y = e * (1.021_582_7 + t * (-0.687_160_9 + t * p)) * d;
    pick(x < 0.0, 2.0 - y, y)
}

/// y times a polynomial in w = -log(1 - y^2) below 5 (9.5e-8) and in sqrt(w) above (1.2e-7).
#[inline(always)]
pub(super) fn erf_inv(y: f32) -> f32 {
    let w = -log((1.0 - y) * (1.0 + y));
    let u = w - 2.5;
    let p = -4.400_191_3e-6 + u * (-3.527_702_8e-6 + u * (3.439_97e-7 + u * 2.846_207_9e-8));
    let p = -0.004_177_693 + u * (-0.001_253_694_5 + u * (0.000_218_595_63 + u * p));
    let central = 1.501_409_4 + u * (0.246_640_71 + u * p);
    let v = w.sqrt() - 3.0;
    let p = -0.003_623_312_6 + v * (0.001_242_124_2 + v * (5.081_324e-5 + v * -0.000_122_268_25));
    let p = 0.009_431_659 + v * (-0.007_635_516 + v * (0.005_788_171 + v * p));
    let tail = 2.832_977 + v * (1.001_674_8 + v * p);
    let x = y * pick(w < 5.0, central, tail);
    pick(y.abs() == 1.0, y * f32::INFINITY, x)
}
