//! Losses of single logits and of counts.

use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::ops::build::{below, only_where, rest_of, scale, shift};
use crate::ops::checks::want_same_shape;
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

crate::op! {
    /// Cross entropy of `sigmoid(logits)` and the probabilities `labels`, without overflow.
    SigmoidCrossEntropy as "sigmoid_cross_entropy_with_logits" in api "tf.nn.sigmoid_cross_entropy_with_logits" (labels, logits) {}
    build |s, g| {
        want_same_shape(g, "sigmoid_cross_entropy_with_logits", &[("logits", logits), ("labels", labels)])?;
        let zero = g.zeros_like(logits)?;
        let large = g.max(logits, zero)?;
        let product = g.mul(logits, labels)?;
        let rest = log1p_exp_of_minus_size(g, logits)?;
        let d = g.sub(large, product)?;
        g.add(d, rest)
    };
    vjp |s, g, x, y, dy| {
        let p = g.logistic(x[1])?;
        let slope = g.sub(p, x[0])?;
        let dlabels = g.mul(dy, x[1])?;
        Ok(vec![Some(g.neg(dlabels)?), Some(g.mul(dy, slope)?)])
    };
    cases [
        case().range([2, 3], 0.0, 1.0).f32([2, 3]),
        case().values([5], &[0.0, 1.0, 0.25, 0.0, 1.0]).values([5], &[0.0, -0.0, 0.0, 100.0, -100.0]),
    ]
    errors [case().f32([2, 3]).f32([3])]
}

/// `log(1 + exp(-|x|))`.
fn log1p_exp_of_minus_size(g: &mut Graph, x: Val) -> Result<Val> {
    let size = g.abs(x)?;
    let size = g.neg(size)?;
    let e = g.exp(size)?;
    g.log1p(e)
}

/// The cross entropy of `sigmoid(logits)` and the probabilities `labels`, elementwise (`tf.nn.sigmoid_cross_entropy_with_logits`).
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that differ.
pub fn sigmoid_cross_entropy_with_logits(labels: impl IntoTensor, logits: impl IntoTensor) -> Result<Tensor> {
    let (labels, logits) = pair(labels, logits)?;
    run_one(&SigmoidCrossEntropy {}, &[&labels, &logits])
}

crate::op! {
    /// As sigmoid cross entropy, with the term of positive labels times `pos_weight`.
    WeightedCrossEntropy as "weighted_cross_entropy_with_logits" in api "tf.nn.weighted_cross_entropy_with_logits" (labels, logits, pos_weight) {}
    build |s, g| {
        let op = "weighted_cross_entropy_with_logits";
        want_same_shape(g, op, &[("logits", logits), ("labels", labels)])?;
        let shape = g.shape(logits).clone();
        let weight = g.broadcast_to(pos_weight, &shape)?;
        let more = shift(g, weight, -1.0)?;
        let more = g.mul(more, labels)?;
        let weight = shift(g, more, 1.0)?;
        let rest = log1p_exp_of_minus_size(g, logits)?;
        let negative = below(g, logits, 0.0)?;
        let minus = g.neg(logits)?;
        // Slope 0 at 0, as TensorFlow's relu has it.
        let minus = only_where(g, negative, minus)?;
        let both = g.add(rest, minus)?;
        let both = g.mul(weight, both)?;
        let absent = rest_of(g, 1.0, labels)?;
        let absent = g.mul(absent, logits)?;
        g.add(absent, both)
    };
    cases [
        case().range([2, 3], 0.0, 1.0).f32([2, 3]).values([], &[2.5]),
        case().range([2, 3], 0.0, 1.0).f32([2, 3]).range([3], 0.5, 2.0),
        case().values([3], &[0.0, 1.0, 0.25]).values([3], &[0.0, 50.0, -50.0]).values([], &[2.5]),
    ]
    errors [case().f32([2, 3]).f32([3]).f32([])]
}

/// Sigmoid cross entropy with the term of positive labels times `pos_weight` (`tf.nn.weighted_cross_entropy_with_logits`): above 1 it
/// counts misses more, below 1 false alarms.
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that differ.
pub fn weighted_cross_entropy_with_logits(
    labels: impl IntoTensor,
    logits: impl IntoTensor,
    pos_weight: impl IntoTensor,
) -> Result<Tensor> {
    let (labels, logits) = pair(labels, logits)?;
    let pos_weight = pos_weight.into_tensor(Some(logits.dtype()))?;
    run_one(&WeightedCrossEntropy {}, &[&labels, &logits, &pos_weight])
}

crate::op! {
    /// Minus the logarithm of the Poisson likelihood of `targets` for the rate `exp(log_input)`.
    LogPoissonLoss as "log_poisson_loss" in api "tf.nn.log_poisson_loss" (targets, log_input) { compute_full_loss: bool = false }
    build |s, g| {
        want_same_shape(g, "log_poisson_loss", &[("log_input", log_input), ("targets", targets)])?;
        let rate = g.exp(log_input)?;
        let product = g.mul(log_input, targets)?;
        let loss = g.sub(rate, product)?;
        if s.compute_full_loss {
            let stirling = stirling(g, targets)?;
            return Ok(vec![g.add(loss, stirling)?]);
        }
        Ok(vec![loss])
    };
    cases [
        case().range([2, 3], 0.5, 4.0).f32([2, 3]),
        case().with("compute_full_loss", true).range([2, 3], 1.5, 4.0).f32([2, 3]),
        case().with("compute_full_loss", true).values([3], &[0.5, 1.0, 2.0]).f32([3]).forward_only(),
    ]
    errors [case().f32([2, 3]).f32([3])]
}

/// Stirling's approximation of `log(t!)`; 0 for `t` in [0, 1].
fn stirling(g: &mut Graph, t: Val) -> Result<Val> {
    let log = g.log(t)?;
    let product = g.mul(t, log)?;
    let d = g.sub(product, t)?;
    let around = scale(g, t, 2.0 * std::f64::consts::PI)?;
    let around = g.log(around)?;
    let around = scale(g, around, 0.5)?;
    let sum = g.add(d, around)?;
    let (zero, one) = (g.zeros_like(t)?, g.ones_like(t)?);
    let (low, high) = (g.ge(t, zero)?, g.le(t, one)?);
    let small = g.and(low, high)?;
    g.select(small, zero, sum)
}

/// `exp(log_input) - log_input * targets`: minus the logarithm of the Poisson likelihood, up to a term of the targets alone, which
/// `compute_full_loss` adds (`tf.nn.log_poisson_loss`).
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that differ.
pub fn log_poisson_loss(
    targets: impl IntoTensor,
    log_input: impl IntoTensor,
    compute_full_loss: bool,
) -> Result<Tensor> {
    let (targets, log_input) = pair(targets, log_input)?;
    run_one(&LogPoissonLoss { compute_full_loss }, &[&targets, &log_input])
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<SigmoidCrossEntropy>(), row::<WeightedCrossEntropy>(), row::<LogPoissonLoss>()];
