//! Trials: every way of writing a kernel run on made-up data, its results held against those of the usual one.

use crate::compiler::checks;
use crate::compiler::codegen::{Bound, CodegenRules, Launch, Variant, Word, launches_as};
use crate::compiler::kernel::Kernel;
use crate::compiler::scalar::{BufferSource, BufferUse};
use crate::dtype::Storage;
use crate::error::Result;
use crate::exec::gpu::shader;
use crate::runtime::{Binding, Buffer, Device, Gpu, Pipeline};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most memory of a trial.
const MAX_BYTES: u64 = 1 << 28;

/// Timed runs of each way.
const RUNS: usize = 5;

/// Largest difference between results of two ways, as a part of the largest result.
const TOLERANCE: f32 = 1e-3;

/// The fastest of several ways to write a kernel, the first of which is the usual one; `None` where no trial is possible.
pub(super) fn fastest(
    device: &Device,
    gpu: &Arc<Gpu>,
    k: &Kernel,
    rules: &CodegenRules,
    all: &[Variant],
    budget: Duration,
) -> Result<Option<Variant>> {
    let bytes = |b: &BufferUse| ((b.len * b.storage.bytes()) as u64).next_multiple_of(16).max(16);
    if k.buffers.iter().map(bytes).sum::<u64>() > MAX_BYTES || k.buffers.iter().any(|b| b.stacked) {
        return Ok(None);
    }
    let buffers =
        k.buffers.iter().map(|b| device.upload(&made_up(b, bytes(b)))).collect::<Result<Vec<_>>>()?;
    let outputs: Vec<&Buffer> =
        k.buffers.iter().zip(&buffers).filter(|(b, _)| is_result(b)).map(|(_, b)| b).collect();
    let start = Instant::now();
    let mut best: Option<(Duration, Variant)> = None;
    let mut wanted: Option<Vec<f32>> = None;
    for &v in all {
        if start.elapsed() > budget {
            break;
        }
        let written = launches_as(k, rules, Some(v))?;
        if written.iter().any(|l| l.params.iter().any(|w| !matches!(w, Word::Const(_)))) {
            return Ok(None);
        }
        let Ok(made) = written
            .iter()
            .map(|l| gpu.pipeline(&shader(&k.label, l)))
            .collect::<Result<Vec<Arc<Pipeline>>>>()
        else {
            // A driver that does not compile one way may compile another.
            continue;
        };
        let run = || -> Result<Duration> {
            gpu.sync()?;
            let start = Instant::now();
            for (l, p) in written.iter().zip(&made) {
                dispatch(gpu, l, p, &buffers)?;
            }
            gpu.sync()?;
            Ok(start.elapsed())
        };
        run()?;
        let results = read(device, &outputs)?;
        match &wanted {
            Some(wanted) if !agree(wanted, &results) => {
                log::warn!("{}: {v} gives other results than {}; it is not used", k.label, all[0]);
                continue;
            }
            Some(_) => {}
            None => wanted = Some(results),
        }
        let mut least = Duration::MAX;
        for _ in 0..RUNS {
            least = least.min(run()?);
            // What is far behind stays behind.
            if best.is_some_and(|(b, _)| least > 2 * b) {
                break;
            }
        }
        // The usual way is left only for a clear gain.
        if best.is_none_or(|(b, _)| least.mul_f32(1.05) < b) {
            best = Some((least, v));
        }
    }
    Ok(best.map(|(_, v)| v))
}

/// Whether a buffer holds results that all ways have in common.
fn is_result(b: &BufferUse) -> bool {
    b.written && b.storage == Storage::F32 && !matches!(b.source, BufferSource::Scratch(_))
}

/// Small numbers of both signs; zeros where they would be integers, which may be places.
fn made_up(b: &BufferUse, bytes: u64) -> Vec<u8> {
    match b.storage {
        Storage::F32 => {
            let mut state = 1u32;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 16) as f32 / 32768.0 - 1.0).to_le_bytes()
            };
            (0..bytes / 4).flat_map(|_| next()).collect()
        }
        _ => vec![0; bytes as usize],
    }
}

fn dispatch(gpu: &Gpu, l: &Launch, p: &Pipeline, buffers: &[Buffer]) -> Result<()> {
    let bind = |b: &Bound| match b {
        Bound::Buffer { number, window: None, .. } => Binding::whole(&buffers[*number as usize]),
        Bound::Buffer { number, window: Some((offset, size)), .. } => {
            Binding { buffer: &buffers[*number as usize], offset: *offset, size: *size }
        }
        Bound::Errors => Binding::whole(gpu.error_cell()),
    };
    let bindings: Vec<Binding<'_>> = l.bindings.iter().map(bind).collect();
    let words: Vec<u32> = l.params.iter().map(|w| if let Word::Const(v) = w { *v } else { 0 }).collect();
    gpu.dispatch(p, &bindings, bytemuck::cast_slice(&words), l.grid)
}

fn read(device: &Device, outputs: &[&Buffer]) -> Result<Vec<f32>> {
    let ranges: Vec<_> = outputs.iter().map(|b| (*b, 0..b.bytes())).collect();
    let read = device.read_now(&ranges)?;
    // A check that failed in work before this is told here.
    if let Some(e) = read.errors.as_ref().and_then(|w| checks::error_of(w)) {
        return Err(e);
    }
    Ok(read.data.iter().flat_map(|d| bytemuck::pod_collect_to_vec::<u8, f32>(d)).collect())
}

/// Whether results agree, measured by the largest of them.
fn agree(a: &[f32], b: &[f32]) -> bool {
    let largest = a.iter().filter(|x| x.is_finite()).fold(0f32, |m, x| m.max(x.abs()));
    let near = |(x, y): (&f32, &f32)| {
        (x - y).abs() <= TOLERANCE * largest.max(1e-6)
            || x.to_bits() == y.to_bits()
            || (x.is_nan() && y.is_nan())
    };
    a.len() == b.len() && a.iter().zip(b).all(near)
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn wrong_results_are_seen() {
        assert!(agree(&[1.0, 100.0, f32::NAN], &[1.05, 100.0, f32::NAN]));
        assert!(!agree(&[1.0, 100.0], &[1.2, 100.0]));
        assert!(!agree(&[1.0], &[f32::NAN]));
        assert!(!agree(&[1.0, 2.0], &[1.0]));
    }
}
