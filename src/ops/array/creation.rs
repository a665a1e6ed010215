//! Tensors from nothing, or from the shape of others.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::args::IntoInts;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, emit_constant, is_tracing, row, run_one};

crate::op! {
    /// Ones in the shape and dtype of `x`.
    OnesLike in "tf.ones_like" (x) {}
    build |s, g| g.ones_like(x);
    vjp |s, g, x, y, dy| Ok(vec![None]);
    cases [case().f32([2, 3]), case().ints([4], -3, 3), case().bools([0, 2]), case().complex([2])]
}

/// Ones in the shape and dtype of `x` (`tf.ones_like`).
///
/// # Errors
/// `Unimplemented` for strings.
pub fn ones_like(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&OnesLike {}, &[&x.into_tensor(None)?])
}

crate::op! {
    /// Zeros in the shape and dtype of `x`.
    ZerosLike in "tf.zeros_like" (x) {}
    build |s, g| g.zeros_like(x);
    vjp |s, g, x, y, dy| Ok(vec![None]);
    cases [case().f32([2, 3]), case().ints([4], -3, 3), case().bools([0, 2]), case().complex([2])]
}

/// Zeros in the shape and dtype of `x` (`tf.zeros_like`).
///
/// # Errors
/// `Unimplemented` for strings.
pub fn zeros_like(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&ZerosLike {}, &[&x.into_tensor(None)?])
}

/// Zeros in the shape, dtype and place of `x` but for a one at row-major position `at`.
pub(crate) fn one_hot_like(x: &Tensor, at: usize) -> Result<Tensor> {
    // A complex element is two numbers.
    let each = if x.dtype() == DType::Complex64 { 2 } else { 1 };
    let mut v = vec![0.0; each * x.size()];
    v[each * at] = 1.0;
    Tensor::from_literal(Literal::floats(x.dtype(), x.shape().clone(), v), x.home())
}

/// Sizes as a shape.
///
/// # Errors
/// `InvalidArgument` for a negative size.
pub(super) fn as_shape(op: &str, arg: &str, dims: &[i64]) -> Result<Shape> {
    match dims.iter().find(|d| **d < 0) {
        Some(_) => Err(Error::invalid(op, arg, "sizes of at least 0", format_args!("{dims:?}"))),
        None => Ok(dims.iter().map(|&d| d as usize).collect()),
    }
}

crate::op! {
    /// A tensor of shape `dims` with `value` everywhere.
    Fill in "tf.fill" (value) {
        /// Sizes of the dimensions.
        dims: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        if g.rank(value) != 0 {
            return Err(Error::invalid("Fill", "value", "a scalar", format_args!("shape {}", g.shape(value))));
        }
        g.broadcast_in_dim(value, as_shape("Fill", "dims", &s.dims)?, &[])
    };
    cases [
        case().with("dims", [2, 2]).texts([], &["ab"]),
        case().with("dims", [2, 3]).f32([]),
        case().with("dims", Vec::<i64>::new()).f32([]),
        case().with("dims", [2, 0]).ints([], 0, 5),
        case().with("dims", [3]).bools([]),
        case().with("dims", [2, 3]).complex([]),
    ]
    errors [case().with("dims", [2]).f32([2]), case().with("dims", [2, -1]).f32([])]
}

/// A tensor of shape `dims` with `value` everywhere (`tf.fill`).
///
/// # Errors
/// `InvalidArgument` for a negative size or a value that is no scalar.
pub fn fill(dims: impl IntoInts, value: impl IntoTensor) -> Result<Tensor> {
    let mut value = value.into_tensor(None)?;
    if is_tracing() && !value.is_symbolic() {
        // The graph holds the one number, not the tensor filled with it.
        value = emit_constant(value.to_literal()?)?;
    }
    run_one(&Fill { dims: dims.into_ints()? }, &[&value])
}

