//! Numbers of strings: Fingerprint64 of FarmHash, the same on every machine and in every version of TensorFlow.

use super::strings;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The fingerprint of each string, modulo `num_buckets`.
    StringToHashBucketFast in "tf.strings.to_hash_bucket_fast" (input) {
        /// How many numbers there are.
        num_buckets: i64,
    }
    strings Read;
    host |s, x| {
        let op = "StringToHashBucketFast";
        // Numbers of dtype int64 are stored in 32 bits.
        if !(1..=i64::from(i32::MAX)).contains(&s.num_buckets) {
            return Err(Error::invalid(op, "num_buckets", format_args!("a number from 1 to {}", i32::MAX), s.num_buckets));
        }
        let bucket = |s: &Vec<u8>, n: i64| (fingerprint64(s) % n as u64) as i64;
        let found = strings(op, "input", &x[0])?.iter().map(|v| bucket(v, s.num_buckets)).collect();
        Ok(vec![Literal::ints(DType::Int64, x[0].shape.clone(), found)])
    };
    cases [
        case().with("num_buckets", 3).texts([4], &["Hello", "TensorFlow", "2.x", ""]),
        case().with("num_buckets", 1_000_003).texts([2, 4], &["a", "abc", "abcd", "12345678", "sixteen bytes ok", "seventeen bytes !", "just over thirty-two bytes of it..", "é"]),
        case().with("num_buckets", 2_147_483_647).texts([4], &[
            "a string of sixty-three bytes, which is the longest of its kind",
            "a string of sixty-four bytes, which is the longest of that kind.",
            "a string of more than sixty-four bytes, which is done in rounds of sixty-four bytes each and ends with those that are left",
            "a string of one hundred and twenty-eight bytes, a number that is a multiple of sixty-four, and so it ends with a full round. yes",
        ]),
    ]
    errors [case().with("num_buckets", 0).texts([1], &["a"]), case().with("num_buckets", 3).ints([2], 0, 3)]
}

/// The fingerprint of each string, modulo `num_buckets`, as int64 (`tf.strings.to_hash_bucket_fast`).
///
/// ```
/// # use wgflow::ops::strings::to_hash_bucket_fast;
/// assert_eq!(to_hash_bucket_fast(["Hello", "TensorFlow", "2.x"], 3)?.to_vec::<i64>()?, [0, 2, 2]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for what is no string, and numbers of buckets below 1 or beyond 31 bits.
pub fn to_hash_bucket_fast(input: impl IntoTensor, num_buckets: i64) -> Result<Tensor> {
    run_one(&StringToHashBucketFast { num_buckets }, &[&input.into_tensor(None)?])
}

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// Fingerprint64 of FarmHash (Geoff Pike, 2014).
///
/// ```
/// # use wgflow::ops::strings::fingerprint64;
/// assert_eq!(fingerprint64(b""), 0x9ae16a3b2f90404f);
/// ```
pub fn fingerprint64(s: &[u8]) -> u64 {
    match s.len() {
        0..=16 => up_to_16(s),
        17..=32 => up_to_32(s),
        33..=64 => up_to_64(s),
        _ => longer(s),
    }
}

/// Eight bytes as a number, lowest first. Those beyond the end count as 0; callers ask for none.
fn word(s: &[u8], at: usize) -> u64 {
    s.iter().skip(at).take(8).rev().fold(0, |v, b| v << 8 | u64::from(*b))
}

fn half(s: &[u8], at: usize) -> u64 {
    word(s, at) & 0xffff_ffff
}

fn shift_mix(v: u64) -> u64 {
    v ^ (v >> 47)
}

fn mixed(u: u64, v: u64, mul: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(mul));
    shift_mix((v ^ a).wrapping_mul(mul)).wrapping_mul(mul)
}

fn multiplier(n: usize) -> u64 {
    K2.wrapping_add(2 * n as u64)
}

fn up_to_16(s: &[u8]) -> u64 {
    let n = s.len();
    if n >= 8 {
        let mul = multiplier(n);
        let (a, b) = (word(s, 0).wrapping_add(K2), word(s, n - 8));
        let c = b.rotate_right(37).wrapping_mul(mul).wrapping_add(a);
        let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(mul);
        return mixed(c, d, mul);
    }
    if n >= 4 {
        return mixed((n as u64).wrapping_add(half(s, 0) << 3), half(s, n - 4), multiplier(n));
    }
    if n > 0 {
        let [a, b, c] = [s[0], s[n / 2], s[n - 1]].map(u64::from);
        let (y, z) = (a + (b << 8), n as u64 + (c << 2));
        return shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2);
    }
    K2
}

