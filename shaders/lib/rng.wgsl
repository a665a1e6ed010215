// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3").

fn philox(key: vec2<u32>, counter: vec4<u32>) -> vec4<u32> {
    var c = philox_round(counter, key, 0u);
    c = philox_round(c, key, 1u);
    c = philox_round(c, key, 2u);
    c = philox_round(c, key, 3u);
    c = philox_round(c, key, 4u);
    c = philox_round(c, key, 5u);
    c = philox_round(c, key, 6u);
    c = philox_round(c, key, 7u);
    c = philox_round(c, key, 8u);
    return philox_round(c, key, 9u);
}

fn philox_round(c: vec4<u32>, key: vec2<u32>, n: u32) -> vec4<u32> {
    let k = key + vec2<u32>(0x9e3779b9u, 0xbb67ae85u) * n;
    let low0 = c.x * 0xd2511f53u;
    let low1 = c.z * 0xcd9e8d57u;
    let high0 = u_mul_high(c.x, 0xd2511f53u);
    let high1 = u_mul_high(c.z, 0xcd9e8d57u);
    return vec4<u32>(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
}

// The counter `n` blocks after `counter`, as one 128-bit number.
fn philox_skip(counter: vec4<u32>, n: u32) -> vec4<u32> {
    let x = counter.x + n;
    let y = counter.y + select(0u, 1u, x < n);
    let z = counter.z + select(0u, 1u, (x < n) & (y == 0u));
    let w = counter.w + select(0u, 1u, (x < n) & (y == 0u) & (z == 0u));
    return vec4<u32>(x, y, z, w);
}
