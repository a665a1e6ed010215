//! Host values of a dtype and shape: constants in graphs, the host mirror, the interpreter's data.

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::Shape;
use std::hash::{Hash, Hasher};

/// The elements of a [`Literal`]: exact integers (and bool as 0 and 1), floats or strings, in row-major order.
#[derive(Clone, Debug)]
pub enum Values {
    /// Integers and bool.
    Ints(Vec<i64>),
    /// Floats of any width; of complex64 each element's real and imaginary part.
    Floats(Vec<f64>),
    /// Strings of bytes. Only the host has them: graphs of primitives do not.
    Strings(Vec<Vec<u8>>),
}

/// A host value with its dtype and shape. Equality and hash go by bits, so NaN equals itself and `-0.0` differs from `0.0`.
#[derive(Clone, Debug)]
pub struct Literal {
    /// Logical dtype.
    pub dtype: DType,
    /// Shape.
    pub shape: Shape,
    /// Elements; their class fits `dtype`.
    pub values: Values,
}

impl Literal {
    /// From floats, rounded to what `dtype` can hold; for complex64 two an element.
    pub fn floats(dtype: DType, shape: impl Into<Shape>, values: Vec<f64>) -> Self {
        let values = Values::Floats(values.into_iter().map(|v| dtype.round(v)).collect());
        Literal { dtype, shape: shape.into(), values }
    }

    /// From integers, wrapped to what `dtype` can hold.
    pub fn ints(dtype: DType, shape: impl Into<Shape>, values: Vec<i64>) -> Self {
        let values = Values::Ints(values.into_iter().map(|v| dtype.wrap(v)).collect());
        Literal { dtype, shape: shape.into(), values }
    }

    /// From strings of bytes.
    pub fn strings(shape: impl Into<Shape>, values: Vec<Vec<u8>>) -> Self {
        Literal { dtype: DType::String, shape: shape.into(), values: Values::Strings(values) }
    }

    /// A scalar of `dtype`; an integer or bool dtype takes the truncated value.
    pub fn scalar(dtype: DType, v: f64) -> Self {
        Self::filled(dtype, Shape::scalar(), v)
    }

    /// `shape` filled with one value; with empty strings for dtype string.
    pub fn filled(dtype: DType, shape: impl Into<Shape>, v: f64) -> Self {
        let shape = shape.into();
        let n = shape.size();
        if dtype == DType::String {
            return Self::strings(shape, vec![vec![]; n]);
        }
        if dtype == DType::Complex64 {
            return Self::floats(dtype, shape, [v, 0.0].repeat(n));
        }
        if dtype.is_exact() {
            Self::ints(dtype, shape, vec![v as i64; n])
        } else {
            Self::floats(dtype, shape, vec![v; n])
        }
    }

