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
        -5.99633501014107895267e1,
        9.80010754185999661536e1,
        -5.66762857469070293439e1,
        1.39312609387279679503e1,
        -1.23916583867381258016e0,
    ];
    const Q0: &[f64] = &[
        1.0,
        1.95448858338141759834e0,
        4.67627912898881538453e0,
        8.63602421390890590575e1,
        -2.25462687854119370527e2,
        2.00260212380060660359e2,
        -8.20372256168333339912e1,
        1.59056225126211695515e1,
        -1.18331621121330003142e0,
    ];
    const P1: &[f64] = &[
        4.05544892305962419923e0,
        3.15251094599893866154e1,
        5.71628192246421288162e1,
        4.40805073893200834700e1,
        1.46849561928858024014e1,
        2.18663306850790267539e0,
        -1.40256079171354495875e-1,
        -3.50424626827848203418e-2,
        -8.57456785154685413611e-4,
    ];
    const Q1: &[f64] = &[
        1.0,
        1.57799883256466749731e1,
        4.53907635128879210584e1,
        4.13172038254672030440e1,
        1.50425385692907503408e1,
        2.50464946208309415979e0,
        -1.42182922854787788574e-1,
        -3.80806407691578277194e-2,
        -9.33259480895457427372e-4,
    ];
    const P2: &[f64] = &[
        3.23774891776946035970e0,
        6.91522889068984211695e0,
        3.93881025292474443415e0,
        1.33303460815807542389e0,
        2.01485389549179081538e-1,
        1.23716634817820021358e-2,
        3.01581553508235416007e-4,
        2.65806974686737550832e-6,
        6.23974539184983293730e-9,
    ];
    const Q2: &[f64] = &[
        1.0,
        6.02427039364742014255e0,
        3.67983563856160859403e0,
        1.37702099489081330271e0,
        2.16236993594496635890e-1,
        1.34204006088543189037e-2,
        3.28014464682127739104e-4,
        2.89247864745380683936e-6,
        6.79019408009981274425e-9,
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
