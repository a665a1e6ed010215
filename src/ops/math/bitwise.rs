//! Bits of two tensors of integers, which broadcast.

use super::macros::binary;
use crate::dtype::DType;
use crate::ops::build::want_dtype;
use crate::tensor::Fill;

/// The cases of a bitwise op.
macro_rules! bitwise {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $prim:ident;)+) => {
        binary! {
            OPS;
            $($(#[doc = $doc])+ $name, $f, $api, |g, x, y| {
                    want_dtype(g, stringify!($name), "x", x, "integers", DType::is_int)?;
                    g.$prim(x, y)
                },
                cases [
                    case().ints([2, 3], -99, 99).ints([3], 0, 8),
                    case().input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)).input(DType::UInt8, [], Fill::Uniform(0.0, 8.0)),
                    case().input(DType::UInt32, [4], Fill::Uniform(0.0, 4e9)).input(DType::UInt32, [4], Fill::Uniform(0.0, 31.0)),
                    case().input(DType::Int64, [4], Fill::Uniform(-99.0, 99.0)).input(DType::Int64, [4], Fill::Uniform(0.0, 20.0))
                ],
                errors [case().f32([2]).f32([2]), case().bools([2]).bools([2])];)+
        }
    };
}

bitwise! {
    /// `x & y`.
    BitwiseAnd, bitwise_and, "tf.bitwise.bitwise_and", and;
    /// `x | y`.
    BitwiseOr, bitwise_or, "tf.bitwise.bitwise_or", or;
    /// `x ^ y`.
    BitwiseXor, bitwise_xor, "tf.bitwise.bitwise_xor", xor;
    /// `x << y`; 0 where `y` is not below the width.
    LeftShift, left_shift, "tf.bitwise.left_shift", shift_left;
    /// `x >> y`, which keeps the sign.
    RightShift, right_shift, "tf.bitwise.right_shift", shift_right_arithmetic;
}
