//! Order and pieces of floats.

/// `if c { x } else { y }` that is never made a jump: loops over it stay free of branches.
#[inline(always)]
pub(super) fn pick<T>(c: bool, x: T, y: T) -> T {
    std::hint::select_unpredictable(c, x, y)
}

/// The leading 12 bits of the significand: products of two such numbers are exact.
#[inline(always)]
pub(super) fn leading(x: f32) -> f32 {
    f32::from_bits(x.to_bits() & 0xffff_f000)
}

/// `size`, which is not negative, with the sign of `x`.
#[inline(always)]
pub(super) fn with_sign(size: f32, x: f32) -> f32 {
    f32::from_bits(size.to_bits() | (x.to_bits() & 0x8000_0000))
}

/// `x` held between finite ends; NaN stays.
#[inline(always)]
pub(super) fn hold(x: f32, lo: f32, hi: f32) -> f32 {
    let x = pick(x < lo, lo, x);
    pick(x > hi, hi, x)
}

#[inline(always)]
pub(super) fn sign(x: f32) -> f32 {
    let y = pick(x < 0.0, -1.0, x.abs());
    pick(x > 0.0, 1.0, y)
}

// NaN is kept, whichever operand it is.
#[inline(always)]
pub(super) fn max(x: f32, y: f32) -> f32 {
    pick((x > y) | x.is_nan(), x, y)
}

#[inline(always)]
pub(super) fn min(x: f32, y: f32) -> f32 {
    pick((x < y) | x.is_nan(), x, y)
}

#[inline(always)]
pub(super) fn clamp(lo: f32, x: f32, hi: f32) -> f32 {
    min(max(x, lo), hi)
}
