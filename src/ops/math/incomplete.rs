//! Incomplete gamma and beta functions: series and continued fractions of unknown length, computed on the host.

use super::macros::function_of_two;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{ById, CustomOp, Graph, Literal, Prim, Spec, Val};
use crate::ops::build::{self, sum_to};
use crate::tensor::{Adjoints, IntoTensor, Row, Tensor, row, run_one};
use std::sync::{Arc, LazyLock};

/// Terms after which a sum or fraction is taken as it is.
const MAX_TERMS: usize = 20_000;

/// A function of numbers as an instruction.
#[derive(Debug)]
struct OfNumbers {
    name: &'static str,
    f: fn(&[f64]) -> f64,
}

impl CustomOp for OfNumbers {
    fn name(&self) -> &str {
        self.name
    }

    fn infer(&self, x: &[Spec]) -> Result<Vec<Spec>> {
        match x {
            [first, rest @ ..] if rest.iter().all(|s| s == first) => Ok(vec![first.clone()]),
            _ => Err(Error::invalid(self.name, "operands", "equal shapes and dtypes", format_args!("{x:?}"))),
        }
    }

    fn host(&self, x: &[Literal]) -> Result<Vec<Literal>> {
        let at = |i: usize| (self.f)(&x.iter().map(|l| l.f64_at(i)).collect::<Vec<_>>());
        let y = (0..x[0].len()).map(at).collect();
        Ok(vec![Literal::floats(x[0].dtype, x[0].shape.clone(), y)])
    }

    fn vjp(
        &self,
        _: &mut Graph,
        _: &[Val],
        _: &[Val],
        _: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        None
    }
}

type Shared = LazyLock<Arc<OfNumbers>>;

static LOWER: Shared =
    LazyLock::new(|| Arc::new(OfNumbers { name: "igamma", f: |x| lower_gamma(x[0], x[1]) }));
static UPPER: Shared =
    LazyLock::new(|| Arc::new(OfNumbers { name: "igammac", f: |x| upper_gamma(x[0], x[1]) }));
static SLOPE: Shared =
    LazyLock::new(|| Arc::new(OfNumbers { name: "igamma_grad_a", f: |x| gamma_slope(x[0], x[1]) }));
static BETA: Shared =
    LazyLock::new(|| Arc::new(OfNumbers { name: "betainc", f: |x| beta(x[0], x[1], x[2]) }));

/// `x^a exp(-x) / gamma(a + 1)`.
fn leading(a: f64, x: f64) -> f64 {
    (a * x.ln() - x - libm::lgamma(a + 1.0)).exp()
}

/// What both gamma functions are where no series is needed; `None` elsewhere. The lower one.
fn gamma_ends(a: f64, x: f64) -> Option<f64> {
    if x.is_nan()
        || a.is_nan()
        || x < 0.0
        || a < 0.0
        || (a == 0.0 && x == 0.0)
        || (a.is_infinite() && x.is_infinite())
    {
        return Some(f64::NAN);
    }
    if a == 0.0 || x.is_infinite() {
        Some(1.0)
    } else if x == 0.0 || a.is_infinite() {
        Some(0.0)
    } else {
        None
    }
}

/// The regularised lower incomplete gamma function.
fn lower_gamma(a: f64, x: f64) -> f64 {
    if let Some(v) = gamma_ends(a, x) {
        return v;
    }
    if x > 1.0 && x > a { 1.0 - gamma_fraction(a, x) } else { gamma_series(a, x) }
}

/// The regularised upper incomplete gamma function.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if let Some(v) = gamma_ends(a, x) {
        return 1.0 - v;
    }
    if x > 1.0 && x > a { gamma_fraction(a, x) } else { 1.0 - gamma_series(a, x) }
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..MAX_TERMS {
        term *= x / (a + n as f64);
        sum += term;
        if term <= sum * f64::EPSILON {
            break;
        }
    }
    sum * leading(a, x)
}

