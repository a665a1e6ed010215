//! Logic and bits.

use super::{Ew, Functor, IntFn, Row};

fn mask(bits: u32) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}

fn shift_left(x: i64, s: i64, bits: u32) -> i64 {
    if (0..i64::from(bits)).contains(&s) { x.wrapping_shl(s as u32) } else { 0 }
}

fn shift_right(x: i64, s: i64, bits: u32) -> i64 {
    let s = if (0..i64::from(bits)).contains(&s) { s } else { 63 };
    x.wrapping_shr(s as u32)
}

fn shift_right_logical(x: i64, s: i64, bits: u32) -> i64 {
    if (0..i64::from(bits)).contains(&s) { ((x as u64 & mask(bits)) >> s) as i64 } else { 0 }
}

pub(super) const ROWS: &[Row] = &[
    Row::new(Ew::And, "and", 2)
        .int(IntFn::Binary(|x, y| x & y), Functor::Infix("&"))
        .bool(IntFn::Binary(|x, y| x & y), Functor::Infix("&")),
    Row::new(Ew::Or, "or", 2)
        .int(IntFn::Binary(|x, y| x | y), Functor::Infix("|"))
        .bool(IntFn::Binary(|x, y| x | y), Functor::Infix("|")),
    Row::new(Ew::Xor, "xor", 2)
        .int(IntFn::Binary(|x, y| x ^ y), Functor::Infix("^"))
        .bool(IntFn::Binary(|x, y| x ^ y), Functor::Infix("!=")),
    // The bits of a bool beside the lowest do not count, so one function serves both: `wrap` maps -1 - x to the dtype.
    Row::new(Ew::Not, "not", 1)
        .int(IntFn::Sized(|x, _, bits| if bits == 1 { 1 - x } else { !x }), Functor::Prefix("~"))
        .bool(IntFn::Sized(|x, _, bits| if bits == 1 { 1 - x } else { !x }), Functor::Prefix("!")),
    Row::new(Ew::ShiftLeft, "shift_left", 2)
        .int(IntFn::Sized(shift_left), Functor::Lib("i_shl"))
        .uint(Functor::Lib("u_shl")),
    Row::new(Ew::ShiftRightArithmetic, "shift_right_arithmetic", 2)
        .int(IntFn::Sized(shift_right), Functor::Lib("i_shr"))
        .uint(Functor::Lib("u_shr")),
    Row::new(Ew::ShiftRightLogical, "shift_right_logical", 2)
        .int(IntFn::Sized(shift_right_logical), Functor::Lib("i_shr_logical"))
        .uint(Functor::Lib("u_shr")),
    Row::new(Ew::Popcount, "popcnt", 1).int(
        IntFn::Sized(|x, _, bits| i64::from((x as u64 & mask(bits)).count_ones())),
        Functor::Builtin("countOneBits"),
    ),
    Row::new(Ew::CountLeadingZeros, "count_leading_zeros", 1).int(
        IntFn::Sized(|x, _, bits| i64::from((x as u64 & mask(bits)).leading_zeros()) - i64::from(64 - bits)),
        Functor::Builtin("countLeadingZeros"),
    ),
];
