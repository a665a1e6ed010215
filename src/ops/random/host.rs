//! Random numbers on the host, without a device: initial weights, shuffles of data.
//!
//! A pair of seeds gives what the `stateless_*` ops give for it. Logarithm, sine and cosine are this library's own (crate `libm`), so that the
//! numbers are equal on every platform, bit for bit.

use crate::hlo::interpret::philox;

/// A stream of random words: Philox4x32-10 with a key, from a 128-bit counter on.
///
/// ```
/// # use wgflow::ops::random::host::Philox;
/// let mut p = Philox::from_seed([1, 2]);
/// let first = p.next_u32();
/// assert_eq!(first, Philox::from_seed([1, 2]).next_u32());
/// assert!(p.below(10) < 10);
/// ```
#[derive(Clone, Debug)]
pub struct Philox {
    key: [u32; 2],
    counter: u128,
    block: [u32; 4],
    used: usize,
}

/// The key with which TensorFlow mixes the seeds of stateless ops.
pub(super) const MIX: [u32; 2] = [0x3ec8_f720, 0x0246_1e29];

impl Philox {
    /// The stream of a pair of seeds, as TensorFlow's stateless ops derive it.
    pub fn from_seed(seed: [i64; 2]) -> Self {
        let [a, b] = seed.map(|s| s as u64);
        let mix = philox(MIX, [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]);
        Self::from_key_counter([mix[0], mix[1]], [0, 0, mix[2], mix[3]])
    }

    /// The stream of a key and a counter, both lowest word first.
    pub fn from_key_counter(key: [u32; 2], counter: [u32; 4]) -> Self {
        let counter = counter.iter().rev().fold(0, |a, &w| a << 32 | u128::from(w));
        Philox { key, counter, block: [0; 4], used: 4 }
    }

