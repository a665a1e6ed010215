// Integers, where WGSL has no operator or one with another meaning at the edges.

fn u_neg(x: u32) -> u32 {
    return 0u - x;
}

fn u_sign(x: u32) -> u32 {
    return min(x, 1u);
}

// Division by zero gives the dividend and leaves no remainder, as division of the least number by -1 does. The operators say the same
// where the runtime checks them, and nothing where it does not.
fn i_div(x: i32, y: i32) -> i32 {
    return x / i_divisor(x, y);
}

fn i_rem(x: i32, y: i32) -> i32 {
    return x % i_divisor(x, y);
}

fn i_divisor(x: i32, y: i32) -> i32 {
    return select(y, 1, (y == 0) | ((y == -1) & (bitcast<u32>(x) == 0x80000000u)));
}

fn u_div(x: u32, y: u32) -> u32 {
    return x / max(y, 1u);
}

fn u_rem(x: u32, y: u32) -> u32 {
    return select(x % max(y, 1u), 0u, y == 0u);
}

fn i_clamp(lo: i32, x: i32, hi: i32) -> i32 {
    return min(max(x, lo), hi);
}

fn u_clamp(lo: u32, x: u32, hi: u32) -> u32 {
    return min(max(x, lo), hi);
}

// Shifts by the width or more leave nothing, or the sign.
fn u_shl(x: u32, n: u32) -> u32 {
    return select(0u, x << (n & 31u), n < 32u);
}

fn u_shr(x: u32, n: u32) -> u32 {
    return select(0u, x >> (n & 31u), n < 32u);
}

fn i_shl(x: i32, n: i32) -> i32 {
    return bitcast<i32>(u_shl(bitcast<u32>(x), bitcast<u32>(n)));
}

fn i_shr(x: i32, n: i32) -> i32 {
    return x >> min(bitcast<u32>(n), 31u);
}

fn i_shr_logical(x: i32, n: i32) -> i32 {
    return bitcast<i32>(u_shr(bitcast<u32>(x), bitcast<u32>(n)));
}

// By squaring, modulo 2^32, four bits of the exponent at a time.
fn u_pow(x: u32, n: u32) -> u32 {
    var s = u_pow_bits(vec2<u32>(1u, x), n);
    s = u_pow_bits(s, n >> 4u);
    s = u_pow_bits(s, n >> 8u);
    s = u_pow_bits(s, n >> 12u);
    s = u_pow_bits(s, n >> 16u);
    s = u_pow_bits(s, n >> 20u);
    s = u_pow_bits(s, n >> 24u);
    return u_pow_bits(s, n >> 28u).x;
}

fn u_pow_bits(s: vec2<u32>, n: u32) -> vec2<u32> {
    return u_pow_bit(u_pow_bit(u_pow_bit(u_pow_bit(s, n), n >> 1u), n >> 2u), n >> 3u);
}

// (product so far, square to come)
fn u_pow_bit(s: vec2<u32>, n: u32) -> vec2<u32> {
    return vec2<u32>(s.x * select(1u, s.y, (n & 1u) == 1u), s.y * s.y);
}

// A negative power of anything but 1 and -1 is 0.
fn i_pow(x: i32, n: i32) -> i32 {
    let unit = (x == 1) | (x == -1);
    let y = bitcast<i32>(u_pow(bitcast<u32>(x), bitcast<u32>(n)));
    return select(0, y, (n >= 0) | unit);
}

// The high half of the 64-bit product, from 16-bit halves.
fn u_mul_high(x: u32, y: u32) -> u32 {
    let a = x & 0xffffu;
    let b = x >> 16u;
    let c = y & 0xffffu;
    let d = y >> 16u;
    let low = a * c;
    let mid = b * c + (low >> 16u);
    let mid2 = a * d + (mid & 0xffffu);
    return b * d + (mid >> 16u) + (mid2 >> 16u);
}
