//! `tf.math`: arithmetic, comparison, reduction.

mod add_n;
mod arg;
mod bessel;
mod binary;
mod bits;
mod bitwise;
mod cast;
mod clip;
mod compare;
mod complex;
mod composed;
mod count;
mod cross;
mod divide;
mod exponential;
mod incomplete;
mod macros;
mod power;
mod reduce;
mod scans;
mod segment;
mod slopes;
mod special;
mod statistics;
mod trig;
mod unary;

pub use add_n::*;
pub use arg::*;
pub use bessel::*;
pub use binary::*;
pub use bits::*;
pub use bitwise::*;
pub use cast::*;
pub use clip::*;
pub use compare::*;
pub use complex::*;
pub use composed::*;
pub use count::*;
pub use cross::*;
pub use divide::*;
pub use exponential::*;
pub use incomplete::*;
pub use power::*;
pub use reduce::*;
pub use scans::*;
pub use segment::*;
pub use slopes::*;
pub use special::*;
pub use statistics::*;
pub use trig::*;
pub use unary::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[
    add_n::OPS,
    arg::OPS,
    bessel::OPS,
    binary::OPS,
    bits::OPS,
    bits::TESTS,
    bitwise::OPS,
    cast::OPS,
    clip::OPS,
    compare::COMPARISONS,
    compare::LOGIC,
    compare::OPS,
    complex::OPS,
    composed::OPS,
    count::OPS,
    cross::OPS,
    exponential::OPS,
    incomplete::OPS,
    power::OPS,
    reduce::OPS,
    scans::OPS,
    segment::SORTED,
    segment::SPARSE,
    segment::UNSORTED,
    slopes::OPS,
    special::OPS,
    statistics::OPS,
    trig::OPS,
    unary::OPS,
];
