//! Activations made of exponentials: elu, selu, softplus; and softsign.

use super::activation;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::{below, scale, shift};
use crate::ops::checks::want_float;
use crate::tensor::{Row, row};

/// Scale of selu (Klambauer et al., "Self-normalizing neural networks").
const SCALE: f64 = 1.050_700_987_355_480_5;
/// Scale times alpha of selu.
const SCALE_ALPHA: f64 = 1.758_099_340_847_376_9;

crate::op! {
    /// `x` from 0 up, else `exp(x) - 1`.
    Elu in "tf.nn.elu" (features) {}
    build |s, g| elu_like(g, features, 1.0, 1.0);
    vjp |s, g, x, y, dy| Ok(vec![Some(elu_like_grad(g, dy, y, 1.0, 1.0)?)]);
    cases [case().f32([2, 3]), case().range([4], -30.0, 5.0), case().specials()]
    errors [case().ints([2], 0, 3)]
}

activation! {
    /// `x` where it is positive, else `exp(x) - 1`.
    elu, Elu, "tf.nn.elu"
}

crate::op! {
    /// `gradients` times the slope of elu, from its `outputs`.
    EluGrad in "tf.raw_ops.EluGrad" (gradients, outputs) {}
    build |s, g| elu_like_grad(g, gradients, outputs, 1.0, 1.0);
    cases [case().f32([2, 3]).range([2, 3], -1.0, 2.0), case().f32([3]).values([3], &[0.0, 1.0, -0.5])]
    errors [case().f32([2, 3]).f32([3])]
}

crate::op! {
    /// `scale * x` from 0 up, else `scale * alpha * (exp(x) - 1)`: keeps mean 0 and variance 1.
    Selu in "tf.nn.selu" (features) {}
    build |s, g| elu_like(g, features, SCALE, SCALE_ALPHA);
    vjp |s, g, x, y, dy| Ok(vec![Some(elu_like_grad(g, dy, y, SCALE, SCALE_ALPHA)?)]);
    cases [case().f32([2, 3]), case().range([4], -30.0, 5.0), case().specials()]
    errors [case().ints([2], 0, 3)]
}

activation! {
    /// `1.0507 * x` where it is positive, else `1.7581 * (exp(x) - 1)`: keeps mean 0 and variance 1 through layers.
    selu, Selu, "tf.nn.selu"
}

crate::op! {
    /// `gradients` times the slope of selu, from its `outputs`.
    SeluGrad in "tf.raw_ops.SeluGrad" (gradients, outputs) {}
    build |s, g| elu_like_grad(g, gradients, outputs, SCALE, SCALE_ALPHA);
    cases [case().f32([2, 3]).range([2, 3], -1.7, 2.0), case().f32([3]).values([3], &[0.0, 1.0, -0.5])]
    errors [case().f32([2, 3]).f32([3])]
}

fn elu_like(g: &mut Graph, x: Val, gain: f64, gain_alpha: f64) -> Result<Val> {
    let negative = below(g, x, 0.0)?;
    let e = g.expm1(x)?;
    let (below, above) = (scale(g, e, gain_alpha)?, scale(g, x, gain)?);
    g.select(negative, below, above)
}

/// The slope follows from the result alone: `y + scale * alpha` below 0.
fn elu_like_grad(g: &mut Graph, dy: Val, y: Val, gain: f64, gain_alpha: f64) -> Result<Val> {
    let negative = below(g, y, 0.0)?;
    let slope = shift(g, y, gain_alpha)?;
    let (below, above) = (g.mul(dy, slope)?, scale(g, dy, gain)?);
    g.select(negative, below, above)
}

crate::op! {
    /// `log(exp(x) + 1)`, without overflow.
    Softplus in "tf.math.softplus" (features) {}
    build |s, g| {
        let size = g.abs(features)?;
        let size = g.neg(size)?;
        let e = g.exp(size)?;
        let rest = g.log1p(e)?;
        let zero = g.zeros_like(features)?;
        let large = g.max(features, zero)?;
        g.add(large, rest)
    };
    vjp |s, g, x, y, dy| {
        let slope = g.logistic(x[0])?;
        Ok(vec![Some(g.mul(dy, slope)?)])
    };
    cases [case().f32([2, 3]), case().range([6], -100.0, 100.0), case().specials()]
    errors [case().ints([2], 0, 3)]
}

activation! {
    /// `log(exp(x) + 1)`, without overflow.
    softplus, Softplus, "tf.math.softplus"
}

crate::op! {
    /// `gradients` times the slope of softplus, `sigmoid(features)`.
    SoftplusGrad in "tf.raw_ops.SoftplusGrad" (gradients, features) {}
    build |s, g| {
        let slope = g.logistic(features)?;
        g.mul(gradients, slope)
    };
    cases [case().f32([2, 3]).range([2, 3], -20.0, 20.0)]
    errors [case().f32([2, 3]).f32([3])]
}

crate::op! {
    /// `x / (|x| + 1)`.
    Softsign in "tf.nn.softsign" (features) {}
    build |s, g| {
        want_float(g, "Softsign", &[("features", features)])?;
        let below = one_more(g, features)?;
        g.div(features, below)
    };
    vjp |s, g, x, y, dy| Ok(vec![Some(softsign_grad(g, dy, x[0])?)]);
    cases [case().f32([2, 3]), case().values([5], &[0.0, -0.0, 1e-6, 30.0, -1e20])]
    errors [case().ints([2], 0, 3)]
}

activation! {
    /// `x / (|x| + 1)`.
    softsign, Softsign, "tf.nn.softsign"
}

crate::op! {
    /// `gradients` times the slope of softsign at `features`.
    SoftsignGrad in "tf.raw_ops.SoftsignGrad" (gradients, features) {}
    build |s, g| softsign_grad(g, gradients, features);
    cases [case().f32([2, 3]).f32([2, 3])]
    errors [case().f32([2, 3]).f32([3])]
}

fn one_more(g: &mut Graph, x: Val) -> Result<Val> {
    let size = g.abs(x)?;
    shift(g, size, 1.0)
}

fn softsign_grad(g: &mut Graph, dy: Val, x: Val) -> Result<Val> {
    let below = one_more(g, x)?;
    let square = g.mul(below, below)?;
    g.div(dy, square)
}

pub(in crate::ops::nn) const OPS: &[Row] = &[
    row::<Elu>(),
    row::<EluGrad>(),
    row::<Selu>(),
    row::<SeluGrad>(),
    row::<Softplus>(),
    row::<SoftplusGrad>(),
    row::<Softsign>(),
    row::<SoftsignGrad>(),
];
