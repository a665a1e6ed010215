//! Compounds of primitives that several ops build.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{CheckText, Graph, ReduceKind, Val};
use crate::shape::{Dims, Shape};

/// A polynomial with the coefficient of the highest power first.
pub(super) fn polynomial(g: &mut Graph, x: Val, coefficients: &[f64]) -> Result<Val> {
    let mut sum = g.full_like(x, coefficients.first().copied().unwrap_or(0.0))?;
    for &c in coefficients.iter().skip(1) {
        let c = g.full_like(x, c)?;
        sum = g.mul(sum, x)?;
        sum = g.add(sum, c)?;
    }
    Ok(sum)
}

/// A quotient of polynomials.
pub(super) fn ratio(g: &mut Graph, x: Val, p: &[f64], q: &[f64]) -> Result<Val> {
    let (p, q) = (polynomial(g, x, p)?, polynomial(g, x, q)?);
    g.div(p, q)
}

/// A Chebyshev series with the coefficient of the highest degree first, by Clenshaw's recurrence; the constant term counts half.
pub(super) fn chebyshev(g: &mut Graph, x: Val, coefficients: &[f64]) -> Result<Val> {
    let zero = g.zeros_like(x)?;
    let (mut b0, mut b1, mut b2) = (zero, zero, zero);
    for &c in coefficients {
        (b2, b1) = (b1, b0);
        let c = g.full_like(x, c)?;
        let t = g.mul(x, b1)?;
        let t = g.sub(t, b2)?;
        b0 = g.add(t, c)?;
    }
    let d = g.sub(b0, b2)?;
    scale(g, d, 0.5)
}

/// A function of half-width floats computed in float32: long formulas would round at each step.
pub(super) fn in_float32(
    g: &mut Graph,
    x: Val,
    f: impl FnOnce(&mut Graph, Val) -> Result<Val>,
) -> Result<Val> {
    let dtype = g.dtype(x);
    if !matches!(dtype, DType::Float16 | DType::BFloat16) {
        return f(g, x);
    }
    let wide = g.convert(x, DType::Float32)?;
    let y = f(g, wide)?;
    g.convert(y, dtype)
}

/// `x * factor`.
pub(super) fn scale(g: &mut Graph, x: Val, factor: f64) -> Result<Val> {
    let f = g.full_like(x, factor)?;
    g.mul(x, f)
}

/// `x + term`.
pub(super) fn shift(g: &mut Graph, x: Val, term: f64) -> Result<Val> {
    let t = g.full_like(x, term)?;
    g.add(x, t)
}

/// `whole - x`.
pub(super) fn rest_of(g: &mut Graph, whole: f64, x: Val) -> Result<Val> {
    let w = g.full_like(x, whole)?;
    g.sub(w, x)
}

/// Where `x > bound`.
pub(super) fn above(g: &mut Graph, x: Val, bound: f64) -> Result<Val> {
    let b = g.full_like(x, bound)?;
    g.gt(x, b)
}

/// Where `x < bound`.
pub(super) fn below(g: &mut Graph, x: Val, bound: f64) -> Result<Val> {
    let b = g.full_like(x, bound)?;
    g.lt(x, b)
}

/// `x` where the condition holds, else 0.
pub(super) fn only_where(g: &mut Graph, condition: Val, x: Val) -> Result<Val> {
    let zero = g.zeros_like(x)?;
    g.select(condition, x, zero)
}

/// `x / y`, and 0 where `y` is 0.
pub(super) fn div_no_nan(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let (zero, one) = (g.zeros_like(y)?, g.ones_like(y)?);
    let at_zero = g.eq(y, zero)?;
    let safe = g.select(at_zero, one, y)?;
    let q = g.div(x, safe)?;
    g.select(at_zero, zero, q)
}

/// The quotient rounded down, for floats and integers.
pub(super) fn floor_div(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let q = g.div(x, y)?;
    match g.dtype(x) {
        d if d.is_float() => g.floor(q),
        d if d.is_unsigned_int() => Ok(q),
        _ => {
            let adjusts = remainder_has_other_sign(g, x, y)?;
            let one = g.ones_like(q)?;
            let less = g.sub(q, one)?;
            g.select(adjusts, less, q)
        }
    }
}

/// The remainder of [`floor_div`]: it has the sign of `y`.
pub(super) fn floor_mod(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let r = g.rem(x, y)?;
    if g.dtype(x).is_unsigned_int() {
        return Ok(r);
    }
    let adjusts = remainder_has_other_sign(g, x, y)?;
    let sum = g.add(r, y)?;
    g.select(adjusts, sum, r)
}

fn remainder_has_other_sign(g: &mut Graph, x: Val, y: Val) -> Result<Val> {
    let r = g.rem(x, y)?;
    let zero = g.zeros_like(r)?;
    let (some, r_low, y_low) = (g.ne(r, zero)?, g.lt(r, zero)?, g.lt(y, zero)?);
    let differ = g.xor(r_low, y_low)?;
    g.and(some, differ)
}

/// Makes a zero in a divisor of integers an error of `op`.
pub(super) fn check_divisor(g: &mut Graph, op: &str, y: Val) -> Result<()> {
    if !g.dtype(y).is_int() {
        return Ok(());
    }
    let zero = g.zeros_like(y)?;
    let ok = g.ne(y, zero)?;
    let shown = g.convert(y, DType::Int32)?;
    g.check(ok, shown, CheckText { op: op.into(), what: "y".into(), wanted: "a divisor other than 0".into() })
}

/// Sums an adjoint over what broadcasting repeated, so that it has the operand's shape.
pub(super) fn sum_to(g: &mut Graph, d: Val, shape: &Shape) -> Result<Val> {
    let rank = g.rank(d);
    let skip = rank - shape.rank();
    let repeated = |&k: &usize| k < skip || (shape[k - skip] == 1 && g.shape(d)[k] != 1);
    let dims: Dims = (0..rank).filter(repeated).collect();
    let sum = g.reduce(ReduceKind::Sum, d, &dims)?;
    g.reshape(sum, shape.clone())
}

/// Moves dimension `from` to stand at `to`.
pub(super) fn move_dim(g: &mut Graph, x: Val, from: usize, to: usize) -> Result<Val> {
    let mut perm: Vec<usize> = (0..g.rank(x)).filter(|&d| d != from).collect();
    perm.insert(to, from);
    g.transpose(x, &perm)
}

/// Indices as int32, whatever integers they are.
pub(super) fn indices(g: &mut Graph, op: &str, arg: &str, x: Val) -> Result<Val> {
    match g.dtype(x) {
        DType::Int32 => Ok(x),
        d if d.is_int() => g.convert(x, DType::Int32),
        d => Err(Error::invalid(op, arg, "int32 or int64", d)),
    }
}

/// Refuses an operand whose dtype does not pass.
pub(super) fn want_dtype(
    g: &Graph,
    op: &str,
    arg: &str,
    x: Val,
    wanted: &str,
    ok: fn(DType) -> bool,
) -> Result<()> {
    if ok(g.dtype(x)) { Ok(()) } else { Err(Error::invalid(op, arg, wanted, g.dtype(x))) }
}

/// Refuses an operand of another rank.
pub(super) fn want_rank(g: &Graph, op: &str, arg: &str, x: Val, rank: usize) -> Result<()> {
    if g.rank(x) == rank {
        Ok(())
    } else {
        Err(Error::invalid(op, arg, format_args!("rank {rank}"), format_args!("shape {}", g.shape(x))))
    }
}
