//! Conversions between words, and rounding to narrow floats.

use super::arith::pick;
use super::lanes::map;

/// Towards zero; what is out of range gives the nearest end, NaN gives 0.
pub fn i32_from_f32(x: &[f32], out: &mut [i32]) {
    map!(out: i32 = |x: f32| x as i32);
}

/// Towards zero; what is out of range gives the nearest end, NaN gives 0.
pub fn u32_from_f32(x: &[f32], out: &mut [u32]) {
    map!(out: u32 = |x: f32| x as u32);
}

/// 0 for zeros, 1 for all else.
pub fn bool_from_f32(x: &[f32], out: &mut [u32]) {
    map!(out: u32 = |x: f32| u32::from(x != 0.0));
}

/// To the nearest float, ties to even.
pub fn f32_from_i32(x: &[i32], out: &mut [f32]) {
    map!(out: f32 = |x: i32| x as f32);
}

/// To the nearest float, ties to even; bools too.
pub fn f32_from_u32(x: &[u32], out: &mut [f32]) {
    map!(out: f32 = |x: u32| x as f32);
}

/// 0 for 0, 1 for all else.
pub fn bool_from_u32(x: &[u32], out: &mut [u32]) {
    map!(out: u32 = |x: u32| u32::from(x != 0));
}

/// To the nearest float16, ties to even, as float32.
pub fn round_f16(x: &[f32], out: &mut [f32]) {
    map!(out: f32 = |x: f32| to_f16(x));
}

/// To the nearest bfloat16, ties to even, as float32.
pub fn round_bf16(x: &[f32], out: &mut [f32]) {
    map!(out: f32 = |x: f32| to_bf16(x));
}

#[inline(always)]
fn to_f16(x: f32) -> f32 {
    let a = x.abs();
    let b = a.to_bits();
    // Below 2^-14 the unit is 2^-24, which is the unit of 1/2 too.
    let subnormal = (a + 0.5) - 0.5;
    let normal = f32::from_bits((b + 0xfff + (b >> 13 & 1)) & 0xffff_e000);
    let y = pick(a < 6.103_515_6e-5, subnormal, normal);
    let y = pick(a >= 65520.0, f32::INFINITY, y);
    f32::from_bits(pick(x.is_nan(), x, y).to_bits() | (x.to_bits() & 0x8000_0000))
}

#[inline(always)]
fn to_bf16(x: f32) -> f32 {
    let b = x.to_bits();
    let y = f32::from_bits(b.wrapping_add(0x7fff + (b >> 16 & 1)) & 0xffff_0000);
    pick(x.is_nan(), x, y)
}
