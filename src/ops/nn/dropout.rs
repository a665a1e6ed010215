//! Dropout.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::build::{only_where, rest_of};
use crate::ops::checks::{want_float, want_rank};
use crate::ops::random::{generator_of, seeded_uniform};
use crate::shape::{Dims, Shape};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// `x` with a part of its elements set to 0, drawn by `seed`, and the others scaled up to keep the sum's expectation.
    StatelessDropout as "stateless_dropout" in api "tf.nn.experimental.stateless_dropout" (x, rate, seed) { noise_shape: Option<Vec<i64>> = None }
    build |s, g| build(g, s, x, rate, seed);
    cases [
        case().f32([4, 5]).values([], &[0.4]).int_values([2], &[1, 2]),
        case().with("noise_shape", [4, 1]).f32([4, 5]).values([], &[0.5]).int_values([2], &[1, -2]),
        case().with("noise_shape", [1, 3, 1]).f32([2, 3, 2]).values([], &[0.5]).int_values([2], &[7, 8]),
        case().f32([3]).values([], &[0.0]).int_values([2], &[7, 8]),
    ]
    errors [
        case().ints([4], 0, 3).values([], &[0.4]).int_values([2], &[1, 2]),
        case().with("noise_shape", [3, 1]).f32([4, 5]).values([], &[0.5]).int_values([2], &[1, 2]),
    ]
}

fn build(g: &mut Graph, s: &StatelessDropout, x: Val, rate: Val, seed: Val) -> Result<Val> {
    let op = "stateless_dropout";
    want_float(g, op, &[("x", x)])?;
    want_rank(g, op, &[("rate", rate)], |r| r == 0, "a scalar")?;
    let (shape, dtype) = (g.shape(x).clone(), g.dtype(x));
    let noise: Option<Dims> = match &s.noise_shape {
        None => Some(shape.0.clone()),
        Some(n) => n.iter().map(|&n| usize::try_from(n).ok()).collect(),
    };
    let fits = |n: &Dims| {
        n.len() <= shape.rank() && n.iter().rev().zip(shape.iter().rev()).all(|(&a, &b)| a == b || a == 1)
    };
    let Some(noise) = noise.filter(fits) else {
        let wanted = format!("a shape that broadcasts to {shape}");
        return Err(Error::invalid(op, "noise_shape", wanted, format_args!("{:?}", s.noise_shape)));
    };
    let random = seeded_uniform(g, op, seed, Shape(noise), dtype)?;
    let rate = g.convert(rate, dtype)?;
    let limit = g.broadcast_in_dim(rate, g.shape(random).clone(), &[])?;
    let keep = g.ge(random, limit)?;
    let keep = g.broadcast_to(keep, &shape)?;
    let left = rest_of(g, 1.0, rate)?;
    let left = g.broadcast_in_dim(left, shape, &[])?;
    let scaled = g.div(x, left)?;
    only_where(g, keep, scaled)
}

/// `x` with each element set to 0 with probability `rate`, the others divided by `1 - rate` (`tf.nn.dropout`).
///
/// `noise_shape`, which broadcasts to the shape of `x`, makes elements stay or go together. The numbers continue the global stream, or,
/// with a `seed`, that of the calls with it; see [`random::set_seed`](crate::ops::random::set_seed).
///
/// ```
/// # use wgflow::ops::nn;
/// let y = nn::dropout([1.0; 100], 0.5, None, None)?.to_vec::<f32>()?;
/// assert!(y.iter().all(|&v| v == 0.0 || v == 2.0));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a rate outside of [0, 1), a `noise_shape` that does not fit, and dtypes that are no floats.
pub fn dropout(
    x: impl IntoTensor,
    rate: impl IntoTensor,
    noise_shape: Option<&[i64]>,
    seed: Option<i64>,
) -> Result<Tensor> {
    let seed = generator_of(seed)?.seed()?;
    stateless_dropout(x, rate, seed, noise_shape).map_err(|e| e.for_op("dropout"))
}

/// As [`dropout`], with numbers that are a function of `seed`, two integers (`tf.nn.experimental.stateless_dropout`).
///
/// # Errors
/// As [`dropout`].
pub fn stateless_dropout(
    x: impl IntoTensor,
    rate: impl IntoTensor,
    seed: impl IntoTensor,
    noise_shape: Option<&[i64]>,
) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let rate = rate.into_tensor(Some(x.dtype()))?;
    if let Some(known) = rate.host_value().filter(|l| l.len() == 1) {
        let known = known.f64_at(0);
        if !(0.0..1.0).contains(&known) {
            return Err(Error::invalid("stateless_dropout", "rate", "a number in [0, 1)", known));
        }
        if known == 0.0 && x.dtype().is_float() {
            return Ok(x);
        }
    }
    let noise_shape = noise_shape.map(<[i64]>::to_vec);
    run_one(&StatelessDropout { noise_shape }, &[&x, &rate, &seed.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<StatelessDropout>()];
