//! Strings cut into parts.

use super::{MOST, scalar, strings, too_many};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run};

crate::op! {
    /// Strings cut at any of the delimiter's bytes (between all bytes, for an empty one), as the parts of a sparse tensor.
    StringSplit in "tf.compat.v1.string_split" (input, delimiter) {
        /// Whether empty parts are left out.
        skip_empty: bool = true,
    }
    strings Read;
    host |s, x| {
        let delimiter = scalar("StringSplit", "delimiter", &x[1])?;
        parts("StringSplit", &x[0], |text| at_bytes(text, delimiter, s.skip_empty))
    };
    cases [
        case().texts([3], &["hello world", "a b c", ""]).texts([], &[" "]),
        case().texts([2], &["a,b c,,d", ",x"]).texts([], &[", "]),
        case().with("skip_empty", false).texts([3], &["a,b c,,d", ",x", ""]).texts([], &[", "]),
        case().with("skip_empty", false).texts([2], &[" a b ", ""]).texts([], &[" "]),
        case().texts([3], &["abc", "é", ""]).texts([], &[""]),
        case().texts([0], &[""]).texts([], &[" "]),
    ]
    errors [
        case().texts([1, 1], &["a"]).texts([], &[" "]),
        case().texts([1], &["a"]).texts([2], &[" "]),
        case().ints([1], 0, 3).texts([], &[" "]),
    ]
}

crate::op! {
    /// Strings cut at a separator (at white space, for an empty one), as the parts of a sparse tensor.
    StringSplitV2 in "tf.strings.split" (input, sep) {
        /// How often a string is cut at most; below 0 there is no limit.
        maxsplit: i64 = -1,
    }
    strings Read;
    host |s, x| {
        let sep = scalar("StringSplitV2", "sep", &x[1])?;
        parts("StringSplitV2", &x[0], |text| at_separator(text, sep, s.maxsplit))
    };
    cases [
        case().texts([3], &["hello  world", "a b c", ""]).texts([], &[" "]),
        case().texts([3], &["  hello  world ", "a\tb\nc", ""]).texts([], &[""]),
        case().with("maxsplit", 1).texts([3], &["  a b c ", "a\tb\nc", "a "]).texts([], &[""]),
        case().texts([2], &["1<>2<><>3", "<>"]).texts([], &["<>"]),
        case().with("maxsplit", 1).texts([2], &["1<>2<><>3", ""]).texts([], &["<>"]),
        case().with("maxsplit", 0).texts([2], &["1 2 3", ""]).texts([], &[" "]),
        case().with("maxsplit", -3).texts([2], &["1 2 3", " "]).texts([], &[""]),
    ]
    errors [case().texts([1], &["a"]).texts([1], &["x"]), case().texts([], &["a"]).texts([], &["x"])]
}

type Parts<'a> = Vec<&'a [u8]>;

/// Places, values and shape of the parts of all strings.
fn parts(op: &str, input: &Literal, cut: impl Fn(&[u8]) -> Parts<'_>) -> Result<Vec<Literal>> {
    let all = strings(op, "input", input)?;
    if input.shape.rank() != 1 {
        return Err(Error::invalid(op, "input", "a vector", format_args!("shape {}", input.shape)));
    }
    let (mut at, mut values, mut widest) = (vec![], vec![], 0);
    for (row, text) in all.iter().enumerate() {
        let own = cut(text);
        widest = widest.max(own.len());
        at.extend((0..own.len()).flat_map(|k| [row as i64, k as i64]));
        values.extend(own.into_iter().map(<[u8]>::to_vec));
        if values.len() > MOST {
            return Err(too_many(op));
        }
    }
    let n = values.len();
    Ok(vec![
        Literal::ints(DType::Int64, [n, 2], at),
        Literal::strings([n], values),
        Literal::ints(DType::Int64, [2], vec![all.len() as i64, widest as i64]),
    ])
}

fn at_bytes<'a>(text: &'a [u8], delimiter: &[u8], skip_empty: bool) -> Parts<'a> {
    if delimiter.is_empty() {
        return text.chunks(1).collect();
    }
    if text.is_empty() {
        return vec![];
    }
    text.split(|c| delimiter.contains(c)).filter(|part| !skip_empty || !part.is_empty()).collect()
}

fn at_separator<'a>(text: &'a [u8], sep: &[u8], maxsplit: i64) -> Parts<'a> {
    if maxsplit == 0 {
        return vec![text];
    }
    let (mut rest, mut found) = (text, vec![]);
    if sep.is_empty() {
        let is_space = |c: &u8| c.is_ascii_whitespace() || *c == 0x0b;
        rest = &rest[rest.iter().position(|c| !is_space(c)).unwrap_or(rest.len())..];
        while !rest.is_empty() {
            let end = rest.iter().position(is_space).unwrap_or(rest.len());
            found.push(&rest[..end]);
            rest = &rest[end..];
            rest = &rest[rest.iter().position(|c| !is_space(c)).unwrap_or(rest.len())..];
            if found.len() as i64 == maxsplit {
                found.push(rest);
                break;
            }
        }
        return found;
    }
    while let Some(end) = rest.windows(sep.len()).position(|w| w == sep) {
        found.push(&rest[..end]);
        rest = &rest[end + sep.len()..];
        if found.len() as i64 == maxsplit {
            break;
        }
    }
    found.push(rest);
    found
}

/// Parts of strings, as those of a sparse tensor.
#[derive(Clone, Debug)]
pub struct SplitStrings {
    /// For each part the number of its string, and which of its parts it is (int64).
    pub indices: Tensor,
    /// The parts.
    pub values: Tensor,
    /// The number of strings, and of parts of that which has most (int64).
    pub dense_shape: Tensor,
}

fn of_results(results: Vec<Tensor>) -> Result<SplitStrings> {
    match <[Tensor; 3]>::try_from(results) {
        Ok([indices, values, dense_shape]) => Ok(SplitStrings { indices, values, dense_shape }),
        Err(_) => Err(Error::internal("StringSplit", "wanted three results")),
    }
}

/// A vector of strings cut at a separator, or at white space for an empty one, at most `maxsplit` times each (`tf.strings.split`, whose
/// defaults are the empty one and -1: without a limit).
///
/// ```
/// # use wgflow::ops::strings::split;
/// let parts = split(["hello world", "a b c"], " ", -1)?;
/// assert_eq!(parts.values.to_vec::<String>()?, ["hello", "world", "a", "b", "c"]);
/// assert_eq!(parts.dense_shape.to_vec::<i64>()?, [2, 3]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for what is no vector of strings.
pub fn split(input: impl IntoTensor, sep: impl IntoTensor, maxsplit: i64) -> Result<SplitStrings> {
    of_results(run(&StringSplitV2 { maxsplit }, &[&input.into_tensor(None)?, &sep.into_tensor(None)?])?)
}

/// A vector of strings cut at any of the delimiter's bytes, or between all bytes for an empty one (`tf.compat.v1.string_split`, whose defaults are
/// a space and true; `tf.string.stringSplit` of TensorFlow.js).
///
/// # Errors
/// `InvalidArgument` for what is no vector of strings, and a delimiter that is no scalar.
pub fn string_split(
    input: impl IntoTensor,
    delimiter: impl IntoTensor,
    skip_empty: bool,
) -> Result<SplitStrings> {
    let (input, delimiter) = (input.into_tensor(None)?, delimiter.into_tensor(None)?);
    of_results(run(&StringSplit { skip_empty }, &[&input, &delimiter])?)
}

pub(super) const OPS: &[Row] = &[row::<StringSplit>(), row::<StringSplitV2>()];
