//! Trigonometric and hyperbolic functions.

use super::macros::unary;

unary! {
    OPS;
    /// Sine of an angle in radians.
    Sin, sin, "tf.math.sin", |g, x| g.sin(x), (-4.0, 4.0), errors [case().ints([2], 0, 5)];
    /// Cosine of an angle in radians.
    Cos, cos, "tf.math.cos", |g, x| g.cos(x), (-4.0, 4.0), errors [case().ints([2], 0, 5)];
    /// Tangent of an angle in radians.
    Tan, tan, "tf.math.tan", |g, x| g.tan(x), (-1.4, 1.4), errors [case().bools([2])];
    /// The angle whose sine is `x`.
    Asin, asin, "tf.math.asin", |g, x| g.asin(x), (-0.95, 0.95), errors [case().bools([2])];
    /// The angle whose cosine is `x`.
    Acos, acos, "tf.math.acos", |g, x| g.acos(x), (-0.95, 0.95), errors [case().bools([2])];
    /// The angle whose tangent is `x`.
    Atan, atan, "tf.math.atan", |g, x| g.atan(x), (-4.0, 4.0), errors [case().bools([2])];
    /// Hyperbolic sine.
    Sinh, sinh, "tf.math.sinh", |g, x| g.sinh(x), (-3.0, 3.0), errors [case().ints([2], 0, 5)];
    /// Hyperbolic cosine.
    Cosh, cosh, "tf.math.cosh", |g, x| g.cosh(x), (-3.0, 3.0), errors [case().ints([2], 0, 5)];
    /// Inverse hyperbolic sine.
    Asinh, asinh, "tf.math.asinh", |g, x| g.asinh(x), (-4.0, 4.0), errors [case().ints([2], 0, 5)];
    /// Inverse hyperbolic cosine.
    Acosh, acosh, "tf.math.acosh", |g, x| g.acosh(x), (1.1, 6.0), errors [case().ints([2], 0, 5)];
    /// Inverse hyperbolic tangent.
    Atanh, atanh, "tf.math.atanh", |g, x| g.atanh(x), (-0.9, 0.9), errors [case().ints([2], 0, 5)];
}
