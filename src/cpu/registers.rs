//! Operations over blocks of registers.

use crate::compiler::kernel::Fold;
use crate::compiler::scalar::Ty;
use crate::dtype::DType;
use crate::hlo::Ew;
use crate::hlo::rows::{FloatFn, IntFn};

fn float(x: u32) -> f64 {
    f64::from(f32::from_bits(x))
}

fn int(ty: Ty, x: u32) -> i64 {
    if ty == Ty::I32 { i64::from(x as i32) } else { i64::from(x) }
}

fn apply(e: Ew, ty: Ty, x: &[u32]) -> u32 {
    let row = e.row();
    if ty == Ty::F32 {
        let f = |k: usize| float(x[k]);
        return match row.float {
            Some(FloatFn::Unary(g)) => (g(f(0)) as f32).to_bits(),
            Some(FloatFn::Binary(g)) => (g(f(0), f(1)) as f32).to_bits(),
            Some(FloatFn::Ternary(g)) if row.leading_bools == 0 => (g(f(0), f(1), f(2)) as f32).to_bits(),
            Some(FloatFn::Ternary(_)) => {
                if x[0] != 0 {
                    x[1]
                } else {
                    x[2]
                }
            }
            Some(FloatFn::Test(g)) => u32::from(g(f(0))),
            Some(FloatFn::Compare(g)) => u32::from(g(f(0), f(1))),
            None => 0,
        };
    }
    let v = |k: usize| int(ty, x[k]);
    let bits = if ty == Ty::Bool { 1 } else { 32 };
    match row.int {
        Some(IntFn::Unary(g)) => g(v(0)) as u32,
        Some(IntFn::Binary(g)) => g(v(0), v(1)) as u32,
        Some(IntFn::Ternary(g)) => g(v(0), v(1), v(2)) as u32,
        Some(IntFn::Compare(g)) => u32::from(g(v(0), v(1))),
        Some(IntFn::Sized(g)) => g(v(0), if x.len() > 1 { v(1) } else { 0 }, bits) as u32,
        None => 0,
    }
}

pub(super) fn unary(e: Ew, ty: Ty, x: &[u32], out: &mut [u32]) {
    out.iter_mut().zip(x).for_each(|(o, &x)| *o = apply(e, ty, &[x]));
}

pub(super) fn binary(e: Ew, ty: Ty, x: &[u32], y: &[u32], out: &mut [u32]) {
    out.iter_mut().zip(x).zip(y).for_each(|((o, &x), &y)| *o = apply(e, ty, &[x, y]));
}

pub(super) fn ternary(e: Ew, ty: Ty, x: &[u32], y: &[u32], z: &[u32], out: &mut [u32]) {
    out.iter_mut().zip(x).zip(y).zip(z).for_each(|(((o, &x), &y), &z)| *o = apply(e, ty, &[x, y, z]));
}

/// `sum = sum op x`, lane by lane.
pub(super) fn accumulate(e: Ew, ty: Ty, x: &[u32], sum: &mut [u32]) {
    sum.iter_mut().zip(x).for_each(|(s, &x)| *s = apply(e, ty, &[*s, x]));
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

/// Lanes of a running fold, so that partial results do not wait for each other.
const LANES: usize = 16;

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
        for (c, part) in x.chunks(LANES).enumerate() {
            match self.fold {
                Fold::Kind(kind) => accumulate(kind.row(), self.ty, part, &mut self.lanes[..part.len()]),
                Fold::Arg { max } => {
                    for (l, &x) in part.iter().enumerate() {
                        let at = (from + c * LANES + l) as u32;
                        if better(max, self.ty, x, at, self.lanes[l], self.places[l]) {
                            (self.lanes[l], self.places[l]) = (x, at);
                        }
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
            for l in 0..half {
                match self.fold {
                    Fold::Kind(kind) => lanes[l] = apply(kind.row(), self.ty, &[lanes[l], lanes[l + half]]),
                    Fold::Arg { max } => {
                        if better(max, self.ty, lanes[l + half], places[l + half], lanes[l], places[l]) {
                            (lanes[l], places[l]) = (lanes[l + half], places[l + half]);
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
    let (a, b) = (Ty::of(from), Ty::of(to));
    let each = |out: &mut [u32], f: &dyn Fn(u32) -> u32| out.iter_mut().zip(x).for_each(|(o, &x)| *o = f(x));
    match (a, b) {
        (Ty::F32, Ty::I32) => each(out, &|x| f32::from_bits(x) as i32 as u32),
        (Ty::F32, Ty::U32) => each(out, &|x| f32::from_bits(x) as u32),
        (Ty::F32, Ty::Bool) => each(out, &|x| u32::from(f32::from_bits(x) != 0.0)),
        (Ty::I32, Ty::F32) => each(out, &|x| (x as i32 as f32).to_bits()),
        (Ty::U32 | Ty::Bool, Ty::F32) => each(out, &|x| (x as f32).to_bits()),
        (_, Ty::Bool) => each(out, &|x| u32::from(x != 0)),
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
