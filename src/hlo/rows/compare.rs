//! Comparison, classification and selection.

use super::{Ew, FloatFn, Functor, IntFn, On, Row};
use smallvec::smallvec;

const fn comparison(
    op: Ew,
    name: &'static str,
    wgsl: &'static str,
    f: fn(f64, f64) -> bool,
    i: fn(i64, i64) -> bool,
) -> Row {
    Row::new(op, name, 2)
        .float(FloatFn::Compare(f), Functor::Infix(wgsl))
        .int(IntFn::Compare(i), Functor::Infix(wgsl))
        .predicate()
}

const NOT_EQUAL: Row = Row {
    wgsl_float: Some(Functor::Lib("m_ne")),
    ..comparison(Ew::Ne, "not_equal", "!=", |x, y| x != y, |x, y| x != y)
};

const SELECT: Row = Row {
    leading_bools: 1,
    on: On::ANY,
    wgsl_float: Some(Functor::Lib("select")),
    wgsl_int: Some(Functor::Lib("select")),
    wgsl_bool: Some(Functor::Lib("select")),
    float: Some(FloatFn::Ternary(|c, x, y| if c != 0.0 { x } else { y })),
    int: Some(IntFn::Ternary(|c, x, y| if c != 0 { x } else { y })),
    ..Row::new(Ew::Select, "select", 3)
};

pub(super) const ROWS: &[Row] = &[
    comparison(Ew::Eq, "equal", "==", |x, y| x == y, |x, y| x == y)
        .bool(IntFn::Compare(|x, y| x == y), Functor::Infix("==")),
    NOT_EQUAL.bool(IntFn::Compare(|x, y| x != y), Functor::Infix("!=")),
    comparison(Ew::Lt, "less", "<", |x, y| x < y, |x, y| x < y),
    comparison(Ew::Le, "less_equal", "<=", |x, y| x <= y, |x, y| x <= y),
    comparison(Ew::Gt, "greater", ">", |x, y| x > y, |x, y| x > y),
    comparison(Ew::Ge, "greater_equal", ">=", |x, y| x >= y, |x, y| x >= y),
    Row::new(Ew::IsFinite, "is_finite", 1)
        .float(FloatFn::Test(f64::is_finite), Functor::Lib("m_is_finite"))
        .predicate(),
    Row::new(Ew::IsInf, "is_inf", 1)
        .float(FloatFn::Test(f64::is_infinite), Functor::Lib("m_is_inf"))
        .predicate(),
    Row::new(Ew::IsNan, "is_nan", 1).float(FloatFn::Test(f64::is_nan), Functor::Lib("m_is_nan")).predicate(),
    SELECT.vjp(|g, x, _, dy| {
        let zero = g.zeros_like(dy)?;
        let (a, b) = (g.select(x[0], dy, zero)?, g.select(x[0], zero, dy)?);
        Ok(smallvec![None, Some(a), Some(b)])
    }),
];
