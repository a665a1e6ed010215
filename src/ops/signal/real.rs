//! Fourier transforms between real values and half spectra.

use super::fft::want_dims;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::array;
use crate::ops::build::want_dtype;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// The lengths as sizes.
fn sizes(op: &str, length: &[i64], dims: usize) -> Result<Vec<usize>> {
    if length.len() != dims || length.iter().any(|&n| n < 0) {
        let wanted = format!("{dims} sizes of at least 0");
        return Err(Error::invalid(op, "fft_length", wanted, format_args!("{length:?}")));
    }
    Ok(length.iter().map(|&n| n as usize).collect())
}

/// The last dimensions cut to sizes.
fn cut(g: &mut Graph, op: &str, x: Val, to: &[usize]) -> Result<Val> {
    let rank = want_dims(g, op, x, to.len())?;
    let first = rank - to.len();
    let mut x = x;
    for (k, &n) in to.iter().enumerate() {
        if g.shape(x)[first + k] < n {
            let wanted = format!("at least {n} elements in dimension {}", first + k);
            return Err(Error::invalid(op, "input", wanted, format_args!("shape {}", g.shape(x))));
        }
        x = g.slice_in_dim(x, first + k, 0, n)?;
    }
    Ok(x)
}

/// The half spectrum of real values.
pub(super) fn rfft_over(g: &mut Graph, op: &str, x: Val, length: &[i64]) -> Result<Val> {
    want_dtype(g, op, "input", x, "float32", |d| d == DType::Float32)?;
    let to = sizes(op, length, length.len())?;
    let x = cut(g, op, x, &to)?;
    let rank = g.rank(x);
    let y = g.fft(x, rank - 1, false)?;
    let y = g.slice_in_dim(y, rank - 1, 0, half(to[to.len() - 1]))?;
    (rank - to.len()..rank - 1).rev().try_fold(y, |y, dim| g.fft(y, dim, false))
}

/// Real values of a half spectrum.
pub(super) fn irfft_over(g: &mut Graph, op: &str, x: Val, length: &[i64]) -> Result<Val> {
    want_dtype(g, op, "input", x, "complex64", |d| d == DType::Complex64)?;
    let mut to = sizes(op, length, length.len())?;
    let last = to.len() - 1;
    let n = std::mem::replace(&mut to[last], half(length[last] as usize));
    let x = cut(g, op, x, &to)?;
    let rank = g.rank(x);
    let x = (rank - to.len()..rank - 1).rev().try_fold(x, |x, dim| g.fft(x, dim, true))?;
    if n == 0 {
        let empty = g.slice_in_dim(x, rank - 1, 0, 0)?;
        return g.real(empty);
    }
    // The other half are the conjugates, backwards, without what is its own.
    let other = g.slice_in_dim(x, rank - 1, 1.min(half(n)), n - half(n) + 1)?;
    let other = g.conj(other)?;
    let other = g.reverse(other, &[rank - 1])?;
    let whole = g.concatenate(&[x, other], rank - 1)?;
    let y = g.fft(whole, rank - 1, true)?;
    g.real(y)
}

/// How many frequencies the spectrum of `n` real values has.
fn half(n: usize) -> usize {
    if n == 0 { 0 } else { n / 2 + 1 }
}

crate::op! {
    /// The Fourier transform of real values over the last dimension, cut to a length: its first half and one more.
    RFFT in "tf.signal.rfft" (input) {
        /// The length.
        fft_length: Vec<i64>,
        /// dtype of the result.
        tcomplex: DType = DType::Complex64,
    }
    build |s, g| {
        sizes("RFFT", &s.fft_length, 1)?;
        want_complex64("RFFT", s.tcomplex)?;
        rfft_over(g, "RFFT", input, &s.fft_length)
    };
    cases [
        case().with("fft_length", [8]).f32([8]),
        case().with("fft_length", [9]).f32([2, 9]),
        case().with("fft_length", [1]).f32([2, 1]),
        case().with("fft_length", [6]).f32([2, 9]).forward_only(),
        case().with("fft_length", [96]).f32([2, 96]),
        case().with("fft_length", [67]).f32([2, 67]),
        case().with("fft_length", [262]).f32([2, 262]),
        case().with("fft_length", [4]).f32([0, 4]).forward_only(),
    ]
    errors [
        case().with("fft_length", [16]).f32([2, 9]),
        case().with("fft_length", [4]).f32([]),
        case().with("fft_length", [4]).ints([4], 0, 3),
        case().with("fft_length", [-1]).f32([4]),
        case().with("fft_length", [4, 4]).f32([4, 4]),
    ]
}

