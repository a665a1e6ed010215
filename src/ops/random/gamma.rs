//! Gamma distributed floats, and how a sample moves with its shape parameter.

use super::host::Philox;
use super::key::{Stream, wanted_shape};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::rows::digamma;
use crate::hlo::{ById, CustomOp, Graph, Literal, Prim, Spec, Val};
use crate::ops::build::sum_to;
use crate::ops::checks::want_float;
use crate::shape::Shape;
use crate::tensor::{Fill, Row, row};
use std::sync::Arc;

crate::op! {
    /// Gamma distributed floats of scale 1, of a key and counter; `shape` ends with that of `alpha`.
    StatelessRandomGammaV3 in "tf.random.stateless_gamma" (key, counter, alpha) { shape: Vec<i64>, alg: i64 = 1 }
    build |s, g| {
        let op = "StatelessRandomGammaV3";
        let stream = Stream::of_inputs(g, op, key, counter, s.alg)?;
        gamma(g, op, stream, wanted_shape(op, &s.shape)?, alpha)
    };
    cases [
        case().with("shape", [6, 3]).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0, 11.0])).values([3], &[0.4, 1.0, 5.0]),
    ]
    errors [
        case().with("shape", [6, 2]).input(DType::UInt64, [1], Fill::Values(vec![3.0])).input(DType::UInt64, [2], Fill::Values(vec![7.0])).values([3], &[0.4, 1.0, 5.0]),
    ]
}

crate::op! {
    /// Gamma distributed floats of scale 1, of a pair of seeds; `shape` ends with that of `alpha`.
    StatelessRandomGammaV2 in "tf.random.stateless_gamma" (seed, alpha) { shape: Vec<i64> }
    build |s, g| {
        let op = "StatelessRandomGammaV2";
        let stream = Stream::of_seed(g, op, seed)?;
        gamma(g, op, stream, wanted_shape(op, &s.shape)?, alpha)
    };
    cases [
        case().with("shape", [40]).int_values([2], &[1, 2]).values([], &[2.5]),
        case().with("shape", [5, 2, 2]).int_values([2], &[-1, 7]).values([2, 2], &[0.05, 0.9, 1.0, 30.0]),
    ]
    errors [case().with("shape", [4]).int_values([3], &[1, 2, 3]).values([], &[2.5])]
}

crate::op! {
    /// The derivative of a gamma distributed `sample` in its `alpha`, the uniform number that it stands for held fixed.
    RandomGammaGrad in "tf.raw_ops.RandomGammaGrad" (alpha, sample) {}
    build |s, g| {
        let (alpha, sample) = g.broadcast_pair("RandomGammaGrad", alpha, sample)?;
        want_float(g, "RandomGammaGrad", &[("alpha", alpha)])?;
        slope(g, alpha, sample)
    };
    cases [
        case().values([6], &[0.5, 1.0, 2.0, 5.0, 20.0, 100.0]).values([6], &[0.3, 1.2, 1.0, 7.0, 18.0, 104.0]).tolerance(2e-5, 1e-6, "TensorFlow sums the series in float32"),
        case().values([2, 1], &[0.7, 3.0]).values([3], &[0.1, 1.0, 4.0]).tolerance(2e-5, 1e-6, "TensorFlow sums the series in float32"),
    ]
    errors [case().f32([2]).f32([3])]
}

fn gamma(g: &mut Graph, op: &str, stream: Stream, shape: Shape, alpha: Val) -> Result<Val> {
    want_float(g, op, &[("alpha", alpha)])?;
    if !shape.ends_with(g.shape(alpha)) {
        let wanted = format!("one that ends with {}", g.shape(alpha));
        return Err(Error::invalid(op, "shape", wanted, shape));
    }
    let call = Prim::CustomCall(ById(Arc::new(Gamma { shape })));
    g.push(call, &[stream.key, stream.counter, alpha])
}

fn slope(g: &mut Graph, alpha: Val, sample: Val) -> Result<Val> {
    g.push(Prim::CustomCall(ById(Arc::new(Slope))), &[alpha, sample])
}

/// Samples from key, counter and alpha.
#[derive(Debug)]
struct Gamma {
    shape: Shape,
}

impl CustomOp for Gamma {
    fn name(&self) -> &str {
        "gamma"
    }

    fn infer(&self, x: &[Spec]) -> Result<Vec<Spec>> {
        match x {
            [_, _, alpha] if self.shape.ends_with(&alpha.shape) => {
                Ok(vec![Spec::new(alpha.dtype, self.shape.clone())])
            }
            _ => Err(Error::invalid("gamma", "operands", "key, counter, alpha", format_args!("{x:?}"))),
        }
    }

