//! Matrix multiplication of strided views.

use crate::compiler::scalar::Ty;

/// A matrix in memory: element (i, j) is `words[i * rows + j * columns]`.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub words: &'a [u32],
    pub rows: isize,
    pub columns: isize,
}

/// `lhs [m, k] x rhs [k, n]`, row-major.
pub(super) fn multiply(ty: Ty, m: usize, n: usize, k: usize, lhs: View<'_>, rhs: View<'_>) -> Vec<u32> {
    let mut out = vec![0u32; m * n];
    if m * n == 0 || k == 0 {
        return out;
    }
    let at = |v: &View<'_>, i: usize, j: usize| v.words[i * v.rows as usize + j * v.columns as usize];
    for i in 0..m {
        for j in 0..n {
            out[i * n + j] = match ty {
                Ty::F32 => (0..k)
                    .map(|x| f32::from_bits(at(&lhs, i, x)) * f32::from_bits(at(&rhs, x, j)))
                    .sum::<f32>()
                    .to_bits(),
                _ => (0..k).fold(0u32, |s, x| s.wrapping_add(at(&lhs, i, x).wrapping_mul(at(&rhs, x, j)))),
            };
        }
    }
    out
}
