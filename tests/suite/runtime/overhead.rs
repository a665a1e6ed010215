//! What recording costs the host. Run with `--release --ignored --nocapture`.

use super::*;
use std::time::{Duration, Instant};

/// The least time of some runs, per item.
fn best(runs: u32, items: u32, mut run: impl FnMut() -> wgflow::Result<Duration>) -> wgflow::Result<f64> {
    let mut least = Duration::MAX;
    for _ in 0..runs {
        least = least.min(run()?);
    }
    Ok(least.as_secs_f64() * 1e6 / f64::from(items))
}

#[test]
#[ignore = "measures time"]
fn of_launches_reads_and_buffers() {
    on_adapter!(|_c, device, gpu| {
        println!("{}", gpu.caps());
        let sum = gpu.pipeline(&ShaderDesc::new(
            "none",
            "@group(0) @binding(0) var<storage, read> x: array<u32>;
             @group(0) @binding(1) var<storage, read> y: array<u32>;
             @group(0) @binding(2) var<storage, read_write> z: array<u32>;
             @group(0) @binding(3) var<uniform> p: vec4u;
             @compute @workgroup_size(1) fn main() { z[p.x] = x[0] + y[0]; }",
            &[Access::ReadOnly, Access::ReadOnly, Access::ReadWrite][..],
            16,
        ))?;
        let buffers: Vec<Buffer> = (0..20).map(|_| device.alloc(1024)).collect::<Result<_, _>>()?;
        let go = |i: usize| {
            let at = |k: usize| Binding::whole(&buffers[(i + k) % buffers.len()]);
            gpu.dispatch(&sum, &[at(0), at(1), at(2)], &[0; 16], [1, 1, 1])
        };
        for i in 0..40 {
            go(i)?;
        }
        gpu.sync()?;
        // Only as many as stay in one batch, so that nothing is submitted.
        let recorded = best(200, 15, || {
            gpu.sync()?;
            let start = Instant::now();
            for i in 0..15 {
                go(i)?;
            }
            Ok(start.elapsed())
        })?;
        let flushed = best(200, 15, || {
            gpu.sync()?;
            let start = Instant::now();
            for i in 0..15 {
                go(i)?;
            }
            gpu.flush()?;
            Ok(start.elapsed())
        })?;
        let warm = best(5, 6400, || {
            gpu.sync()?;
            let start = Instant::now();
            for i in 0..6400 {
                go(i)?;
            }
            gpu.flush()?;
            Ok(start.elapsed())
        })?;
        let done = best(5, 6400, || {
            let start = Instant::now();
            for i in 0..6400 {
                go(i)?;
            }
            gpu.sync()?;
            Ok(start.elapsed())
        })?;
        let alloc = best(20, 1000, || {
            let start = Instant::now();
            for _ in 0..1000 {
                device.alloc(4096)?;
            }
            Ok(start.elapsed())
        })?;
        let write = best(10, 200, || {
            gpu.sync()?;
            let start = Instant::now();
            for _ in 0..200 {
                device.write(&buffers[0], 0, &[0; 64])?;
            }
            Ok(start.elapsed())
        })?;
        let read = best(20, 20, || {
            let start = Instant::now();
            for _ in 0..20 {
                device.read(&[(&buffers[0], 0..4)])?.wait()?;
            }
            Ok(start.elapsed())
        })?;
        let awaited = best(20, 20, || {
            let start = Instant::now();
            for _ in 0..20 {
                super::futures::block_on(device.read(&[(&buffers[0], 0..4)])?)?;
            }
            Ok(start.elapsed())
        })?;
        println!("launch recorded {recorded:.2} us, with a submit for 15 {flushed:.2} us");
        println!("launches in a row {warm:.2} us each, until done {done:.2} us");
        println!("alloc from pool {alloc:.3} us, write of 64 bytes {write:.2} us");
        println!("read of 4 bytes {read:.1} us, awaited {awaited:.1} us");
        println!("{}", device.stats());
        assert!(recorded < 20.0, "a launch costs {recorded} us to record");
    });
}