/// A tensor of zeros (`tf.zeros`; TensorFlow's default dtype is float32).
///
/// ```
/// # use wgflow::{DType, ops::array::zeros};
/// assert_eq!(zeros([2, 3], DType::Int32)?.to_vec::<i32>()?, [0; 6]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a negative size; `Unimplemented` for strings.
pub fn zeros(shape: impl IntoInts, dtype: DType) -> Result<Tensor> {
    fill(shape, Literal::scalar(dtype, 0.0))
}

/// A tensor of ones (`tf.ones`; TensorFlow's default dtype is float32).
///
/// # Errors
/// As [`zeros`].
pub fn ones(shape: impl IntoInts, dtype: DType) -> Result<Tensor> {
    fill(shape, Literal::scalar(dtype, 1.0))
}

/// A tensor from host values (`tf.constant`), of a given dtype and shape where they are not to follow from the values. A single value fills
/// the shape.
///
/// ```
/// # use wgflow::{DType, ops::array::constant};
/// let x = constant([1, 2, 3, 4], DType::Float32, Some([2, 2].into()))?;
/// assert_eq!(x.to_string(), "tf.Tensor(\n[[1. 2.]\n [3. 4.]], shape=(2, 2), dtype=float32)");
/// assert_eq!(constant(7, None, Some([3].into()))?.to_vec::<i32>()?, [7, 7, 7]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for values that do not fit the dtype, or a shape with another number of elements.
pub fn constant(
    value: impl IntoTensor,
    dtype: impl Into<Option<DType>>,
    shape: Option<Shape>,
) -> Result<Tensor> {
    let dtype = dtype.into();
    let value = value.into_tensor(dtype)?;
    if let Some(wanted) = dtype.filter(|d| *d != value.dtype()) {
        return Err(Error::invalid("constant", "value", format_args!("{wanted} values"), value.dtype()));
    }
    let Some(shape) = shape else { return Ok(value) };
    if value.size() == 1 && shape.size() != 1 {
        let dims: Vec<usize> = shape.to_vec();
        return fill(dims, super::reshape(value, ())?);
    }
    if value.size() != shape.size() {
        let wanted = format!("a shape of {} elements", value.size());
        return Err(Error::invalid("constant", "shape", wanted, shape));
    }
    super::reshape(value, shape)
}

crate::op! {
    /// The identity matrix, or one in each place of a batch.
    Eye as "eye" in api "tf.eye" () {
        /// Number of rows.
        num_rows: i64,
        /// Number of columns; that of rows if not given.
        num_columns: Option<i64>,
        /// Leading dimensions.
        batch_shape: Option<Vec<i64>>,
        /// dtype.
        dtype: DType = DType::Float32,
    }
    build |s, g| {
        let mut shape = as_shape("eye", "batch_shape", s.batch_shape.as_deref().unwrap_or(&[]))?;
        let sides = as_shape("eye", "num_rows, num_columns", &[s.num_rows, s.num_columns.unwrap_or(s.num_rows)])?;
        shape.0.extend(sides.iter().copied());
        let rank = shape.rank();
        let (i, j) = (g.iota(DType::Int32, shape.clone(), rank - 2)?, g.iota(DType::Int32, shape, rank - 1)?);
        let on = g.eq(i, j)?;
        g.convert(on, s.dtype)
    };
    cases [
        case().with("num_rows", 3),
        case().with("num_rows", 2).with("num_columns", 4).with("dtype", DType::Int32),
        case().with("num_rows", 2).with("batch_shape", [2, 1]),
        case().with("num_rows", 0),
    ]
    errors [case().with("num_rows", -2)]
}

/// The identity matrix, or one in each place of a batch (`tf.eye`).
///
/// # Errors
/// `InvalidArgument` for negative sizes.
pub fn eye(
    num_rows: i64,
    num_columns: Option<i64>,
    batch_shape: impl IntoInts,
    dtype: DType,
) -> Result<Tensor> {
    run_one(&Eye { num_rows, num_columns, batch_shape: Some(batch_shape.into_ints()?), dtype }, &[])
}

pub(super) const OPS: &[Row] = &[row::<OnesLike>(), row::<ZerosLike>(), row::<Fill>(), row::<Eye>()];
