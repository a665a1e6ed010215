//! Elementwise functions of one tensor.

use crate::error::Result;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// Declares ops that are one elementwise primitive each, with their functions and rows.
macro_rules! unary {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $prim:ident, [$($case:expr),+];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (x) {}
                build |s, g| g.$prim(x);
                cases [$($case),+]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. The result has the shape and dtype of `x`.")]
            ///
            /// # Errors
            /// `InvalidArgument` for a dtype that the function is not defined on.
            pub fn $f(x: impl IntoTensor) -> Result<Tensor> {
                run_one(&$name {}, &[&x.into_tensor(None)?])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

unary! {
    /// `e` to the power of `x`.
    Exp, exp, "tf.math.exp", exp, [case().f32([2, 3]), case().specials()];
    /// Natural logarithm.
    Log, log, "tf.math.log", log, [case().range([2, 3], 0.1, 4.0), case().specials()];
    /// `-x`.
    Neg, negative, "tf.math.negative", neg, [case().f32([5]), case().ints([5], -9, 9)];
}
