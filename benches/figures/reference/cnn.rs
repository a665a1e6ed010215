//! Training of the convolutional network in f64, by plain loops.

use crate::operands::{cnn_batch, cnn_weights};

const RATE: f64 = 1e-3;
const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-7;

/// The losses of the first steps.
pub(super) fn losses(samples: usize, steps: usize) -> Vec<f64> {
    let (images, labels) = cnn_batch(samples);
    let images: Vec<f64> = images.into_iter().map(f64::from).collect();
    let mut weights: Vec<Vec<f64>> =
        cnn_weights().into_iter().map(|w| w.into_iter().map(f64::from).collect()).collect();
    let zeros: Vec<Vec<f64>> = weights.iter().map(|w| vec![0.0; w.len()]).collect();
    let (mut m, mut v) = (zeros.clone(), zeros.clone());
    let mut found = vec![];
    for step in 1..=steps {
        let mut grads = zeros.clone();
        let mut loss = 0.0;
        for (image, label) in images.chunks_exact(784).zip(&labels) {
            loss += sample(image, *label as usize, &weights, &mut grads, samples as f64);
        }
        found.push(loss / samples as f64);
        let t = step as i32;
        let rate = RATE * (1.0 - BETA[1].powi(t)).sqrt() / (1.0 - BETA[0].powi(t));
        for (k, w) in weights.iter_mut().enumerate() {
            for (i, w) in w.iter_mut().enumerate() {
                let g = grads[k][i];
                m[k][i] += (1.0 - BETA[0]) * (g - m[k][i]);
                v[k][i] += (1.0 - BETA[1]) * (g * g - v[k][i]);
                *w -= rate * m[k][i] / (v[k][i].sqrt() + EPSILON);
            }
        }
    }
    found
}

/// The loss of one image; its share of the gradients is added.
fn sample(image: &[f64], label: usize, w: &[Vec<f64>], grads: &mut [Vec<f64>], samples: f64) -> f64 {
    let first = Conv { side: 28, inputs: 1, outputs: 32 };
    let second = Conv { side: 13, inputs: 32, outputs: 64 };
    let a1 = first.forward(image, &w[0], &w[1]);
    let (p1, at1) = pool(&a1, 26, 32);
    let a2 = second.forward(&p1, &w[2], &w[3]);
    let (p2, at2) = pool(&a2, 11, 64);
    let hidden: Vec<f64> = dense(&p2, &w[4], &w[5]).into_iter().map(|x| x.max(0.0)).collect();
    let logits = dense(&hidden, &w[6], &w[7]);
    let top = logits.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - top).exp()).sum();
    let one = |i: usize| f64::from(u8::from(i == label));
    let d: Vec<f64> =
        logits.iter().enumerate().map(|(i, l)| ((l - top).exp() / sum - one(i)) / samples).collect();
    let (head, tail) = grads.split_at_mut(4);
    let mut dh = dense_back(&hidden, &w[6], &d, &mut tail[2..]);
    relu_back(&hidden, &mut dh);
    let dp2 = dense_back(&p2, &w[4], &dh, &mut tail[..2]);
    let mut da2 = unpool(&dp2, &at2, a2.len());
    relu_back(&a2, &mut da2);
    let (ahead, behind) = head.split_at_mut(2);
    let dp1 = second.back(&p1, &w[2], &da2, behind);
    let mut da1 = unpool(&dp1, &at1, a1.len());
    relu_back(&a1, &mut da1);
    first.back(image, &w[0], &da1, ahead);
    top + sum.ln() - logits[label]
}

/// A 3x3 convolution of square images without padding.
struct Conv {
    side: usize,
    inputs: usize,
    outputs: usize,
}