    /// From host elements of a Rust type, under that type's dtype.
    pub fn from_slice<T: Element>(shape: impl Into<Shape>, v: &[T]) -> Self {
        if T::DTYPE.is_exact() {
            Self::ints(T::DTYPE, shape, v.iter().map(|e| e.to_i64()).collect())
        } else {
            Self::floats(T::DTYPE, shape, v.iter().map(|e| e.to_f64()).collect())
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Ints(v) => v.len(),
            Values::Floats(v) if self.dtype == DType::Complex64 => v.len() / 2,
            Values::Floats(v) => v.len(),
            Values::Strings(v) => v.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `i` as a float: the real part of a complex one, NaN for a string.
    pub fn f64_at(&self, i: usize) -> f64 {
        match &self.values {
            Values::Ints(v) => v[i] as f64,
            Values::Floats(v) if self.dtype == DType::Complex64 => v[2 * i],
            Values::Floats(v) => v[i],
            Values::Strings(_) => f64::NAN,
        }
    }

    /// Element `i` as an integer; floats are truncated, strings are 0.
    pub fn i64_at(&self, i: usize) -> i64 {
        match &self.values {
            Values::Ints(v) => v[i],
            Values::Floats(_) => self.f64_at(i) as i64,
            Values::Strings(_) => 0,
        }
    }

    /// The strings; none where the elements are numbers.
    pub fn as_strings(&self) -> &[Vec<u8>] {
        match &self.values {
            Values::Strings(v) => v,
            _ => &[],
        }
    }

    /// All elements as floats; of complex64 real and imaginary parts in turn.
    pub fn to_f64s(&self) -> Vec<f64> {
        if let Values::Floats(v) = &self.values {
            return v.clone();
        }
        (0..self.len()).map(|i| self.f64_at(i)).collect()
    }

    /// All elements as integers.
    pub fn to_i64s(&self) -> Vec<i64> {
        (0..self.len()).map(|i| self.i64_at(i)).collect()
    }

    /// All elements as `T`; zeros for strings.
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        match &self.values {
            Values::Ints(v) => v.iter().map(|&v| T::from_i64(v)).collect(),
            Values::Floats(v) => v.iter().map(|&v| T::from_f64(v)).collect(),
            Values::Strings(v) => vec![T::default(); v.len()],
        }
    }

    /// The one value that every element has, if there is one.
    pub fn splat(&self) -> Option<f64> {
        if matches!(self.dtype, DType::String | DType::Complex64) {
            return None;
        }
        let n = self.len();
        let first = (n > 0).then(|| self.f64_at(0))?;
        (1..n).all(|i| self.f64_at(i).to_bits() == first.to_bits()).then_some(first)
    }

    /// The bits of the first element as kernels have it in a register.
    pub(crate) fn register_bits(&self) -> u32 {
        match &self.values {
            Values::Floats(v) => (v[0] as f32).to_bits(),
            Values::Ints(v) => v[0] as u32,
            Values::Strings(_) => 0,
        }
    }

    /// The same elements under another shape of equal size.
    pub fn reshaped(mut self, shape: impl Into<Shape>) -> Self {
        self.shape = shape.into();
        debug_assert_eq!(self.shape.size(), self.len());
        self
    }

    /// Checks that every element fits the device's storage of the dtype.
    ///
    /// # Errors
    /// `InvalidArgument` for a 64-bit integer outside of 32 bits.
    pub fn check_storable(&self, op: &str) -> Result<()> {
        let Values::Ints(v) = &self.values else { return Ok(()) };
        let range = match self.dtype {
            DType::Int64 => i64::from(i32::MIN)..=i64::from(i32::MAX),
            DType::UInt64 => 0..=i64::from(u32::MAX),
            _ => return Ok(()),
        };
        match v.iter().find(|v| !range.contains(v)) {
            None => Ok(()),
            Some(bad) => Err(Error::invalid(
                op,
                "value",
                format_args!("{} values that fit the 32 bits of device storage", self.dtype),
                bad,
            )),
        }
    }

    /// The elements in the device's storage format, as little-endian bytes.
    ///
    /// # Errors
    /// As [`Literal::check_storable`]; `Unimplemented` for dtypes without device storage.
    pub fn to_storage(&self, op: &str) -> Result<Vec<u8>> {
        use crate::dtype::Storage;
        self.check_storable(op)?;
        fn collect<const N: usize>(n: usize, f: impl Fn(usize) -> [u8; N]) -> Vec<u8> {
            (0..n).flat_map(f).collect()
        }
        let n = self.len();
        Ok(match self.dtype.storage()? {
            Storage::F32 => collect(n, |i| (self.f64_at(i) as f32).to_le_bytes()),
            Storage::I32 => collect(n, |i| (self.i64_at(i) as i32).to_le_bytes()),
            Storage::U32 => collect(n, |i| (self.i64_at(i) as u32).to_le_bytes()),
            Storage::F16 => collect(n, |i| half::f16::from_f64(self.f64_at(i)).to_le_bytes()),
            Storage::BF16 => collect(n, |i| half::bf16::from_f64(self.f64_at(i)).to_le_bytes()),
            Storage::I8 | Storage::U8 => collect(n, |i| [self.i64_at(i) as u8]),
            Storage::C64 => self.to_f64s().iter().flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        })
    }

    /// The inverse of [`Literal::to_storage`]; `bytes` may be longer than needed.
    ///
    /// # Errors
    /// `DataLoss` when `bytes` is too short; `Unimplemented` for dtypes without device storage.
    pub fn from_storage(op: &str, dtype: DType, shape: impl Into<Shape>, bytes: &[u8]) -> Result<Self> {
        use crate::dtype::Storage;
        let shape = shape.into();
        let storage = dtype.storage()?;
        let need = shape.size() * storage.bytes();
        let Some(bytes) = bytes.get(..need) else {
            return Err(Error::new(
                crate::ErrorKind::DataLoss,
                op,
                format!("wanted {need} bytes for {dtype}{shape}. Received: {}", bytes.len()),
            ));
        };
        fn read<const N: usize, T>(b: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
            b.as_chunks::<N>().0.iter().map(|c| f(*c)).collect()
        }
        let values = match storage {
            Storage::F32 | Storage::C64 => Values::Floats(read(bytes, |b| f64::from(f32::from_le_bytes(b)))),
            Storage::F16 => Values::Floats(read(bytes, |b| half::f16::from_le_bytes(b).to_f64())),
            Storage::BF16 => Values::Floats(read(bytes, |b| half::bf16::from_le_bytes(b).to_f64())),
            Storage::I32 => Values::Ints(read(bytes, |b| i64::from(i32::from_le_bytes(b)))),
            Storage::U32 => Values::Ints(read(bytes, |b| i64::from(u32::from_le_bytes(b)))),
            Storage::I8 => Values::Ints(bytes.iter().map(|&b| i64::from(b as i8)).collect()),
            Storage::U8 => Values::Ints(bytes.iter().map(|&b| i64::from(b)).collect()),
        };
        Ok(Literal { dtype, shape, values })
    }
}

impl PartialEq for Literal {
    fn eq(&self, o: &Self) -> bool {
        self.dtype == o.dtype
            && self.shape == o.shape
            && match (&self.values, &o.values) {
                (Values::Ints(a), Values::Ints(b)) => a == b,
                (Values::Floats(a), Values::Floats(b)) => {
                    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
                }
                (Values::Strings(a), Values::Strings(b)) => a == b,
                _ => false,
            }
    }
}

impl Eq for Literal {}

impl Hash for Literal {
    fn hash<H: Hasher>(&self, h: &mut H) {
        (self.dtype, &self.shape).hash(h);
        match &self.values {
            Values::Ints(v) => v.hash(h),
            Values::Floats(v) => v.iter().for_each(|v| v.to_bits().hash(h)),
            Values::Strings(v) => v.hash(h),
        }
    }
}
