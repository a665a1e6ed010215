//! Loops over blocks, compiled for every instruction set that is chosen from at run time.

use pulp::{Arch, NullaryFnOnce};
use std::sync::LazyLock;

static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// The widest vectors of the machine.
pub(in crate::cpu) fn vectors() -> Arch {
    *ARCH
}

/// Runs a loop in its version for the widest instruction set of the machine. Its `call` must be `#[inline(always)]` and so must be all
/// that it calls: what is not inlined is compiled for the least machine.
pub(super) fn dispatch<L: NullaryFnOnce>(block: L) -> L::Output {
    ARCH.dispatch(block)
}

/// `map!(out: R = |x: A, y: B| expression)`: the expression for all elements of the slices of these names. It stands in the loop itself,
/// where closures would be calls.
macro_rules! map {
    ($out:ident: $r:ty = |$x:ident: $a:ty| $e:expr) => {{
        struct Block<'a>(&'a [$a], &'a mut [$r]);
        impl pulp::NullaryFnOnce for Block<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                for (o, &$x) in self.1.iter_mut().zip(self.0) {
                    *o = $e;
                }
            }
        }
        $crate::cpu::math::lanes::dispatch(Block($x, $out))
    }};
    ($out:ident: $r:ty = |$x:ident: $a:ty, $y:ident: $b:ty| $e:expr) => {{
        struct Block<'a>(&'a [$a], &'a [$b], &'a mut [$r]);
        impl pulp::NullaryFnOnce for Block<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                for ((o, &$x), &$y) in self.2.iter_mut().zip(self.0).zip(self.1) {
                    *o = $e;
                }
            }
        }
        $crate::cpu::math::lanes::dispatch(Block($x, $y, $out))
    }};
    ($out:ident: $r:ty = |$x:ident: $a:ty, $y:ident: $b:ty, $z:ident: $c:ty| $e:expr) => {{
        struct Block<'a>(&'a [$a], &'a [$b], &'a [$c], &'a mut [$r]);
        impl pulp::NullaryFnOnce for Block<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                for (((o, &$x), &$y), &$z) in self.3.iter_mut().zip(self.0).zip(self.1).zip(self.2) {
                    *o = $e;
                }
            }
        }
        $crate::cpu::math::lanes::dispatch(Block($x, $y, $z, $out))
    }};
}
pub(super) use map;
