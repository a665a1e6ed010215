//! Losses of distributions.

use super::build::{EPSILON, as_floats, clip, mean_of_last, sum_of_last};
use super::function;
use crate::ops::build::shift;
use crate::tensor::{Row, row};

crate::op! {
    /// The sum over the last axis of `y_true * log(y_true / y_pred)`, both moved into [1e-7, 1].
    KLDivergence as "kl_divergence" in api "keras.losses.kl_divergence" (y_true, y_pred) {}
    build |s, g| {
        let t = as_floats(g, "kl_divergence", y_true, y_pred)?;
        let (t, p) = g.broadcast_pair("kl_divergence", t, y_pred)?;
        let (t, p) = (clip(g, t, EPSILON, 1.0)?, clip(g, p, EPSILON, 1.0)?);
        let ratio = g.div(t, p)?;
        let log = g.log(ratio)?;
        let product = g.mul(t, log)?;
        sum_of_last(g, "kl_divergence", product)
    };
    cases [
        case().range([2, 3], 0.1, 0.9).range([2, 3], 0.1, 0.9),
        case().values([4], &[0.0, 1.0, 0.5, 0.0]).values([4], &[0.5, 0.0, 0.5, 2.0]),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The sum over the last axis of `y_true * log(y_true / y_pred)`, both moved into [1e-7, 1] (`keras.losses.kl_divergence`, `kld`).
    ///
    /// # Errors
    /// `InvalidArgument` for shapes that do not broadcast, and for scalars.
    kl_divergence = KLDivergence()
}

crate::op! {
    /// The mean over the last axis of `y_pred - y_true * log(y_pred + 1e-7)`.
    Poisson as "poisson" in api "keras.losses.poisson" (y_true, y_pred) {}
    build |s, g| {
        let t = as_floats(g, "poisson", y_true, y_pred)?;
        let (t, p) = g.broadcast_pair("poisson", t, y_pred)?;
        let shifted = shift(g, p, EPSILON)?;
        let log = g.log(shifted)?;
        let product = g.mul(t, log)?;
        let loss = g.sub(p, product)?;
        mean_of_last(g, "poisson", loss)
    };
    cases [
        case().range([2, 3], 0.0, 4.0).range([2, 3], 0.2, 4.0),
        case().ints([2, 3], 0, 5).range([2, 3], 0.2, 4.0),
        case().values([2], &[0.0, 2.0]).values([2], &[0.0, 0.0]).forward_only(),
    ]
    errors [case().f32([2, 3]).f32([2, 4])]
}

function! {
    /// The mean over the last axis of `y_pred - y_true * log(y_pred + 1e-7)` (`keras.losses.poisson`).
    ///
    /// # Errors
    /// As [`kl_divergence`].
    poisson = Poisson()
}

pub(super) const OPS: &[Row] = &[row::<KLDivergence>(), row::<Poisson>()];
