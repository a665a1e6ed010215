// Hyperbolic functions and their inverses. tanh stands with the exponentials.

// exp(|x|) as the square of exp(|x| / 2), which reaches as far as the result does.
fn m_sinh(x: f32) -> f32 {
    let a = abs(x);
    let e = m_exp(0.5 * a);
    let s = a * a;
    // On [0, 1]: 3e-10.
    let near = a + a * s * (0.16666667 + s * (0.0083333105 + s * (0.00019842896 + s * 2.7822132e-06)));
    return m_with_sign(select((0.5 * e) * e - (0.5 / e) / e, near, a < 1.0), x);
}

fn m_cosh(x: f32) -> f32 {
    let e = m_exp(0.5 * abs(x));
    return (0.5 * e) * e + (0.5 / e) / e;
}

// log(2 a) for huge a, whose square is not finite.
fn m_asinh(x: f32) -> f32 {
    let a = abs(x);
    let huge = a > 1e18;
    let y = m_log1p(select(a + a * a / (1.0 + sqrt(1.0 + a * a)), a, huge));
    return m_with_sign(y + select(0.0, M_LN2, huge), x);
}

fn m_acosh(x: f32) -> f32 {
    let t = x - 1.0;
    let huge = x > 1e18;
    let y = m_log1p(select(t + sqrt(t * (t + 2.0)), t, huge));
    return m_or_nan(y + select(0.0, M_LN2, huge), x < 1.0);
}

fn m_atanh(x: f32) -> f32 {
    let a = abs(x);
    return m_or_nan(m_with_sign(0.5 * m_log1p(2.0 * a / (1.0 - a)), x), !(a <= 1.0));
}
