//! Exponentials, logarithms, roots and sigmoids.

use super::{Ew, FloatFn, Functor, Row, one};

fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

fn rsqrt(x: f64) -> f64 {
    1.0 / x.sqrt()
}

pub(super) const ROWS: &[Row] = &[
    Row::new(Ew::Exp, "exponential", 1)
        .float(FloatFn::Unary(libm::exp), Functor::Lib("m_exp"))
        .domain(&[(-80.0, 80.0)])
        .tol(1e-6)
        .vjp(|g, _, y, dy| one(g.mul(dy, y)?)),
    Row::new(Ew::Expm1, "exponential_minus_one", 1)
        .float(FloatFn::Unary(libm::expm1), Functor::Lib("m_expm1"))
        .domain(&[(-20.0, 80.0)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| {
            let e = g.exp(x[0])?;
            one(g.mul(dy, e)?)
        }),
    Row::new(Ew::Log, "log", 1)
        .float(FloatFn::Unary(libm::log), Functor::Lib("m_log"))
        .domain(&[(1e-30, 1e30)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| one(g.div(dy, x[0])?)),
    Row::new(Ew::Log1p, "log_plus_one", 1)
        .float(FloatFn::Unary(libm::log1p), Functor::Lib("m_log1p"))
        .domain(&[(-0.9999, 1e10)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| {
            let one_ = g.ones_like(dy)?;
            let d = g.add(x[0], one_)?;
            one(g.div(dy, d)?)
        }),
    Row::new(Ew::Sqrt, "sqrt", 1)
        .float(FloatFn::Unary(f64::sqrt), Functor::Builtin("sqrt"))
        .domain(&[(1e-30, 1e30)])
        .tol(4e-7)
        .vjp(|g, _, y, dy| {
            let half = g.full_like(dy, 0.5)?;
            let d = g.mul(dy, half)?;
            one(g.div(d, y)?)
        }),
    Row::new(Ew::Rsqrt, "rsqrt", 1)
        .float(FloatFn::Unary(rsqrt), Functor::Builtin("inverseSqrt"))
        .domain(&[(1e-20, 1e20)])
        .tol(1e-6)
        .vjp(|g, _, y, dy| {
            let square = g.mul(y, y)?;
            let cube = g.mul(square, y)?;
            let half = g.full_like(dy, -0.5)?;
            let d = g.mul(dy, half)?;
            one(g.mul(d, cube)?)
        }),
    Row::new(Ew::Cbrt, "cbrt", 1)
        .float(FloatFn::Unary(libm::cbrt), Functor::Lib("m_cbrt"))
        .domain(&[(-1e20, 1e20)])
        .tol(1e-6)
        .vjp(|g, _, y, dy| {
            let square = g.mul(y, y)?;
            let three = g.full_like(dy, 3.0)?;
            let d = g.mul(square, three)?;
            one(g.div(dy, d)?)
        }),
    Row::new(Ew::Logistic, "logistic", 1)
        .float(FloatFn::Unary(logistic), Functor::Lib("m_logistic"))
        .domain(&[(-80.0, 80.0)])
        .tol(1e-6)
        .vjp(|g, _, y, dy| {
            let one_ = g.ones_like(dy)?;
            let rest = g.sub(one_, y)?;
            let d = g.mul(y, rest)?;
            one(g.mul(dy, d)?)
        }),
    Row::new(Ew::Tanh, "tanh", 1)
        .float(FloatFn::Unary(libm::tanh), Functor::Lib("m_tanh"))
        .domain(&[(-20.0, 20.0)])
        .tol(1e-6)
        .vjp(|g, _, y, dy| {
            let one_ = g.ones_like(dy)?;
            let square = g.mul(y, y)?;
            let d = g.sub(one_, square)?;
            one(g.mul(dy, d)?)
        }),
];
