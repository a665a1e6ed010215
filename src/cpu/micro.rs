//! Products of packed panels: the inner loops of all contractions.
//!
//! A tile of the product stays in registers while it runs over `k`: `MR` rows by `NV` vectors. The right side comes in panels of
//! [`Sizes::columns`] columns, one row of a panel after another; the left side either in panels of [`Sizes::rows`] rows likewise, or as rows
//! that lie in memory as they are.

use super::math::vectors;
use pulp::{Simd, WithSimd};
use std::sync::LazyLock;

/// How much of the product the registers of this machine hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub rows: usize,
    pub columns: usize,
}

static SIZES: LazyLock<Sizes> = LazyLock::new(|| {
    struct Ask;
    impl WithSimd for Ask {
        type Output = Sizes;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> Sizes {
            let rows = if S::F32_LANES == 16 { 12 } else { 6 };
            Sizes { rows, columns: 2 * S::F32_LANES }
        }
    }
    vectors().dispatch(Ask)
});

/// The sizes of panels on this machine.
pub(super) fn sizes() -> Sizes {
    *SIZES
}

/// The left side of a product, `k` long.
#[derive(Clone, Copy, Debug)]
pub(super) enum Left<'a> {
    /// Panels of [`Sizes::rows`] rows, the last one filled up.
    Panels(&'a [f32]),
    /// Row `i` from `words[starts[i]..]`, in stretches of `k`: from which place on, and how long.
    Rows { words: &'a [f32], starts: &'a [usize], stretches: &'a [(usize, usize)] },
}

/// `sums [rows, width] += left [rows, k] * right [k, width]`, where `width` is a multiple of [`Sizes::columns`]; with `first` the sums are
/// set.
pub(super) struct Product<'a> {
    pub left: Left<'a>,
    /// Panels of [`Sizes::columns`] columns.
    pub right: &'a [f32],
    pub rows: usize,
    pub width: usize,
    pub k: usize,
    pub first: bool,
    pub sums: &'a mut [f32],
}

impl Product<'_> {
    /// Adds the product up, in the order of `k`.
    pub(super) fn run(self) {
        vectors().dispatch(self);
    }

    #[inline(always)]
    fn tiles<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let (columns, k) = (NV * S::F32_LANES, self.k);
        for (j, right) in self.right.chunks_exact(k * columns).take(self.width / columns).enumerate() {
            let (right, _) = S::as_simd_f32s(right);
            for i in (0..self.rows).step_by(MR) {
                let acc = [[simd.splat_f32s(0.0); NV]; MR];
                let acc = match self.left {
                    Left::Panels(words) => panel(simd, &words[i * k..(i + MR) * k], right, acc),
                    Left::Rows { words, starts, stretches } => {
                        let mut acc = acc;
                        let starts: [usize; MR] = std::array::from_fn(|r| starts[(i + r).min(self.rows - 1)]);
                        let mut rest = right;
                        for &(from, len) in stretches {
                            let (now, then) = rest.split_at(len * NV);
                            rest = then;
                            let left = starts.map(|s| &words[s + from..s + from + len]);
                            acc = rows(simd, left, now, acc);
                        }
                        acc
                    }
                };
                for (r, acc) in acc.iter().enumerate().take(self.rows - i) {
                    let at = (i + r) * self.width + j * columns;
                    let (sums, _) = S::as_mut_simd_f32s(&mut self.sums[at..at + columns]);
                    for (s, &a) in sums.iter_mut().zip(acc) {
                        *s = if self.first { a } else { simd.add_f32s(*s, a) };
                    }
                }
            }
        }
    }
}

impl WithSimd for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F32_LANES == 16 { self.tiles::<S, 12, 2>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

#[inline(always)]
fn panel<S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    left: &[f32],
    right: &[S::f32s],
    mut acc: [[S::f32s; NV]; MR],
) -> [[S::f32s; NV]; MR] {
    for (left, right) in left.as_chunks::<MR>().0.iter().zip(right.as_chunks::<NV>().0) {
        for r in 0..MR {
            let x = simd.splat_f32s(left[r]);
            for v in 0..NV {
                acc[r][v] = simd.mul_add_f32s(x, right[v], acc[r][v]);
            }
        }
    }
    acc
}

#[inline(always)]
fn rows<S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    left: [&[f32]; MR],
    right: &[S::f32s],
    mut acc: [[S::f32s; NV]; MR],
) -> [[S::f32s; NV]; MR] {
    let right = right.as_chunks::<NV>().0;
    let len = right.len();
    let left = left.map(|l| &l[..len]);
    for p in 0..len {
        for r in 0..MR {
            let x = simd.splat_f32s(left[r][p]);
            for v in 0..NV {
                acc[r][v] = simd.mul_add_f32s(x, right[p][v], acc[r][v]);
            }
        }
    }
    acc
}
