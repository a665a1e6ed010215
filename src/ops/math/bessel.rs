//! Modified Bessel functions of the first kind, by the Chebyshev series of the Cephes library (single precision).

use super::macros::unary;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::{self, chebyshev, scale, shift};

unary! {
    OPS;
    /// The modified Bessel function of order 0 times `exp(-abs(x))`.
    BesselI0e, bessel_i0e, "tf.math.bessel_i0e", |g, x| build::in_float32(g, x, i0e), (-9.0, 9.0), errors [case().ints([2], 0, 5)],
        vjp |g, x, y, dy| {
            let (first, sign) = (i1e(g, x[0])?, g.sign(x[0])?);
            let slope = g.mul(sign, y)?;
            let d = g.sub(first, slope)?;
            Ok(vec![Some(g.mul(dy, d)?)])
        };
    /// The modified Bessel function of order 1 times `exp(-abs(x))`.
    BesselI1e, bessel_i1e, "tf.math.bessel_i1e", |g, x| build::in_float32(g, x, i1e), (-9.0, 9.0), errors [case().ints([2], 0, 5)],
        vjp |g, x, y, dy| {
            let (tiny, safe) = away_from_zero(g, x[0], f64::from(f32::EPSILON))?;
            let (order0, sign, one) = (i0e(g, safe)?, g.sign(safe)?, g.ones_like(safe)?);
            let inverse = g.div(one, safe)?;
            let sum = g.add(sign, inverse)?;
            let slope = g.mul(y, sum)?;
            let d = g.sub(order0, slope)?;
            let half = g.full_like(d, 0.5)?;
            let d = g.select(tiny, half, d)?;
            Ok(vec![Some(g.mul(dy, d)?)])
        };
    /// The modified Bessel function of order 0.
    BesselI0, bessel_i0, "tf.math.special.bessel_i0", |g, x| build::in_float32(g, x, |g, x| {
        let y = i0e(g, x)?;
        grown(g, x, y)
    }), (-9.0, 9.0), errors [case().ints([2], 0, 5)], vjp |g, x, y, dy| {
        let d = i1e(g, x[0])?;
        let d = grown(g, x[0], d)?;
        Ok(vec![Some(g.mul(dy, d)?)])
    };
    /// The modified Bessel function of order 1.
    BesselI1, bessel_i1, "tf.math.special.bessel_i1", |g, x| build::in_float32(g, x, |g, x| {
        let y = i1e(g, x)?;
        grown(g, x, y)
    }), (-9.0, 9.0), errors [case().ints([2], 0, 5)], vjp |g, x, y, dy| {
        let (at_zero, safe) = away_from_zero(g, x[0], 0.0)?;
        let order0 = i0e(g, x[0])?;
        let order0 = grown(g, x[0], order0)?;
        let slope = g.div(y, safe)?;
        let d = g.sub(order0, slope)?;
        // TensorFlow's slope at 0.
        let one = g.ones_like(d)?;
        let d = g.select(at_zero, one, d)?;
        Ok(vec![Some(g.mul(dy, d)?)])
    };
}

/// Where `abs(x)` is at most `bound`, and `x` with 1 in those places.
fn away_from_zero(g: &mut Graph, x: Val, bound: f64) -> Result<(Val, Val)> {
    let (size, bound, one) = (g.abs(x)?, g.full_like(x, bound)?, g.ones_like(x)?);
    let near = g.le(size, bound)?;
    Ok((near, g.select(near, one, x)?))
}

/// `y * exp(abs(x))`.
fn grown(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let size = g.abs(x)?;
    let e = g.exp(size)?;
    g.mul(e, y)
}

/// Series in `x / 2 - 2` up to 8, and in `32 / x - 2` divided by the root of `x` beyond.
fn two_series(g: &mut Graph, size: Val, near: &[f64], far: &[f64], odd: bool) -> Result<Val> {
    let eight = g.full_like(size, 8.0)?;
    let is_near = g.le(size, eight)?;
    let small = g.select(is_near, size, eight)?;
    let at = scale(g, small, 0.5)?;
    let at = shift(g, at, -2.0)?;
    let near = chebyshev(g, at, near)?;
    let near = if odd { g.mul(small, near)? } else { near };
    let large = g.select(is_near, eight, size)?;
    let numerator = g.full_like(size, 32.0)?;
    let at = g.div(numerator, large)?;
    let at = shift(g, at, -2.0)?;
    let far = chebyshev(g, at, far)?;
    let root = g.rsqrt(large)?;
    let far = g.mul(far, root)?;
    g.select(is_near, near, far)
}

fn i0e(g: &mut Graph, x: Val) -> Result<Val> {
    const NEAR: &[f64] = &[
        -1.300_025_009_986_248e-8,
        6.046_995_022_541_919e-8,
        -2.670_793_853_940_612e-7,
        1.117_387_539_120_103_7e-6,
        -4.416_738_358_458_75e-6,
        1.644_844_807_072_889_7e-5,
        -5.754_195_010_082_104e-5,
        1.885_028_850_958_416_6e-4,
        -5.763_755_745_385_824e-4,
        1.639_475_616_941_335_8e-3,
        -4.324_309_995_050_576e-3,
        1.054_646_039_459_499_8e-2,
        -2.373_741_480_589_947e-2,
        4.930_528_423_967_071e-2,
        -9.490_109_704_804_764e-2,
        1.716_209_015_222_087_8e-1,
        -3.046_826_723_431_984e-1,
        6.767_952_744_094_761e-1,
    ];
    const FAR: &[f64] = &[
        3.396_232_025_708_386e-9,
        2.266_668_990_498_178e-8,
        2.048_918_589_469_063_7e-7,
        2.891_370_520_834_756_5e-6,
        6.889_758_346_916_824e-5,
        3.369_116_478_255_694e-3,
        8.044_904_110_141_088e-1,
    ];
    let size = g.abs(x)?;
    two_series(g, size, NEAR, FAR, false)
}

fn i1e(g: &mut Graph, x: Val) -> Result<Val> {
    const NEAR: &[f64] = &[
        9.381_537_386_495_772e-9,
        -4.445_059_128_796_328e-8,
        2.003_294_753_552_135_3e-7,
        -8.568_720_264_695_455e-7,
        3.470_251_308_137_678_5e-6,
        -1.327_316_365_603_943_6e-5,
        4.781_565_107_550_054e-5,
        -1.617_608_158_258_967_5e-4,
        5.122_859_561_685_758e-4,
        -1.513_572_450_631_253e-3,
        4.156_422_944_312_888e-3,
        -1.056_408_489_462_619_8e-2,
        2.472_644_903_062_651_7e-2,
        -5.294_598_120_809_499e-2,
        1.026_436_586_898_471e-1,
        -1.764_165_183_578_340_6e-1,
        2.525_871_864_436_336_5e-1,
    ];
    const FAR: &[f64] = &[
        -3.835_380_385_964_237e-9,
        -2.631_468_846_889_519_5e-8,
        -2.512_236_237_870_209e-7,
        -3.882_564_808_877_69e-6,
        -1.105_889_387_626_237_2e-4,
        -9.761_097_491_361_468e-3,
        7.785_762_350_182_801e-1,
    ];
    let size = g.abs(x)?;
    let y = two_series(g, size, NEAR, FAR, true)?;
    let zero = g.zeros_like(x)?;
    let (low, minus) = (g.lt(x, zero)?, g.neg(y)?);
    g.select(low, minus, y)
}
