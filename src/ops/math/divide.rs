//! True division.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::{IntoTensor, Tensor, pair, run_one};

/// `x / y` as Python 3 divides (`tf.math.divide`): integers become floats, 8 and 16 bits float32, wider ones float64. Operands broadcast.
///
/// ```
/// # use wgflow::{DType, ops::math::divide};
/// let y = divide([1, 2, 3], 2)?;
/// assert_eq!((y.dtype(), y.to_vec::<f32>()?), (DType::Float64, vec![0.5, 1.0, 1.5]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for different dtypes, bool, or shapes that do not broadcast.
pub fn divide(x: impl IntoTensor, y: impl IntoTensor) -> Result<Tensor> {
    let (x, y) = pair(x, y)?;
    if x.dtype() != y.dtype() {
        return Err(Error::invalid("RealDiv", "y", format_args!("dtype {}", x.dtype()), y.dtype()));
    }
    let float = match x.dtype() {
        DType::Int8 | DType::UInt8 | DType::Int16 | DType::UInt16 => DType::Float32,
        d if d.is_int() => DType::Float64,
        d => d,
    };
    run_one(&super::RealDiv {}, &[&super::cast(x, float)?, &super::cast(y, float)?])
}

/// `x / y` as Python 3 divides, under its other name (`tf.math.truediv`).
///
/// # Errors
/// As [`divide`].
pub fn truediv(x: impl IntoTensor, y: impl IntoTensor) -> Result<Tensor> {
    divide(x, y)
}
