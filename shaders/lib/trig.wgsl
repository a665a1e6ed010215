// Trigonometric functions and their inverses. Odd functions work on |x| and put the sign back.

const M_HALF_PI: f32 = 1.5707964;
const M_PI: f32 = 3.1415927;

// (r, k): |x| = r + k pi / 2 modulo 2 pi, |r| <= pi / 4, k a whole number below 2^13.
fn m_reduce(x: f32) -> vec2<f32> {
    let a = abs(x);
    if (bitcast<u32>(a) >= 0x46000000u) {
        return m_reduce_large(bitcast<u32>(a));
    }
    // pi / 2 in pieces of 11, 11, 11 and 24 bits: the first three products are exact, so it does not matter whether fma rounds once.
    let k = round(a * 0.63661975);
    let high = fma(m_same(k), -0.0004837513, fma(k, -1.5703125, a));
    return vec2<f32>(fma(m_same(k), -2.563344e-12, fma(k, -7.5495336e-08, high)), k);
}

// Payne and Hanek's way from 2^13 on: the 24-bit significand times 96 bits of 2 / pi, those that matter modulo 4.
fn m_reduce_large(a: u32) -> vec2<f32> {
    // Bits of 2 / pi behind 32 zero bits, from the one that becomes 2.
    let from_bit = (a >> 23u) - 120u;
    var w: vec4<u32>;
    switch (from_bit >> 5u) {
        case 0u: {
            w = vec4<u32>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u);
        }
        case 1u: {
            w = vec4<u32>(0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u);
        }
        case 2u: {
            w = vec4<u32>(0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u);
        }
        case 3u: {
            w = vec4<u32>(0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u);
        }
        default: {
            w = vec4<u32>(0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
        }
    }
    let s = from_bit & 31u;
    let bits = (w.xyz << vec3<u32>(s)) | ((w.yzw >> vec3<u32>(1u)) >> vec3<u32>(31u - s));
    let m = (a & 0x7fffffu) | 0x800000u;
    // The product as 2 whole and 62 fraction bits.
    let carry = m * bits.y;
    let low = carry + u_mul_high(m, bits.z);
    let high = m * bits.x + u_mul_high(m, bits.y) + select(0u, 1u, low < carry);
    let k = (high + 0x20000000u) >> 30u;
    let part = high - (k << 30u);
    let negative = part >= 0x80000000u;
    let size_low = select(low, ~low + 1u, negative);
    let size_high = select(part, ~part + select(0u, 1u, low == 0u), negative);
    // pi / 2 * 2^-30 and * 2^-62.
    let r = f32(size_high) * 1.4629181e-09 + f32(size_low) * 3.406122e-19;
    return vec2<f32>(select(r, -r, negative), f32(k));
}

// On [-pi / 4, pi / 4]: 1.6e-10 and 1.2e-10.
fn m_sin_near(r: f32) -> f32 {
    let s = r * r;
    return r + r * s * (-0.16666667 + s * (0.008333379 + s * (-0.00019853066 + s * 2.8325474e-06)));
}

fn m_cos_near(r: f32) -> f32 {
    let s = r * r;
    return 1.0 - s * (0.5 - s * (0.041666646 + s * (-0.001388731 + s * 2.4432327e-05)));
}

// Sine of r + k pi / 2.
fn m_sin_turned(r: f32, k: i32) -> f32 {
    let y = select(m_sin_near(r), m_cos_near(r), (k & 1) == 1);
    return select(y, -y, (k & 2) == 2);
}

fn m_sin(x: f32) -> f32 {
    let p = m_reduce(x);
    let y = m_sin_turned(p.x, i32(p.y));
    return m_or_nan(bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & 0x80000000u)), !m_is_finite(x));
}

fn m_cos(x: f32) -> f32 {
    let p = m_reduce(x);
    return m_or_nan(m_sin_turned(p.x, i32(p.y) + 1), !m_is_finite(x));
}

// On [-pi / 4, pi / 4]: 1.3e-9.
fn m_tan_near(r: f32) -> f32 {
    let s = r * r;
    let high = 0.021284506 + s * (0.010832519 + s * (9.11293e-05 + s * 0.0043764934));
    return r + r * s * (0.3333335 + s * (0.13332674 + s * (0.054059178 + s * high)));
}

fn m_tan(x: f32) -> f32 {
    let p = m_reduce(x);
    let t = m_tan_near(p.x);
    let y = select(t, -1.0 / t, (i32(p.y) & 1) == 1);
    return m_or_nan(bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & 0x80000000u)), !m_is_finite(x));
}

// On [0, 1/2]: 4.9e-9.
fn m_asin_near(a: f32) -> f32 {
    let s = a * a;
    return a + a * s * (0.16666752 + s * (0.074953064 + s * (0.045469772 + s * (0.02418077 + s * 0.04216643))));
}

// asin(a) = pi / 2 - 2 asin(sqrt((1 - a) / 2)) from 1/2 on.
fn m_asin(x: f32) -> f32 {
    let a = abs(x);
    let far = a > 0.5;
    let y = m_asin_near(select(a, sqrt(0.5 - 0.5 * a), far));
    return m_or_nan(m_with_sign(select(y, M_HALF_PI - 2.0 * y, far), x), !(a <= 1.0));
}

fn m_acos(x: f32) -> f32 {
    let a = abs(x);
    let far = a > 0.5;
    let y = m_asin_near(select(a, sqrt(0.5 - 0.5 * a), far));
    let signed = select(y, -y, x < 0.0);
    let beyond = select(2.0 * y, M_PI - 2.0 * y, x < 0.0);
    return m_or_nan(select(M_HALF_PI - signed, beyond, far), !(a <= 1.0));
}

// On [0, 1]: 2.6e-9.
fn m_atan_near(t: f32) -> f32 {
    let s = t * t;
    let high = -0.08399329 + s * (0.05788227 + s * (-0.031098573 + s * (0.01087004 + s * -0.0017832633)));
    return t + t * s * (-0.333333 + s * (0.1999853 + s * (-0.14264016 + s * (0.10950883 + s * high))));
}

fn m_atan(x: f32) -> f32 {
    let a = abs(x);
    let y = m_atan_near(select(a, 1.0 / a, a > 1.0));
    return m_or_nan(m_with_sign(select(y, M_HALF_PI - y, a > 1.0), x), m_is_nan(x));
}

fn m_atan2(y: f32, x: f32) -> f32 {
    let a = abs(y);
    let b = abs(x);
    let hi = max(a, b);
    let lo = min(a, b);
    // Division may fail where the divisor or its reciprocal is subnormal.
    let scale = select(select(1.0, 0.25, hi > 1e37), 16777216.0, hi < 1e-30);
    let t = select(select((lo * scale) / (hi * scale), 1.0, lo == hi), 0.0, hi == 0.0);
    let near = m_atan_near(t);
    let half = select(near, M_HALF_PI - near, a > b);
    let full = select(half, M_PI - half, bitcast<u32>(x) > 0x7fffffffu);
    return m_or_nan(m_with_sign(full, y), m_is_nan(x) | m_is_nan(y));
}