/// The continued fraction of the upper function, by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::MAX, 1.0 / b);
    let mut h = d;
    for n in 1..MAX_TERMS {
        let n = n as f64;
        let an = n * (a - n);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        h *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    h * (a * x.ln() - x - libm::lgamma(a)).exp()
}

fn nonzero(v: f64) -> f64 {
    if v.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { v }
}

/// The derivative of the lower function in `a`: that of each term of its series.
fn gamma_slope(a: f64, x: f64) -> f64 {
    if let Some(v) = gamma_ends(a, x) {
        return if v.is_nan() || a == 0.0 { f64::NAN } else { 0.0 };
    }
    let (mut term, mut log) = (leading(a, x), x.ln() - crate::hlo::rows::digamma(a + 1.0));
    let mut sum = term * log;
    for n in 1..MAX_TERMS {
        term *= x / (a + n as f64);
        log -= 1.0 / (a + n as f64);
        let part = term * log;
        sum += part;
        if (n as f64) > x - a && part.abs() <= sum.abs() * f64::EPSILON {
            break;
        }
    }
    sum
}

/// The regularised incomplete beta function.
fn beta(a: f64, b: f64, x: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x)) {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let front =
        (libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * libm::log1p(-x)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let (mut c, mut d) = (1.0, 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0)));
    let mut h = d;
    for m in 1..MAX_TERMS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for step in [even, odd] {
            d = 1.0 / nonzero(1.0 + step * d);
            c = nonzero(1.0 + step / c);
            last = c * d;
            h *= last;
        }
        if (last - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    h
}

fn call(g: &mut Graph, op: &str, f: &Shared, x: &[Val]) -> Result<Val> {
    build::want_dtype(g, op, "operands", x[0], "floats", DType::is_float)?;
    g.push(Prim::CustomCall(ById(LazyLock::force(f).clone())), x)
}

/// The derivatives of the lower gamma function in both operands, times `sign`.
fn gamma_adjoints(g: &mut Graph, x: &[Val], dy: Val, sign: f64) -> Result<Adjoints> {
    let (a, p) = g.broadcast_pair("Igamma", x[0], x[1])?;
    let slope = call(g, "Igamma", &SLOPE, &[a, p])?;
    // exp((a - 1) log(x) - x - lgamma(a))
    let (less, log, scale) = (build::shift(g, a, -1.0)?, g.log(p)?, g.lgamma(a)?);
    let e = g.mul(less, log)?;
    let e = g.sub(e, p)?;
    let e = g.sub(e, scale)?;
    let density = g.exp(e)?;
    let dy = build::scale(g, dy, sign)?;
    let (da, dx) = (g.mul(dy, slope)?, g.mul(dy, density)?);
    let (sa, sx) = (g.shape(x[0]).clone(), g.shape(x[1]).clone());
    Ok(vec![Some(sum_to(g, da, &sa)?), Some(sum_to(g, dx, &sx)?)])
}

/// Declares those of two operands.
macro_rules! gammas {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:tt, $api:literal, $number:ident, |$g:ident, $x:ident, $dy:ident| $vjp:expr;)+) => { $(
        $crate::op! {
            $(#[doc = $doc])+
            $name in $api (a, x) {}
            build |s, g| {
                let (a, x) = g.broadcast_pair(stringify!($name), a, x)?;
                call(g, stringify!($name), &$number, &[a, x])
            };
            vjp |s, $g, $x, y, $dy| $vjp;
            cases [
                case().range([2, 3], 0.3, 6.0).range([3], 0.1, 8.0)
                    .tolerance(1e-4, 1e-5, "TensorFlow's derivative in the parameter has few digits"),
                case().range([4, 1], 0.3, 30.0).range([3], 5.0, 30.0)
                    .tolerance(1e-4, 1e-5, "TensorFlow's derivative in the parameter has few digits"),
                case().values([5], &[1.0, 2.0, 0.5, 3.0, -1.0]).values([5], &[0.0, f64::INFINITY, -1.0, 1e-3, 1.0]).forward_only(),
            ]
            errors [case().f32([2]).f32([3]), case().ints([2], 1, 3).ints([2], 1, 3)]
        }
        function_of_two!([$($doc)+] $name, $f, $api);
    )+ };
}

