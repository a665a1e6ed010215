//! The library functions that code generation calls beside the rows: narrow formats, conversions, random words.

use super::floats::edges;
use wgflow::compiler::shader_lib::{HELPERS, source_of};
use wgflow::hlo::interpret::philox;
use wgflow::{bf16, f16};
use wgflow_tests::gpu::Gpu;
use wgflow_tests::rng::Rng;
use wgflow_tests::samples;
use wgflow_tests::shader::{kernel, translate};

/// Runs `body` over `x0` and gives `results` words for each `step` words of `x0`.
fn run(gpu: &Gpu, x: &[u32], body: &str, step: usize, results: usize) -> Vec<u32> {
    let source = kernel(&source_of(HELPERS).unwrap(), &["u32"], "u32", results, body);
    translate(&source).unwrap_or_else(|e| panic!("{e}\n{source}"));
    gpu.run(&source, &[x], x.len() / step * results).unwrap()
}

fn words(x: &[f32]) -> Vec<u32> {
    x.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn narrow_floats_round_to_nearest_and_pack() {
    let Some(gpu) = Gpu::open() else { return };
    let x = edges();
    let half = |v: f32| f16::from_f32(v).to_f32();
    let brain = |v: f32| bf16::from_f32(v).to_f32();
    let cases: [(&str, &dyn Fn(f32) -> f32); 4] = [
        ("round_f16(v)", &half),
        ("round_bf16(v)", &brain),
        ("unpack_f16(pack_f16(vec2<f32>(1.5, v))).y", &half),
        ("unpack_bf16(pack_bf16(vec2<f32>(v, -3.0))).x", &brain),
    ];
    for (expression, want) in cases {
        let body = format!("let v = bitcast<f32>(x0[i]); out[i] = bitcast<u32>({expression});");
        for (&v, g) in x.iter().zip(run(&gpu, &words(&x), &body, 1, 1)) {
            let (got, want) = (f32::from_bits(g), want(v));
            assert!(
                got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()),
                "{expression} of {v:e} ({:08x}) is {got:e}, not {want:e}",
                v.to_bits()
            );
        }
    }
}

#[test]
fn packed_words_are_in_memory_order() {
    let Some(gpu) = Gpu::open() else { return };
    let x: Vec<f32> =
        samples::any_floats(&mut Rng::named("pack"), 4000).into_iter().filter(|v| !v.is_nan()).collect();
    let x = &x[..x.len() / 4 * 4];
    let two = "let v = vec2<f32>(bitcast<f32>(x0[i * 2u]), bitcast<f32>(x0[i * 2u + 1u]));";
    let pair = |a: u16, b: u16| u32::from(a) | u32::from(b) << 16;
    let halves: Vec<u32> =
        x.chunks(2).map(|c| pair(f16::from_f32(c[0]).to_bits(), f16::from_f32(c[1]).to_bits())).collect();
    assert_eq!(run(&gpu, &words(x), &format!("{two} out[i] = pack_f16(v);"), 2, 1), halves);
    let brains: Vec<u32> =
        x.chunks(2).map(|c| pair(bf16::from_f32(c[0]).to_bits(), bf16::from_f32(c[1]).to_bits())).collect();
    assert_eq!(run(&gpu, &words(x), &format!("{two} out[i] = pack_bf16(v);"), 2, 1), brains);
    for (pack, unpack) in [("f16", halves), ("bf16", brains)] {
        let body = format!("out[i] = pack_{pack}(unpack_{pack}(x0[i]));");
        assert_eq!(run(&gpu, &unpack, &body, 1, 1), unpack);
    }

    let w = words(x);
    let four = "let v = vec4<u32>(x0[i * 4u], x0[i * 4u + 1u], x0[i * 4u + 2u], x0[i * 4u + 3u]);";
    let bytes: Vec<u32> = w.chunks(4).map(|c| u32::from_le_bytes([0, 1, 2, 3].map(|k| c[k] as u8))).collect();
    assert_eq!(run(&gpu, &w, &format!("{four} out[i] = pack_u8(v);"), 4, 1), bytes);
    assert_eq!(run(&gpu, &w, &format!("{four} out[i] = pack_i8(bitcast<vec4<i32>>(v));"), 4, 1), bytes);
    let store = "out[i * 4u] = v.x; out[i * 4u + 1u] = v.y; out[i * 4u + 2u] = v.z; out[i * 4u + 3u] = v.w;";
    let unsigned: Vec<u32> = w.iter().flat_map(|w| w.to_le_bytes()).map(u32::from).collect();
    assert_eq!(run(&gpu, &w, &format!("let v = unpack_u8(x0[i]); {store}"), 1, 4), unsigned);
    let signed: Vec<u32> = w.iter().flat_map(|w| w.to_le_bytes()).map(|b| b as i8 as u32).collect();
    assert_eq!(
        run(&gpu, &w, &format!("let v = bitcast<vec4<u32>>(unpack_i8(x0[i])); {store}"), 1, 4),
        signed
    );
}

#[test]
fn floats_become_integers_by_saturation() {
    let Some(gpu) = Gpu::open() else { return };
    let x = edges();
    let got = run(&gpu, &words(&x), "out[i] = bitcast<u32>(to_i32(bitcast<f32>(x0[i])));", 1, 1);
    for (&v, g) in x.iter().zip(got) {
        assert_eq!(g as i32, v as i32, "{v:e}");
    }
    let got = run(&gpu, &words(&x), "out[i] = to_u32(bitcast<f32>(x0[i]));", 1, 1);
    for (&v, g) in x.iter().zip(got) {
        assert_eq!(g, v as u32, "{v:e}");
    }
}

#[test]
fn philox_gives_the_words_of_the_interpreter() {
    let Some(gpu) = Gpu::open() else { return };
    let mut rng = Rng::named("philox");
    // Key, counter, blocks to skip, padding; carries run through all words.
    let mut x: Vec<u32> = (0..8 * 500).map(|_| rng.bits() as u32).collect();
    for (k, row) in x.chunks_mut(8).enumerate() {
        row[2..2 + k % 5].fill(u32::MAX);
    }
    let body = "let at = i * 8u; \
        let counter = vec4<u32>(x0[at + 2u], x0[at + 3u], x0[at + 4u], x0[at + 5u]); \
        let v = philox(vec2<u32>(x0[at], x0[at + 1u]), philox_skip(counter, x0[at + 6u])); \
        out[i * 4u] = v.x; out[i * 4u + 1u] = v.y; out[i * 4u + 2u] = v.z; out[i * 4u + 3u] = v.w;";
    let got = run(&gpu, &x, body, 8, 4);
    for (row, got) in x.chunks(8).zip(got.chunks(4)) {
        let counter = [2, 3, 4, 5].iter().rev().fold(0u128, |c, &k| c << 32 | u128::from(row[k]));
        let skipped = counter.wrapping_add(u128::from(row[6]));
        let counter = [0, 32, 64, 96].map(|s| (skipped >> s) as u32);
        assert_eq!(philox([row[0], row[1]], counter), got, "{row:?}");
    }
}
