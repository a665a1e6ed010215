//! What functions of ops take beside tensors: axes and lists of integers.

use crate::error::{Error, Result};
use crate::shape::{Dims, Shape, resolve_axes};
use crate::tensor::{Tensor, host_value};

/// Which axes a function works over: one, a list, or all of them (`None`). Negative axes count from the end.
///
/// ```
/// # use wgflow::ops::math::reduce_sum;
/// let x = [[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(reduce_sum(x, None, false)?.item::<f32>()?, 10.0);
/// assert_eq!(reduce_sum(x, -1, false)?.to_vec::<f32>()?, [3.0, 7.0]);
/// assert_eq!(reduce_sum(x, [0, 1], true)?.to_string(), "tf.Tensor([[10.]], shape=(1, 1), dtype=float32)");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axes(pub Option<Vec<i64>>);

impl Axes {
    /// The axes as TensorFlow's ops take them: a list.
    pub(super) fn list(self, rank: usize) -> Vec<i64> {
        self.0.unwrap_or_else(|| (0..rank as i64).collect())
    }
}

/// The sorted dimensions that optional axes name; all for `None`.
///
/// # Errors
/// As [`resolve_axes`].
pub(super) fn dims_of(op: &str, axes: Option<&[i64]>, rank: usize) -> Result<Dims> {
    match axes {
        None => Ok((0..rank).collect()),
        Some(a) => resolve_axes(op, "axis", a, rank),
    }
}

impl From<Option<i64>> for Axes {
    fn from(a: Option<i64>) -> Self {
        Axes(a.map(|a| vec![a]))
    }
}

macro_rules! axes_from {
    ($($t:ty),+) => { $(
        impl From<$t> for Axes {
            fn from(a: $t) -> Self {
                Axes(Some(vec![a as i64]))
            }
        }
        impl From<&[$t]> for Axes {
            fn from(a: &[$t]) -> Self {
                Axes(Some(a.iter().map(|&a| a as i64).collect()))
            }
        }
        impl From<Vec<$t>> for Axes {
            fn from(a: Vec<$t>) -> Self {
                Axes::from(&a[..])
            }
        }
        impl<const N: usize> From<[$t; N]> for Axes {
            fn from(a: [$t; N]) -> Self {
                Axes::from(&a[..])
            }
        }
    )+ };
}
axes_from!(i32, i64, usize);

/// A list of integers: sizes (-1 where one is to be found out), positions, repetitions. A tensor of integers is read.
pub trait IntoInts {
    /// The integers.
    ///
    /// # Errors
    /// `InvalidArgument` for a tensor that holds no integers; `Unimplemented` for a symbolic one, whose values are not known.
    fn into_ints(self) -> Result<Vec<i64>>;
}

impl IntoInts for &Tensor {
    fn into_ints(self) -> Result<Vec<i64>> {
        let l = host_value("convert_to_tensor", self)?;
        if !l.dtype.is_int() {
            return Err(Error::invalid("convert_to_tensor", "value", "integers", l.dtype));
        }
        Ok(l.to_i64s())
    }
}

impl IntoInts for Tensor {
    fn into_ints(self) -> Result<Vec<i64>> {
        (&self).into_ints()
    }
}

impl IntoInts for Shape {
    fn into_ints(self) -> Result<Vec<i64>> {
        (&self).into_ints()
    }
}

impl IntoInts for &Shape {
    fn into_ints(self) -> Result<Vec<i64>> {
        (&self[..]).into_ints()
    }
}

impl IntoInts for () {
    fn into_ints(self) -> Result<Vec<i64>> {
        Ok(vec![])
    }
}

macro_rules! into_ints {
    ($($t:ty),+) => { $(
        impl IntoInts for $t {
            fn into_ints(self) -> Result<Vec<i64>> {
                Ok(vec![self as i64])
            }
        }
        impl IntoInts for &[$t] {
            fn into_ints(self) -> Result<Vec<i64>> {
                Ok(self.iter().map(|&v| v as i64).collect())
            }
        }
        impl IntoInts for Vec<$t> {
            fn into_ints(self) -> Result<Vec<i64>> {
                (&self[..]).into_ints()
            }
        }
        impl IntoInts for &Vec<$t> {
            fn into_ints(self) -> Result<Vec<i64>> {
                (&self[..]).into_ints()
            }
        }
        impl<const N: usize> IntoInts for [$t; N] {
            fn into_ints(self) -> Result<Vec<i64>> {
                (&self[..]).into_ints()
            }
        }
        impl<const N: usize> IntoInts for &[$t; N] {
            fn into_ints(self) -> Result<Vec<i64>> {
                (&self[..]).into_ints()
            }
        }
    )+ };
}
into_ints!(i32, i64, usize);
