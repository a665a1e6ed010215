//! Error functions and the gamma family.

use super::macros::unary;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::{in_float32, ratio};

unary! {
    OPS;
    /// The Gauss error function.
    Erf, erf, "tf.math.erf", |g, x| g.erf(x), (-3.0, 3.0), errors [case().ints([2], 0, 5)];
    /// `1 - erf(x)`.
    Erfc, erfc, "tf.math.erfc", |g, x| g.erfc(x), (-3.0, 3.0), errors [case().ints([2], 0, 5)];
    /// The inverse of the error function.
    Erfinv, erfinv, "tf.math.erfinv", |g, x| g.erf_inv(x), (-0.9, 0.9; wide), errors [case().ints([2], 0, 5)];
    /// The inverse of the standard normal distribution's cumulative distribution function.
    Ndtri, ndtri, "tf.math.ndtri", |g, x| in_float32(g, x, normal_quantile), (0.05, 0.95; wide), errors [case().ints([2], 0, 5)],
        vjp |g, x, y, dy| {
            // The derivative of the inverse is one over the density at the quantile.
            let square = g.mul(y, y)?;
            let half = g.full_like(y, 0.5)?;
            let half = g.mul(square, half)?;
            let e = g.exp(half)?;
            let root = g.full_like(y, (2.0 * std::f64::consts::PI).sqrt())?;
            let d = g.mul(e, root)?;
            Ok(vec![Some(g.mul(dy, d)?)])
        },
        more [case().values([6], &[1e-10, 1e-4, 0.02, 0.5, 0.98, 0.9999])];
    /// The logarithm of the absolute value of the gamma function.
    Lgamma, lgamma, "tf.math.lgamma", |g, x| g.lgamma(x), (0.2, 6.0), errors [case().ints([2], 0, 5)];
    /// The derivative of `lgamma`.
    Digamma, digamma, "tf.math.digamma", |g, x| g.digamma(x), (0.2, 6.0), errors [case().ints([2], 0, 5)];
}

/// The quantile by rational approximations of the Cephes library: one around 1/2, two for the tails.
fn normal_quantile(g: &mut Graph, x: Val) -> Result<Val> {
    const P0: &[f64] = &[
        -59.963_350_101_410_79,
        98.001_075_418_599_97,
        -56.676_285_746_907_03,
        13.931_260_938_727_968,
        -1.239_165_838_673_812_5,
    ];
    const Q0: &[f64] = &[
        1.0,
        1.954_488_583_381_417_6,
        4.676_279_128_988_815,
        86.360_242_139_089_05,
        -225.462_687_854_119_37,
        200.260_212_380_060_66,
        -82.037_225_616_833_34,
        15.905_622_512_621_17,
        -1.183_316_211_213_3,
    ];
    const P1: &[f64] = &[
        4.055_448_923_059_624_5,
        31.525_109_459_989_388,
        57.162_819_224_642_13,
        44.080_507_389_320_08,
        14.684_956_192_885_803,
        2.186_633_068_507_902_5,
        -0.140_256_079_171_354_5,
        -0.035_042_462_682_784_82,
        -0.000_857_456_785_154_685_4,
    ];
    const Q1: &[f64] = &[
        1.0,
        15.779_988_325_646_675,
        45.390_763_512_887_92,
        41.317_203_825_467_2,
        15.042_538_569_290_75,
        2.504_649_462_083_094,
        -0.142_182_922_854_787_79,
        -0.038_080_640_769_157_83,
        -0.000_933_259_480_895_457_4,
    ];
    const P2: &[f64] = &[
        3.237_748_917_769_460_3,
        6.915_228_890_689_842,
        3.938_810_252_924_744_4,
        1.333_034_608_158_075_5,
        0.201_485_389_549_179_08,
        0.012_371_663_481_782_003,
        0.000_301_581_553_508_235_43,
        2.658_069_746_867_375_5e-6,
        6.239_745_391_849_833e-9,
    ];
    const Q2: &[f64] = &[
        1.0,
        6.024_270_393_647_42,
        3.679_835_638_561_608_7,
        1.377_020_994_890_813_2,
        0.216_236_993_594_496_63,
        0.013_420_400_608_854_318,
        0.000_328_014_464_682_127_74,
        2.892_478_647_453_806_8e-6,
        6.790_194_080_099_813e-9,
    ];
    let (zero, half, one) = (g.zeros_like(x)?, g.full_like(x, 0.5)?, g.ones_like(x)?);
    // The tails are mirrored: p is the smaller of x and 1 - x.
    let rest = g.sub(one, x)?;
    let upper = g.gt(x, half)?;
    let p = g.select(upper, rest, x)?;
    let bound = g.full_like(x, (-2.0f64).exp())?;
    let central = g.gt(p, bound)?;
    // Around 1/2: an odd function of x - 1/2.
    let d = g.sub(x, half)?;
    let d = g.select(central, d, zero)?;
    let square = g.mul(d, d)?;
    let r = ratio(g, square, P0, Q0)?;
    let r = g.mul(square, r)?;
    let scaled = g.mul(d, r)?;
    let inner = g.add(d, scaled)?;
    let root = g.full_like(x, (2.0 * std::f64::consts::PI).sqrt())?;
    let inner = g.mul(inner, root)?;
    // Tails: a series in 1 / sqrt(-2 log p).
    let safe = g.select(central, bound, p)?;
    let log = g.log(safe)?;
    let two = g.full_like(x, -2.0)?;
    let z = g.mul(log, two)?;
    let z = g.sqrt(z)?;
    let log = g.log(z)?;
    let shift = g.div(log, z)?;
    let start = g.sub(z, shift)?;
    let inverse = g.div(one, z)?;
    let (near, far) = (ratio(g, inverse, P1, Q1)?, ratio(g, inverse, P2, Q2)?);
    let eight = g.full_like(x, 8.0)?;
    let is_near = g.lt(z, eight)?;
    let series = g.select(is_near, near, far)?;
    let series = g.mul(inverse, series)?;
    let tail = g.sub(start, series)?;
    let negative = g.neg(tail)?;
    let tail = g.select(upper, tail, negative)?;
    let y = g.select(central, inner, tail)?;
    // The ends, and what is outside.
    let inf = g.full_like(x, f64::INFINITY)?;
    let minus = g.neg(inf)?;
    let (at_zero, at_one) = (g.eq(x, zero)?, g.eq(x, one)?);
    let y = g.select(at_zero, minus, y)?;
    let y = g.select(at_one, inf, y)?;
    let (above, below) = (g.ge(x, zero)?, g.le(x, one)?);
    let inside = g.and(above, below)?;
    let nan = g.full_like(x, f64::NAN)?;
    g.select(inside, y, nan)
}