    /// The stream that starts `blocks` blocks of four words after this one's current block.
    #[must_use]
    pub fn skipped(&self, blocks: u64) -> Self {
        let counter = self.counter.wrapping_add(u128::from(blocks));
        Philox { counter, used: 4, ..self.clone() }
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            let c = self.counter;
            self.block = philox(self.key, [c as u32, (c >> 32) as u32, (c >> 64) as u32, (c >> 96) as u32]);
            self.counter = c.wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// A whole number below `n` (0 for `n` = 0), as TensorFlow takes it: the remainder of the next 32 bits.
    pub fn below(&mut self, n: u32) -> u32 {
        self.next_u32().checked_rem(n).unwrap_or(0)
    }

    /// Uniform in [0, 1), a multiple of 2 to the -23.
    pub fn next_f32(&mut self) -> f32 {
        unit(self.next_u32())
    }

    /// Uniform in [0, 1), a multiple of 2 to the -52; takes two words.
    pub fn next_f64(&mut self) -> f64 {
        let (high, low) = (self.next_u32(), self.next_u32());
        f64::from(high & 0xf_ffff) / 2f64.powi(20) + f64::from(low) / 2f64.powi(52)
    }

    /// Two independent standard normal numbers, by Box and Muller's transform.
    pub fn next_normals(&mut self) -> [f32; 2] {
        let (a, b) = (self.next_u32(), self.next_u32());
        // The logarithm is kept finite.
        let u = unit(a).max(1e-7);
        let angle = (2.0 * std::f64::consts::PI * f64::from(unit(b))) as f32;
        let radius = libm::sqrtf(-2.0 * libm::logf(u));
        [libm::sinf(angle) * radius, libm::cosf(angle) * radius]
    }

    /// As [`Philox::next_normals`], from four words and in 64 bits.
    pub(super) fn next_wide_normals(&mut self) -> [f64; 2] {
        let u = self.next_f64().max(1e-7);
        let angle = 2.0 * std::f64::consts::PI * self.next_f64();
        let radius = libm::sqrt(-2.0 * libm::log(u));
        [libm::sin(angle) * radius, libm::cos(angle) * radius]
    }
}

/// The low 23 bits as a number in [0, 1).
fn unit(bits: u32) -> f32 {
    (bits & 0x7f_ffff) as f32 / 8_388_608.0
}

/// `n` numbers uniform in [0, 1): those of `stateless_uniform([n], seed)`.
///
/// ```
/// # use wgflow::ops::random::host;
/// assert_eq!(host::uniform([1, 2], 2).iter().map(|v| v.to_bits()).collect::<Vec<_>>(), [0x3f581458, 0x3e44a788]);
/// ```
pub fn uniform(seed: [i64; 2], n: usize) -> Vec<f32> {
    let mut p = Philox::from_seed(seed);
    (0..n).map(|_| p.next_f32()).collect()
}

/// `n` standard normal numbers: those of `stateless_normal([n], seed)`.
pub fn normal(seed: [i64; 2], n: usize) -> Vec<f32> {
    let mut p = Philox::from_seed(seed);
    let mut all: Vec<f32> = (0..n.div_ceil(2)).flat_map(|_| p.next_normals()).collect();
    all.truncate(n);
    all
}

/// `n` standard normal numbers, those beyond two standard deviations drawn again: those of `stateless_truncated_normal([n], seed)`.
pub fn truncated_normal(seed: [i64; 2], n: usize) -> Vec<f32> {
    truncated(&Philox::from_seed(seed), n)
}

/// How many output elements share a region of the stream, and how many blocks lie between regions.
const RESERVED: u64 = 256;

/// Truncated normal numbers as TensorFlow fills them: each group of four draws from its own region of the stream until it is full.
pub(super) fn truncated(stream: &Philox, n: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(n);
    for group in 0..n.div_ceil(4) {
        let mut p = stream.skipped(group as u64 * RESERVED);
        let end = (out.len() + 4).min(n);
        while out.len() < end {
            let within = p.next_normals().into_iter().filter(|v| v.abs() < 2.0);
            out.extend(within.take(end - out.len()));
        }
    }
    out
}

/// As [`truncated`] for float64, whose groups are of two.
pub(super) fn truncated_wide(stream: &Philox, n: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(n);
    for group in 0..n.div_ceil(2) {
        let mut p = stream.skipped(group as u64 * RESERVED / 2);
        let end = (out.len() + 2).min(n);
        while out.len() < end {
            let within = p.next_wide_normals().into_iter().filter(|v| v.abs() < 2.0);
            out.extend(within.take(end - out.len()));
        }
    }
    out
}

/// The numbers below `n` in random order: that of `experimental.stateless_shuffle(range(n), seed)`.
pub fn permutation(seed: [i64; 2], n: usize) -> Vec<usize> {
    permuted(&mut Philox::from_seed(seed), n)
}

/// The shuffle of Fisher and Yates, front to back.
pub(super) fn permuted(p: &mut Philox, n: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for i in 0..n.saturating_sub(1) {
        let j = i + p.below((n - i) as u32) as usize;
        all.swap(i, j);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by TensorFlow 2.21: `tf.random.stateless_*([5], [1, 2])`.
    #[test]
    fn equals_tensorflow() {
        let close = |a: &[f32], b: [f32; 5]| {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}")
        };
        close(&normal([1, 2], 5), [0.544_110_1, 0.207_380_3, 0.073_564_32, 0.046_434_55, -1.301_589_8]);
        close(
            &truncated_normal([1, 2], 5),
            [0.544_110_1, 0.207_380_3, 0.073_564_32, 0.046_434_55, 0.168_205_92],
        );
        let many = truncated_normal([7, -2], 100_001);
        close(&many[99_996..], [many[99_996], many[99_997], 1.588_660_6, 0.550_538_5, 0.235_534_73]);
        let sum: f64 = many.iter().map(|&v| f64::from(v)).sum();
        assert!((sum + 250.201_690_733_637_4).abs() < 1e-3, "{sum}");
    }

    #[test]
    fn permutes() {
        assert_eq!(permutation([1, 2], 9), [1, 2, 7, 6, 3, 4, 5, 0, 8]);
        assert_eq!(permutation([1, 2], 1), [0]);
        assert_eq!(permutation([1, 2], 0), [0; 0]);
    }
}