crate::op! {
    /// The real values of a length whose half spectrum lies in the last dimension, cut as that length wants it.
    IRFFT in "tf.signal.irfft" (input) {
        /// The length of the result.
        fft_length: Vec<i64>,
        /// dtype of the result.
        treal: DType = DType::Float32,
    }
    build |s, g| {
        sizes("IRFFT", &s.fft_length, 1)?;
        want_float32("IRFFT", s.treal)?;
        irfft_over(g, "IRFFT", input, &s.fft_length)
    };
    cases [
        case().with("fft_length", [8]).complex([5]),
        case().with("fft_length", [9]).complex([2, 5]),
        case().with("fft_length", [1]).complex([2, 1]),
        case().with("fft_length", [2]).complex([2, 2]),
        case().with("fft_length", [6]).complex([2, 9]).forward_only(),
        case().with("fft_length", [96]).complex([2, 49]),
        case().with("fft_length", [139]).complex([2, 70]),
    ]
    errors [
        case().with("fft_length", [16]).complex([2, 5]),
        case().with("fft_length", [4]).complex([]),
        case().with("fft_length", [4]).f32([3]),
        case().with("fft_length", [-1]).complex([3]),
    ]
}

crate::op! {
    /// The Fourier transform of real values over the last two dimensions, cut to lengths: of the last dimension the first half and one
    /// more.
    RFFT2D in "tf.signal.rfft2d" (input) {
        /// The lengths.
        fft_length: Vec<i64>,
        /// dtype of the result.
        tcomplex: DType = DType::Complex64,
    }
    build |s, g| {
        sizes("RFFT2D", &s.fft_length, 2)?;
        want_complex64("RFFT2D", s.tcomplex)?;
        rfft_over(g, "RFFT2D", input, &s.fft_length)
    };
    cases [
        case().with("fft_length", [4, 6]).f32([2, 4, 6]),
        case().with("fft_length", [5, 3]).f32([5, 3]),
    ]
    errors [case().with("fft_length", [4, 8]).f32([5, 6]), case().with("fft_length", [4, 4]).f32([4]), case().with("fft_length", [4]).f32([4, 4])]
}

crate::op! {
    /// The real values whose half spectrum lies in the last two dimensions, cut as the lengths want it.
    IRFFT2D in "tf.signal.irfft2d" (input) {
        /// The lengths of the result.
        fft_length: Vec<i64>,
        /// dtype of the result.
        treal: DType = DType::Float32,
    }
    build |s, g| {
        sizes("IRFFT2D", &s.fft_length, 2)?;
        want_float32("IRFFT2D", s.treal)?;
        irfft_over(g, "IRFFT2D", input, &s.fft_length)
    };
    cases [
        case().with("fft_length", [4, 6]).complex([2, 4, 4]),
        case().with("fft_length", [5, 3]).complex([5, 2]),
    ]
    errors [case().with("fft_length", [4, 8]).complex([5, 4]), case().with("fft_length", [4, 4]).complex([4])]
}

fn want_complex64(op: &str, d: DType) -> Result<()> {
    if d == DType::Complex64 { Ok(()) } else { Err(Error::invalid(op, "Tcomplex", DType::Complex64, d)) }
}

fn want_float32(op: &str, d: DType) -> Result<()> {
    if d == DType::Float32 { Ok(()) } else { Err(Error::invalid(op, "Treal", DType::Float32, d)) }
}