impl Conv {
    /// Calls with each pair of a result's and an operand's pixel, and the kernel's place between them.
    fn pairs(&self, mut f: impl FnMut(usize, usize, usize)) {
        let n = self.side - 2;
        for (r, c) in (0..n * n).map(|i| (i / n, i % n)) {
            for (dr, dc) in (0..9).map(|i| (i / 3, i % 3)) {
                f((r * n + c) * self.outputs, ((r + dr) * self.side + c + dc) * self.inputs, dr * 3 + dc);
            }
        }
    }

    fn forward(&self, x: &[f64], kernel: &[f64], bias: &[f64]) -> Vec<f64> {
        let n = self.side - 2;
        let mut y: Vec<f64> = bias.iter().copied().cycle().take(n * n * self.outputs).collect();
        self.pairs(|o, i, k| {
            let y = &mut y[o..o + self.outputs];
            for (channel, x) in x[i..i + self.inputs].iter().enumerate() {
                let row = (k * self.inputs + channel) * self.outputs;
                y.iter_mut().zip(&kernel[row..]).for_each(|(y, k)| *y += x * k);
            }
        });
        y.iter_mut().for_each(|y| *y = y.max(0.0));
        y
    }

    fn back(&self, x: &[f64], kernel: &[f64], dy: &[f64], grads: &mut [Vec<f64>]) -> Vec<f64> {
        let mut dx = vec![0.0; x.len()];
        dy.iter().enumerate().for_each(|(i, d)| grads[1][i % self.outputs] += d);
        self.pairs(|o, i, k| {
            let dy = &dy[o..o + self.outputs];
            for channel in 0..self.inputs {
                let row = (k * self.inputs + channel) * self.outputs;
                let kernel = &kernel[row..row + self.outputs];
                dx[i + channel] += dy.iter().zip(kernel).map(|(d, k)| d * k).sum::<f64>();
                let x = x[i + channel];
                grads[0][row..].iter_mut().zip(dy).for_each(|(g, d)| *g += x * d);
            }
        });
        dx
    }
}

/// The largest of each 2x2 pixels, and where it stands.
fn pool(x: &[f64], side: usize, channels: usize) -> (Vec<f64>, Vec<usize>) {
    let n = side / 2;
    let largest = |i: usize| {
        let (r, c, channel) = (i / channels / n * 2, i / channels % n * 2, i % channels);
        let at = |dr: usize, dc: usize| ((r + dr) * side + c + dc) * channels + channel;
        let all = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)];
        all.into_iter().fold(all[0], |best, i| if x[i] > x[best] { i } else { best })
    };
    let at: Vec<usize> = (0..n * n * channels).map(largest).collect();
    (at.iter().map(|i| x[*i]).collect(), at)
}

fn unpool(dy: &[f64], at: &[usize], n: usize) -> Vec<f64> {
    let mut dx = vec![0.0; n];
    dy.iter().zip(at).for_each(|(d, i)| dx[*i] += d);
    dx
}

fn relu_back(y: &[f64], dy: &mut [f64]) {
    dy.iter_mut().zip(y).for_each(|(d, y)| *d *= f64::from(u8::from(*y > 0.0)));
}

fn dense(x: &[f64], kernel: &[f64], bias: &[f64]) -> Vec<f64> {
    let mut y = bias.to_vec();
    for (x, row) in x.iter().zip(kernel.chunks_exact(bias.len())) {
        y.iter_mut().zip(row).for_each(|(y, k)| *y += x * k);
    }
    y
}

fn dense_back(x: &[f64], kernel: &[f64], dy: &[f64], grads: &mut [Vec<f64>]) -> Vec<f64> {
    let n = dy.len();
    grads[1].iter_mut().zip(dy).for_each(|(g, d)| *g += d);
    let each = |(i, x): (usize, &f64)| {
        grads[0][i * n..(i + 1) * n].iter_mut().zip(dy).for_each(|(g, d)| *g += x * d);
        kernel[i * n..(i + 1) * n].iter().zip(dy).map(|(k, d)| k * d).sum()
    };
    x.iter().enumerate().map(each).collect()
}
