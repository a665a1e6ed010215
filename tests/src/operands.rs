//! Numbers by a formula: the same in every program that is compared, in any language, without files.

/// Element `i` of operand number `k`: spread evenly over -1 to 1, of 24 bits, so that it is exact in float32.
pub fn element(i: usize, k: usize) -> f32 {
    let mut h = (i as u32).wrapping_mul(2_654_435_761).wrapping_add((k as u32).wrapping_mul(40_503));
    h ^= h >> 15;
    h = h.wrapping_mul(2_246_822_519);
    h ^= h >> 13;
    (h >> 8) as f32 / 8_388_608.0 - 1.0
}

/// The first `n` elements of operand number `k`, times `scale`.
pub fn operand(n: usize, k: usize, scale: f32) -> Vec<f32> {
    (0..n).map(|i| element(i, k) * scale).collect()
}

/// Which elements of a result of `n` elements are compared: up to 256 of them, spread over all of it, and the last.
pub fn probes(n: usize) -> Vec<usize> {
    let mut found: Vec<usize> = (0..256).map(|j| (j as u64 * 2_654_435_761 % n as u64) as usize).collect();
    found.push(n - 1);
    found.sort_unstable();
    found.dedup();
    found
}

/// Shapes of the weights of the convolutional network of 28 x 28 images, kernels as TensorFlow has them.
pub const CNN: [&[usize]; 8] =
    [&[3, 3, 1, 32], &[32], &[3, 3, 32, 64], &[64], &[1600, 128], &[128], &[128, 10], &[10]];

/// Its first weights: Glorot's bound times an operand for kernels, zeros for biases.
pub fn cnn_weights() -> Vec<Vec<f32>> {
    let weight = |(k, shape): (usize, &&[usize])| {
        let n = shape.iter().product();
        let (window, ends) = shape.split_at(shape.len().saturating_sub(2));
        let [fan_in, fan_out] = ends else { return vec![0.0; n] };
        let terms = window.iter().product::<usize>() * (fan_in + fan_out);
        operand(n, k + 1, (6.0 / terms as f32).sqrt())
    };
    CNN.iter().enumerate().map(weight).collect()
}

/// Images of it, from 0 to 1, and their labels.
pub fn cnn_batch(samples: usize) -> (Vec<f32>, Vec<i32>) {
    let images = (0..samples * 784).map(|i| (element(i, 0) + 1.0) / 2.0).collect();
    (images, (0..samples).map(|i| (i * 7 % 10) as i32).collect())
}
