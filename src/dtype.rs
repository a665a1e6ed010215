//! TensorFlow's dtypes, and the Rust types that hold their elements on the host.

use crate::error::{Error, Result};
use half::{bf16, f16};
use std::fmt;

/// The logical element type of a tensor, with TensorFlow's names.
///
/// Devices store elements in at most 32 bits (see [`DType::storage`]): `int64`, `uint64` and `float64` are narrowed there,
/// and host values that do not fit are errors.
///
/// ```
/// # use wgflow::DType;
/// assert_eq!(DType::Float32.to_string(), "float32");
/// assert_eq!("int64".parse::<DType>().unwrap(), DType::Int64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum DType {
    Float16,
    BFloat16,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Bool,
    Complex64,
    String,
}

/// How a device keeps the elements of a [`DType`] in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// One `f32` an element.
    F32,
    /// One `i32` an element.
    I32,
    /// One `u32` an element.
    U32,
    /// Two IEEE half floats a word.
    F16,
    /// Two bfloat16 a word.
    BF16,
    /// Four signed bytes a word.
    I8,
    /// Four unsigned bytes a word (also bool, as 0 and 1).
    U8,
    /// Two `f32` an element.
    C64,
}

impl Storage {
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Storage::I8 | Storage::U8 => 1,
            Storage::F16 | Storage::BF16 => 2,
            Storage::F32 | Storage::I32 | Storage::U32 => 4,
            Storage::C64 => 8,
        }
    }

    /// Whether several elements share a 32-bit word.
    pub fn is_packed(self) -> bool {
        self.bytes() < 4
    }
}

impl DType {
    /// Every dtype, in declaration order.
    pub const ALL: [DType; 15] = [
        DType::Float16,
        DType::BFloat16,
        DType::Float32,
        DType::Float64,
        DType::Int8,
        DType::Int16,
        DType::Int32,
        DType::Int64,
        DType::UInt8,
        DType::UInt16,
        DType::UInt32,
        DType::UInt64,
        DType::Bool,
        DType::Complex64,
        DType::String,
    ];

