//! Error functions and the gamma family.

use super::{Ew, FloatFn, Functor, Row, one};
use crate::error::Result;
use crate::hlo::graph::{Graph, Val};
use smallvec::smallvec;

const TWO_OVER_SQRT_PI: f64 = std::f64::consts::FRAC_2_SQRT_PI;

/// `c * dy * exp(s * x^2)`.
fn gauss(g: &mut Graph, x: Val, dy: Val, c: f64, s: f64) -> Result<Val> {
    let square = g.mul(x, x)?;
    let s = g.full_like(x, s)?;
    let e = g.mul(square, s)?;
    let e = g.exp(e)?;
    let c = g.full_like(x, c)?;
    let d = g.mul(e, c)?;
    g.mul(dy, d)
}

/// Digamma in f64: recurrence up to 10, then the asymptotic series; reflection for negative arguments.
pub(crate) fn digamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x <= 0.0 {
        // NaN at the poles, 0 among them, as TensorFlow has it. The tangent has the period 1, and x less a whole number is exact.
        let part = x - x.round();
        let turned = std::f64::consts::PI / (std::f64::consts::PI * part).tan();
        return if part == 0.0 || x.is_infinite() { f64::NAN } else { digamma(1.0 - x) - turned };
    }
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift -= 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r
        * (1.0 / 12.0
            - r * (1.0 / 120.0
                - r * (1.0 / 252.0 - r * (1.0 / 240.0 - r * (1.0 / 132.0 - r * 691.0 / 32760.0)))));
    shift + x.ln() - 0.5 / x - series
}

/// Inverse error function in f64: a rational start (Giles) refined by Newton's method on the nearer tail.
pub(crate) fn erf_inv(y: f64) -> f64 {
    if !(-1.0..=1.0).contains(&y) {
        return f64::NAN;
    }
    if y.abs() == 1.0 {
        return y * f64::INFINITY;
    }
    let w = -((1.0 - y) * (1.0 + y)).ln();
    let mut x = if w < 5.0 {
        let w = w - 2.5;
        y * (1.50140941 + w * (0.246640727 + w * (-0.00417768164 + w * (-0.00125372503 + w * 0.00021858087))))
    } else {
        let w = w.sqrt() - 3.0;
        y * (2.83297682 + w * (1.00167406 + w * (0.00943887047 - w * 0.0076224613)))
    };
    for _ in 0..4 {
        let error = if y.abs() < 0.5 {
            libm::erf(x) - y
        } else {
            y.signum() * ((1.0 - y.abs()) - libm::erfc(x.abs()))
        };
        x -= error / (TWO_OVER_SQRT_PI * (-x * x).exp());
    }
    x
}

/// Hurwitz zeta in f64, the sum over `k >= 0` of `(q + k)^-x`. Negative `q` has a value where it is no whole number and `x` is one:
/// the sum over the whole line less what lies left of `q`.
pub(crate) fn zeta(x: f64, q: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    if x.is_nan() || q.is_nan() || x < 1.0 {
        return f64::NAN;
    }
    if q > 0.0 {
        return zeta_near(x, q);
    }
    let even = (0.5 * x).floor() == 0.5 * x;
    match (q.floor() == q, x.floor() == x) {
        (true, _) if even => f64::INFINITY,
        (false, true) => {
            let side = if even { 1.0 } else { -1.0 };
            let left = side * zeta_near(x, q.floor() + 1.0 - q);
            let line = if left.is_infinite() { left } else { zeta_near(x, q - q.floor()) + left };
            line - side * zeta_near(x, 1.0 - q)
        }
        _ => f64::NAN,
    }
}

