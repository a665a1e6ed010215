//! Elementwise operations of the CPU device, on blocks.
//!
//! Every function takes slices of equal length (of a longer one the rest is not touched), looks the operation up once and runs one loop,
//! compiled for the widest instruction set of the machine. Blocks of about a thousand elements make the look-up free and stay in the
//! nearest cache. float32 results hold the tolerances of the rows of [`Ew`] and are the same on every machine, since no instruction set
//! gets another formula; integers wrap; bools are words, 0 and 1.

mod arith;
mod compare;
mod convert;
mod exponential;
mod fold;
mod hyperbolic;
mod integer;
mod lanes;
mod special;
mod trig;

use crate::error::{Error, Result};
use crate::hlo::Ew;
use crate::hlo::rows::FloatFn;
pub(in crate::cpu) use lanes::vectors;
use lanes::{dispatch, map};

pub use compare::{compare, compare_i32, compare_u32, select, test};
pub use convert::{
    bool_from_f32, bool_from_u32, f32_from_i32, f32_from_u32, i32_from_f32, round_bf16, round_f16,
    u32_from_f32,
};
pub use fold::{LANES, accumulate, accumulate_i32, accumulate_u32, fold, fold_i32, fold_u32};
pub use integer::{binary_i32, binary_u32, clamp_i32, clamp_u32, unary_bool, unary_i32, unary_u32};

/// `out = op(x)` for float32.
///
/// ```
/// use wgflow::{cpu::math, hlo::Ew};
/// let mut y = [0.0; 3];
/// math::unary(Ew::Sqrt, &[0.0, 1.0, 9.0], &mut y)?;
/// assert_eq!(y, [0.0, 1.0, 3.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn unary(op: Ew, x: &[f32], out: &mut [f32]) -> Result<()> {
    match op {
        Ew::Neg => map!(out: f32 = |x: f32| -x),
        Ew::Abs => map!(out: f32 = |x: f32| x.abs()),
        Ew::Sign => map!(out: f32 = |x: f32| arith::sign(x)),
        Ew::Floor => map!(out: f32 = |x: f32| x.floor()),
        Ew::Ceil => map!(out: f32 = |x: f32| x.ceil()),
        Ew::Round => map!(out: f32 = |x: f32| x.round_ties_even()),
        Ew::Exp => map!(out: f32 = |x: f32| exponential::exp(x)),
        Ew::Expm1 => map!(out: f32 = |x: f32| exponential::expm1(x)),
        Ew::Log => map!(out: f32 = |x: f32| exponential::log(x)),
        Ew::Log1p => map!(out: f32 = |x: f32| exponential::log1p(x)),
        Ew::Sqrt => map!(out: f32 = |x: f32| x.sqrt()),
        Ew::Rsqrt => map!(out: f32 = |x: f32| 1.0 / x.sqrt()),
        Ew::Cbrt => map!(out: f32 = |x: f32| exponential::cbrt(x)),
        Ew::Logistic => map!(out: f32 = |x: f32| exponential::logistic(x)),
        Ew::Tanh => map!(out: f32 = |x: f32| exponential::tanh(x)),
        Ew::Sin => {
            map!(out: f32 = |x: f32| trig::sin(x));
            redo_large(x, out, libm::sin);
        }
        Ew::Cos => {
            map!(out: f32 = |x: f32| trig::cos(x));
            redo_large(x, out, libm::cos);
        }
        Ew::Tan => {
            map!(out: f32 = |x: f32| trig::tan(x));
            redo_large(x, out, libm::tan);
        }
        Ew::Asin => map!(out: f32 = |x: f32| trig::asin(x)),
        Ew::Acos => map!(out: f32 = |x: f32| trig::acos(x)),
        Ew::Atan => map!(out: f32 = |x: f32| trig::atan(x)),
        Ew::Sinh => map!(out: f32 = |x: f32| hyperbolic::sinh(x)),
        Ew::Cosh => map!(out: f32 = |x: f32| hyperbolic::cosh(x)),
        Ew::Asinh => map!(out: f32 = |x: f32| hyperbolic::asinh(x)),
        Ew::Acosh => map!(out: f32 = |x: f32| hyperbolic::acosh(x)),
        Ew::Atanh => map!(out: f32 = |x: f32| hyperbolic::atanh(x)),
        Ew::Erf => map!(out: f32 = |x: f32| special::erf(x)),
        Ew::Erfc => map!(out: f32 = |x: f32| special::erfc(x)),
        Ew::ErfInv => map!(out: f32 = |x: f32| special::erf_inv(x)),
        // What is rare goes through the row's function of f64.
        _ => match op.row().float {
            Some(FloatFn::Unary(f)) => {
                out.iter_mut().zip(x).for_each(|(o, &x)| *o = f(f64::from(x)) as f32);
            }
            _ => return Err(missing(op, "unary", "float32")),
        },
    }
    Ok(())
}

/// `out = op(x, y)` for float32.
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn binary(op: Ew, x: &[f32], y: &[f32], out: &mut [f32]) -> Result<()> {
    match op {
        Ew::Add => map!(out: f32 = |x: f32, y: f32| x + y),
        Ew::Sub => map!(out: f32 = |x: f32, y: f32| x - y),
        Ew::Mul => map!(out: f32 = |x: f32, y: f32| x * y),
        Ew::Div => map!(out: f32 = |x: f32, y: f32| x / y),
        Ew::Rem => map!(out: f32 = |x: f32, y: f32| x % y),
        Ew::Max => map!(out: f32 = |x: f32, y: f32| arith::max(x, y)),
        Ew::Min => map!(out: f32 = |x: f32, y: f32| arith::min(x, y)),
        Ew::Pow => map!(out: f32 = |x: f32, y: f32| exponential::pow(x, y)),
        Ew::Atan2 => map!(out: f32 = |x: f32, y: f32| trig::atan2(x, y)),
        _ => match op.row().float {
            Some(FloatFn::Binary(f)) => {
                for ((o, &x), &y) in out.iter_mut().zip(x).zip(y) {
                    *o = f(f64::from(x), f64::from(y)) as f32;
                }
            }
            _ => return Err(missing(op, "binary", "float32")),
        },
    }
    Ok(())
}

/// `out = min(max(x, lo), hi)` for float32; NaN of any operand stays.
pub fn clamp(lo: &[f32], x: &[f32], hi: &[f32], out: &mut [f32]) {
    map!(out: f32 = |lo: f32, x: f32, hi: f32| arith::clamp(lo, x, hi));
}

/// Does the elements again that the formulas for moderate arguments do not reach, in f64 and one by one.
fn redo_large(x: &[f32], out: &mut [f32], f: fn(f64) -> f64) {
    if dispatch(trig::AnyLarge(x)) {
        for (o, &x) in out.iter_mut().zip(x).filter(|(_, x)| x.abs() >= trig::LARGE) {
            *o = f(f64::from(x)) as f32;
        }
    }
}

#[cold]
fn missing(op: Ew, kind: &str, dtype: &str) -> Error {
    Error::internal(op.row().name, format_args!("the CPU device has no {kind} form on {dtype}"))
}
