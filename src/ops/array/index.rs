//! Indexing as Python writes it: `x[1:, ..., :-1:2, None]` is `index(x, s![1.., Ellipsis, ..-1; 2, NewAxis])`.

use super::StridedSlice;
use crate::error::Result;
use crate::tensor::{IntoTensor, Tensor, run_one};
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// One entry of an index, made from a number, a range, [`NewAxis`] or [`Ellipsis`]; see [`s!`](crate::s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// One place; the dimension goes.
    At(i64),
    /// A range with a step; open ends are `None`.
    Range(Option<i64>, Option<i64>, i64),
    /// A new dimension of size 1.
    NewAxis,
    /// All dimensions that no other entry is about.
    Ellipsis,
}

/// A new dimension of size 1, in [`s!`](crate::s) (`tf.newaxis`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAxis;

/// All dimensions that no other entry is about, in [`s!`](crate::s) (Python's `...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ellipsis;

impl Index {
    /// A range with another step. Below 0 it is taken from the last place to the first.
    #[must_use]
    pub fn step(self, step: i64) -> Self {
        match self {
            Index::Range(begin, end, _) => Index::Range(begin, end, step),
            other => other,
        }
    }
}

impl From<NewAxis> for Index {
    fn from(_: NewAxis) -> Self {
        Index::NewAxis
    }
}

impl From<Ellipsis> for Index {
    fn from(_: Ellipsis) -> Self {
        Index::Ellipsis
    }
}

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Index::Range(None, None, 1)
    }
}

/// The place after an inclusive end; after the last there is none.
fn after(end: i64) -> Option<i64> {
    (end != -1).then_some(end + 1)
}

macro_rules! index_from {
    ($($t:ty),+) => { $(
        impl From<$t> for Index {
            fn from(at: $t) -> Self {
                Index::At(at as i64)
            }
        }
        impl From<Range<$t>> for Index {
            fn from(r: Range<$t>) -> Self {
                Index::Range(Some(r.start as i64), Some(r.end as i64), 1)
            }
        }
        impl From<RangeInclusive<$t>> for Index {
            fn from(r: RangeInclusive<$t>) -> Self {
                Index::Range(Some(*r.start() as i64), after(*r.end() as i64), 1)
            }
        }
        impl From<RangeFrom<$t>> for Index {
            fn from(r: RangeFrom<$t>) -> Self {
                Index::Range(Some(r.start as i64), None, 1)
            }
        }
        impl From<RangeTo<$t>> for Index {
            fn from(r: RangeTo<$t>) -> Self {
                Index::Range(None, Some(r.end as i64), 1)
            }
        }
        impl From<RangeToInclusive<$t>> for Index {
            fn from(r: RangeToInclusive<$t>) -> Self {
                Index::Range(None, after(r.end as i64), 1)
            }
        }
    )+ };
}
index_from!(i32, i64, usize);

/// An index as Python writes it: places, ranges (a step follows a semicolon), `NewAxis`, `Ellipsis`.
///
/// ```
/// # use wgflow::{s, IntoTensor, ops::array::{Ellipsis, NewAxis}};
/// let x = [[1, 2, 3], [4, 5, 6]].into_tensor(None)?;
/// assert_eq!(x.slice(s![1])?.to_vec::<i32>()?, [4, 5, 6]);
/// assert_eq!(x.slice(s![.., -1])?.to_vec::<i32>()?, [3, 6]);
/// assert_eq!(x.slice(s![0, ..; -1])?.to_vec::<i32>()?, [3, 2, 1]);
/// assert_eq!(x.slice(s![Ellipsis, NewAxis, ..2])?.shape()[..], [2, 1, 2]);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[macro_export]
macro_rules! s {
    ($($e:expr $(; $step:expr)?),* $(,)?) => {
{
            #[allow(clippy::reversed_empty_ranges, reason = "a negative place counts from the end")]
            let entries = [$($crate::ops::array::Index::from($e)$(.step($step))?),*];
            entries
        }
    };
}

/// The part of a tensor that an index names, as Python's `x[...]`; see [`s!`](crate::s).
///
/// # Errors
/// `InvalidArgument` for a place out of range, more entries than dimensions, or two ellipses.
pub fn index(x: impl IntoTensor, entries: impl AsRef<[Index]>) -> Result<Tensor> {
    let entries = entries.as_ref();
    let mut op = StridedSlice {
        begin: vec![0; entries.len()],
        end: vec![0; entries.len()],
        strides: vec![1; entries.len()],
        begin_mask: 0,
        end_mask: 0,
        ellipsis_mask: 0,
        new_axis_mask: 0,
        shrink_axis_mask: 0,
    };
    for (i, entry) in entries.iter().enumerate() {
        let bit = 1 << i;
        match *entry {
            Index::At(at) => {
                (op.begin[i], op.end[i]) = (at, at.wrapping_add(1));
                op.shrink_axis_mask |= bit;
            }
            Index::Range(begin, end, step) => {
                op.strides[i] = step;
                match begin {
                    Some(b) => op.begin[i] = b,
                    None => op.begin_mask |= bit,
                }
                match end {
                    Some(e) => op.end[i] = e,
                    None => op.end_mask |= bit,
                }
            }
            Index::NewAxis => op.new_axis_mask |= bit,
            Index::Ellipsis => op.ellipsis_mask |= bit,
        }
    }
    run_one(&op, &[&x.into_tensor(None)?])
}
