//! Losses of distributions.

use super::Loss;
use super::class::loss;
use crate::keras::object::{Class, classes};
use crate::ops::losses;

loss! {
    /// The sum of `y_true * log(y_true / y_pred)`.
    KLDivergence, "kl_divergence" {} {} |s, y_true, y_pred| losses::kl_divergence(y_true, y_pred)
}

loss! {
    /// The mean of `y_pred - y_true * log(y_pred)`.
    Poisson, "poisson" {} {} |s, y_true, y_pred| losses::poisson(y_true, y_pred)
}

pub(super) const CLASSES: &[Class<dyn Loss>] = classes! {
    KLDivergence ["kl_divergence", "kld", "KLD", "kullback_leibler_divergence"],
    Poisson ["poisson"],
};
