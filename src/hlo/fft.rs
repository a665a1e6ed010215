//! The Fourier transform, of contractions and products.
//!
//! A size is taken apart into factors of at most [`LARGEST`]: the transform over a factor is one contraction with its matrix of roots of
//! unity, and between two factors the values are turned by roots of the whole (Cooley and Tukey). A size with a larger prime factor becomes a
//! convolution with a chirp, by transforms of a power of two (Bluestein). Roots are computed in f64.

use super::graph::{Graph, Val};
use super::literal::Literal;
use super::prim::DotDims;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Dims, Shape};
use smallvec::smallvec;
use std::f64::consts::TAU;

/// Up to this size a transform is one contraction.
const LARGEST: usize = 64;

/// Below this size chirps are not worth their two transforms.
const LARGEST_PRIME: usize = 128;

impl Graph {
    /// The discrete Fourier transform of a float32 or complex64 value along a dimension, forwards `sum(x[j] exp(-2 pi i j k / n))`, or its
    /// inverse. The result is complex64.
    ///
    /// # Errors
    /// `InvalidArgument` for other dtypes or a dimension out of range.
    pub fn fft(&mut self, x: Val, dim: usize, inverse: bool) -> Result<Val> {
        if !matches!(self.dtype(x), DType::Float32 | DType::Complex64) {
            return Err(Error::invalid("fft", "dtype", "float32 or complex64", self.dtype(x)));
        }
        if dim >= self.rank(x) {
            return Err(Error::invalid("fft", "dim", format_args!("a value below {}", self.rank(x)), dim));
        }
        let shape = self.shape(x).clone();
        let n = shape[dim];
        if shape.size() == 0 || n == 1 {
            return self.convert(x, DType::Complex64);
        }
        // [before, n, after]
        let flat: Shape = [shape[..dim].iter().product(), n, shape[dim + 1..].iter().product()].into();
        let x = self.reshape(x, flat)?;
        let sign = if inverse { 1.0 } else { -1.0 };
        let scale = if inverse { 1.0 / n as f64 } else { 1.0 };
        let y = match factors(n) {
            Some(factors) => mixed(self, x, &factors, sign, scale)?,
            None => chirped(self, x, sign, scale)?,
        };
        self.reshape(y, shape)
    }
}

/// `exp(2 pi i k / n)`.
fn root(k: usize, n: usize) -> (f64, f64) {
    let (sin, cos) = libm::sincos(TAU * (k % n) as f64 / n as f64);
    (cos, sin)
}

/// Factors of at most [`LARGEST`], or the one number; `None` where a prime is too large.
fn factors(n: usize) -> Option<Vec<usize>> {
    if n <= LARGEST {
        return Some(vec![n]);
    }
    let (mut rest, mut primes) = (n, vec![]);
    let mut p = 2;
    while rest > 1 {
        if p * p > rest {
            p = rest;
        }
        if p > LARGEST_PRIME {
            return None;
        }
        while rest.is_multiple_of(p) {
            primes.push(p);
            rest /= p;
        }
        p += 1;
    }
    // As few factors as may be, and of about one size.
    let count = (1..).find(|&c| (LARGEST as f64).powi(c) >= n as f64).unwrap_or(1);
    let target = (n as f64).powf(1.0 / f64::from(count)).ceil() as usize;
    let mut found: Vec<usize> = vec![];
    for p in primes.into_iter().rev() {
        match found.iter_mut().find(|f| **f * p <= target) {
            Some(f) => *f *= p,
            None => found.push(p),
        }
    }
    Some(found)
}

/// A complex constant of float32 pairs.
fn constant(
    g: &mut Graph,
    shape: impl Into<Shape>,
    n: usize,
    at: impl Fn(usize) -> (f64, f64),
) -> Result<Val> {
    let values = (0..n).map(at).flat_map(|(re, im)| [re, im]).collect();
    g.constant(Literal::floats(DType::Complex64, shape, values))
}

