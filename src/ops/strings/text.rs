//! Strings joined, measured, and in other letters.

use super::{each, strings};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::attr_enum! {
    /// What a string's length counts.
    LengthUnit {
        /// Bytes.
        Byte = "BYTE",
        /// Characters of UTF-8.
        Utf8Char = "UTF8_CHAR",
    }
}

crate::attr_enum! {
    /// How strings are read as letters.
    Encoding {
        /// Letters of ASCII only; other bytes stay.
        Ascii = "",
        /// UTF-8.
        Utf8 = "utf-8",
    }
}

crate::op! {
    /// Strings joined element by element; scalars stand for all.
    StringJoin in "tf.strings.join" (; inputs) {
        /// What stands between them.
        separator: String = "",
    }
    strings Read;
    host |s, x| {
        let op = "StringJoin";
        let shape = x.iter().map(|l| &l.shape).find(|s| s.rank() > 0).or(x.first().map(|l| &l.shape));
        let Some(shape) = shape else {
            return Err(Error::invalid(op, "inputs", "at least one tensor", 0));
        };
        let mut columns = vec![];
        for l in x {
            if l.shape.rank() > 0 && l.shape != *shape {
                return Err(Error::invalid(op, "inputs", format_args!("shape {shape} for all"), l.shape.clone()));
            }
            columns.push((strings(op, "inputs", l)?, l.shape.rank() == 0));
        }
        let line = |i: usize| {
            let parts: Vec<&[u8]> = columns.iter().map(|(v, one)| &v[if *one { 0 } else { i }][..]).collect();
            parts.join(s.separator.as_bytes())
        };
        Ok(vec![Literal::strings(shape.clone(), (0..shape.size()).map(line).collect())])
    };
    cases [
        case().with("separator", "-").texts([2], &["a", "b"]).texts([], &["x"]).texts([2], &["c", "d"]),
        case().texts([], &["a"]).texts([], &["b"]),
        case().texts([2, 1], &["a", "b"]),
    ]
    errors [case().texts([2], &["a"]).texts([3], &["b"])]
}

/// Strings joined element by element with a separator between; scalars stand for all (`tf.strings.join`).
///
/// # Errors
/// `InvalidArgument` for different shapes, no tensors, and what are no strings.
pub fn join(inputs: &[Tensor], separator: &str) -> Result<Tensor> {
    run_one(&StringJoin { separator: separator.into() }, &inputs.iter().collect::<Vec<_>>())
}

crate::op! {
    /// The length of each string.
    StringLength in "tf.strings.length" (input) {
        /// What counts.
        unit: LengthUnit = LengthUnit::Byte,
    }
    strings Read;
    host |s, x| {
        let length = |v: &Vec<u8>| match s.unit {
            LengthUnit::Byte => v.len() as i64,
            // Every byte but those that go on a character.
            LengthUnit::Utf8Char => v.iter().filter(|c| **c & 0xc0 != 0x80).count() as i64,
        };
        let found = strings("StringLength", "input", &x[0])?.iter().map(length).collect();
        Ok(vec![Literal::ints(DType::Int32, x[0].shape.clone(), found)])
    };
    cases [case().texts([3], &["é", "abc", ""]), case().with("unit", "UTF8_CHAR").texts([3, 1], &["é", "abc", ""])]
    errors [case().ints([2], 0, 3)]
}

/// The length of each string, in bytes or characters, as int32 (`tf.strings.length`, whose default is bytes).
///
/// # Errors
/// `InvalidArgument` for what is no string.
pub fn length(input: impl IntoTensor, unit: LengthUnit) -> Result<Tensor> {
    run_one(&StringLength { unit }, &[&input.into_tensor(None)?])
}

/// `v` in other letters; bytes that are no UTF-8 stay.
fn changed(encoding: Encoding, v: &[u8], ascii: fn(&[u8]) -> Vec<u8>, utf8: fn(&str) -> String) -> Vec<u8> {
    match (encoding, std::str::from_utf8(v)) {
        (Encoding::Utf8, Ok(text)) => utf8(text).into_bytes(),
        _ => ascii(v),
    }
}

/// Declares the ops of letters.
macro_rules! letters {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $ascii:ident, $utf8:ident;)+) => {
        $(
            crate::op! {
                $(#[doc = $doc])+
                $name in $api (input) {
                    /// How strings are read.
                    encoding: Encoding = Encoding::Ascii,
                }
                strings Read;
                host |s, x| each(stringify!($name), &x[0], |v| Ok(changed(s.encoding, v, <[u8]>::$ascii, str::$utf8)));
                cases [
                    case().texts([2], &["éaB", "ß Ü"]),
                    case().with("encoding", "utf-8").texts([2], &["éaB", "ß Ü"]),
                ]
                errors [case().ints([2], 0, 3)]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`, whose default is ASCII.")]
            ///
            /// # Errors
            /// `InvalidArgument` for what is no string.
            pub fn $f(input: impl IntoTensor, encoding: Encoding) -> Result<Tensor> {
                run_one(&$name { encoding }, &[&input.into_tensor(None)?])
            }
        )+
        pub(super) const OPS: &[Row] = &[row::<StringJoin>(), row::<StringLength>(), $(row::<$name>()),+];
    };
}

letters! {
    /// Each string in capital letters.
    StringUpper, upper, "tf.strings.upper", to_ascii_uppercase, to_uppercase;
    /// Each string in small letters.
    StringLower, lower, "tf.strings.lower", to_ascii_lowercase, to_lowercase;
}
