//! Matrix multiplication of strided views.

use crate::compiler::scalar::Ty;

/// A matrix in memory: element (i, j) is `words[i * rows + j * columns]`.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub words: &'a [u32],
    pub rows: isize,
    pub columns: isize,
}

impl View<'_> {
    /// Whether all elements of an `m x n` matrix are in memory.
    fn holds(&self, m: usize, n: usize) -> bool {
        let last = (m as isize - 1) * self.rows + (n as isize - 1) * self.columns;
        self.rows >= 0 && self.columns >= 0 && (last as usize) < self.words.len()
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.words[i * self.rows as usize + j * self.columns as usize]
    }
}

/// `lhs [m, k] x rhs [k, n]`, row-major.
pub(super) fn multiply(ty: Ty, m: usize, n: usize, k: usize, lhs: View<'_>, rhs: View<'_>) -> Vec<u32> {
    let mut out = vec![0u32; m * n];
    if m * n == 0 || k == 0 {
        return out;
    }
    assert!(lhs.holds(m, k) && rhs.holds(k, n), "operands of a product are in memory");
    if ty == Ty::F32 {
        floats(m, n, k, lhs, rhs, bytemuck::cast_slice_mut(&mut out));
        return out;
    }
    for (i, row) in out.chunks_mut(n).enumerate() {
        for (j, sum) in row.iter_mut().enumerate() {
            *sum = (0..k).fold(0, |s, x| s.wrapping_add(lhs.at(i, x).wrapping_mul(rhs.at(x, j))));
        }
    }
    out
}

#[expect(
    unsafe_code,
    reason = "the library takes pointers; the caller has checked that they are good for all elements"
)]
fn floats(m: usize, n: usize, k: usize, lhs: View<'_>, rhs: View<'_>, out: &mut [f32]) {
    let (l, r): (&[f32], &[f32]) = (bytemuck::cast_slice(lhs.words), bytemuck::cast_slice(rhs.words));
    let multiply = gemm_f32::gemm::f32::get_gemm_fn();
    // SAFETY: `out` has m * n elements, row-major, borrowed for this call alone; `holds` says that the largest offset into `lhs` and `rhs`
    // is inside of them, and strides are not negative, so that the smallest is 0.
    unsafe {
        multiply(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            l.as_ptr(),
            lhs.columns,
            lhs.rows,
            r.as_ptr(),
            rhs.columns,
            rhs.rows,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}
