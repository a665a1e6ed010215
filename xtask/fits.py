"""The polynomials of shaders/lib and src/cpu/math: how they were made.

Each is a minimax fit in relative error (absolute where said), found by linear programming, or for quotients by Lawson's weights, on
Chebyshev points in 40 digits. Coefficients are rounded to float32 one after another, and the rest is fitted again after each.
Prints what is left of the error and whether shaders/lib holds the coefficients.

Needs mpmath, numpy and scipy: python xtask/fits.py
"""

import pathlib

import numpy as np
from mpmath import mp, mpf, mpmathify, lu_solve, matrix, nstr
from mpmath import asin, atan, cbrt, cos, digamma, erf, erfc, erfinv, exp, expm1, log, log1p, loggamma, pi, sin, sinh, sqrt, tan, tanh
from scipy.optimize import linprog

mp.dps = 40
SHADERS = "".join(f.read_text() for f in sorted((pathlib.Path(__file__).parent.parent / "shaders/lib").glob("*.wgsl")))


def f32(x):
    return mpf(float(np.float32(float(x))))


def points(a, b, n):
    return [(a + b) / 2 - (b - a) / 2 * cos(pi * (k + mpf(0.5)) / n) for k in range(n)]


def text(c):
    return repr(np.float32(float(c)))[11:-1]


def show(name, error, coefficients):
    held = [t for t in map(text, coefficients) if t.lstrip("-") in SHADERS]
    print(f"{name:<36} {nstr(error, 2):>8}  {len(held)} of {len(coefficients)} in shaders/lib: {', '.join(map(text, coefficients))}")


def minimax(target, weights, columns, start):
    """Coefficients c that minimise max w |target - sum c_i column_i|, refined three times."""
    n, m = len(target), len(columns)
    rest = lambda c: [w * (t - sum(ci * col[j] for ci, col in zip(c, columns))) for j, (w, t) in enumerate(zip(weights, target))]
    for _ in range(3):
        r = rest(start)
        scale = max(map(abs, r))
        size = [max(abs(w * v) for w, v in zip(weights, col)) for col in columns]
        a = np.array([[float(weights[j] * columns[i][j] / size[i]) for i in range(m)] for j in range(n)])
        q, upper = np.linalg.qr(a)
        q *= np.sqrt(n)
        b = np.array([float(v / scale) for v in r])
        one = np.ones((n, 1))
        lp = linprog(np.r_[np.zeros(m), 1], A_ub=np.block([[q, -one], [-q, -one]]), b_ub=np.r_[b, -b],
                     bounds=[(None, None)] * m + [(0, None)], method="highs")
        step = np.linalg.solve(upper, lp.x[:m] * np.sqrt(n))
        start = [c + mpf(float(s)) * scale / z for c, s, z in zip(start, step, size)]
    return start


def polynomial(name, f, weight, a, b, degree, of=lambda x: x, fixed=(), n=300):
    """f(x) as a polynomial in of(x) on [a, b]; the first coefficients may be given."""
    xs = points(mpmathify(a), mpmathify(b), n)
    t, y, w = [of(x) for x in xs], [f(x) for x in xs], [weight(x) for x in xs]
    done, guess = [mpmathify(c) for c in fixed], None
    while len(done) <= degree:
        k = len(done)
        left = [yj - sum(c * tj**i for i, c in enumerate(done)) for yj, tj in zip(y, t)]
        guess = minimax(left, w, [[tj**i for tj in t] for i in range(k, degree + 1)], guess or [mpf(0)] * (degree + 1 - k))
        done.append(f32(guess[0]))
        guess = guess[1:]
    error = max(wj * abs(yj - sum(c * tj**i for i, c in enumerate(done))) for wj, yj, tj in zip(w, y, t))
    show(name, error, done)


def quotient(name, f, a, b, top, bottom, n=160, rounds=60):
    """f(t) as p(t) / q(t) with p(0) = f(0) rounded and q(0) = 1, by weighted least squares whose weights follow the error."""
    ts = points(mpf(a), mpf(b), n)
    y = [f(t) for t in ts]

    def fit(p, q):
        free_p, free_q = [i for i in range(top + 1) if i not in p], [i for i in range(bottom + 1) if i not in q]
        lawson, below, best = [mpf(1)] * n, [mpf(1)] * n, None
        for r in range(rounds):
            m = len(free_p) + len(free_q)
            normal, right = matrix(m, m), matrix(m, 1)
            for j, t in enumerate(ts):
                s = 1 / (y[j] * below[j])
                row = [s * t**i for i in free_p] + [-s * y[j] * t**i for i in free_q]
                value = s * (y[j] * sum(c * t**i for i, c in q.items()) - sum(c * t**i for i, c in p.items()))
                for i in range(m):
                    right[i] += lawson[j] * row[i] * value
                    for k in range(m):
                        normal[i, k] += lawson[j] * row[i] * row[k]
            c = list(lu_solve(normal, right))
            p1, q1 = {**p, **dict(zip(free_p, c))}, {**q, **dict(zip(free_q, c[len(free_p):]))}
            below = [sum(q1[i] * t**i for i in q1) for t in ts]
            errors = [abs(1 - sum(p1[i] * t**i for i in p1) / below[j] / y[j]) for j, t in enumerate(ts)]
            worst = max(errors)
            if best is None or worst < best[0]:
                best = (worst, p1, q1)
            if r >= 6:
                lawson = [l * (e / worst + mpf("1e-3")) for l, e in zip(lawson, errors)]
                lawson = [l * n / sum(lawson) for l in lawson]
        return best

    p, q = {0: f32(f(mpf(0)))}, {0: mpf(1)}
    for i in range(max(top, bottom) + 1):
        _, p1, q1 = fit(p, q)
        if i <= top and i not in p:
            p[i] = f32(p1[i])
        if i <= bottom and i not in q:
            q[i] = f32(q1[i])
    error = max(abs(1 - sum(p[i] * t**i for i in p) / sum(q[i] * t**i for i in q) / v) for t, v in zip(ts, y))
    show(name, error, [p[i] for i in range(top + 1)] + [q[i] for i in range(1, bottom + 1)])


