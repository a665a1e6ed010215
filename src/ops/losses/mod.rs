//! `keras.losses`: the functions. Each gives one number a sample, or one for each place but those along the last axis.

mod binary;
mod build;
mod categorical;
mod hinge;
mod overlap;
mod probability;
mod regression;
mod sparse;

pub use binary::*;
pub(crate) use build::{EPSILON, same_rank};
pub use categorical::*;
pub use hinge::*;
pub use overlap::*;
pub use probability::*;
pub use regression::*;
pub use sparse::*;

use crate::dtype::DType;
use crate::error::Result;
use crate::ops::math;
use crate::tensor::{IntoTensor, Row, Tensor};

/// Labels and predictions as tensors; predictions that are no floats become float32.
fn operands(y_true: impl IntoTensor, y_pred: impl IntoTensor) -> Result<[Tensor; 2]> {
    let y_pred = y_pred.into_tensor(None)?;
    let y_pred = if y_pred.dtype().is_float() { y_pred } else { math::cast(&y_pred, DType::Float32)? };
    Ok([y_true.into_tensor(None)?, y_pred])
}

/// Declares the function of a loss: a path beside the op for each call, with the op's attributes as arguments.
macro_rules! function {
    ($(#[$meta:meta])* $f:ident = $op:ident($($a:ident: $t:ty),*)) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "the arguments are those of Keras")]
        pub fn $f(y_true: impl $crate::IntoTensor, y_pred: impl $crate::IntoTensor $(, $a: $t)*) -> $crate::Result<$crate::Tensor> {
            let [y_true, y_pred] = $crate::ops::losses::operands(y_true, y_pred)?;
            $crate::tensor::run_one(&$op { $($a),* }, &[&y_true, &y_pred])
        }
    };
}
use function;

pub(super) const OPS: &[&[Row]] = &[
    regression::OPS,
    hinge::OPS,
    probability::OPS,
    binary::OPS,
    categorical::OPS,
    sparse::OPS,
    overlap::OPS,
];