fn up_to_32(s: &[u8]) -> u64 {
    let (n, mul) = (s.len(), multiplier(s.len()));
    let (a, b) = (word(s, 0).wrapping_mul(K1), word(s, 8));
    let (c, d) = (word(s, n - 8).wrapping_mul(mul), word(s, n - 16).wrapping_mul(K2));
    ends(a, b, c, d, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), mul).1
}

/// A sum of four words, and that mixed with a fifth.
fn ends(a: u64, b: u64, c: u64, d: u64, with: u64, mul: u64) -> (u64, u64) {
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    (y, mixed(y, with, mul))
}

fn up_to_64(s: &[u8]) -> u64 {
    let (n, mul) = (s.len(), multiplier(s.len()));
    let (a, b) = (word(s, 0).wrapping_mul(K2), word(s, 8));
    let (c, d) = (word(s, n - 8).wrapping_mul(mul), word(s, n - 16).wrapping_mul(K2));
    let with = a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c);
    let (y, z) = ends(a, b, c, d, with, mul);
    let (e, f) = (word(s, 16).wrapping_mul(mul), word(s, 24));
    let g = y.wrapping_add(word(s, n - 32)).wrapping_mul(mul);
    let h = z.wrapping_add(word(s, n - 24)).wrapping_mul(mul);
    ends(e, f, g, h, e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g), mul).1
}

/// What rounds of 64 bytes carry on.
struct State {
    x: u64,
    y: u64,
    z: u64,
    v: (u64, u64),
    w: (u64, u64),
}

impl State {
    /// A round over the 64 bytes at `at`; the last one weighs two of its terms more.
    fn round(&mut self, s: &[u8], at: usize, mul: u64, weight: u64) {
        let State { x, y, z, v, w } = self;
        *x = x
            .wrapping_add(*y)
            .wrapping_add(v.0)
            .wrapping_add(word(s, at + 8))
            .rotate_right(37)
            .wrapping_mul(mul);
        *y = y.wrapping_add(v.1).wrapping_add(word(s, at + 48)).rotate_right(42).wrapping_mul(mul);
        *x ^= w.1.wrapping_mul(weight);
        *y = y.wrapping_add(v.0.wrapping_mul(weight)).wrapping_add(word(s, at + 40));
        *z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(mul);
        *v = weak(s, at, v.1.wrapping_mul(mul), x.wrapping_add(w.0));
        *w = weak(s, at + 32, z.wrapping_add(w.1), y.wrapping_add(word(s, at + 16)));
        std::mem::swap(z, x);
    }
}

fn weak(s: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let last = word(s, at + 24);
    let a = a.wrapping_add(word(s, at));
    let b = b.wrapping_add(a).wrapping_add(last).rotate_right(21);
    let sum = a.wrapping_add(word(s, at + 8)).wrapping_add(word(s, at + 16));
    (sum.wrapping_add(last), b.wrapping_add(sum.rotate_right(44)).wrapping_add(a))
}

fn longer(s: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let y = SEED.wrapping_mul(K1).wrapping_add(113);
    let z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let x = SEED.wrapping_mul(K2).wrapping_add(word(s, 0));
    let mut state = State { x, y, z, v: (0, 0), w: (0, 0) };
    let rounds = (s.len() - 1) / 64;
    for k in 0..rounds {
        state.round(s, 64 * k, K1, 1);
    }
    let mul = K1.wrapping_add((state.z & 0xff) << 1);
    let rest = (s.len() - 1) & 63;
    state.w.0 = state.w.0.wrapping_add(rest as u64);
    state.v.0 = state.v.0.wrapping_add(state.w.0);
    state.w.0 = state.w.0.wrapping_add(state.v.0);
    state.round(s, s.len() - 64, mul, 9);
    let State { x, y, z, v, w } = state;
    let first = mixed(v.0, w.0, mul).wrapping_add(shift_mix(y).wrapping_mul(K0)).wrapping_add(z);
    mixed(first, mixed(v.1, w.1, mul).wrapping_add(x), mul)
}

pub(super) const OPS: &[Row] = &[row::<StringToHashBucketFast>()];
