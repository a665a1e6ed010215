//! Running reductions: sums, products, extrema, conjunctions.

use super::lanes::dispatch;
use super::{arith, missing};
use crate::error::Result;
use crate::hlo::Ew;
use pulp::NullaryFnOnce;

/// Partial results of a fold, side by side so that they do not wait for each other.
pub const LANES: usize = 16;

/// `into![sums: T, x, |a, b| e]`: `sums[i] = e`, element by element.
macro_rules! into {
    ($sums:ident: $t:ty, $x:ident, |$a:ident, $b:ident| $e:expr) => {{
        struct Block<'a>(&'a mut [$t], &'a [$t]);
        impl NullaryFnOnce for Block<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                for (s, &$b) in self.0.iter_mut().zip(self.1) {
                    let $a = *s;
                    *s = $e;
                }
            }
        }
        dispatch(Block($sums, $x))
    }};
}

/// `across![lanes: T, x, |a, b| e]`: `lanes[i % LANES] = e` for all elements.
macro_rules! across {
    ($lanes:ident: $t:ty, $x:ident, |$a:ident, $b:ident| $e:expr) => {{
        struct Block<'a>(&'a mut [$t; LANES], &'a [$t]);
        impl NullaryFnOnce for Block<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                let add = |lanes: &mut [$t; LANES], chunk: &[$t; LANES]| {
                    for k in 0..LANES {
                        let ($a, $b) = (lanes[k], chunk[k]);
                        lanes[k] = $e;
                    }
                };
                let mut lanes = *self.0;
                let (chunks, rest) = self.1.as_chunks::<LANES>();
                let mut fours = chunks.chunks_exact(4);
                // Four at a time do not wait for each other.
                if let Some([first, x, y, z]) = fours.next() {
                    let (mut x, mut y, mut z) = (*x, *y, *z);
                    add(&mut lanes, first);
                    for four in &mut fours {
                        add(&mut lanes, &four[0]);
                        add(&mut x, &four[1]);
                        add(&mut y, &four[2]);
                        add(&mut z, &four[3]);
                    }
                    add(&mut lanes, &x);
                    add(&mut y, &z);
                    add(&mut lanes, &y);
                }
                fours.remainder().iter().for_each(|chunk| add(&mut lanes, chunk));
                for (lane, &$b) in lanes.iter_mut().zip(rest) {
                    let $a = *lane;
                    *lane = $e;
                }
                *self.0 = lanes;
            }
        }
        dispatch(Block($lanes, $x))
    }};
}

macro_rules! reductions {
    ($accumulate:ident, $fold:ident: $t:ident, $of:literal, { $($op:ident => |$a:ident, $b:ident| $e:expr),+ $(,)? }) => {
        #[doc = concat!("`sums[i] = op(sums[i], x[i])` for ", $of, ".")]
        ///
        /// # Errors
        /// `Internal` where `op` is no reduction's.
        pub fn $accumulate(op: Ew, x: &[$t], sums: &mut [$t]) -> Result<()> {
            match op {
                $(Ew::$op => into![sums: $t, x, |$a, $b| $e],)+
                _ => return Err(missing(op, "reduction", stringify!($t))),
            }
            Ok(())
        }

        #[doc = concat!("`lanes[i % LANES] = op(lanes[i % LANES], x[i])` for all elements, for ", $of, ".")]
        ///
        /// # Errors
        /// `Internal` where `op` is no reduction's.
        pub fn $fold(op: Ew, x: &[$t], lanes: &mut [$t; LANES]) -> Result<()> {
            match op {
                $(Ew::$op => across![lanes: $t, x, |$a, $b| $e],)+
                _ => return Err(missing(op, "reduction", stringify!($t))),
            }
            Ok(())
        }
    };
}

reductions!(accumulate, fold: f32, "float32", {
    Add => |a, b| a + b,
    Mul => |a, b| a * b,
    Max => |a, b| arith::max(a, b),
    Min => |a, b| arith::min(a, b),
});
reductions!(accumulate_i32, fold_i32: i32, "int32", {
    Add => |a, b| a.wrapping_add(b),
    Mul => |a, b| a.wrapping_mul(b),
    Max => |a, b| a.max(b),
    Min => |a, b| a.min(b),
    And => |a, b| a & b,
    Or => |a, b| a | b,
});
reductions!(accumulate_u32, fold_u32: u32, "uint32, and And and Or of bools", {
    Add => |a, b| a.wrapping_add(b),
    Mul => |a, b| a.wrapping_mul(b),
    Max => |a, b| a.max(b),
    Min => |a, b| a.min(b),
    And => |a, b| a & b,
    Or => |a, b| a | b,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_and_sums_take_every_element_once() -> Result<()> {
        // A length that is no multiple of the lanes; whole numbers, so that order does not matter.
        let x: Vec<f32> = (0..101).map(|i| (i * 37 % 101) as f32 - 50.0).collect();
        for (op, start, want) in [(Ew::Add, 0.0, 0.0), (Ew::Max, f32::MIN, 50.0), (Ew::Min, f32::MAX, -50.0)]
        {
            let mut lanes = [start; LANES];
            fold(op, &x, &mut lanes)?;
            let mut one = [start];
            lanes.iter().try_for_each(|&l| accumulate(op, &[l], &mut one))?;
            assert_eq!(one, [want], "{op:?}");
        }
        let mut sums = [1u32, 2, u32::MAX];
        accumulate_u32(Ew::Add, &[10, 20, 1], &mut sums)?;
        assert_eq!(sums, [11, 22, 0]);
        let mut lanes = [-1i32; LANES];
        fold_i32(Ew::And, &[6; 20], &mut lanes)?;
        assert_eq!(lanes, [6; LANES]);
        let mut lanes = [0.0; LANES];
        fold(Ew::Max, &[1.0, f32::NAN, 2.0], &mut lanes)?;
        assert!(lanes[1].is_nan() && lanes[2] == 2.0);
        assert!(fold(Ew::Div, &x, &mut lanes).is_err());
        Ok(())
    }
}
