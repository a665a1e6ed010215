// Narrow elements: rounding, packing into words, conversion to integers.

// To the nearest number of half precision, ties to even; beyond its range infinity, and its subnormals are kept.
fn round_f16(x: f32) -> f32 {
    return f16_value(f16_bits(x));
}

fn round_bf16(x: f32) -> f32 {
    return bitcast<f32>(bf16_bits(x) << 16u);
}

fn f16_bits(x: f32) -> u32 {
    let b = bitcast<u32>(x);
    let a = b & 0x7fffffffu;
    // Below 2^-14 the unit is 2^-24: the shift brings the significand to it, with half a unit and the ties counted in whole numbers.
    let shift = min(126u - min(a >> 23u, 113u), 25u);
    let m = (a & 0x7fffffu) | 0x800000u;
    let kept = m >> shift;
    let subnormal = kept + select(0u, 1u, (m & ((1u << shift) - 1u)) + (kept & 1u) > (1u << (shift - 1u)));
    let normal = (a - 0x38000000u + 0xfffu + ((a >> 13u) & 1u)) >> 13u;
    var h = select(normal, subnormal, a < 0x38800000u);
    h = select(h, 0x7c00u, a >= 0x477ff000u);
    h = select(h, 0x7e00u, a > 0x7f800000u);
    return h | ((b >> 16u) & 0x8000u);
}

fn f16_value(h: u32) -> f32 {
    let a = h & 0x7fffu;
    let m = a & 0x3ffu;
    let normal = (a << 13u) + 0x38000000u + select(0u, 0x38000000u, a >= 0x7c00u);
    let bits = select(normal, bitcast<u32>(f32(m) * 5.9604645e-08), a < 0x400u);
    return bitcast<f32>(bits | ((h & 0x8000u) << 16u));
}

fn bf16_bits(x: f32) -> u32 {
    let b = bitcast<u32>(x);
    let rounded = (b + 0x7fffu + ((b >> 16u) & 1u)) >> 16u;
    return select(rounded, (b >> 16u) | 0x40u, m_is_nan(x));
}

fn pack_f16(x: vec2<f32>) -> u32 {
    return f16_bits(x.x) | (f16_bits(x.y) << 16u);
}

fn unpack_f16(w: u32) -> vec2<f32> {
    return vec2<f32>(f16_value(w & 0xffffu), f16_value(w >> 16u));
}

fn pack_bf16(x: vec2<f32>) -> u32 {
    return bf16_bits(x.x) | (bf16_bits(x.y) << 16u);
}

fn unpack_bf16(w: u32) -> vec2<f32> {
    return vec2<f32>(bitcast<f32>(w << 16u), bitcast<f32>(w & 0xffff0000u));
}

// The low bytes of each; what does not fit is dropped.
fn pack_u8(x: vec4<u32>) -> u32 {
    let b = (x & vec4<u32>(0xffu)) << vec4<u32>(0u, 8u, 16u, 24u);
    return b.x | b.y | b.z | b.w;
}

fn unpack_u8(w: u32) -> vec4<u32> {
    return (vec4<u32>(w) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xffu);
}

fn pack_i8(x: vec4<i32>) -> u32 {
    return pack_u8(bitcast<vec4<u32>>(x));
}

fn unpack_i8(w: u32) -> vec4<i32> {
    return bitcast<vec4<i32>>(vec4<u32>(w) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u);
}

// Towards zero; what is out of range gives the nearest end, NaN gives 0.
fn to_i32(x: f32) -> i32 {
    let b = bitcast<u32>(x);
    let inside = (b & 0x7fffffffu) < 0x4f000000u;
    let end = select(0x7fffffffu + (b >> 31u), 0u, m_is_nan(x));
    return select(bitcast<i32>(end), i32(select(0.0, x, inside)), inside);
}

fn to_u32(x: f32) -> u32 {
    let b = bitcast<u32>(x);
    let inside = b < 0x4f800000u;
    let end = select(0u, 0xffffffffu, b <= 0x7f800000u);
    return select(end, u32(select(0.0, x, inside)), inside);
}
