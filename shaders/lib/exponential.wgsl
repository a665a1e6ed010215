// Exponentials, logarithms, powers, roots and sigmoids.
//
// exp(x) = 2^n exp(r), |r| <= ln 2 / 2, and log(x) = e ln 2 + log(1 + f), sqrt(1/2) <= 1 + f < sqrt(2). The polynomials are minimax
// fits in relative error; what is left of it stands beside each.

const M_LN2: f32 = 0.6931472;

// exp(r) - 1 on [-ln 2 / 2, ln 2 / 2]: 1.4e-8.
fn m_expm1_near(r: f32) -> f32 {
    let p = 0.16666548 + r * (0.04166684 + r * (0.008366126 + r * 0.0013899542));
    return r + r * r * (0.5 + r * p);
}

// x - n ln 2 for a whole number n of at most 11 bits. The first product is exact, so it does not matter whether fma rounds once.
fn m_less_ln2(x: f32, n: f32) -> f32 {
    return fma(m_same(n), -3.1946183e-05, fma(n, -0.69311523, x));
}

// Bits of p * 2^n for 1/2 <= p <= 2, where that is a normal number.
fn m_scaled_bits(p: f32, n: f32) -> u32 {
    return bitcast<u32>(p) + (bitcast<u32>(i32(n)) << 23u);
}

fn m_exp(x: f32) -> f32 {
    let n = round(x * 1.442695);
    var bits = m_scaled_bits(1.0 + m_expm1_near(m_less_ln2(x, n)), n);
    bits = select(bits, 0u, x < -87.33654);
    bits = select(bits, 0x7f800000u, x > 88.72284);
    return bitcast<f32>(select(bits, bitcast<u32>(x), m_is_nan(x)));
}

fn m_expm1(x: f32) -> f32 {
    let t = clamp(x, -17.5, 88.9);
    let n = round(t * 1.442695);
    let half = bitcast<f32>(m_scaled_bits(0.5, n));
    let y = 2.0 * fma(half, m_expm1_near(m_less_ln2(t, n)), half - 0.5);
    let bits = select(bitcast<u32>(y), 0x7f800000u, x > 88.72284);
    return bitcast<f32>(select(bits, bitcast<u32>(x), m_is_nan(x) | (abs(x) < 1e-8)));
}

// (log(1 + f) - f + f^2 / 2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1]: log(1 + f) to 7.7e-10.
fn m_log_tail(f: f32) -> f32 {
    let high = 0.14220363 + f * (-0.124062076 + f * (0.118834704 + f * (-0.116701916 + f * 0.06749554)));
    return 0.33333313 + f * (-0.2500001 + f * (0.20002072 + f * (-0.1666799 + f * high)));
}

// f and e of a positive finite x; subnormals are made normal by their bits, since arithmetic may flush them.
fn m_log_parts(x: f32) -> vec2<f32> {
    let b = bitcast<u32>(x);
    let tiny = b < 0x00800000u;
    let i = select(b, bitcast<u32>(f32(b)), tiny) - 0x3f3504f3u;
    let f = bitcast<f32>((i & 0x7fffffu) + 0x3f3504f3u) - 1.0;
    return vec2<f32>(f, f32(bitcast<i32>(i) >> 23u) - select(0.0, 149.0, tiny));
}

fn m_log_sum(f: f32, e: f32) -> f32 {
    return fma(e, M_LN2, f + f * f * (f * m_log_tail(f) - 0.5));
}

// The logarithm `y` of `x`, with what is true of 0, negative numbers, infinity and NaN.
fn m_log_ends(y: f32, x: f32) -> f32 {
    let b = bitcast<u32>(x);
    var bits = select(bitcast<u32>(y), b, b >= 0x7f800000u);
    bits = select(bits, 0xff800000u, (b << 1u) == 0u);
    return bitcast<f32>(select(bits, 0x7fc00000u, b > 0x80000000u));
}

fn m_log(x: f32) -> f32 {
    let p = m_log_parts(x);
    return m_log_ends(m_log_sum(p.x, p.y), x);
}

// Near 0 the polynomial takes x itself; elsewhere the rounding of 1 + x is no more than that of the result.
fn m_log1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let p = select(m_log_parts(u), vec2<f32>(x, 0.0), (x > -0.2928) & (x < 0.4142));
    let y = m_log_ends(m_log_sum(p.x, p.y), u);
    return bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), x == 0.0));
}

