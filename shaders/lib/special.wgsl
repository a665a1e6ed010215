// Error functions and the gamma family.

// x P(x^2) / Q(x^2) up to where the result rounds to 1: 5.2e-8.
fn m_erf(x: f32) -> f32 {
    let t = clamp(x, -3.93, 3.93);
    let s = t * t;
    let p = 1.1283792 + s * (0.180961 + s * (0.051506914 + s * (0.0033644158 + s * (0.00027662225 + s * 2.1315766e-06))));
    let q = 1.0 + s * (0.49370694 + s * (0.11021202 + s * (0.014162816 + s * (0.0010668129 + s * 3.850637e-05))));
    let y = select(clamp(t * p / q, -1.0, 1.0), sign(x), abs(x) >= 3.93);
    return bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), m_is_nan(x)));
}

// exp(-a^2) times a polynomial in (a - 2) / (a + 2) over a + 2: 4.6e-8. The square is taken in two pieces, the first exact.
fn m_erfc(x: f32) -> f32 {
    let a = min(abs(x), 10.1);
    let hi = m_leading(a);
    let e = m_exp(-hi * hi) * m_exp((hi - a) * (hi + a));
    let d = 1.0 / (a + 2.0);
    let t = (a - 2.0) * d;
    let high = 0.0064379643 + t * (0.0029829757 + t * (-0.00075375446 + t * -0.00046239028));
    let p = 1.0215827 + t * (-0.6871609 + t * (0.27947006 + t * (-0.036435727 + t * (-0.021485882 + t * high))));
    let y = e * p * d;
    let whole = select(y, 2.0 - y, x < 0.0);
    return bitcast<f32>(select(bitcast<u32>(whole), bitcast<u32>(x), m_is_nan(x)));
}

// y times a polynomial in w = -log(1 - y^2) below 5 (9.5e-8) and in sqrt(w) above (1.2e-7).
fn m_erf_inv(y: f32) -> f32 {
    let w = -m_log((1.0 - y) * (1.0 + y));
    let u = w - 2.5;
    let u_high = -4.4001913e-06 + u * (-3.5277028e-06 + u * (3.43997e-07 + u * 2.8462079e-08));
    let central = 1.5014094 + u * (0.24664071 + u * (-0.004177693 + u * (-0.0012536945 + u * (0.00021859563 + u * u_high))));
    let v = sqrt(w) - 3.0;
    let v_high = -0.0036233126 + v * (0.0012421242 + v * (5.081324e-05 + v * -0.00012226825));
    let tail = 2.832977 + v * (1.0016748 + v * (0.009431659 + v * (-0.007635516 + v * (0.005788171 + v * v_high))));
    let x = y * select(tail, central, w < 5.0);
    let bits = select(bitcast<u32>(x), 0x7f800000u | (bitcast<u32>(y) & 0x80000000u), abs(y) == 1.0);
    return m_or_nan(bitcast<f32>(bits), !(abs(y) <= 1.0));
}

// log gamma(1 + z) for z >= 0: a polynomial up to 2 (3.5e-7), from there Stirling's series (1.2e-9).
fn m_lgamma1p(z: f32) -> f32 {
    let t = z - 1.0;
    let high = -0.0021484995 + t * (0.00077333936 + t * (-0.00031927237 + t * (0.00032605318 + t * -0.00015884124)));
    let p = 0.42278448 + t * (-0.10031769 + t * (0.03295801 + t * (-0.012376697 + t * (0.0050525866 + t * high))));
    let x = z + 1.0;
    let r = 1.0 / x;
    let s = r * r;
    let series = 0.4189385 + r * (0.083333164 + s * (-0.0027699363 + s * 0.00067924423));
    return select((x - 0.5) * (m_log(x) - 1.0) + series, z * t * p, z < 2.0);
}