/// The transform of `[before, n, after]` by factors: each takes its digit of the index from the front and puts that of the frequency at the
/// end; at last the digits are put in their order.
fn mixed(g: &mut Graph, x: Val, factors: &[usize], sign: f64, scale: f64) -> Result<Val> {
    let shape = g.shape(x).clone();
    let (mut y, mut n) = (x, shape[1]);
    let mut scale = scale;
    for &f in factors {
        let rest = n / f;
        let state = g.shape(y).clone();
        let digits: Shape = [state[0], f, rest].into_iter().chain(state[2..].iter().copied()).collect();
        y = g.reshape(y, digits)?;
        y = small(g, y, f, sign, scale)?;
        scale = 1.0;
        if rest > 1 {
            let turns = constant(g, [rest, f], rest * f, |k| {
                let (cos, sin) = root((k / f) * (k % f), n);
                (cos, sign * sin)
            })?;
            let state = g.shape(y).clone();
            let turns = g.broadcast_in_dim(turns, state.clone(), &[1, state.rank() - 1])?;
            y = g.mul(y, turns)?;
        }
        n = rest;
    }
    // [before, 1, after, digits from the lowest]
    let digits = (3..g.rank(y)).rev();
    let order: Dims = [0, 1].into_iter().chain(digits).chain([2]).collect();
    y = g.transpose(y, &order)?;
    g.reshape(y, shape)
}

/// The transform over dimension 1, of size `n`, which goes to the end.
fn small(g: &mut Graph, x: Val, n: usize, sign: f64, scale: f64) -> Result<Val> {
    // A complex product as a real one: rows of parts of x by columns of parts of y.
    let complex = g.is_complex(x);
    let parts = if complex { 2 } else { 1 };
    let mut m = Vec::with_capacity(n * parts * n * 2);
    for j in 0..n {
        for part in 0..parts {
            for k in 0..n {
                let (cos, sin) = root(j * k, n);
                let (re, im) = (scale * cos, scale * sign * sin);
                m.extend(if part == 0 { [re, im] } else { [-im, re] });
            }
        }
    }
    let matrix = g.constant(Literal::floats(DType::Float32, [n, parts, n, 2], m))?;
    let x = if complex { g.pairs(x)? } else { g.expand_dims(x, &[g.rank(x)])? };
    let last = g.rank(x) - 1;
    let dims =
        DotDims { lhs_contract: smallvec![1, last], rhs_contract: smallvec![0, 1], ..DotDims::default() };
    let y = g.dot_general(x, matrix, dims)?;
    g.of_pairs(y)
}

/// The transform of `[before, n, after]` as a convolution: `j k = (j^2 + k^2 - (k - j)^2) / 2`.
fn chirped(g: &mut Graph, x: Val, sign: f64, scale: f64) -> Result<Val> {
    let shape = g.shape(x).clone();
    let n = shape[1];
    let m = (2 * n - 1).next_power_of_two();
    let chirp = |j: usize| {
        // j^2 / 2n turns, of which whole ones do not matter.
        let (cos, sin) = root(((j as u64 * j as u64) % (2 * n as u64)) as usize, 2 * n);
        (cos, sign * sin)
    };
    let own = constant(g, [n], n, chirp)?;
    let over = |g: &mut Graph, v: Val, like: Val| {
        let shape = g.shape(like).clone();
        g.broadcast_in_dim(v, shape, &[1])
    };
    let x = g.convert(x, DType::Complex64)?;
    let turns = over(g, own, x)?;
    let turned = g.mul(x, turns)?;
    let padded = g.pad_zeros(turned, &[0, 0, 0], &[0, (m - n) as i64, 0])?;
    let spectrum = g.fft(padded, 1, false)?;
    // The conjugate chirp around 0, transformed here.
    let mut kernel = vec![(0.0, 0.0); m];
    for j in 0..n {
        let (re, im) = chirp(j);
        kernel[j] = (re, -im);
        kernel[(m - j) % m] = (re, -im);
    }
    let kernel = power_of_two(&kernel);
    let kernel = constant(g, [m], m, |k| (scale * kernel[k].0, scale * kernel[k].1))?;
    let kernel = over(g, kernel, spectrum)?;
    let product = g.mul(spectrum, kernel)?;
    let folded = g.fft(product, 1, true)?;
    let y = g.slice_in_dim(folded, 1, 0, n)?;
    let turns = over(g, own, y)?;
    g.mul(y, turns)
}

/// The forward transform in f64 of as many numbers as a power of two.
fn power_of_two(x: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n = x.len();
    if n <= 1 {
        return x.to_vec();
    }
    let half = |from: usize| power_of_two(&x.iter().skip(from).step_by(2).copied().collect::<Vec<_>>());
    let (even, odd) = (half(0), half(1));
    let at = |k: usize| {
        let ((cos, sin), (a, b)) = (root(k, n), odd[k % (n / 2)]);
        let (re, im) = (a * cos + b * sin, b * cos - a * sin);
        (even[k % (n / 2)].0 + re, even[k % (n / 2)].1 + im)
    };
    (0..n).map(at).collect()
}
