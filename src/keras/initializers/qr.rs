//! The QR decomposition by Householder's reflections, in 64 bits.

/// The orthogonal factor of a matrix of `rows` by `columns` (at most as many) numbers in row-major order, by columns. The signs are those with
/// which the other factor has a diagonal that is not negative, which makes the factor unique.
pub(super) fn orthonormal_columns(a: &[f32], rows: usize, columns: usize) -> Vec<f64> {
    // By columns, so that each loop runs over neighbours.
    let mut r: Vec<Vec<f64>> =
        (0..columns).map(|j| (0..rows).map(|i| f64::from(a[i * columns + j])).collect()).collect();
    let mut reflectors: Vec<Vec<f64>> = Vec::with_capacity(columns);
    let mut signs = Vec::with_capacity(columns);
    for j in 0..columns {
        let x = &r[j][j..];
        let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt();
        let mut v = x.to_vec();
        let pivot = if v[0] > 0.0 { -norm } else { norm };
        v[0] -= pivot;
        let length: f64 = v.iter().map(|v| v * v).sum();
        if length > 0.0 {
            let factor = (2.0 / length).sqrt();
            v.iter_mut().for_each(|v| *v *= factor);
        }
        r[j..].iter_mut().for_each(|column| reflect(&v, &mut column[j..]));
        signs.push(if pivot < 0.0 { -1.0 } else { 1.0 });
        reflectors.push(v);
    }
    let mut q = vec![0.0; rows * columns];
    for (j, column) in q.chunks_exact_mut(rows.max(1)).enumerate() {
        column[j] = signs[j];
        for (k, v) in reflectors.iter().enumerate().take(j + 1).rev() {
            reflect(v, &mut column[k..]);
        }
    }
    q
}

/// `x - v (v . x)`, for `v` of length `sqrt(2)`.
fn reflect(v: &[f64], x: &mut [f64]) {
    let along: f64 = v.iter().zip(x.iter()).map(|(v, x)| v * x).sum();
    x.iter_mut().zip(v).for_each(|(x, v)| *x -= v * along);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_orthonormal_and_give_the_matrix_back() {
        let (rows, columns) = (7, 5);
        let a: Vec<f32> =
            (0..rows * columns).map(|i| ((i * i * 37 + i * 11) % 101) as f32 / 50.0 - 1.0).collect();
        let q = orthonormal_columns(&a, rows, columns);
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let column = |j: usize| &q[j * rows..(j + 1) * rows];
        for i in 0..columns {
            for j in 0..columns {
                let wanted = f64::from(u8::from(i == j));
                assert!((dot(column(i), column(j)) - wanted).abs() < 1e-13, "{i} {j}");
            }
        }
        // R = Q' A is upper triangular with a diagonal that is not negative, and Q R = A.
        for j in 0..columns {
            let original: Vec<f64> = (0..rows).map(|i| f64::from(a[i * columns + j])).collect();
            let r: Vec<f64> = (0..columns).map(|i| dot(column(i), &original)).collect();
            assert!(r[j] >= 0.0 && r[j + 1..].iter().all(|v| v.abs() < 1e-12), "{r:?}");
            for (i, wanted) in original.iter().enumerate() {
                let back: f64 = (0..columns).map(|k| column(k)[i] * r[k]).sum();
                assert!((back - wanted).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_column_of_zeros_is_no_problem() {
        let q = orthonormal_columns(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0], 3, 2);
        assert!(q.iter().all(|v| v.is_finite()));
    }
}