fn m_lgamma(x: f32) -> f32 {
    let a = abs(x);
    // From gamma(1 + x) = x gamma(x), and gamma(x) gamma(1 - x) = pi / sin(pi x) for negative x.
    let d = a - floor(a);
    let l = m_log(select(a, M_PI / m_sin_pi(min(d, 1.0 - d)), x < 0.0));
    let less = select(select(0.0, -l, a < 1.0), l, x < 0.0);
    let core = m_lgamma1p(select(a, a - 1.0, x >= 1.0));
    let y = select(core + less, less - core, x < 0.0);
    // Poles, and whole numbers as all large ones are.
    let pole = !(x > 0.0) & (floor(x) == x);
    let bits = select(bitcast<u32>(y), 0x7f800000u, pole);
    return bitcast<f32>(select(bits, bitcast<u32>(x), m_is_nan(x)));
}

// sin(pi d) on [0, 1/2]: 2.9e-8.
fn m_sin_pi(d: f32) -> f32 {
    let s = d * d;
    return d * (3.1415927 + s * (-5.167721 + s * (2.5502698 + s * (-0.59943736 + s * 0.07983576))));
}

// By the recurrence up to 6, from there the asymptotic series (3.1e-9); by reflection for negative x.
fn m_digamma(x: f32) -> f32 {
    let t = select(x, 1.0 - x, x < 0.0);
    let u = t * (t + 5.0);
    let sum = (2.0 * t + 5.0) * (1.0 / u + (1.0 / (u + 4.0) + 1.0 / (u + 6.0)));
    let near = t < 6.0;
    let z = select(t, t + 6.0, near);
    let r = 1.0 / z;
    let s = r * r;
    let series = m_log(z) - r * (0.5 + r * (0.08333207 + s * -0.008184614));
    let y = series - select(0.0, sum, near);
    let d = x - round(x);
    let turned = m_sin_pi(0.5 - abs(d)) / m_with_sign(m_sin_pi(abs(d)), d);
    return m_or_nan(select(y, y - M_PI * turned, x < 0.0), m_is_nan(x) | (!(x > 0.0) & (floor(x) == x)));
}

// Hurwitz zeta for q > 0: six terms, the rest by the Euler-Maclaurin formula. A loop, since compilers put the power in at every call.
fn m_zeta_near(x: f32, q: f32) -> f32 {
    var sum = 0.0;
    for (var k = 0u; k < 6u; k++) {
        sum += m_pow(q + f32(k), -x);
    }
    let w = q + 6.0;
    let c = m_pow(w, 1.0 - x);
    let r = 1.0 / (w * w);
    let f = x / (12.0 * w);
    let g = (x + 1.0) * (x + 2.0) * r;
    let h = (x + 3.0) * (x + 4.0) * r;
    let p = (x + 5.0) * (x + 6.0) * r;
    let series = f * (1.0 - g / 60.0 * (1.0 - h / 42.0 * (1.0 - p / 40.0)));
    return sum + select(c * (1.0 / (x - 1.0) + (0.5 + series) / w), 0.0, c == 0.0);
}

// The sum over k >= 0 of (q + k)^-x. For negative q with a whole x: over all of the line, less what lies left of q.
fn m_zeta(x: f32, q: f32) -> f32 {
    let right = select(q - floor(q), q, q > 0.0);
    var z = vec3<f32>();
    for (var k = 0u; k < select(1u, 3u, q < 0.0); k++) {
        let at = select(select(1.0 - q, floor(q) + 1.0 - q, k == 1u), right, k == 0u);
        let near = m_zeta_near(x, at);
        z = select(z, vec3<f32>(near), vec3<u32>(0u, 1u, 2u) == vec3<u32>(k));
    }
    var y = z.x;
    if (q < 0.0) {
        let side = select(1.0, -1.0, floor(0.5 * x) != 0.5 * x);
        let left = side * z.y;
        y = select(y + left, left, m_is_inf(left)) - side * z.z;
    }
    let pole = !(q > 0.0) & (floor(q) == q);
    let even = floor(0.5 * x) == 0.5 * x;
    let nan = !(x >= 1.0) | m_is_nan(q) | (!(q > 0.0) & !select(floor(x) == x, even, pole));
    let bits = select(bitcast<u32>(y), 0x7f800000u, pole | (x == 1.0));
    return m_or_nan(bitcast<f32>(bits), nan & !(x == 1.0));
}
