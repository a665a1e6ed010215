//! Operations over blocks of registers.

use super::math::{self, LANES};
use crate::compiler::kernel::Fold;
use crate::compiler::scalar::Ty;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::Ew;
use crate::hlo::rows::Outcome;
use bytemuck::{cast_mut, cast_slice, cast_slice_mut};

fn float(x: u32) -> f64 {
    f64::from(f32::from_bits(x))
}

fn int(ty: Ty, x: u32) -> i64 {
    if ty == Ty::I32 { i64::from(x as i32) } else { i64::from(x) }
}

pub(super) fn unary(e: Ew, ty: Ty, x: &[u32], out: &mut [u32]) {
    known(match ty {
        Ty::F32 if e.row().outcome == Outcome::Bool => math::test(e, cast_slice(x), out),
        Ty::F32 => math::unary(e, cast_slice(x), cast_slice_mut(out)),
        Ty::I32 => math::unary_i32(e, cast_slice(x), cast_slice_mut(out)),
        Ty::U32 => math::unary_u32(e, x, out),
        Ty::Bool => math::unary_bool(e, x, out),
    });
}

pub(super) fn binary(e: Ew, ty: Ty, x: &[u32], y: &[u32], out: &mut [u32]) {
    let compares = e.row().outcome == Outcome::Bool;
    known(match ty {
        Ty::F32 if compares => math::compare(e, cast_slice(x), cast_slice(y), out),
        Ty::F32 => math::binary(e, cast_slice(x), cast_slice(y), cast_slice_mut(out)),
        Ty::I32 if compares => math::compare_i32(e, cast_slice(x), cast_slice(y), out),
        Ty::I32 => math::binary_i32(e, cast_slice(x), cast_slice(y), cast_slice_mut(out)),
        Ty::U32 | Ty::Bool if compares => math::compare_u32(e, x, y, out),
        Ty::U32 | Ty::Bool => math::binary_u32(e, x, y, out),
    });
}

pub(super) fn ternary(e: Ew, ty: Ty, x: &[u32], y: &[u32], z: &[u32], out: &mut [u32]) {
    match ty {
        _ if e.row().leading_bools > 0 => math::select(x, y, z, out),
        Ty::F32 => math::clamp(cast_slice(x), cast_slice(y), cast_slice(z), cast_slice_mut(out)),
        Ty::I32 => math::clamp_i32(cast_slice(x), cast_slice(y), cast_slice(z), cast_slice_mut(out)),
        Ty::U32 | Ty::Bool => math::clamp_u32(x, y, z, out),
    }
}

/// `sum = sum op x`, lane by lane.
pub(super) fn accumulate(e: Ew, ty: Ty, x: &[u32], sum: &mut [u32]) {
    known(match ty {
        Ty::F32 => math::accumulate(e, cast_slice(x), cast_slice_mut(sum)),
        Ty::I32 => math::accumulate_i32(e, cast_slice(x), cast_slice_mut(sum)),
        Ty::U32 | Ty::Bool => math::accumulate_u32(e, x, sum),
    });
}

/// Takes a block into running folds: element `i` into lane `i % LANES`.
fn fold(e: Ew, ty: Ty, x: &[u32], lanes: &mut [u32; LANES]) {
    known(match ty {
        Ty::F32 => math::fold(e, cast_slice(x), cast_mut(lanes)),
        Ty::I32 => math::fold_i32(e, cast_slice(x), cast_mut(lanes)),
        Ty::U32 | Ty::Bool => math::fold_u32(e, x, lanes),
    });
}

/// Inference admits no operation on a type that it does not know.
fn known(done: Result<()>) {
    debug_assert!(done.is_ok(), "{done:?}");
}

/// The bits that a fold starts from.
pub(super) fn start(fold: Fold, ty: Ty) -> u32 {
    let d = ty.dtype();
    match fold {
        Fold::Kind(kind) => ty.bits(kind.identity(d)),
        Fold::Arg { max: true } => ty.bits(if ty == Ty::F32 { f64::NEG_INFINITY } else { d.min() }),
        Fold::Arg { max: false } => ty.bits(if ty == Ty::F32 { f64::INFINITY } else { d.max() }),
    }
}

