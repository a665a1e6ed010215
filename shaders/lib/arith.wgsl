// Classification, order and remainders of floats.
//
// Rules of these files: every function is scalar and is exact about NaN and infinity, which compilers may assume away. So they are
// told by their bits, and results for them are chosen as bits (a select of words is never optimised by float rules). No formula relies
// on rounding errors that reassociation would remove: pieces of numbers are cut off by masks.

fn m_is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn m_is_inf(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn m_is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u;
}

// `x` where `nan` is false, else NaN.
fn m_or_nan(x: f32, nan: bool) -> f32 {
    return bitcast<f32>(select(bitcast<u32>(x), 0x7fc00000u, nan));
}

// `size`, which is not negative, with the sign of `x`.
fn m_with_sign(size: f32, x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(size) | (bitcast<u32>(x) & 0x80000000u));
}

// The leading 12 bits of the significand: products of two such numbers are exact.
fn m_leading(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// A whole number of at most 16 bits. Compilers cannot tell that it is `n`, so they do not join two products with it to one.
fn m_same(n: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(n) & 0xffffff00u);
}

// The `!=` of SPIR-V that naga writes is false on NaN.
fn m_ne(x: f32, y: f32) -> bool {
    return (x != y) | m_is_nan(x) | m_is_nan(y);
}

fn m_sign(x: f32) -> f32 {
    return select(select(abs(x), -1.0, x < 0.0), 1.0, x > 0.0);
}

fn m_max(x: f32, y: f32) -> f32 {
    return bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), (x > y) | m_is_nan(x)));
}

fn m_min(x: f32, y: f32) -> f32 {
    return bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), (x < y) | m_is_nan(x)));
}

fn m_clamp(lo: f32, x: f32, hi: f32) -> f32 {
    return m_min(m_max(x, lo), hi);
}

// Exact, by long division of the significands, eight bits a step. The loop is for quotients from 2^24 on and turns 29 times at most.
fn m_rem(x: f32, y: f32) -> f32 {
    let a = bitcast<u32>(x) & 0x7fffffffu;
    let b = bitcast<u32>(y) & 0x7fffffffu;
    let ea = max(a >> 23u, 1u);
    let eb = max(b >> 23u, 1u);
    let mb = (b & 0x7fffffu) | select(0u, 0x800000u, b >= 0x800000u);
    var r = ((a & 0x7fffffu) | select(0u, 0x800000u, a >= 0x800000u)) % max(mb, 1u);
    var left = u32(max(i32(ea) - i32(eb), 0));
    r = m_rem_step(r, mb, left);
    r = m_rem_step(r, mb, left - min(left, 8u));
    r = m_rem_step(r, mb, left - min(left, 16u));
    left -= min(left, 24u);
    while (left > 0u) {
        r = m_rem_step(r, mb, left);
        left -= min(left, 8u);
    }
    // r * 2^(eb - 150), below the normal range as a plain integer.
    let scaled = i32(bitcast<u32>(f32(r)) >> 23u) + i32(eb) - 150;
    let normal = bitcast<u32>(f32(r)) + ((eb - 150u) << 23u);
    var bits = select(r << (eb - 1u), normal, (scaled > 0) & (r != 0u));
    bits = select(bits, a, a < b);
    bits = select(bits | (bitcast<u32>(x) & 0x80000000u), 0x7fc00000u, (a >= 0x7f800000u) | (b > 0x7f800000u) | (b == 0u));
    return bitcast<f32>(bits);
}

fn m_rem_step(r: u32, m: u32, left: u32) -> u32 {
    return (r << min(left, 8u)) % max(m, 1u);
}

// On the integers that count floats from the least to the greatest.
fn m_next_after(x: f32, y: f32) -> f32 {
    let a = m_rank(x);
    let b = m_rank(y);
    let next = select(a - 1, a + 1, a < b);
    let sign = select(x, bitcast<f32>(next), a == 0);
    let stepped = m_with_sign(bitcast<f32>(abs(next)), sign);
    return m_or_nan(select(stepped, y, a == b), m_is_nan(x) | m_is_nan(y));
}

fn m_rank(x: f32) -> i32 {
    let size = bitcast<i32>(bitcast<u32>(x) & 0x7fffffffu);
    return select(size, -size, bitcast<u32>(x) > 0x7fffffffu);
}

// A key whose unsigned order is that of numbers; zeros are equal. Of NaN it says nothing.
fn sort_key(x: f32) -> u32 {
    let b = select(bitcast<u32>(x), 0u, x == 0.0);
    return select(b | 0x80000000u, ~b, b >= 0x80000000u);
}
