//! What the rows must give, in f64 on the host.

mod cnn;

use crate::operands::{element, probes};
use crate::rows::{LOSSES, Row};
use wgflow::Result;

/// Element `i` of operand `k`, exactly as the programs have it.
fn at(i: usize, k: usize, scale: f32) -> f64 {
    f64::from(element(i, k) * scale)
}

/// The elements at [`probes`] of a row's result.
pub(crate) fn expected(row: &Row) -> Result<Vec<f64>> {
    let at_probes = |f: &dyn Fn(usize) -> f64| Ok(probes(row.len()?).into_iter().map(f).collect());
    match (row.kind.as_str(), &row.sizes[..]) {
        ("matmul", &[n]) => {
            at_probes(&|i| (0..n).map(|k| at(i / n * n + k, 0, 1.0) * at(k * n + i % n, 1, 1.0)).sum())
        }
        ("matmul_f16", &[n]) => at_probes(&|i| {
            let half = |i, k| wgflow::f16::from_f32(element(i, k)).to_f64();
            (0..n).map(|k| half(i / n * n + k, 0) * half(k * n + i % n, 1)).sum()
        }),
        ("conv2d", _) => at_probes(&conv2d),
        ("softmax", &[_, columns]) => at_probes(&|i| {
            let row = i / columns * columns;
            let sum: f64 = (row..row + columns).map(|j| at(j, 0, 4.0).exp()).sum();
            at(i, 0, 4.0).exp() / sum
        }),
        ("gelu", _) => at_probes(&|i| {
            let x = f64::from(element(i, 0)) * f64::from(element(i, 1)) + f64::from(element(i, 2));
            0.5 * x * (1.0 + libm::erf(x / std::f64::consts::SQRT_2))
        }),
        ("add", _) => at_probes(&|i| at(i, 0, 1.0) + at(i, 1, 1.0)),
        ("sum", &[bits]) => Ok(vec![(0..1 << bits).map(|i| at(i, 0, 0.5) + 0.5).sum()]),
        ("eager", &[ops]) => {
            at_probes(&|i| (0..ops / 2).fold(at(i, 0, 1.0), |t, _| (t + at(i, 1, 0.1)) * at(i, 2, 0.9)))
        }
        ("cnn", &[samples]) => Ok(cnn::losses(samples, LOSSES)),
        _ => Ok(vec![]),
    }
}

/// How far results may be from [`expected`], relative to the largest of them.
pub(crate) fn bound(row: &Row) -> f64 {
    match row.kind.as_str() {
        // Sums are rounded to 11 bits.
        "matmul_f16" => 2e-3,
        // Libraries differ in where Adam adds its epsilon.
        "cnn" => 1e-3,
        _ => 2e-5,
    }
}

/// Element `i` of the convolution of 56 x 56 x 64 with 3 x 3 kernels, padding "same".
fn conv2d(i: usize) -> f64 {
    let (sample, row, column, filter) = (i / (56 * 56 * 64), i / (56 * 64) % 56, i / 64 % 56, i % 64);
    let mut sum = 0.0;
    for (dr, dc) in (0..9).map(|w| (w / 3, w % 3)) {
        let (r, c) = ((row + dr).wrapping_sub(1), (column + dc).wrapping_sub(1));
        if r >= 56 || c >= 56 {
            continue;
        }
        for channel in 0..64 {
            let x = at(((sample * 56 + r) * 56 + c) * 64 + channel, 0, 1.0);
            sum += x * at(((dr * 3 + dc) * 64 + channel) * 64 + filter, 1, 0.05);
        }
    }
    sum
}
