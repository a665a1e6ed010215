//! Rows, conversions and bit casts.

use super::build;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::literal::Literal;
use crate::hlo::prim::Spec;
use crate::hlo::rows::{Ew, FloatFn, IntFn};

pub(super) fn apply(op: Ew, out: &Spec, x: &[&Literal]) -> Result<Literal> {
    let row = op.row();
    let dtype = x[row.leading_bools].dtype;
    let missing = || Error::unimplemented(row.name, format_args!("on {dtype}"));
    let bits = dtype.int_bits();
    if dtype.is_exact() {
        let f = row.int.ok_or_else(missing)?;
        let at = |k: usize, i: usize| x[k].i64_at(i);
        Ok(build(
            out.dtype,
            &out.shape,
            |i| match f {
                IntFn::Unary(f) => f(at(0, i)),
                IntFn::Binary(f) => f(at(0, i), at(1, i)),
                IntFn::Ternary(f) => f(at(0, i), at(1, i), at(2, i)),
                IntFn::Compare(f) => i64::from(f(at(0, i), at(1, i))),
                IntFn::Sized(f) => f(at(0, i), if x.len() > 1 { at(1, i) } else { 0 }, bits),
            },
            |_| f64::NAN,
        ))
    } else {
        let f = row.float.ok_or_else(missing)?;
        let at = |k: usize, i: usize| x[k].f64_at(i);
        let real = |i: usize| match f {
            FloatFn::Unary(f) => f(at(0, i)),
            FloatFn::Binary(f) => f(at(0, i), at(1, i)),
            FloatFn::Ternary(f) => f(at(0, i), at(1, i), at(2, i)),
            FloatFn::Test(f) => f64::from(u8::from(f(at(0, i)))),
            FloatFn::Compare(f) => f64::from(u8::from(f(at(0, i), at(1, i)))),
        };
        Ok(build(out.dtype, &out.shape, |i| real(i) as i64, real))
    }
}

pub(super) fn convert(x: &Literal, to: DType) -> Literal {
    let int = |i: usize| match (x.dtype.is_exact(), to) {
        (true, _) => x.i64_at(i),
        (false, DType::Bool) => i64::from(x.f64_at(i) != 0.0),
        // Saturating, NaN to 0: what devices do.
        (false, d) => {
            let v = x.f64_at(i);
            if v.is_nan() { 0 } else { v.trunc().clamp(d.min(), d.max()) as i64 }
        }
    };
    build(to, &x.shape, int, |i| x.f64_at(i))
}

pub(super) fn bitcast(x: &Literal, out: &Spec) -> Result<Literal> {
    // Pairs are what complex elements are, here without rounding.
    if [x.dtype, out.dtype].contains(&DType::Complex64) {
        return Ok(Literal { dtype: out.dtype, shape: out.shape.clone(), values: x.values.clone() });
    }
    let bytes = x.to_storage("bitcast_convert")?;
    Literal::from_storage("bitcast_convert", out.dtype, out.shape.clone(), &bytes)
}
