//! Loops of plans: the body's plan once a trip, carried values moving between two sets of buffers.

use super::held::Held;
use super::{Arg, Executable, Frame};
use crate::compiler::kernel::ScanKernel;
use crate::compiler::plan::{Step, buffer_bytes};
use crate::error::{Error, Result};
use crate::runtime::{Buffer, Device, Recording};
use std::sync::Arc;

/// What a loop needs beside what goes in and out.
pub(super) struct Loop {
    body: Arc<Executable>,
    held: Held,
    /// Two sets of carried values: what a trip reads is never what it writes.
    spare: Vec<Vec<Buffer>>,
}

/// The memory of a loop, one trip's for all.
pub(super) fn hold(e: &Executable, s: &ScanKernel, step: &Step, device: &Device) -> Result<Loop> {
    let body = e.part(&s.body);
    let specs = &s.body.specs;
    // The last input, after all operands: the number of the slice.
    let slice = step.places.len() - specs.len();
    let alloc = |k: usize| device.alloc(buffer_bytes(specs[k].dtype.storage()?, specs[k].shape.size()));
    let set = |_| (0..s.carries).map(alloc).collect::<Result<Vec<_>>>();
    let spare = (0..if s.trips > 1 { 2 } else { 0 }).map(set).collect::<Result<_>>()?;
    Ok(Loop { held: body.hold(device, |i| i == slice)?, body, spare })
}

/// Runs the loop that is step `k` of a plan.
pub(super) fn run<'a>(
    s: &ScanKernel,
    k: usize,
    step: &Step,
    frame: &Frame<'_, 'a>,
    mut recording: Option<&mut Recording<'a>>,
) -> Result<()> {
    let Loop { body, held, spare } =
        frame.held.loop_of(k).ok_or_else(|| Error::internal("scan", "no memory"))?;
    let specs = &s.body.specs;
    let operands = step.places.len() - specs.len();
    let at = |k: usize| frame.buffer(step.places[k]).cloned();
    let consts = (0..s.consts).map(at).collect::<Result<Vec<_>>>()?;
    let mut carried = (s.consts..s.consts + s.carries).map(at).collect::<Result<Vec<_>>>()?;
    let stacked_in = (s.consts + s.carries..operands).map(at).collect::<Result<Vec<_>>>()?;
    let results = (operands..step.places.len()).map(at).collect::<Result<Vec<_>>>()?;
    for trip in 0..s.trips {
        let slice = if s.reverse { s.trips - 1 - trip } else { trip };
        let next = if trip + 1 == s.trips { &results[..s.carries] } else { &spare[trip % 2] };
        let mut inputs: Vec<Arg> =
            consts.iter().chain(&carried).chain(&stacked_in).cloned().map(Arg::Buffer).collect();
        inputs.push(Arg::Scalar(slice as u32));
        let outputs: Vec<Buffer> = next.iter().chain(&results[s.carries..]).cloned().collect();
        let trip = Frame { device: frame.device, inputs, outputs, held, slice };
        body.run_frame(&trip, recording.as_deref_mut())?;
        carried = next.to_vec();
    }
    if s.trips == 0 {
        for (from, to) in carried.iter().zip(&results) {
            let bytes = from.bytes().min(to.bytes());
            match &mut recording {
                Some(r) => r.copy(from, to, bytes),
                None => frame.device.copy(from, 0, to, 0, bytes)?,
            }
        }
    }
    Ok(())
}