    /// TensorFlow's name, such as `"float32"`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Float16 => "float16",
            DType::BFloat16 => "bfloat16",
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Int8 => "int8",
            DType::Int16 => "int16",
            DType::Int32 => "int32",
            DType::Int64 => "int64",
            DType::UInt8 => "uint8",
            DType::UInt16 => "uint16",
            DType::UInt32 => "uint32",
            DType::UInt64 => "uint64",
            DType::Bool => "bool",
            DType::Complex64 => "complex64",
            DType::String => "string",
        }
    }

    /// float16, bfloat16, float32, float64.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64)
    }

    /// Signed or unsigned integers; bool is none.
    pub const fn is_int(self) -> bool {
        self.is_signed_int() || self.is_unsigned_int()
    }

    /// int8 to int64.
    pub const fn is_signed_int(self) -> bool {
        matches!(self, DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64)
    }

    /// uint8 to uint64.
    pub const fn is_unsigned_int(self) -> bool {
        matches!(self, DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64)
    }

    /// Whether gradients flow through values of this dtype.
    pub const fn is_differentiable(self) -> bool {
        self.is_float() || matches!(self, DType::Complex64)
    }

    /// Integers and bool: what the host mirror holds exactly.
    pub const fn is_exact(self) -> bool {
        self.is_int() || matches!(self, DType::Bool)
    }

    /// The number of value bits of an integer dtype; 1 for bool; 0 for all others.
    pub const fn int_bits(self) -> u32 {
        match self {
            DType::Int8 | DType::UInt8 => 8,
            DType::Int16 | DType::UInt16 => 16,
            DType::Int32 | DType::UInt32 => 32,
            DType::Int64 | DType::UInt64 => 64,
            DType::Bool => 1,
            _ => 0,
        }
    }

    /// How devices store it.
    ///
    /// # Errors
    /// `Unimplemented` for strings, which live on the host only.
    pub fn storage(self) -> Result<Storage> {
        Ok(match self {
            DType::Float32 | DType::Float64 => Storage::F32,
            DType::Float16 => Storage::F16,
            DType::BFloat16 => Storage::BF16,
            DType::Int16 | DType::Int32 | DType::Int64 => Storage::I32,
            DType::UInt16 | DType::UInt32 | DType::UInt64 => Storage::U32,
            DType::Int8 => Storage::I8,
            DType::UInt8 | DType::Bool => Storage::U8,
            DType::Complex64 => Storage::C64,
            DType::String => {
                return Err(Error::unimplemented(
                    "DType",
                    "string tensors have no device storage; they live on the host",
                ));
            }
        })
    }

    /// Smallest value of the dtype (`tf.DType.min`): `-max` for floats, 0 for bool.
    pub fn min(self) -> f64 {
        match self {
            d if d.is_float() => -d.max(),
            d if d.is_signed_int() => -(2f64.powi(d.int_bits() as i32 - 1)),
            _ => 0.0,
        }
    }

    /// Largest finite value of the dtype (`tf.DType.max`); 1 for bool.
    pub fn max(self) -> f64 {
        match self {
            DType::Float16 => 65504.0,
            DType::BFloat16 => f64::from(bf16::MAX.to_f32()),
            DType::Float32 | DType::Complex64 => f64::from(f32::MAX),
            DType::Float64 => f64::MAX,
            DType::Bool => 1.0,
            d if d.is_signed_int() => 2f64.powi(d.int_bits() as i32 - 1) - 1.0,
            d => 2f64.powi(d.int_bits() as i32) - 1.0,
        }
    }

    /// Reduces `v` to the value an element of this dtype has after two's-complement overflow.
    pub fn wrap(self, v: i64) -> i64 {
        match self {
            DType::Bool => i64::from(v != 0),
            DType::Int8 => i64::from(v as i8),
            DType::Int16 => i64::from(v as i16),
            DType::Int32 => i64::from(v as i32),
            DType::UInt8 => i64::from(v as u8),
            DType::UInt16 => i64::from(v as u16),
            DType::UInt32 => i64::from(v as u32),
            _ => v,
        }
    }

    /// Rounds `v` to the nearest value that the device's storage of this float dtype can hold.
    pub fn round(self, v: f64) -> f64 {
        match self {
            DType::Float16 => f16::from_f64(v).to_f64(),
            DType::BFloat16 => bf16::from_f64(v).to_f64(),
            DType::Float32 | DType::Float64 | DType::Complex64 => f64::from(v as f32),
            _ => v,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for DType {
    type Err = Error;

    /// TensorFlow's names, and `half`, `float`, `double` as `tf.as_dtype` has them.
    fn from_str(s: &str) -> Result<Self> {
        let alias = match s {
            "half" => "float16",
            "float" => "float32",
            "double" => "float64",
            s => s,
        };
        DType::ALL.into_iter().find(|d| d.name() == alias).ok_or_else(|| {
            let names: Vec<_> = DType::ALL.iter().map(|d| d.name()).collect();
            Error::invalid(
                "as_dtype",
                "dtype",
                format_args!("one of {}", names.join(", ")),
                format_args!("{s:?}"),
            )
        })
    }
}

/// A Rust type whose values are elements of tensors.
pub trait Element: Copy + Default + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// The dtype that host data of this type becomes.
    const DTYPE: DType;
    /// The element as a float, for float dtypes; integers are converted.
    fn to_f64(self) -> f64;
    /// The element as an integer, for exact dtypes; floats are truncated.
    fn to_i64(self) -> i64;
    /// From a float; integers saturate.
    fn from_f64(v: f64) -> Self;
    /// From an integer; narrower integers wrap.
    fn from_i64(v: i64) -> Self;
}

macro_rules! element {
    ($($t:ty => $d:ident),+) => { $(impl Element for $t {
        const DTYPE: DType = DType::$d;
        fn to_f64(self) -> f64 { self as f64 }
        fn to_i64(self) -> i64 { self as i64 }
        fn from_f64(v: f64) -> Self { v as $t }
        fn from_i64(v: i64) -> Self { v as $t }
    })+ };
}
element!(f32 => Float32, f64 => Float64, i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64, u8 => UInt8, u16 => UInt16, u32 => UInt32, u64 => UInt64);

macro_rules! half_element {
    ($($t:ty => $d:ident),+) => { $(impl Element for $t {
        const DTYPE: DType = DType::$d;
        fn to_f64(self) -> f64 { <$t>::to_f64(self) }
        fn to_i64(self) -> i64 { <$t>::to_f64(self) as i64 }
        fn from_f64(v: f64) -> Self { <$t>::from_f64(v) }
        fn from_i64(v: i64) -> Self { <$t>::from_f64(v as f64) }
    })+ };
}
half_element!(f16 => Float16, bf16 => BFloat16);

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
    fn from_f64(v: f64) -> Self {
        v != 0.0
    }
    fn from_i64(v: i64) -> Self {
        v != 0
    }
}
