//! Devices, memory, recorded work and read-back, on the adapter under test.

mod bounds;
mod config;
mod cpu;
mod errors;
mod futures;
mod kept;
mod loss;
mod order;
mod overhead;
mod pipelines;
mod profile;
mod replay;
mod threads;

use std::sync::Arc;
use wgflow::runtime::{Access, Binding, Buffer, Device, Gpu, Pipeline, ShaderDesc};

/// Runs a test on the adapter under test; nothing in a run for the CPU.
macro_rules! on_adapter {
    (|$context:ident, $device:ident, $gpu:ident| $body:block) => {
        let Some(($context, $device, $gpu)) = wgflow_tests::device::adapter() else { return };
        let _ = (&$context, &$device, &$gpu);
        (|| -> wgflow::Result<()> {
            $body
            Ok(())
        })()
        .unwrap();
    };
}
use on_adapter;

/// `x[i] = x[i] * a + b`, wrapping.
const AFFINE: &str = "
    struct P { n: u32, a: u32, b: u32 }
    @group(0) @binding(0) var<storage, read_write> x: array<u32>;
    @group(0) @binding(1) var<uniform> p: P;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if id.x < p.n { x[id.x] = x[id.x] * p.a + p.b; }
    }";

/// `z[i] = x[i] + y[i]`
const ADD: &str = "
    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> y: array<f32>;
    @group(0) @binding(2) var<storage, read_write> z: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if id.x < arrayLength(&z) { z[id.x] = x[id.x] + y[id.x]; }
    }";

fn affine(gpu: &Gpu) -> wgflow::Result<Arc<Pipeline>> {
    gpu.pipeline(&ShaderDesc::new("affine", AFFINE, &[Access::ReadWrite][..], 12))
}

fn add(gpu: &Gpu) -> wgflow::Result<Arc<Pipeline>> {
    use Access::{ReadOnly, ReadWrite};
    gpu.pipeline(&ShaderDesc::new("add", ADD, &[ReadOnly, ReadOnly, ReadWrite][..], 0))
}

/// Launches [`AFFINE`] over all words of `x`.
fn launch(gpu: &Gpu, pipeline: &Pipeline, x: &Buffer, a: u32, b: u32) -> wgflow::Result<()> {
    let n = (x.bytes() / 4) as u32;
    gpu.dispatch(pipeline, &[Binding::whole(x)], &bytes(&[n, a, b]), [n.div_ceil(64), 1, 1])
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// All words of a buffer.
fn read(device: &Device, buffer: &Buffer) -> wgflow::Result<Vec<u32>> {
    Ok(words(&device.read(&[(buffer, 0..buffer.bytes())])?.wait()?.data[0]))
}
