//! Floats at which rounding to narrow formats and conversion to integers go wrong.

use wgflow::{bf16, f16};
use wgflow_tests::rng::Rng;
use wgflow_tests::samples;

/// Every float16 and bfloat16, the floats halfway between neighbours and beside those, ends of integers, special floats and random ones.
pub(super) fn edges() -> Vec<f32> {
    let mut all = samples::special_floats();
    all.extend(samples::any_floats(&mut Rng::named("edges"), 20_000));
    for h in 0..=u16::MAX {
        for (v, next) in [
            (f16::from_bits(h).to_f32(), f16::from_bits(h.wrapping_add(1)).to_f32()),
            (bf16::from_bits(h).to_f32(), bf16::from_bits(h.wrapping_add(1)).to_f32()),
        ] {
            let middle = ((f64::from(v) + f64::from(next)) / 2.0) as f32;
            all.extend([v, middle, middle.next_up(), middle.next_down()]);
        }
    }
    for end in [0.9f32, 1.5, 2_147_483_648.0, 4_294_967_296.0] {
        all.extend([end, end.next_up(), end.next_down(), -end, -end.next_up(), -end.next_down()]);
    }
    all.truncate(all.len() / 4 * 4);
    all
}
