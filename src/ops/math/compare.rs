//! Comparison and logic of two tensors, which broadcast. Results are bool.

use super::macros::binary;
use crate::dtype::DType;
use crate::error::Result;
use crate::ops::build::want_dtype;
use crate::shape::broadcast;
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

binary! {
    COMPARISONS;
    /// `x < y`.
    Less, less, "tf.math.less", |g, x, y| g.lt(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([6], -3, 3).ints([6], -3, 3), case().specials().values([], &[0.0]), case().specials().specials(), case().f32([0]).f32([1])],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
    /// `x <= y`.
    LessEqual, less_equal, "tf.math.less_equal", |g, x, y| g.le(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([6], -3, 3).ints([6], -3, 3), case().specials().values([], &[0.0]), case().specials().specials()],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
    /// `x > y`.
    Greater, greater, "tf.math.greater", |g, x, y| g.gt(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([6], -3, 3).ints([6], -3, 3), case().specials().values([], &[0.0]), case().specials().specials()],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
    /// `x >= y`.
    GreaterEqual, greater_equal, "tf.math.greater_equal", |g, x, y| g.ge(x, y),
        cases [case().f32([2, 3]).f32([3]), case().ints([6], -3, 3).ints([6], -3, 3), case().specials().values([], &[0.0]), case().specials().specials()],
        errors [case().f32([2]).ints([2], 0, 3), case().bools([2]).bools([2])];
}

binary! {
    LOGIC;
    /// Logical and.
    LogicalAnd, logical_and, "tf.math.logical_and", |g, x, y| {
            want_dtype(g, "LogicalAnd", "x", x, "bool", |d| d == DType::Bool)?;
            g.and(x, y)
        },
        cases [case().bools([2, 3]).bools([3]), case().bools([4]).bools([])],
        errors [case().ints([2], 0, 2).ints([2], 0, 2)];
    /// Logical or.
    LogicalOr, logical_or, "tf.math.logical_or", |g, x, y| {
            want_dtype(g, "LogicalOr", "x", x, "bool", |d| d == DType::Bool)?;
            g.or(x, y)
        },
        cases [case().bools([2, 3]).bools([3]), case().bools([4]).bools([])],
        errors [case().ints([2], 0, 2).ints([2], 0, 2)];
}

/// Declares equality and its opposite, which share the attribute.
macro_rules! equality {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $prim:ident, $unequal:literal;)+) => { $(
        $crate::op! {
            $(#[doc = $doc])+
            $name in $api (x, y) {
                /// Whether shapes that do not broadcast are an error; else they compare as a whole.
                incompatible_shape_error: bool = true,
            }
            strings Moved(0);
            build |s, g| {
                if !s.incompatible_shape_error && broadcast(stringify!($name), g.shape(x), g.shape(y)).is_err() {
                    return Ok(vec![g.scalar(DType::Bool, $unequal)?]);
                }
                let (x, y) = g.broadcast_pair(stringify!($name), x, y)?;
                g.$prim(x, y)
            };
            cases [
                case().ints([2, 3], 0, 3).ints([3], 0, 3),
                case().f32([2, 3]).f32([3]),
                case().specials().specials(),
                case().specials().values([], &[0.0]),
                case().bools([4]).bools([4]),
                case().complex_values([3], &[1.0, 2.0]).complex_values([3], &[1.0, 2.0, 1.0, 3.0, 2.0, 2.0]),
                case().texts([3], &["a", "b", ""]).texts([], &["b"]),
                case().with("incompatible_shape_error", false).f32([2, 3]).f32([2]),
                case().with("incompatible_shape_error", false).f32([2, 3]).f32([3]),
            ]
            errors [case().f32([2, 3]).f32([2]), case().f32([2]).ints([2], 0, 3)]
        }
        $(#[doc = $doc])+
        #[doc = ""]
        #[doc = concat!("TensorFlow: `", $api, "`. Operands broadcast; plain numbers take the other's dtype.")]
        ///
        /// # Errors
        /// `InvalidArgument` for different dtypes or shapes that do not broadcast.
        pub fn $f(x: impl IntoTensor, y: impl IntoTensor) -> Result<Tensor> {
            let (x, y) = pair(x, y)?;
            run_one(&$name { incompatible_shape_error: true }, &[&x, &y])
        }
    )+ };
}

equality! {
    /// `x == y`.
    Equal, equal, "tf.math.equal", eq, 0.0;
    /// `x != y`.
    NotEqual, not_equal, "tf.math.not_equal", ne, 1.0;
}

crate::op! {
    /// Whether `abs(x - y)` is below `tolerance`, for tensors of one shape.
    ApproximateEqual in "tf.math.approximate_equal" (x, y) { tolerance: f64 = 1e-5 }
    build |s, g| {
        let d = g.sub(x, y)?;
        let size = g.abs(d)?;
        let bound = g.full_like(size, s.tolerance)?;
        g.lt(size, bound)
    };
    cases [
        case().values([4], &[1.0, 1.0, 1.0, f64::NAN]).values([4], &[1.000_001, 1.1, 1.0, f64::NAN]),
        case().with("tolerance", 0.5).f32([2, 3]).f32([2, 3]),
    ]
    errors [case().f32([2]).f32([3]), case().f32([2]).ints([2], 0, 3)]
}

/// Whether `abs(x - y)` is below `tolerance` (`tf.math.approximate_equal`; TensorFlow's default is 1e-5).
///
/// # Errors
/// `InvalidArgument` for different shapes or dtypes.
pub fn approximate_equal(x: impl IntoTensor, y: impl IntoTensor, tolerance: f64) -> Result<Tensor> {
    let (x, y) = pair(x, y)?;
    run_one(&ApproximateEqual { tolerance }, &[&x, &y])
}

/// Logical exclusive or (`tf.math.logical_xor`). Operands broadcast.
///
/// # Errors
/// `InvalidArgument` for operands that are not bool or do not broadcast.
pub fn logical_xor(x: impl IntoTensor, y: impl IntoTensor) -> Result<Tensor> {
    let (x, y) = pair(x, y)?;
    let (either, both) = (logical_or(&x, &y)?, logical_and(&x, &y)?);
    logical_and(either, super::logical_not(both)?)
}

pub(super) const OPS: &[Row] = &[row::<Equal>(), row::<NotEqual>(), row::<ApproximateEqual>()];
