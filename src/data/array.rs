//! Arrays on the host: what elements hold on their way through a pipeline.

use crate::config;
use crate::dtype::{DType, Element, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, Spec};
use crate::runtime::Device;
use crate::shape::Shape;
use crate::tensor::{MIRROR_LIMIT, Tensor, array_str};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// An array in host memory with a dtype and a shape: a component of an element. Rows share the memory of what they were cut from.
///
/// Elements are in the format that devices store, so that a batch of rows is a copy of bytes and an upload is too.
#[derive(Clone)]
pub struct Array {
    dtype: DType,
    shape: Shape,
    bytes: Arc<Vec<u8>>,
    /// Where the elements are in `bytes`.
    range: Range<usize>,
    /// The same value on a device, where it has been uploaded ahead of use.
    uploaded: Option<Tensor>,
}

impl Array {
    /// From elements in storage format.
    pub(crate) fn from_storage(dtype: DType, shape: impl Into<Shape>, bytes: Vec<u8>) -> Result<Self> {
        let shape = shape.into();
        let wanted = shape.size() * dtype.storage()?.bytes();
        if bytes.len() < wanted {
            return Err(Error::new(
                ErrorKind::Internal,
                "Array",
                format!("{} bytes for {dtype}{shape}", bytes.len()),
            ));
        }
        Ok(Array { dtype, shape, bytes: Arc::new(bytes), range: 0..wanted, uploaded: None })
    }

    /// The value of a tensor; waits for its device.
    ///
    /// # Errors
    /// `FailedPrecondition` for a symbolic tensor; errors that the device met while computing it.
    pub fn from_tensor(t: &Tensor) -> Result<Self> {
        Self::from_storage(t.dtype(), t.shape().clone(), t.to_storage()?)
    }

    /// From a host value.
    pub(super) fn from_literal(l: &Literal) -> Result<Self> {
        Self::from_storage(l.dtype, l.shape.clone(), l.to_storage("Dataset")?)
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The elements in storage format.
    pub(super) fn storage(&self) -> &[u8] {
        self.bytes.get(self.range.clone()).unwrap_or_default()
    }

    /// Row `i` along the first dimension, without a copy; `i` must be below its size.
    pub(super) fn row(&self, i: usize) -> Self {
        let shape: Shape = self.shape[1..].into();
        let bytes = self.row_bytes();
        let start = self.range.start + i * bytes;
        Array {
            dtype: self.dtype,
            shape,
            bytes: self.bytes.clone(),
            range: start..start + bytes,
            uploaded: None,
        }
    }

    /// Bytes of a row along the first dimension.
    fn row_bytes(&self) -> usize {
        (self.range.end - self.range.start).checked_div(self.shape[0]).unwrap_or(0)
    }

    /// The rows of these numbers as one array: what a batch is.
    pub(super) fn gather(&self, rows: &[usize]) -> Result<Self> {
        let (source, n) = (self.storage(), self.row_bytes());
        let mut bytes = Vec::with_capacity(rows.len() * n);
        for &i in rows {
            bytes.extend_from_slice(source.get(i * n..(i + 1) * n).unwrap_or_default());
        }
        let shape: Shape = std::iter::once(rows.len()).chain(self.shape[1..].iter().copied()).collect();
        Self::from_storage(self.dtype, shape, bytes)
    }

    /// The value as a tensor on the current device.
    ///
    /// # Errors
    /// `ResourceExhausted` where the device has no memory for it.
    pub fn tensor(&self) -> Result<Tensor> {
        self.tensor_on(&config::current_device()?)
    }

    fn tensor_on(&self, device: &Device) -> Result<Tensor> {
        if let Some(t) = self.uploaded.as_ref().filter(|t| t.home() == device) {
            return Ok(t.clone());
        }
        // Small integers stay on the host, as those made from Rust values do.
        let small = self.shape.rank() == 0 || (self.dtype.is_exact() && self.shape.size() <= MIRROR_LIMIT);
        if small {
            return Tensor::from_literal(self.to_literal()?, device);
        }
        Tensor::from_storage(Spec::new(self.dtype, self.shape.clone()), self.storage().to_vec(), device)
    }

    /// The same array with its value on a device already.
    pub(super) fn uploaded_to(&self, device: &Device) -> Result<Self> {
        Ok(Array { uploaded: Some(self.tensor_on(device)?), ..self.clone() })
    }

    pub(super) fn to_literal(&self) -> Result<Literal> {
        Literal::from_storage("Array", self.dtype, self.shape.clone(), self.storage())
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// `InvalidArgument` when `T` is not of the array's class (floats, integers, bool).
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let class = |d: DType| (d.is_float(), d.is_int(), d == DType::Bool);
        if class(T::DTYPE) != class(self.dtype) {
            let wanted = format!("a type of {}'s class", self.dtype);
            return Err(Error::invalid("Array.to_vec", "T", wanted, T::DTYPE));
        }
        if T::DTYPE == DType::UInt8 && self.dtype.storage()? == Storage::U8 {
            return Ok(self.storage().iter().map(|&b| T::from_i64(i64::from(b))).collect());
        }
        Ok(self.to_literal()?.to_vec())
    }

    /// The one element of an array of size 1.
    ///
    /// # Errors
    /// `InvalidArgument` for other sizes; as [`Array::to_vec`].
    pub fn item<T: Element>(&self) -> Result<T> {
        match self.to_vec()?[..] {
            [v] => Ok(v),
            _ => {
                Err(Error::invalid("Array.item", "self", "one element", format_args!("shape {}", self.shape)))
            }
        }
    }
}

/// dtype, shape and elements are equal, bit by bit.
impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        (self.dtype, &self.shape, self.storage()) == (other.dtype, &other.shape, other.storage())
    }
}

/// As NumPy prints arrays.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_literal() {
            Ok(l) => f.write_str(&array_str(&l)),
            Err(e) => write!(f, "<unreadable: {}>", e.kind()),
        }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Array shape={} dtype={}>", self.shape, self.dtype)
    }
}