/// Whether `x` at `at` comes before `y` at `from` as an extremum: NaN first, then by value, then by position.
fn better(max: bool, ty: Ty, x: u32, at: u32, y: u32, from: u32) -> bool {
    let (a, b) = if ty == Ty::F32 { (float(x), float(y)) } else { (int(ty, x) as f64, int(ty, y) as f64) };
    match (a.is_nan(), b.is_nan()) {
        (true, true) => at < from,
        (true, false) => true,
        (false, true) => false,
        _ => (if max { a > b } else { a < b }) || (a == b && at < from),
    }
}

/// Keeps the extremum so far and its position, lane by lane.
pub(super) fn arg_accumulate(max: bool, ty: Ty, x: &[u32], at: u32, best: &mut [u32], places: &mut [u32]) {
    for ((&x, b), p) in x.iter().zip(best).zip(places) {
        if better(max, ty, x, at, *b, *p) {
            (*b, *p) = (x, at);
        }
    }
}

/// A fold over the blocks of a row.
pub(super) struct Folded {
    fold: Fold,
    ty: Ty,
    lanes: [u32; LANES],
    places: [u32; LANES],
}

impl Folded {
    pub(super) fn new(fold: Fold, ty: Ty) -> Self {
        Folded { fold, ty, lanes: [start(fold, ty); LANES], places: [i32::MAX as u32; LANES] }
    }

    /// Takes in a block whose first element is number `from` of the row.
    pub(super) fn block(&mut self, x: &[u32], from: usize) {
        match self.fold {
            Fold::Kind(kind) => fold(kind.row(), self.ty, x, &mut self.lanes),
            Fold::Arg { max } => {
                for (k, &x) in x.iter().enumerate() {
                    let (l, at) = (k % LANES, (from + k) as u32);
                    if better(max, self.ty, x, at, self.lanes[l], self.places[l]) {
                        (self.lanes[l], self.places[l]) = (x, at);
                    }
                }
            }
        }
    }

    /// The fold of all blocks.
    pub(super) fn result(&self) -> u32 {
        let mut lanes = self.lanes;
        let mut places = self.places;
        let mut half = LANES / 2;
        while half > 0 {
            let (kept, rest) = lanes.split_at_mut(half);
            match self.fold {
                Fold::Kind(kind) => accumulate(kind.row(), self.ty, &rest[..half], kept),
                Fold::Arg { max } => {
                    for l in 0..half {
                        if better(max, self.ty, rest[l], places[l + half], kept[l], places[l]) {
                            (kept[l], places[l]) = (rest[l], places[l + half]);
                        }
                    }
                }
            }
            half /= 2;
        }
        if matches!(self.fold, Fold::Arg { .. }) { places[0] } else { lanes[0] }
    }
}

pub(super) fn convert(from: DType, to: DType, x: &[u32], out: &mut [u32]) {
    match (Ty::of(from), Ty::of(to)) {
        (Ty::F32, Ty::I32) => math::i32_from_f32(cast_slice(x), cast_slice_mut(out)),
        (Ty::F32, Ty::U32) => math::u32_from_f32(cast_slice(x), out),
        (Ty::F32, Ty::Bool) => math::bool_from_f32(cast_slice(x), out),
        (Ty::I32, Ty::F32) => math::f32_from_i32(cast_slice(x), cast_slice_mut(out)),
        (Ty::U32 | Ty::Bool, Ty::F32) => math::f32_from_u32(x, cast_slice_mut(out)),
        (Ty::I32 | Ty::U32, Ty::Bool) => math::bool_from_u32(x, out),
        _ => out.copy_from_slice(x),
    }
}

/// A key whose unsigned order is the order of sorting; NaN last either way.
pub(super) fn sort_key(ty: Ty, x: u32, descending: bool) -> u32 {
    let flip = |k: u32| if descending { !k } else { k };
    match ty {
        Ty::U32 | Ty::Bool => flip(x),
        Ty::I32 => flip(x ^ 0x8000_0000),
        Ty::F32 if f32::from_bits(x).is_nan() => u32::MAX,
        Ty::F32 => {
            let x = if f32::from_bits(x) == 0.0 { 0 } else { x };
            let key = if x >> 31 == 1 { !x } else { x | 0x8000_0000 };
            if descending { 0xffff_fffe - key } else { key }
        }
    }
}
