//! Products whose sizes go round the blocks that devices compute them in, against plain sums in f64.

use super::values;
use wgflow::ops::linalg::{self, MatMul};
use wgflow::{DType, GradientTape, Result, Tensor, Unconnected, nn, random};
use wgflow_tests::device::device_under_test;

fn uniform(shape: &[usize], seed: i64) -> Result<Tensor> {
    random::stateless_uniform(shape, [seed, 7], -1.0, 1.0, DType::Float32)
}

/// `sum over k of a(g, m, k) b(g, k, n)`.
fn product(
    [gs, ms, ns, ks]: [usize; 4],
    a: impl Fn(usize, usize, usize) -> f64,
    b: impl Fn(usize, usize, usize) -> f64,
) -> Vec<f64> {
    let mut out = Vec::with_capacity(gs * ms * ns);
    for g in 0..gs {
        for m in 0..ms {
            out.extend((0..ns).map(|n| (0..ks).map(|k| a(g, m, k) * b(g, k, n)).sum::<f64>()));
        }
    }
    out
}

#[track_caller]
fn agree(got: &Tensor, wanted: &[f64], ks: usize) {
    let got = values(got);
    assert_eq!(got.len(), wanted.len());
    let bound = 4e-7 * (ks as f64).sqrt().max(4.0) * 4.0;
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        assert!((g - w).abs() <= bound, "element {i}: wanted {w}, got {g}");
    }
}

#[test]
fn matrices_of_all_sizes() -> Result<()> {
    device_under_test();
    let sizes = [
        [1, 4, 4, 4],
        [1, 5, 7, 3],
        [1, 12, 32, 320],
        [1, 13, 33, 321],
        [1, 150, 70, 700],
        [1, 300, 9, 40],
        [3, 25, 31, 65],
        [40, 6, 5, 17],
        [1, 8, 32, 9000],
        [2, 9, 6, 4100],
        [1, 4, 1200, 12],
    ];
    for [g, m, n, k] in sizes {
        for turned in 0..4 {
            let (ta, tb) = (turned & 1 == 1, turned & 2 == 2);
            let a = uniform(&if ta { [g, k, m] } else { [g, m, k] }, 1)?;
            let b = uniform(&if tb { [g, n, k] } else { [g, k, n] }, 2)?;
            let with = MatMul { transpose_a: ta, transpose_b: tb };
            let got = linalg::matmul_with(&a, &b, with)?;
            let (x, y) = (values(&a), values(&b));
            let left = |g: usize, i: usize, p: usize| x[g * m * k + if ta { p * m + i } else { i * k + p }];
            let right = |g: usize, p: usize, j: usize| y[g * n * k + if tb { j * k + p } else { p * n + j }];
            agree(&got, &product([g, m, n, k], left, right), k);
            let again = linalg::matmul_with(&a, &b, MatMul { transpose_a: ta, transpose_b: tb })?;
            let bits =
                |t: &Tensor| t.to_vec::<f32>().map(|v| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
            assert_eq!(bits(&got)?, bits(&again)?, "twice the same of {g} x {m} x {n} x {k}");
        }
    }
    Ok(())
}

/// A convolution of channels-last images, with zeros outside.
struct Case {
    x: [usize; 4],
    kernel: [usize; 4],
    same: bool,
}

impl Case {
    fn pads(&self, d: usize) -> usize {
        if self.same { (self.kernel[d] - 1) / 2 } else { 0 }
    }

    fn out(&self, d: usize) -> usize {
        if self.same { self.x[d + 1] } else { self.x[d + 1] + 1 - self.kernel[d] }
    }

    /// Calls `f` with the positions of image, kernel and result of every product that is summed.
    fn each(&self, mut f: impl FnMut(usize, usize, usize)) {
        let ([b, h, w, c], [kh, kw, _, o]) = (self.x, self.kernel);
        let (oh, ow) = (self.out(0), self.out(1));
        for i in 0..b * oh * ow * kh * kw {
            let (kx, i) = (i % kw, i / kw);
            let (ky, i) = (i % kh, i / kh);
            let (x, i) = (i % ow, i / ow);
            let (y, n) = (i % oh, i / oh);
            let (row, column) = ((y + ky).wrapping_sub(self.pads(0)), (x + kx).wrapping_sub(self.pads(1)));
            if row >= h || column >= w {
                continue;
            }
            for ch in 0..c {
                for of in 0..o {
                    f(
                        ((n * h + row) * w + column) * c + ch,
                        ((ky * kw + kx) * c + ch) * o + of,
                        ((n * oh + y) * ow + x) * o + of,
                    );
                }
            }
        }
    }
}

#[test]
fn convolutions_and_both_derivatives() -> Result<()> {
    device_under_test();
    let cases = [
        Case { x: [3, 28, 28, 1], kernel: [3, 3, 1, 32], same: false },
        Case { x: [2, 9, 11, 3], kernel: [3, 5, 3, 7], same: true },
        Case { x: [2, 13, 13, 32], kernel: [3, 3, 32, 40], same: false },
        Case { x: [2, 12, 7, 33], kernel: [3, 3, 33, 12], same: true },
        Case { x: [1, 6, 6, 24], kernel: [1, 1, 24, 24], same: false },
    ];
    for case in cases {
        let (x, kernel) = (uniform(&case.x, 3)?, uniform(&case.kernel, 4)?);
        let dy = uniform(&[case.x[0], case.out(0), case.out(1), case.kernel[3]], 5)?;
        let tape = GradientTape::new();
        tape.watch(&x);
        tape.watch(&kernel);
        let padding = if case.same { nn::Padding::Same } else { nn::Padding::Valid };
        let y = nn::conv2d(&x, &kernel, 1, padding, nn::DataFormat::Nhwc, 1)?;
        let [dx, dk] = tape.gradient_with(&[(&y, Some(&dy))], [&x, &kernel], Unconnected::Zero)?;
        let (Some(dx), Some(dk)) = (dx, dk) else { panic!("both have derivatives") };
        let (xs, ks, ds) = (values(&x), values(&kernel), values(&dy));
        let (mut wy, mut wx, mut wk) = (vec![0.0; ds.len()], vec![0.0; xs.len()], vec![0.0; ks.len()]);
        case.each(|i, k, o| {
            wy[o] += xs[i] * ks[k];
            wx[i] += ds[o] * ks[k];
            wk[k] += xs[i] * ds[o];
        });
        agree(&y, &wy, ks.len() / case.kernel[3]);
        agree(&dx, &wx, ks.len() / case.kernel[2]);
        agree(&dk, &wk, ds.len() / case.kernel[3]);
    }
    Ok(())
}
