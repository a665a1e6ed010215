//! Comparison, classification and selection. Truth values are words, 0 and 1.

use super::lanes::{dispatch, map};
use super::missing;
use crate::error::Result;
use crate::hlo::Ew;
use pulp::NullaryFnOnce;

macro_rules! comparison {
    ($name:ident: $t:ident, $of:literal) => {
        #[doc = concat!("`out = op(x, y)` for comparisons of ", $of, ".")]
        ///
        /// # Errors
        /// `Internal` where `op` is no comparison.
        pub fn $name(op: Ew, x: &[$t], y: &[$t], out: &mut [u32]) -> Result<()> {
            match op {
                Ew::Eq => map!(out: u32 = |x: $t, y: $t| u32::from(x == y)),
                Ew::Ne => map!(out: u32 = |x: $t, y: $t| u32::from(x != y)),
                Ew::Lt => map!(out: u32 = |x: $t, y: $t| u32::from(x < y)),
                Ew::Le => map!(out: u32 = |x: $t, y: $t| u32::from(x <= y)),
                Ew::Gt => map!(out: u32 = |x: $t, y: $t| u32::from(x > y)),
                Ew::Ge => map!(out: u32 = |x: $t, y: $t| u32::from(x >= y)),
                _ => return Err(missing(op, "comparison", stringify!($t))),
            }
            Ok(())
        }
    };
}
comparison!(compare: f32, "float32");
comparison!(compare_i32: i32, "int32");
comparison!(compare_u32: u32, "uint32 and of bools");

/// `out = op(x)` for the tests of float32 (finite, infinite, NaN).
///
/// # Errors
/// `Internal` where `op` is no such operation.
pub fn test(op: Ew, x: &[f32], out: &mut [u32]) -> Result<()> {
    match op {
        Ew::IsFinite => map!(out: u32 = |x: f32| u32::from(x.is_finite())),
        Ew::IsInf => map!(out: u32 = |x: f32| u32::from(x.is_infinite())),
        Ew::IsNan => map!(out: u32 = |x: f32| u32::from(x.is_nan())),
        _ => return Err(missing(op, "test", "float32")),
    }
    Ok(())
}

/// `out = c ? x : y`, for elements of any type.
pub fn select<T: Copy>(c: &[u32], x: &[T], y: &[T], out: &mut [T]) {
    dispatch(Select(c, x, y, out));
}

struct Select<'a, T>(&'a [u32], &'a [T], &'a [T], &'a mut [T]);

impl<T: Copy> NullaryFnOnce for Select<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (((o, &c), &x), &y) in self.3.iter_mut().zip(self.0).zip(self.1).zip(self.2) {
            *o = std::hint::select_unpredictable(c != 0, x, y);
        }
    }
}
