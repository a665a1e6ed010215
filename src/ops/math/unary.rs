//! Elementwise arithmetic of one tensor.

use super::macros::unary;

unary! {
    OPS;
    /// The absolute value.
    Abs, _, "tf.math.abs", |g, x| g.abs(x), (-2.0, 2.0), errors [case().bools([2])], more [case().ints([5], -9, 9)];
    /// `-x`.
    Neg, negative, "tf.math.negative", |g, x| g.neg(x), (-2.0, 2.0), errors [case().bools([2])], more [case().ints([5], -9, 9), case().complex([2, 3])];
    /// -1, 0 or 1.
    Sign, sign, "tf.math.sign", |g, x| g.sign(x), (-2.0, 2.0), errors [case().bools([2])], more [case().ints([5], -2, 3)];
    /// `x * x`.
    Square, square, "tf.math.square", |g, x| g.mul(x, x), (-2.0, 2.0), errors [case().bools([2])], more [case().ints([5], -9, 9), case().complex([2, 3])];
    /// `1 / x`.
    Reciprocal, reciprocal, "tf.math.reciprocal", |g, x| {
        let one = g.ones_like(x)?;
        g.div(one, x)
    }, (0.5, 3.0), errors [case().bools([2])], vjp |g, x, y, dy| {
        let y = g.conj(y)?;
        let square = g.mul(y, y)?;
        let d = g.mul(dy, square)?;
        Ok(vec![Some(g.neg(d)?)])
    }, more [case().complex([2, 3])];
    /// `1 / x`, under its older name.
    Inv, _, "tf.raw_ops.Inv", |g, x| {
        let one = g.ones_like(x)?;
        g.div(one, x)
    }, (0.5, 3.0), errors [case().bools([2])], vjp |g, x, y, dy| {
        let y = g.conj(y)?;
        let square = g.mul(y, y)?;
        let d = g.mul(dy, square)?;
        Ok(vec![Some(g.neg(d)?)])
    };
    /// The square root.
    Sqrt, sqrt, "tf.math.sqrt", |g, x| g.sqrt(x), (0.1, 4.0), errors [case().ints([2], 1, 5)];
    /// `1 / sqrt(x)`.
    Rsqrt, rsqrt, "tf.math.rsqrt", |g, x| g.rsqrt(x), (0.1, 4.0), errors [case().ints([2], 1, 5)];
    /// The largest whole number that is not above `x`.
    Floor, floor, "tf.math.floor", |g, x| g.floor(x), (-3.0, 3.0), errors [case().ints([2], 1, 5)];
    /// The smallest whole number that is not below `x`.
    Ceil, ceil, "tf.math.ceil", |g, x| g.ceil(x), (-3.0, 3.0), errors [case().ints([2], 1, 5)];
    /// The nearest whole number; halves go to the even one.
    Round, round, "tf.math.round", |g, x| if g.dtype(x).is_int() { Ok(x) } else { g.round(x) }, (-3.0, 3.0), errors [case().bools([2])],
        more [case().values([6], &[0.5, 1.5, 2.5, -0.5, -1.5, 2.4])];
    /// The nearest whole number; halves go to the even one.
    Rint, rint, "tf.math.rint", |g, x| g.round(x), (-3.0, 3.0; wide), errors [case().ints([2], 1, 5)],
        more [case().values([6], &[0.5, 1.5, 2.5, -0.5, -1.5, 2.4])];
}