// By 2^(y log2 |x|), where log2 |x| and the product are sums of pieces: a leading one of few bits, whose products are exact, and the rest.
fn m_pow(x: f32, y: f32) -> f32 {
    let a = abs(x);
    let parts = m_log_parts(a);
    let f = parts.x;
    let e = parts.y;
    // log(1 + f) = log_hi + log_lo
    let cubic = f * f * (f * m_log_tail(f));
    let f_hi = m_leading(f);
    let f_lo = f - f_hi;
    let log_hi = m_leading(f - 0.5 * f * f + cubic);
    let log_lo = ((f_hi - log_hi) - 0.5 * f_hi * f_hi) + ((f_lo - f_lo * (f_hi + 0.5 * f_lo)) + cubic);
    // log2(1 + f) = hi + lo
    let hi = m_leading(log_hi * 1.442695);
    let lo = (log_hi * 1.4428711 - hi) + (log_hi * -0.00017605285 + log_lo * 1.442695);
    // y (e + hi + lo); a larger y gives 0, 1 or infinity as this one does.
    let t = clamp(y, -1e10, 1e10);
    let t_hi = m_leading(t);
    let rest = (t - t_hi) * (e + hi) + t * lo;
    let z = t_hi * e + t_hi * hi + rest;
    let n = round(z);
    let r = ((t_hi * e - n) + t_hi * hi) + rest;
    var bits = m_scaled_bits(1.0 + m_expm1_near(r * M_LN2), n);
    bits = select(bits, 0u, z < -126.0);
    bits = select(bits, 0x7f800000u, z >= 128.0);
    let ab = bitcast<u32>(a);
    bits = select(bits, select(0u, 0x7f800000u, (ab == 0u) == (y < 0.0)), (ab == 0u) | (ab == 0x7f800000u));
    let negative = bitcast<u32>(x) > 0x7fffffffu;
    let whole = floor(y) == y;
    let odd = whole & (floor(0.5 * y) != 0.5 * y);
    bits |= select(0u, 0x80000000u, negative & odd);
    let nan = m_is_nan(x) | m_is_nan(y) | (negative & !whole & (ab != 0u) & (ab != 0x7f800000u));
    bits = select(bits, 0x7fc00000u, nan);
    return bitcast<f32>(select(bits, 0x3f800000u, (x == 1.0) | (y == 0.0)));
}

// A polynomial on [1, 2) (2.9e-8) times a power of the cube root of 2.
fn m_cbrt(x: f32) -> f32 {
    let b = bitcast<u32>(x) & 0x7fffffffu;
    let tiny = b < 0x00800000u;
    let bits = select(b, bitcast<u32>(f32(b)), tiny);
    // Exponent plus 150, which 3 divides: never negative.
    let e = (bits >> 23u) + select(23u, 0u, tiny) - select(0u, 126u, tiny);
    let third = e / 3u;
    let m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u) - 1.5;
    let high = -0.009249666 + m * (0.0044775587 + m * (-0.002736249 + m * 0.0015827441));
    let p = 1.1447142 + m * (0.25438082 + m * (-0.05653128 + m * (0.02094263 + m * high)));
    let rest = e - 3u * third;
    let root = p * select(select(1.5874011, 1.2599211, rest == 1u), 1.0, rest == 0u);
    let y = bitcast<f32>(bitcast<u32>(root) + ((third - 50u) << 23u));
    let whole = (b == 0u) | (b >= 0x7f800000u);
    return bitcast<f32>(select(bitcast<u32>(m_with_sign(y, x)), bitcast<u32>(x), whole));
}

fn m_logistic(x: f32) -> f32 {
    return 1.0 / (1.0 + m_exp(-x));
}

// x P(x^2) / Q(x^2) up to where the result rounds to 1: 2.7e-8.
fn m_tanh(x: f32) -> f32 {
    let t = clamp(x, -9.02, 9.02);
    let s = t * t;
    let p = 1.0 + s * (0.13382682 + s * (0.0034975999 + s * (2.0644715e-05 + s * 1.3408679e-08)));
    let q = 1.0 + s * (0.46716002 + s * (0.025884505 + s * (0.00032890297 + s * 7.7977217e-07)));
    let y = clamp(t * p / q, -1.0, 1.0);
    return bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), m_is_nan(x)));
}
