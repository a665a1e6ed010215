//! Classification, logic and bits of one tensor.

use super::macros::{function, unary};
use crate::DType;
use crate::tensor::{Fill, Row, row};

unary! {
    TESTS;
    /// Whether each element is neither infinite nor NaN.
    IsFinite, is_finite, "tf.math.is_finite", |g, x| g.is_finite(x), (-2.0, 2.0), errors [case().ints([2], 0, 5)];
    /// Whether each element is infinite.
    IsInf, is_inf, "tf.math.is_inf", |g, x| g.is_inf(x), (-2.0, 2.0), errors [case().ints([2], 0, 5)];
    /// Whether each element is NaN.
    IsNan, is_nan, "tf.math.is_nan", |g, x| g.is_nan(x), (-2.0, 2.0), errors [case().ints([2], 0, 5)];
}

crate::op! {
    /// Logical not.
    LogicalNot in "tf.math.logical_not" (x) {}
    build |s, g| {
        crate::ops::build::want_dtype(g, "LogicalNot", "x", x, "bool", |d| d == DType::Bool)?;
        g.not(x)
    };
    cases [case().bools([2, 3]), case().bools([]), case().bools([0])]
    errors [case().ints([2], 0, 5), case().f32([2])]
}
function!(["Logical not."] LogicalNot, logical_not, "tf.math.logical_not");

crate::op! {
    /// Every bit of an integer inverted.
    Invert in "tf.bitwise.invert" (x) {}
    build |s, g| {
        crate::ops::build::want_dtype(g, "Invert", "x", x, "integers", DType::is_int)?;
        g.not(x)
    };
    cases [
        case().ints([2, 3], -9, 9),
        case().input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)),
        case().input(DType::Int64, [4], Fill::Uniform(-99.0, 99.0)),
    ]
    errors [case().bools([2]), case().f32([2])]
}
function!(["Every bit of an integer inverted."] Invert, invert, "tf.bitwise.invert");

crate::op! {
    /// The number of bits that are 1, as uint8.
    PopulationCount in "tf.raw_ops.PopulationCount" (x) {}
    build |s, g| {
        crate::ops::build::want_dtype(g, "PopulationCount", "x", x, "integers", DType::is_int)?;
        let n = g.popcount(x)?;
        g.convert(n, DType::UInt8)
    };
    cases [
        case().ints([2, 3], -99, 99),
        case().input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)),
        case().input(DType::Int16, [4], Fill::Uniform(-99.0, 99.0)),
    ]
    errors [case().bools([2]), case().f32([2])]
}

pub(super) const OPS: &[Row] = &[row::<LogicalNot>(), row::<Invert>(), row::<PopulationCount>()];
