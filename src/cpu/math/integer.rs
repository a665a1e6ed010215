//! Integers of 32 bits. Overflow wraps; division by zero gives the dividend and leaves no remainder.

use super::lanes::map;
use super::missing;
use crate::error::Result;
use crate::hlo::Ew;

/// `out = op(x)` for int32.
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn unary_i32(op: Ew, x: &[i32], out: &mut [i32]) -> Result<()> {
    match op {
        Ew::Neg => map!(out: i32 = |x: i32| x.wrapping_neg()),
        Ew::Abs => map!(out: i32 = |x: i32| x.wrapping_abs()),
        Ew::Sign => map!(out: i32 = |x: i32| x.signum()),
        Ew::Not => map!(out: i32 = |x: i32| !x),
        Ew::Popcount => map!(out: i32 = |x: i32| x.count_ones() as i32),
        Ew::CountLeadingZeros => map!(out: i32 = |x: i32| x.leading_zeros() as i32),
        _ => return Err(missing(op, "unary", "int32")),
    }
    Ok(())
}

/// `out = op(x, y)` for int32.
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn binary_i32(op: Ew, x: &[i32], y: &[i32], out: &mut [i32]) -> Result<()> {
    match op {
        Ew::Add => map!(out: i32 = |x: i32, y: i32| x.wrapping_add(y)),
        Ew::Sub => map!(out: i32 = |x: i32, y: i32| x.wrapping_sub(y)),
        Ew::Mul => map!(out: i32 = |x: i32, y: i32| x.wrapping_mul(y)),
        Ew::Div => map!(out: i32 = |x: i32, y: i32| div(x, y)),
        Ew::Rem => map!(out: i32 = |x: i32, y: i32| rem(x, y)),
        Ew::Max => map!(out: i32 = |x: i32, y: i32| x.max(y)),
        Ew::Min => map!(out: i32 = |x: i32, y: i32| x.min(y)),
        Ew::Pow => map!(out: i32 = |x: i32, y: i32| pow(x, y)),
        Ew::And => map!(out: i32 = |x: i32, y: i32| x & y),
        Ew::Or => map!(out: i32 = |x: i32, y: i32| x | y),
        Ew::Xor => map!(out: i32 = |x: i32, y: i32| x ^ y),
        Ew::ShiftLeft => map!(out: i32 = |x: i32, y: i32| shift_left(x as u32, y as u32) as i32),
        Ew::ShiftRightArithmetic => map!(out: i32 = |x: i32, y: i32| shift_right_signed(x, y as u32)),
        Ew::ShiftRightLogical => map!(out: i32 = |x: i32, y: i32| shift_right(x as u32, y as u32) as i32),
        _ => return Err(missing(op, "binary", "int32")),
    }
    Ok(())
}

/// `out = min(max(x, lo), hi)` for int32.
pub fn clamp_i32(lo: &[i32], x: &[i32], hi: &[i32], out: &mut [i32]) {
    map!(out: i32 = |lo: i32, x: i32, hi: i32| x.max(lo).min(hi));
}

/// `out = op(x)` for uint32.
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn unary_u32(op: Ew, x: &[u32], out: &mut [u32]) -> Result<()> {
    match op {
        Ew::Neg => map!(out: u32 = |x: u32| x.wrapping_neg()),
        Ew::Abs => map!(out: u32 = |x: u32| x),
        Ew::Sign => map!(out: u32 = |x: u32| x.min(1)),
        Ew::Not => map!(out: u32 = |x: u32| !x),
        Ew::Popcount => map!(out: u32 = |x: u32| x.count_ones()),
        Ew::CountLeadingZeros => map!(out: u32 = |x: u32| x.leading_zeros()),
        _ => return Err(missing(op, "unary", "uint32")),
    }
    Ok(())
}

/// `out = op(x, y)` for uint32, and for And, Or and Xor of bools.
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn binary_u32(op: Ew, x: &[u32], y: &[u32], out: &mut [u32]) -> Result<()> {
    match op {
        Ew::Add => map!(out: u32 = |x: u32, y: u32| x.wrapping_add(y)),
        Ew::Sub => map!(out: u32 = |x: u32, y: u32| x.wrapping_sub(y)),
        Ew::Mul => map!(out: u32 = |x: u32, y: u32| x.wrapping_mul(y)),
        Ew::Div => map!(out: u32 = |x: u32, y: u32| div_unsigned(x, y)),
        Ew::Rem => map!(out: u32 = |x: u32, y: u32| rem_unsigned(x, y)),
        Ew::Max => map!(out: u32 = |x: u32, y: u32| x.max(y)),
        Ew::Min => map!(out: u32 = |x: u32, y: u32| x.min(y)),
        Ew::Pow => map!(out: u32 = |x: u32, y: u32| x.wrapping_pow(y)),
        Ew::And => map!(out: u32 = |x: u32, y: u32| x & y),
        Ew::Or => map!(out: u32 = |x: u32, y: u32| x | y),
        Ew::Xor => map!(out: u32 = |x: u32, y: u32| x ^ y),
        Ew::ShiftLeft => map!(out: u32 = |x: u32, y: u32| shift_left(x, y)),
        Ew::ShiftRightArithmetic | Ew::ShiftRightLogical => {
            map!(out: u32 = |x: u32, y: u32| shift_right(x, y))
        }
        _ => return Err(missing(op, "binary", "uint32")),
    }
    Ok(())
}

/// `out = min(max(x, lo), hi)` for uint32.
pub fn clamp_u32(lo: &[u32], x: &[u32], hi: &[u32], out: &mut [u32]) {
    map!(out: u32 = |lo: u32, x: u32, hi: u32| x.max(lo).min(hi));
}

/// `out = op(x)` for bools.
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn unary_bool(op: Ew, x: &[u32], out: &mut [u32]) -> Result<()> {
    match op {
        Ew::Not => map!(out: u32 = |x: u32| x ^ 1),
        _ => return Err(missing(op, "unary", "bool")),
    }
    Ok(())
}

#[inline(always)]
fn div(x: i32, y: i32) -> i32 {
    if y == 0 { x } else { x.wrapping_div(y) }
}

#[inline(always)]
fn rem(x: i32, y: i32) -> i32 {
    if y == 0 { 0 } else { x.wrapping_rem(y) }
}

#[inline(always)]
fn div_unsigned(x: u32, y: u32) -> u32 {
    x.checked_div(y).unwrap_or(x)
}

#[inline(always)]
fn rem_unsigned(x: u32, y: u32) -> u32 {
    x.checked_rem(y).unwrap_or(0)
}

/// A negative power of anything but 1 and -1 is 0.
#[inline(always)]
fn pow(x: i32, y: i32) -> i32 {
    if y < 0 && x != 1 && x != -1 { 0 } else { x.wrapping_pow(y as u32) }
}

// Shifts by the width or more leave nothing, or the sign.
#[inline(always)]
fn shift_left(x: u32, n: u32) -> u32 {
    if n < 32 { x.wrapping_shl(n) } else { 0 }
}

#[inline(always)]
fn shift_right(x: u32, n: u32) -> u32 {
    if n < 32 { x.wrapping_shr(n) } else { 0 }
}

#[inline(always)]
fn shift_right_signed(x: i32, n: u32) -> i32 {
    x.wrapping_shr(if n < 32 { n } else { 31 })
}
