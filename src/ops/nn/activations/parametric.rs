//! Rectifiers and steps of TensorFlow.js whose slope is given or learned.

use crate::error::Result;
use crate::ops::build::{above, below, only_where, sum_to};
use crate::ops::checks::want_float;
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

crate::op! {
    /// `x` where it is not negative, else `alpha * x`; the two broadcast.
    Prelu in api "tf.prelu" (x, alpha) {}
    build |s, g| {
        want_float(g, "Prelu", &[("x", x), ("alpha", alpha)])?;
        let (x, alpha) = g.broadcast_pair("Prelu", x, alpha)?;
        let (low, sloped) = (below(g, x, 0.0)?, g.mul(x, alpha)?);
        g.select(low, sloped, x)
    };
    vjp |s, g, x, y, dy| {
        let (wide, alpha) = g.broadcast_pair("Prelu", x[0], x[1])?;
        let (on, sloped, along) = (above(g, wide, 0.0)?, g.mul(dy, alpha)?, g.mul(dy, wide)?);
        let off = g.not(on)?;
        let (dx, dalpha) = (g.select(on, dy, sloped)?, only_where(g, off, along)?);
        let (xs, alphas) = (g.shape(x[0]).clone(), g.shape(x[1]).clone());
        Ok(vec![Some(sum_to(g, dx, &xs)?), Some(sum_to(g, dalpha, &alphas)?)])
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().f32([2, 4, 3]).f32([3]),
        case().f32([2, 4, 3]).f32([4, 1]),
        case().f32([5]).f32([]),
        case().f32([0, 2]).f32([2]),
        case().half([6]).half([1]),
    ]
    errors [case().f32([2, 3]).f32([2]), case().f32([2]).half([2])]
}

/// `x` where it is not negative, else `alpha * x` (`tf.prelu` of TensorFlow.js, what Keras' `PReLU` computes). `alpha` broadcasts, and has
/// a gradient.
///
/// ```
/// # use wgflow::ops::nn::prelu;
/// assert_eq!(prelu([-2.0, 3.0], [0.25])?.to_vec::<f32>()?, [-0.5, 3.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast, different dtypes, and dtypes that are no floats.
pub fn prelu(x: impl IntoTensor, alpha: impl IntoTensor) -> Result<Tensor> {
    let (x, alpha) = pair(x, alpha)?;
    run_one(&Prelu {}, &[&x, &alpha])
}

crate::op! {
    /// 1 where `x` is positive, `alpha` where it is not; NaN stays.
    Step in api "tf.step" (x) {
        /// What stands for 0 and below.
        alpha: f64 = 0.0,
    }
    build |s, g| {
        let (on, one, less) = (above(g, x, 0.0)?, g.ones_like(x)?, g.full_like(x, s.alpha)?);
        let step = g.select(on, one, less)?;
        if !g.dtype(x).is_float() {
            return Ok(vec![step]);
        }
        let nan = g.is_nan(x)?;
        Ok(vec![g.select(nan, x, step)?])
    };
    vjp |s, g, x, y, dy| Ok(vec![Some(g.zeros_like(dy)?)]);
    cases [
        case().f32([2, 3]).forward_only(),
        case().with("alpha", 0.3).specials().forward_only(),
        case().ints([5], -2, 3),
        case().half([3]).forward_only(),
    ]
    errors [case().bools([2])]
}

/// 1 where `x` is positive, `alpha` where it is not; NaN stays (`tf.step` of TensorFlow.js, whose default `alpha` is 0). Its derivative is 0.
///
/// # Errors
/// `InvalidArgument` for bool.
pub fn step(x: impl IntoTensor, alpha: f64) -> Result<Tensor> {
    run_one(&Step { alpha }, &[&x.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<Prelu>(), row::<Step>()];
