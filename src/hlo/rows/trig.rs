//! Trigonometric and hyperbolic functions.

use super::{Ew, FloatFn, Functor, Row, one, two};
use crate::error::Result;
use crate::hlo::graph::{Graph, Val};

/// `sqrt(a + s * x^2)`.
fn root(g: &mut Graph, x: Val, a: f64, s: f64) -> Result<Val> {
    let square = g.mul(x, x)?;
    let s = g.full_like(x, s)?;
    let square = g.mul(square, s)?;
    let a = g.full_like(x, a)?;
    let sum = g.add(square, a)?;
    g.sqrt(sum)
}

/// The crate's own is wrong for arguments below 1.
fn acosh(x: f64) -> f64 {
    if x < 1.0 { f64::NAN } else { libm::acosh(x) }
}

pub(super) const ROWS: &[Row] = &[
    Row::new(Ew::Sin, "sine", 1)
        .float(FloatFn::Unary(libm::sin), Functor::Lib("m_sin"))
        .domain(&[(-1000.0, 1000.0)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| {
            let c = g.cos(x[0])?;
            one(g.mul(dy, c)?)
        }),
    Row::new(Ew::Cos, "cosine", 1)
        .float(FloatFn::Unary(libm::cos), Functor::Lib("m_cos"))
        .domain(&[(-1000.0, 1000.0)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| {
            let s = g.sin(x[0])?;
            let d = g.mul(dy, s)?;
            one(g.neg(d)?)
        }),
    Row::new(Ew::Tan, "tan", 1)
        .float(FloatFn::Unary(libm::tan), Functor::Lib("m_tan"))
        .domain(&[(-1.5, 1.5)])
        .tol(4e-6)
        .vjp(|g, _, y, dy| {
            let square = g.mul(y, y)?;
            let d = g.mul(dy, square)?;
            one(g.add(dy, d)?)
        }),
    Row::new(Ew::Asin, "asin", 1)
        .float(FloatFn::Unary(libm::asin), Functor::Lib("m_asin"))
        .domain(&[(-0.999, 0.999)])
        .tol(2e-6)
        .vjp(|g, x, _, dy| {
            let r = root(g, x[0], 1.0, -1.0)?;
            one(g.div(dy, r)?)
        }),
    Row::new(Ew::Acos, "acos", 1)
        .float(FloatFn::Unary(libm::acos), Functor::Lib("m_acos"))
        .domain(&[(-0.999, 0.999)])
        .tol(4e-6)
        .vjp(|g, x, _, dy| {
            let r = root(g, x[0], 1.0, -1.0)?;
            let d = g.div(dy, r)?;
            one(g.neg(d)?)
        }),
    Row::new(Ew::Atan, "atan", 1)
        .float(FloatFn::Unary(libm::atan), Functor::Lib("m_atan"))
        .domain(&[(-1e6, 1e6)])
        .tol(1e-6)
        .vjp(|g, x, _, dy| {
            let one_ = g.ones_like(dy)?;
            let square = g.mul(x[0], x[0])?;
            let d = g.add(one_, square)?;
            one(g.div(dy, d)?)
        }),
    Row::new(Ew::Atan2, "atan2", 2)
        .float(FloatFn::Binary(libm::atan2), Functor::Lib("m_atan2"))
        .domain(&[(-8.0, 8.0), (0.1, 8.0)])
        .tol(2e-6)
        .vjp(|g, x, _, dy| {
            let (a, b) = (g.mul(x[0], x[0])?, g.mul(x[1], x[1])?);
            let sum = g.add(a, b)?;
            let d = g.div(dy, sum)?;
            let (dx, dn) = (g.mul(d, x[1])?, g.mul(d, x[0])?);
            two(dx, g.neg(dn)?)
        }),
    Row::new(Ew::Sinh, "sinh", 1)
        .float(FloatFn::Unary(libm::sinh), Functor::Lib("m_sinh"))
        .domain(&[(-80.0, 80.0)])
        .tol(2e-6)
        .vjp(|g, x, _, dy| {
            let c = g.cosh(x[0])?;
            one(g.mul(dy, c)?)
        }),
    Row::new(Ew::Cosh, "cosh", 1)
        .float(FloatFn::Unary(libm::cosh), Functor::Lib("m_cosh"))
        .domain(&[(-80.0, 80.0)])
        .tol(2e-6)
        .vjp(|g, x, _, dy| {
            let s = g.sinh(x[0])?;
            one(g.mul(dy, s)?)
        }),
    Row::new(Ew::Asinh, "asinh", 1)
        .float(FloatFn::Unary(libm::asinh), Functor::Lib("m_asinh"))
        .domain(&[(-1e10, 1e10)])
        .tol(2e-6)
        .vjp(|g, _, y, dy| {
            let c = g.cosh(y)?;
            one(g.div(dy, c)?)
        }),
    Row::new(Ew::Acosh, "acosh", 1)
        .float(FloatFn::Unary(acosh), Functor::Lib("m_acosh"))
        .domain(&[(1.0001, 1e10)])
        .tol(4e-6)
        .vjp(|g, _, y, dy| {
            let s = g.sinh(y)?;
            one(g.div(dy, s)?)
        }),
    Row::new(Ew::Atanh, "atanh", 1)
        .float(FloatFn::Unary(libm::atanh), Functor::Lib("m_atanh"))
        .domain(&[(-0.999, 0.999)])
        .tol(2e-6)
        .vjp(|g, x, _, dy| {
            let one_ = g.ones_like(dy)?;
            let square = g.mul(x[0], x[0])?;
            let d = g.sub(one_, square)?;
            one(g.div(dy, d)?)
        }),
];
