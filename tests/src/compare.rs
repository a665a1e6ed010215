//! Comparison of tensors with golden values.

use wgflow::DType;
use wgflow::hlo::Literal;

/// Relative and absolute bound on differences of two tensors of floats.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Times the wanted element.
    pub rel: f64,
    /// Times the wanted tensor's largest element, but at least 1/10 and at most 10.
    pub abs: f64,
}

impl Bound {
    /// The usual bound for a dtype: some units in its last place. 64-bit floats are stored in 32 bits.
    pub fn of(dtype: DType) -> Self {
        match dtype {
            DType::Float16 => Bound { rel: 2e-3, abs: 1e-3 },
            DType::BFloat16 => Bound { rel: 1.6e-2, abs: 8e-3 },
            DType::Float32 | DType::Float64 | DType::Complex64 => Bound { rel: 1e-5, abs: 1e-6 },
            _ => Bound { rel: 0.0, abs: 0.0 },
        }
    }
}

/// Where `got` differs from `want`; `None` where it does not. dtype and shape must be equal, integers and bool too; NaN and infinities
/// must stand in the same places.
pub fn difference(got: &Literal, want: &Literal, bound: Bound) -> Option<String> {
    if (got.dtype, &got.shape) != (want.dtype, &want.shape) {
        return Some(format!("wanted {} {}, got {} {}", want.dtype, want.shape, got.dtype, got.shape));
    }
    if got.dtype == DType::String {
        return (got != want).then(|| format!("wanted {:?}, got {:?}", want.as_strings(), got.as_strings()));
    }
    if got.dtype.is_exact() {
        let (g, w) = (got.to_i64s(), want.to_i64s());
        return (g != w).then(|| format!("wanted {w:?}, got {g:?}"));
    }
    let (g, w) = (got.to_f64s(), want.to_f64s());
    let largest = w.iter().filter(|v| v.is_finite()).fold(0.0, |m: f64, v| m.max(v.abs()));
    let slack = bound.abs * largest.clamp(0.1, 10.0);
    // Below the smallest normal number devices may flush to zero.
    let tiny = if got.dtype == DType::Float16 { 6.2e-5 } else { 1.2e-38 };
    let near = |g: f64, w: f64| {
        (g.is_nan() && w.is_nan()) || g == w || (g - w).abs() <= slack + tiny + bound.rel * w.abs()
    };
    let at = (0..w.len()).find(|&i| !near(g[i], w[i]))?;
    Some(format!(
        "element {at} of {}: wanted {:e}, got {:e} (off by {:.1e})\n    wanted {w:?}\n    got    {g:?}",
        w.len(),
        w[at],
        g[at],
        (g[at] - w[at]).abs()
    ))
}