    fn host(&self, x: &[Literal]) -> Result<Vec<Literal>> {
        let word = |l: &Literal, i: usize| l.i64_at(i) as u32;
        let key = [word(&x[0], 0), word(&x[0], 1)];
        let stream = Philox::from_key_counter(key, [0, 1, 2, 3].map(|i| word(&x[1], i)));
        let alphas = x[2].len();
        let mut values = vec![0.0; self.shape.size()];
        let samples = values.len().checked_div(alphas).unwrap_or(0);
        for a in 0..alphas {
            for s in 0..samples {
                // Each sample has its own region of the stream.
                let mut p = stream.skipped(256 * (a * samples + s) as u64);
                values[s * alphas + a] = sample(&mut p, x[2].f64_at(a));
            }
        }
        Ok(vec![Literal::floats(x[2].dtype, self.shape.clone(), values)])
    }

    fn vjp(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        let dy = dy[0]?;
        let mut found = || {
            let alpha = g.broadcast_to(x[2], &g.shape(y[0]).clone())?;
            let d = slope(g, alpha, y[0])?;
            let d = g.mul(d, dy)?;
            let shape = g.shape(x[2]).clone();
            Ok(vec![None, None, Some(sum_to(g, d, &shape)?)])
        };
        Some(found())
    }
}

/// Numbers drawn two at a time and used from the last.
struct Pairs([f64; 2], usize);

impl Pairs {
    fn next(&mut self, draw: impl FnOnce() -> [f64; 2]) -> f64 {
        if self.1 == 0 {
            *self = Pairs(draw(), 2);
        }
        self.1 -= 1;
        self.0[self.1]
    }
}

/// One sample by Marsaglia and Tsang's "A simple method for generating gamma variables"; below 1 that of `alpha + 1` is scaled.
fn sample(p: &mut Philox, alpha: f64) -> f64 {
    let (mut normals, mut uniforms) = (Pairs([0.0; 2], 0), Pairs([0.0; 2], 0));
    if alpha == 1.0 {
        return -libm::log1p(-uniforms.next(|| [p.next_f64(), p.next_f64()]));
    }
    let small = alpha < 1.0;
    let d = alpha + if small { 2.0 / 3.0 } else { -1.0 / 3.0 };
    let c = 1.0 / 3.0 / d.sqrt();
    // A NaN is never accepted: it would draw forever.
    if d.is_nan() || d < 0.0 {
        return f64::NAN;
    }
    loop {
        let x = normals.next(|| p.next_wide_normals());
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = uniforms.next(|| [p.next_f64(), p.next_f64()]);
        let square = x * x;
        let squeezed = u < 1.0 - 0.0331 * square * square;
        if squeezed || libm::log(u) < 0.5 * square + d * (1.0 - v + libm::log(v)) {
            let boost = if small {
                libm::pow(uniforms.next(|| [p.next_f64(), p.next_f64()]), 1.0 / alpha)
            } else {
                1.0
            };
            return d * v * boost;
        }
    }
}

/// [`RandomGammaGrad`] of equal shapes.
#[derive(Debug)]
struct Slope;

impl CustomOp for Slope {
    fn name(&self) -> &str {
        "gamma_slope"
    }

    fn infer(&self, x: &[Spec]) -> Result<Vec<Spec>> {
        match x {
            [alpha, sample] if alpha == sample => Ok(vec![alpha.clone()]),
            _ => Err(Error::invalid("gamma_slope", "operands", "two of one spec", format_args!("{x:?}"))),
        }
    }

    fn host(&self, x: &[Literal]) -> Result<Vec<Literal>> {
        let values = (0..x[0].len()).map(|i| implicit_slope(x[0].f64_at(i), x[1].f64_at(i))).collect();
        Ok(vec![Literal::floats(x[0].dtype, x[0].shape.clone(), values)])
    }

    fn vjp(
        &self,
        _: &mut Graph,
        _: &[Val],
        _: &[Val],
        _: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        Some(Err(Error::unimplemented("RandomGammaGrad", "a second derivative")))
    }
}

/// `-(dF/dalpha) / (dF/dx)` of the cumulative density, whose series is `sum over n of x^(alpha+n) e^-x / Gamma(alpha+n+1)`.
fn implicit_slope(alpha: f64, x: f64) -> f64 {
    if x.is_nan() || alpha.is_nan() || x < 0.0 || alpha <= 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    let log = x.ln();
    // Terms over the density, x^(alpha-1) e^-x / Gamma(alpha).
    let mut term = x / alpha;
    let mut psi = digamma(alpha + 1.0);
    let (mut sum, mut n) = (0.0, 1.0);
    loop {
        sum += term * (log - psi);
        if (term < 1e-18 * sum.abs() && n > x) || n > 1e5 {
            return -sum;
        }
        psi += 1.0 / (alpha + n);
        term *= x / (alpha + n);
        n += 1.0;
    }
}

pub(super) const OPS: &[Row] =
    &[row::<StatelessRandomGammaV3>(), row::<StatelessRandomGammaV2>(), row::<RandomGammaGrad>()];