/// For `q > 0`: ten terms of the sum, the rest by the Euler-Maclaurin formula.
fn zeta_near(x: f64, q: f64) -> f64 {
    // (2k)! / B2k
    const A: [f64; 12] = [
        12.0,
        -720.0,
        30240.0,
        -1209600.0,
        47900160.0,
        -1.892_437_580_318_379_2e9,
        7.47242496e10,
        -2.950_130_727_918_164e12,
        1.164_678_281_435_006_7e14,
        -4.597_978_722_407_473e15,
        1.815_210_540_194_354_7e17,
        -7.166_165_256_175_667e18,
    ];
    let mut sum: f64 = (0..10).map(|k| libm::pow(q + f64::from(k), -x)).sum();
    let w = q + 10.0;
    let mut b = libm::pow(w, -x);
    if b == 0.0 {
        return sum;
    }
    sum += b * w / (x - 1.0) + 0.5 * b;
    let (mut factor, mut k) = (x, 0.0);
    b /= w;
    for a in A {
        let term = factor * b / a;
        sum += term;
        if (term / sum).abs() < 1e-17 {
            break;
        }
        factor *= (x + k + 1.0) * (x + k + 2.0);
        b /= w * w;
        k += 2.0;
    }
    sum
}

pub(super) const ROWS: &[Row] = &[
    Row::new(Ew::Erf, "erf", 1)
        .float(FloatFn::Unary(libm::erf), Functor::Lib("m_erf"))
        .domain(&[(-6.0, 6.0)])
        .tol(2e-6)
        .vjp(|g, x, _, dy| one(gauss(g, x[0], dy, TWO_OVER_SQRT_PI, -1.0)?)),
    Row::new(Ew::Erfc, "erfc", 1)
        .float(FloatFn::Unary(libm::erfc), Functor::Lib("m_erfc"))
        .domain(&[(-6.0, 9.0)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| one(gauss(g, x[0], dy, -TWO_OVER_SQRT_PI, -1.0)?)),
    Row::new(Ew::ErfInv, "erf_inv", 1)
        .float(FloatFn::Unary(erf_inv), Functor::Lib("m_erf_inv"))
        .domain(&[(-0.9999, 0.9999)])
        .tol(4e-6)
        .vjp(|g, _, y, dy| one(gauss(g, y, dy, 1.0 / TWO_OVER_SQRT_PI, 1.0)?)),
    Row::new(Ew::Lgamma, "lgamma", 1)
        .float(FloatFn::Unary(libm::lgamma), Functor::Lib("m_lgamma"))
        .domain(&[(0.01, 1e6)])
        .abs_tol(4e-6, 1e-6)
        .vjp(|g, x, _, dy| {
            let d = g.digamma(x[0])?;
            one(g.mul(dy, d)?)
        }),
    Row::new(Ew::Digamma, "digamma", 1)
        .float(FloatFn::Unary(digamma), Functor::Lib("m_digamma"))
        .domain(&[(0.01, 1e6)])
        .abs_tol(4e-6, 2e-6)
        .vjp(|g, x, _, dy| {
            let two = g.full_like(x[0], 2.0)?;
            let d = g.zeta(two, x[0])?;
            one(g.mul(dy, d)?)
        }),
    Row::new(Ew::Zeta, "zeta", 2)
        .float(FloatFn::Binary(zeta), Functor::Lib("m_zeta"))
        .domain(&[(1.1, 8.0), (0.1, 50.0)])
        .tol(1e-5)
        .vjp(|g, x, _, dy| {
            let one_ = g.ones_like(dy)?;
            let next = g.add(x[0], one_)?;
            let z = g.zeta(next, x[1])?;
            let d = g.mul(x[0], z)?;
            let d = g.mul(dy, d)?;
            Ok(smallvec![None, Some(g.neg(d)?)])
        }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0), "{a} {b}");
        close(digamma(1.0), -0.577_215_664_901_532_9);
        close(digamma(0.5), -1.963_510_026_021_423_5);
        close(digamma(-1.5), 0.703_156_640_645_243_2);
        close(erf_inv(0.5), 0.476_936_276_204_469_9);
        close(erf_inv(-0.999), -2.326_753_765_513_525);
        close(zeta(2.0, 1.0), std::f64::consts::PI.powi(2) / 6.0);
        close(zeta(3.0, 0.5), 8.414_398_322_117_16);
        close(zeta(2.0, -1.5), 9.379_246_644_989_124);
        close(zeta(3.0, -1.5), 0.118_102_025_820_863_7);
        assert_eq!(erf_inv(1.0), f64::INFINITY);
    }
}
