//! Rectifiers.

use super::activation;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::{above, below, only_where, scale};
use crate::ops::checks::want_float;
use crate::shape::resolve_axis;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// `max(x, 0)`.
    Relu in "tf.nn.relu" (features) {}
    build |s, g| {
        let zero = g.zeros_like(features)?;
        g.max(features, zero)
    };
    vjp |s, g, x, y, dy| Ok(vec![Some(relu_grad(g, dy, y)?)]);
    cases [case().f32([2, 3]), case().specials(), case().ints([5], -3, 3), case().f32([0, 2]), case().half([4])]
    errors [case().bools([2])]
}

activation! {
    /// `max(x, 0)`, with slope 0 at 0.
    relu, Relu, "tf.nn.relu"
}

crate::op! {
    /// `gradients` where `features` are positive, else 0.
    ReluGrad in "tf.raw_ops.ReluGrad" (gradients, features) {}
    build |s, g| relu_grad(g, gradients, features);
    vjp |s, g, x, y, dy| {
        let d = relu_grad(g, dy, x[1])?;
        Ok(vec![Some(d), Some(g.zeros_like(x[1])?)])
    };
    cases [case().f32([2, 3]).f32([2, 3]), case().f32([4]).values([4], &[0.0, -0.0, 1.0, -1.0])]
    errors [case().f32([2, 3]).f32([3])]
}

fn relu_grad(g: &mut Graph, dy: Val, x: Val) -> Result<Val> {
    let on = above(g, x, 0.0)?;
    only_where(g, on, dy)
}

crate::op! {
    /// `min(max(x, 0), 6)`.
    Relu6 in "tf.nn.relu6" (features) {}
    build |s, g| {
        let (lo, hi) = (g.zeros_like(features)?, g.full_like(features, 6.0)?);
        g.clamp(lo, features, hi)
    };
    vjp |s, g, x, y, dy| Ok(vec![Some(relu6_grad(g, dy, y)?)]);
    cases [case().range([2, 5], -4.0, 9.0), case().values([4], &[0.0, 6.0, 7.0, -1.0]), case().specials()]
    errors [case().bools([2])]
}

activation! {
    /// `min(max(x, 0), 6)`, with slope 0 at both ends.
    relu6, Relu6, "tf.nn.relu6"
}

crate::op! {
    /// `gradients` where `features` lie between 0 and 6, else 0.
    Relu6Grad in "tf.raw_ops.Relu6Grad" (gradients, features) {}
    build |s, g| relu6_grad(g, gradients, features);
    vjp |s, g, x, y, dy| {
        let d = relu6_grad(g, dy, x[1])?;
        Ok(vec![Some(d), Some(g.zeros_like(x[1])?)])
    };
    cases [case().f32([2, 3]).range([2, 3], -2.0, 8.0), case().f32([4]).values([4], &[0.0, 6.0, 1.0, -1.0])]
    errors [case().f32([2, 3]).f32([3])]
}

fn relu6_grad(g: &mut Graph, dy: Val, x: Val) -> Result<Val> {
    let (low, high) = (above(g, x, 0.0)?, below(g, x, 6.0)?);
    let on = g.and(low, high)?;
    only_where(g, on, dy)
}

crate::op! {
    /// `x` where positive, else `alpha * x`.
    LeakyRelu in "tf.nn.leaky_relu" (features) { alpha: f64 = 0.2 }
    build |s, g| {
        want_float(g, "LeakyRelu", &[("features", features)])?;
        leaky(g, features, features, s.alpha)
    };
    vjp |s, g, x, y, dy| Ok(vec![Some(leaky(g, dy, x[0], s.alpha)?)]);
    cases [
        case().f32([2, 3]),
        case().with("alpha", 0.01).f32([4]),
        case().with("alpha", 1.5).f32([4]),
        case().with("alpha", -0.5).specials(),
    ]
    errors [case().ints([2], 0, 4)]
}

/// `x` where it is positive, else `alpha * x` (`tf.nn.leaky_relu`; its default `alpha` is 0.2). The slope at 0 is `alpha`.
///
/// # Errors
/// `InvalidArgument` for dtypes that are no floats.
pub fn leaky_relu(features: impl IntoTensor, alpha: f64) -> Result<Tensor> {
    run_one(&LeakyRelu { alpha }, &[&features.into_tensor(None)?])
}

crate::op! {
    /// `gradients` where `features` are positive, else `alpha * gradients`.
    LeakyReluGrad in "tf.raw_ops.LeakyReluGrad" (gradients, features) { alpha: f64 = 0.2 }
    build |s, g| leaky(g, gradients, features, s.alpha);
    vjp |s, g, x, y, dy| {
        let d = leaky(g, dy, x[1], s.alpha)?;
        Ok(vec![Some(d), Some(g.zeros_like(x[1])?)])
    };
    cases [case().f32([2, 3]).f32([2, 3]), case().with("alpha", 0.5).f32([3]).values([3], &[0.0, 1.0, -1.0])]
    errors [case().f32([2, 3]).f32([3])]
}

/// `v` where `x` is positive, else `alpha * v`.
fn leaky(g: &mut Graph, v: Val, x: Val, alpha: f64) -> Result<Val> {
    let on = above(g, x, 0.0)?;
    let less = scale(g, v, alpha)?;
    g.select(on, v, less)
}

crate::op! {
    /// The rectified `x` beside the rectified `-x`.
    Crelu as "crelu" in api "tf.nn.crelu" (features) { axis: i64 = -1 }
    build |s, g| {
        let axis = resolve_axis("crelu", "axis", s.axis, g.rank(features))?;
        let negative = g.neg(features)?;
        let both = g.concatenate(&[features, negative], axis)?;
        let on = above(g, both, 0.0)?;
        only_where(g, on, both)
    };
    cases [case().f32([2, 3]), case().with("axis", 0).f32([2, 3]), case().values([2], &[0.0, 1.0])]
    errors [case().with("axis", 2).f32([2, 3])]
}

/// The rectified `x` beside the rectified `-x` along an axis, which becomes twice as long (`tf.nn.crelu`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn crelu(features: impl IntoTensor, axis: i64) -> Result<Tensor> {
    run_one(&Crelu { axis }, &[&features.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] = &[
    row::<Relu>(),
    row::<ReluGrad>(),
    row::<Relu6>(),
    row::<Relu6Grad>(),
    row::<LeakyRelu>(),
    row::<LeakyReluGrad>(),
    row::<Crelu>(),
];
