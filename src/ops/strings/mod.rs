//! `tf.strings`: tensors of strings, which are bytes and live on the host. Other ops that only move or compare elements take them too:
//! `reshape`, `concat`, `gather`, `stack`, `where_`, `equal` and the like.

mod hash;
mod ngrams;
mod regex;
mod split;
mod text;

pub use hash::*;
pub use ngrams::*;
pub use regex::*;
pub use split::*;
pub use text::*;

use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[regex::OPS, split::OPS, ngrams::OPS, hash::OPS, text::OPS];

/// The most strings that an op makes.
const MOST: usize = 1 << 26;

/// The strings of an input.
fn strings<'a>(op: &str, arg: &str, l: &'a Literal) -> Result<&'a [Vec<u8>]> {
    if l.dtype == DType::String {
        return Ok(l.as_strings());
    }
    Err(Error::invalid(op, arg, "string", l.dtype))
}

/// The one string of an input.
fn scalar<'a>(op: &str, arg: &str, l: &'a Literal) -> Result<&'a [u8]> {
    match strings(op, arg, l)? {
        [s] if l.shape.rank() == 0 => Ok(s),
        _ => Err(Error::invalid(op, arg, "a scalar", format_args!("shape {}", l.shape))),
    }
}

/// Each string of an input changed.
fn each(op: &str, l: &Literal, f: impl FnMut(&Vec<u8>) -> Result<Vec<u8>>) -> Result<Vec<Literal>> {
    let made = strings(op, "input", l)?.iter().map(f).collect::<Result<Vec<_>>>()?;
    Ok(vec![Literal::strings(l.shape.clone(), made)])
}

fn too_many(op: &str) -> Error {
    Error::new(ErrorKind::ResourceExhausted, op, format!("wanted at most {MOST} strings"))
}
