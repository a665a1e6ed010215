//! Arguments to try elementwise functions on.

use crate::rng::Rng;

/// Floats of `[lo, hi]`: evenly spaced, logarithmically spaced on both sides of 0, the ends with their neighbours, and those nearest to
/// multiples of pi / 2, where periodic functions lose digits.
pub fn in_range(rng: &mut Rng, n: usize, (lo, hi): (f64, f64)) -> Vec<f32> {
    let (least, most) = (lo as f32, hi as f32);
    let mut all = vec![least, most, least.next_up(), most.next_down()];
    all.extend(rng.uniforms(n / 2, lo, hi).into_iter().map(|v| v as f32));
    let size = lo.abs().max(hi.abs());
    all.extend((0..n / 2).map(|_| {
        let v = (rng.uniform((1e-30f64).ln(), size.ln())).exp() as f32;
        if rng.below(2) == 0 { v } else { -v }
    }));
    all.extend((-1000..1000).map(|k| (f64::from(k) * std::f64::consts::FRAC_PI_2) as f32));
    all.retain(|&v| v >= least && v <= most);
    all
}

/// Floats at which functions are known to go wrong, both signs: zeros, the least and the greatest, ends of formulas, NaN, infinity.
pub fn special_floats() -> Vec<f32> {
    const SIZES: &[f32] = &[
        0.0,
        1e-45,
        5e-39,
        f32::MIN_POSITIVE,
        1e-20,
        1e-8,
        6e-5,
        0.25,
        0.499_999_97,
        0.5,
        0.75,
        0.999_999_94,
        1.0,
        1.000_000_1,
        1.5,
        2.0,
        2.5,
        3.0,
        std::f32::consts::PI,
        6.0,
        8.999,
        17.4,
        33.0,
        87.3,
        88.5,
        88.8,
        104.0,
        127.0,
        128.0,
        1e4,
        65504.0,
        65520.0,
        8_388_607.5,
        8_388_609.0,
        16_777_216.0,
        2_147_483_648.0,
        1e10,
        1e19,
        1e30,
        3e38,
        f32::MAX,
        f32::INFINITY,
        f32::NAN,
    ];
    SIZES.iter().flat_map(|&v| [v, -v]).collect()
}

/// Floats with random bits: all exponents alike, NaN too.
pub fn any_floats(rng: &mut Rng, n: usize) -> Vec<f32> {
    (0..n).map(|_| f32::from_bits(rng.bits() as u32)).collect()
}

/// Words that are edges of signed and unsigned integers.
pub fn special_words() -> Vec<u32> {
    let small = [
        0i32,
        1,
        2,
        3,
        5,
        7,
        8,
        15,
        16,
        30,
        31,
        32,
        33,
        63,
        64,
        100,
        255,
        256,
        32767,
        46341,
        65535,
        65536,
        1 << 30,
    ];
    let ends = [i32::MAX, i32::MAX - 1, i32::MIN, i32::MIN + 1];
    small.iter().flat_map(|&v| [v, -v]).chain(ends).map(|v| v as u32).collect()
}

/// All tuples of `k` members of a list, as `k` columns.
pub fn tuples<T: Copy>(list: &[T], k: usize) -> Vec<Vec<T>> {
    let n = list.len();
    let rows = n.pow(k as u32);
    (0..k).map(|c| (0..rows).map(|r| list[r / n.pow(c as u32) % n]).collect()).collect()
}