def main():
    third = log(2) / 2 * mpf("1.001")
    quarter = pi / 4 * mpf("1.0005")
    square = lambda x: x * x
    small = mpf("1e-5")
    ratio = lambda f: lambda x: f(x) / x if x else mpf(1)
    inverse = lambda f: lambda x: 1 / f(x)
    cubic = lambda f: (lambda x: (f(x) - x) / x**3, lambda x: abs(x**3 / f(x)))

    polynomial("expm1(r) / r", ratio(expm1), inverse(ratio(expm1)), -third, third, 5, fixed=(1, 0.5))
    polynomial("log1p(f) / f", ratio(log1p), inverse(ratio(log1p)), sqrt(mpf(0.5)) - 1, sqrt(mpf(2)) - 1, 10, fixed=(1, -0.5))
    polynomial("cbrt(1.5 + m)", cbrt, inverse(cbrt), 1, 2, 7, of=lambda x: x - mpf(1.5))
    polynomial("(sin(x) - x) / x^3 in x^2", *cubic(sin), small, quarter, 3, of=square)
    polynomial("(cos(x) - 1 + x^2 / 2) / x^4 in x^2", lambda x: (cos(x) - 1 + x * x / 2) / x**4, lambda x: x**4 / cos(x), mpf("1e-4"), quarter, 2, of=square)
    polynomial("(tan(x) - x) / x^3 in x^2", *cubic(tan), small, quarter, 6, of=square)
    polynomial("(asin(x) - x) / x^3 in x^2", *cubic(asin), small, mpf("0.5001"), 4, of=square)
    polynomial("(atan(x) - x) / x^3 in x^2", *cubic(atan), small, mpf("1.0001"), 8, of=square)
    polynomial("(sinh(x) - x) / x^3 in x^2", *cubic(sinh), small, 1, 3, of=square)

    two = mpf(2)
    scaled = lambda a: exp(a * a) * erfc(a) * (a + two)
    polynomial("erfc", scaled, inverse(scaled), 0, mpf("9.4"), 8, of=lambda a: (a - two) / (a + two))
    slope = lambda w: erfinv(sqrt(-expm1(-w))) / sqrt(-expm1(-w)) if w else sqrt(pi) / 2
    polynomial("erf_inv, w < 5", slope, inverse(slope), mpf("1e-9"), mpf("5.001"), 8, of=lambda w: w - mpf(2.5))
    tail = lambda s: slope(s * s)
    polynomial("erf_inv, sqrt(w)", tail, inverse(tail), sqrt(mpf("4.999")), mpf("4.2"), 8, of=lambda s: s - 3)
    hump = lambda z: loggamma(1 + z) / (z * (z - 1))
    polynomial("lgamma(1 + z) / (z (z - 1))", hump, inverse(hump), 0, 2, 9, of=lambda z: z - 1)
    stirling = lambda u: (loggamma(1 / u) - (1 / u - mpf(0.5)) * log(1 / u) + 1 / u - log(2 * pi) / 2) / u
    polynomial("Stirling's series in 1 / x^2", stirling, lambda u: u / max(loggamma(1 / u), mpf(0.5)), mpf("1e-4"), mpf(1) / 3, 2, of=square)
    psi = lambda u: (log(1 / u) - u / 2 - digamma(1 / u)) / u**2
    polynomial("digamma's series in 1 / x^2, absolute", psi, square, mpf("1e-3"), mpf(1) / 6, 1, of=square)
    turn = lambda d: sin(pi * d) / d
    polynomial("sin(pi d) / d in d^2", turn, inverse(turn), small, mpf(0.5), 4, of=square)

    root = lambda f, zero: lambda t: f(sqrt(t)) / sqrt(t) if t else zero
    quotient("tanh(x) / x in x^2", root(tanh, mpf(1)), 0, mpf("9.02") ** 2, 4, 4)
    quotient("erf(x) / x in x^2", root(erf, 2 / sqrt(pi)), 0, mpf("3.93") ** 2, 5, 5)


if __name__ == "__main__":
    main()