gammas! {
    /// The regularised lower incomplete gamma function of `x` for the parameter `a`.
    Igamma, igamma, "tf.math.igamma", LOWER, |g, x, dy| gamma_adjoints(g, x, dy, 1.0);
    /// The regularised upper incomplete gamma function of `x` for the parameter `a`.
    Igammac, igammac, "tf.math.igammac", UPPER, |g, x, dy| gamma_adjoints(g, x, dy, -1.0);
}

crate::op! {
    /// The derivative of `Igamma` in its parameter.
    IgammaGradA in "tf.raw_ops.IgammaGradA" (a, x) {}
    build |s, g| {
        let (a, x) = g.broadcast_pair("IgammaGradA", a, x)?;
        call(g, "IgammaGradA", &SLOPE, &[a, x])
    };
    cases [case().range([2, 3], 0.3, 6.0).range([3], 0.1, 8.0).forward_only()]
    errors [case().f32([2]).f32([3])]
}

crate::op! {
    /// The regularised incomplete beta function.
    Betainc in "tf.math.betainc" (a, b, x) {}
    build |s, g| {
        let shape = crate::shape::broadcast("Betainc", g.shape(a), g.shape(b))?;
        let shape = crate::shape::broadcast("Betainc", g.shape(x), &shape)?;
        let all = [g.broadcast_to(a, &shape)?, g.broadcast_to(b, &shape)?, g.broadcast_to(x, &shape)?];
        call(g, "Betainc", &BETA, &all)
    };
    vjp |s, g, x, y, dy| {
        let shape = g.shape(dy).clone();
        let [a, b, p] = [g.broadcast_to(x[0], &shape)?, g.broadcast_to(x[1], &shape)?, g.broadcast_to(x[2], &shape)?];
        // exp((b - 1) log(1 - x) + (a - 1) log(x) - log(beta(a, b)))
        let (b1, a1, minus) = (build::shift(g, b, -1.0)?, build::shift(g, a, -1.0)?, g.neg(p)?);
        let (right, left) = (g.log1p(minus)?, g.log(p)?);
        let (right, left) = (g.mul(b1, right)?, g.mul(a1, left)?);
        let sum = g.add(a, b)?;
        let (la, lb, both) = (g.lgamma(a)?, g.lgamma(b)?, g.lgamma(sum)?);
        let parts = g.add(la, lb)?;
        let log_beta = g.sub(parts, both)?;
        let e = g.add(left, right)?;
        let e = g.sub(e, log_beta)?;
        let density = g.exp(e)?;
        let d = g.mul(dy, density)?;
        let own = g.shape(x[2]).clone();
        Ok(vec![None, None, Some(sum_to(g, d, &own)?)])
    };
    cases [
        case().range([2, 3], 0.3, 6.0).range([2, 3], 0.3, 6.0).range([2, 3], 0.05, 0.95),
        case().range([], 0.3, 6.0).range([], 0.3, 6.0).range([4], 0.05, 0.95),
        case().values([4], &[1.0, 2.0, -1.0, 1.0]).values([4], &[1.0, 3.0, 1.0, 1.0]).values([4], &[0.0, 1.0, 0.5, 2.0]).forward_only(),
    ]
    errors [case().f32([2]).f32([3]).f32([2]), case().ints([2], 1, 3).ints([2], 1, 3).ints([2], 0, 1)]
}

/// The regularised incomplete beta function (`tf.math.betainc`). Operands broadcast.
///
/// # Errors
/// `InvalidArgument` for different dtypes, shapes that do not broadcast, or a dtype that is no float.
pub fn betainc(a: impl IntoTensor, b: impl IntoTensor, x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    let like = Some(x.dtype());
    run_one(&Betainc {}, &[&a.into_tensor(like)?, &b.into_tensor(like)?, &x])
}

pub(super) const OPS: &[Row] = &[row::<Igamma>(), row::<Igammac>(), row::<IgammaGradA>(), row::<Betainc>()];
