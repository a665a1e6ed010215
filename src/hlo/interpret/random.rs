//! Philox4x32-10, the counter-based generator of TensorFlow's stateless random ops.

use super::build;
use crate::hlo::literal::Literal;
use crate::hlo::prim::Spec;

/// Four random words for a key and a counter (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3").
///
/// ```
/// // The known-answer test of the Random123 distribution.
/// assert_eq!(wgflow::hlo::interpret::philox([0, 0], [0; 4]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
pub fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let (mut k, mut c) = (key, counter);
    for round in 0..10 {
        if round > 0 {
            k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
        }
        let (p0, p1) = (u64::from(c[0]) * 0xD251_1F53, u64::from(c[2]) * 0xCD9E_8D57);
        c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
    }
    c
}

/// The counter `n` blocks after `counter`, as one 128-bit number.
pub(crate) fn skip(counter: [u32; 4], n: u64) -> [u32; 4] {
    let c = counter.iter().rev().fold(0u128, |a, &w| a << 32 | u128::from(w)).wrapping_add(u128::from(n));
    [c as u32, (c >> 32) as u32, (c >> 64) as u32, (c >> 96) as u32]
}

/// Element `i` is word `i % 4` of block `i / 4` after the counter.
pub(super) fn bits(out: &Spec, x: &[&Literal]) -> Literal {
    let word = |l: &Literal, i: usize| l.i64_at(i) as u32;
    let key = [word(x[0], 0), word(x[0], 1)];
    let counter = [0, 1, 2, 3].map(|i| word(x[1], i));
    build(out.dtype, &out.shape, |i| i64::from(philox(key, skip(counter, i as u64 / 4))[i % 4]), |_| f64::NAN)
}
