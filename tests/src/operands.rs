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
