//! Methods and operators of tensors and variables: thin faces of functions.

use super::args::{Axes, IntoInts};
use super::array::Index;
use super::{array, linalg, math};
use crate::dtype::DType;
use crate::error::Result;
use crate::tensor::{IntoTensor, Tensor, Variable};

impl Tensor {
    /// See [`array::reshape`].
    ///
    /// # Errors
    /// As there.
    pub fn reshape(&self, shape: impl IntoInts) -> Result<Tensor> {
        array::reshape(self, shape)
    }

    /// See [`linalg::matmul`].
    ///
    /// # Errors
    /// As there.
    pub fn matmul(&self, other: impl IntoTensor) -> Result<Tensor> {
        linalg::matmul(self, other)
    }

    /// See [`math::cast`].
    ///
    /// # Errors
    /// As there.
    pub fn cast(&self, dtype: DType) -> Result<Tensor> {
        math::cast(self, dtype)
    }

    /// The part that an index names, as Python's `x[...]`; see [`s!`](crate::s).
    ///
    /// # Errors
    /// As [`array::index`].
    pub fn slice(&self, entries: impl AsRef<[Index]>) -> Result<Tensor> {
        array::index(self, entries)
    }

    /// See [`array::transpose`].
    ///
    /// # Errors
    /// As there.
    pub fn transpose(&self, perm: impl Into<Axes>) -> Result<Tensor> {
        array::transpose(self, perm)
    }

    /// See [`array::expand_dims`].
    ///
    /// # Errors
    /// As there.
    pub fn expand_dims(&self, axis: i64) -> Result<Tensor> {
        array::expand_dims(self, axis)
    }

    /// See [`array::squeeze`].
    ///
    /// # Errors
    /// As there.
    pub fn squeeze(&self, axis: impl Into<Axes>) -> Result<Tensor> {
        array::squeeze(self, axis)
    }

    /// The elements as a vector (`ndarray.flatten`).
    ///
    /// # Errors
    /// `Internal` only.
    pub fn flatten(&self) -> Result<Tensor> {
        array::reshape(self, -1)
    }

    /// The sum over axes; see [`math::reduce_sum`].
    ///
    /// # Errors
    /// As there.
    pub fn sum(&self, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
        math::reduce_sum(self, axis, keepdims)
    }

    /// The mean over axes; see [`math::reduce_mean`].
    ///
    /// # Errors
    /// As there.
    pub fn mean(&self, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
        math::reduce_mean(self, axis, keepdims)
    }

    /// The largest element over axes; see [`math::reduce_max`].
    ///
    /// # Errors
    /// As there.
    pub fn max(&self, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
        math::reduce_max(self, axis, keepdims)
    }

    /// The smallest element over axes; see [`math::reduce_min`].
    ///
    /// # Errors
    /// As there.
    pub fn min(&self, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
        math::reduce_min(self, axis, keepdims)
    }

    /// The index of the largest element along an axis, int64; see [`math::argmax`].
    ///
    /// # Errors
    /// As there.
    pub fn argmax(&self, axis: i64) -> Result<Tensor> {
        math::argmax(self, axis, DType::Int64)
    }
}

impl Variable {
    /// Adds to the value (`Variable.assign_add`).
    ///
    /// ```
    /// # use wgflow::Variable;
    /// let v = Variable::new([1.0, 2.0])?;
    /// v.assign_add([0.5, 0.5])?;
    /// v.assign_sub(1.0)?;
    /// assert_eq!(v.value()?.to_vec::<f32>()?, [0.5, 1.5]);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for another dtype, or a shape that does not broadcast to the variable's.
    pub fn assign_add(&self, delta: impl IntoTensor) -> Result<()> {
        let sum = math::add(self, delta.into_tensor(Some(self.dtype()))?)?;
        self.assign(sum)
    }

    /// Subtracts from the value (`Variable.assign_sub`).
    ///
    /// # Errors
    /// As [`Variable::assign_add`].
    pub fn assign_sub(&self, delta: impl IntoTensor) -> Result<()> {
        let difference = math::subtract(self, delta.into_tensor(Some(self.dtype()))?)?;
        self.assign(difference)
    }
}

/// The result of an operator, which has no other way than a panic to refuse.
#[track_caller]
fn unwrapped(r: Result<Tensor>) -> Tensor {
    match r {
        Ok(t) => t,
        Err(e) => panic!("{e}"),
    }
}

macro_rules! binary_operators {
    ($($trait:ident::$method:ident = $f:path),+ $(,)?) => { $(
        binary_operators!(@left $trait, $method, $f, Tensor, &Tensor, &Variable);
        binary_operators!(@number $trait, $method, $f, f64, f32, i32, i64);
    )+ };
    (@left $trait:ident, $method:ident, $f:path, $($t:ty),+) => { $(
        /// # Panics
        /// With the error of the function, where that refuses.
        impl<T: IntoTensor> std::ops::$trait<T> for $t {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor {
                unwrapped($f(self, other))
            }
        }
    )+ };
    (@number $trait:ident, $method:ident, $f:path, $($t:ty),+) => { $(
        binary_operators!(@pair $trait, $method, $f, $t, Tensor);
        binary_operators!(@pair $trait, $method, $f, $t, &Tensor);
        binary_operators!(@pair $trait, $method, $f, $t, &Variable);
    )+ };
    (@pair $trait:ident, $method:ident, $f:path, $t:ty, $own:ty) => {
        /// # Panics
        /// With the error of the function, where that refuses.
        impl std::ops::$trait<$own> for $t {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $own) -> Tensor {
                unwrapped($f(self, other))
            }
        }
    };
}

// As Python's: `/` divides integers to floats, `%` has the sign of the divisor.
binary_operators!(
    Add::add = math::add,
    Sub::sub = math::subtract,
    Mul::mul = math::multiply,
    Div::div = math::divide,
    Rem::rem = math::floormod,
);

macro_rules! negation {
    ($($t:ty),+) => { $(
        /// # Panics
        /// For a dtype without negative numbers.
        impl std::ops::Neg for $t {
            type Output = Tensor;
            #[track_caller]
            fn neg(self) -> Tensor {
                unwrapped(math::negative(self))
            }
        }
    )+ };
}
negation!(Tensor, &Tensor, &Variable);
