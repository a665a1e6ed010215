//! Exponentials, logarithms and sigmoids.

use super::macros::unary;

unary! {
    OPS;
    /// `e` to the power of `x`.
    Exp, exp, "tf.math.exp", |g, x| g.exp(x), (-2.0, 2.0), errors [case().ints([2], 0, 5)], more [case().complex([2, 3])];
    /// `exp(x) - 1`, exact for small `x`.
    Expm1, expm1, "tf.math.expm1", |g, x| g.expm1(x), (-2.0, 2.0), errors [case().ints([2], 0, 5)];
    /// Natural logarithm.
    Log, log, "tf.math.log", |g, x| g.log(x), (0.1, 4.0), errors [case().ints([2], 0, 5)], more [case().complex([2, 3])];
    /// `log(1 + x)`, exact for small `x`.
    Log1p, log1p, "tf.math.log1p", |g, x| g.log1p(x), (-0.9, 4.0), errors [case().ints([2], 0, 5)];
    /// `1 / (1 + exp(-x))`.
    Sigmoid, sigmoid, "tf.math.sigmoid", |g, x| g.logistic(x), (-4.0, 4.0), errors [case().ints([2], 0, 5)];
    /// Hyperbolic tangent.
    Tanh, tanh, "tf.math.tanh", |g, x| g.tanh(x), (-3.0, 3.0), errors [case().ints([2], 0, 5)];
}
