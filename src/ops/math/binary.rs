//! Elementwise functions of two tensors, which broadcast.

use crate::error::Result;
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

/// Declares ops that are one elementwise primitive of two broadcast operands each, with their functions and rows.
macro_rules! binary {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $prim:ident, [$($case:expr),+];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (x, y) {}
                build |s, g| {
                    let (x, y) = g.broadcast_pair(stringify!($name), x, y)?;
                    g.$prim(x, y)
                };
                cases [$($case),+]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. Operands broadcast; plain numbers take the other's dtype.")]
            ///
            /// # Errors
            /// `InvalidArgument` for different dtypes, or shapes that do not broadcast.
            pub fn $f(x: impl IntoTensor, y: impl IntoTensor) -> Result<Tensor> {
                let (x, y) = pair(x, y)?;
                run_one(&$name {}, &[&x, &y])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

binary! {
    /// `x + y`.
    AddV2, add, "tf.math.add", add, [case().f32([2, 3]).f32([3]), case().f32([2, 1]).f32([1, 3]), case().f32([]).f32([4])];
    /// `x - y`.
    Sub, subtract, "tf.math.subtract", sub, [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9)];
    /// `x / y`.
    RealDiv, divide, "tf.math.divide", div, [case().f32([2, 3]).range([3], 0.5, 3.0)];
    /// `x * y`.
    Mul, multiply, "tf.math.multiply", mul, [case().f32([2, 3]).f32([3]), case().ints([4], -9, 9).ints([4], -9, 9)];
}