/// The lengths given, or those that the last dimensions have, and the input with zeros behind what is shorter than `needed` of them.
fn lengths<const N: usize>(
    op: &str,
    input: impl IntoTensor,
    given: Option<[i64; N]>,
    of_shape: fn(i64) -> i64,
    needed: fn(i64) -> i64,
) -> Result<(Tensor, Vec<i64>)> {
    let x = input.into_tensor(None)?;
    let shape = x.shape().clone();
    let Some(first) = shape.rank().checked_sub(N) else {
        let wanted = format!("at least {N} dimensions");
        return Err(Error::invalid(op, "input", wanted, format_args!("shape {shape}")));
    };
    let own = |k: usize| shape[first + k] as i64;
    let of = |k: usize| if k + 1 == N { of_shape(own(k)) } else { own(k) };
    let length: Vec<i64> = given.map_or_else(|| (0..N).map(of).collect(), |g| g.to_vec());
    let mut paddings = vec![[0, 0]; shape.rank()];
    for (k, &n) in length.iter().enumerate() {
        let needed = if k + 1 == N { needed(n) } else { n };
        paddings[first + k][1] = (needed - own(k)).max(0);
    }
    let padded = paddings.iter().any(|p| p[1] > 0);
    Ok((if padded { array::pad(&x, paddings, "CONSTANT", 0.0)? } else { x }, length))
}

/// How many real values a half spectrum is of, where nothing is said.
fn whole(half: i64) -> i64 {
    (2 * (half - 1)).max(0)
}

/// The Fourier transform of real values over the last dimension (`tf.signal.rfft`), cut or filled up with zeros to `fft_length`.
///
/// ```
/// # use wgflow::ops::{math, signal};
/// let y = signal::rfft([1.0, 0.0, 0.0, 0.0], None)?;
/// assert_eq!(math::real(&y)?.to_vec::<f32>()?, [1.0, 1.0, 1.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for dtypes other than float32, scalars, or a negative length.
pub fn rfft(input: impl IntoTensor, fft_length: Option<i64>) -> Result<Tensor> {
    let (x, fft_length) = lengths("RFFT", input, fft_length.map(|n| [n]), |n| n, |n| n)?;
    run_one(&RFFT { fft_length, tcomplex: DType::Complex64 }, &[&x])
}

/// The real values of a half spectrum (`tf.signal.irfft`), `fft_length` of them: of a spectrum of `n`, `2 (n - 1)` without it.
///
/// # Errors
/// `InvalidArgument` for dtypes other than complex64, scalars, or a negative length.
pub fn irfft(input: impl IntoTensor, fft_length: Option<i64>) -> Result<Tensor> {
    let (x, fft_length) = lengths("IRFFT", input, fft_length.map(|n| [n]), whole, |n| n / 2 + 1)?;
    run_one(&IRFFT { fft_length, treal: DType::Float32 }, &[&x])
}

/// The Fourier transform of real values over the last two dimensions (`tf.signal.rfft2d`), cut or filled up with zeros to `fft_length`.
///
/// # Errors
/// `InvalidArgument` for dtypes other than float32, too few dimensions, or negative lengths.
pub fn rfft2d(input: impl IntoTensor, fft_length: Option<[i64; 2]>) -> Result<Tensor> {
    let (x, fft_length) = lengths("RFFT2D", input, fft_length, |n| n, |n| n)?;
    run_one(&RFFT2D { fft_length, tcomplex: DType::Complex64 }, &[&x])
}

/// The real values of a half spectrum over two dimensions (`tf.signal.irfft2d`).
///
/// # Errors
/// `InvalidArgument` for dtypes other than complex64, too few dimensions, or negative lengths.
pub fn irfft2d(input: impl IntoTensor, fft_length: Option<[i64; 2]>) -> Result<Tensor> {
    let (x, fft_length) = lengths("IRFFT2D", input, fft_length, whole, |n| n / 2 + 1)?;
    run_one(&IRFFT2D { fft_length, treal: DType::Float32 }, &[&x])
}

pub(super) const OPS: &[Row] = &[row::<RFFT>(), row::<IRFFT>(), row::<RFFT2D>(), row::<IRFFT2D>()];
