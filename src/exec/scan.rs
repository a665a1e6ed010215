//! Loops of plans: the body's plan once a trip, carried values moving between two sets of buffers.

use super::{Arg, Executable, Frame, Target};
use crate::compiler::kernel::ScanKernel;
use crate::compiler::plan::{Place, Step, buffer_bytes};
use crate::error::Result;
use crate::runtime::Buffer;

pub(super) fn run(s: &ScanKernel, step: &Step, frame: &Frame<'_>, target: &Target) -> Result<()> {
    let body = Executable::of_plan(s.body.clone(), target);
    let specs = &s.body.specs;
    let operands = step.places.len() - specs.len();
    let at = |k: usize| frame.buffer(step.places[k]).cloned();
    let consts = (0..s.consts).map(at).collect::<Result<Vec<_>>>()?;
    let mut carried = (s.consts..s.consts + s.carries).map(at).collect::<Result<Vec<_>>>()?;
    let stacked_in = (s.consts + s.carries..operands).map(at).collect::<Result<Vec<_>>>()?;
    let results = (operands..step.places.len()).map(at).collect::<Result<Vec<_>>>()?;
    let alloc = |k: usize| frame.device.alloc(buffer_bytes(specs[k].dtype.storage()?, specs[k].shape.size()));
    // Two spare sets: what a trip reads is never what it writes.
    let spare: Vec<Vec<Buffer>> = if s.trips > 1 {
        (0..2).map(|_| (0..s.carries).map(alloc).collect::<Result<Vec<_>>>()).collect::<Result<_>>()?
    } else {
        vec![]
    };
    for trip in 0..s.trips {
        let slice = if s.reverse { s.trips - 1 - trip } else { trip };
        let next = if trip + 1 == s.trips { results[..s.carries].to_vec() } else { spare[trip % 2].clone() };
        let mut inputs: Vec<Arg> =
            consts.iter().chain(&carried).chain(&stacked_in).cloned().map(Arg::Buffer).collect();
        inputs.push(Arg::Scalar(slice as u32));
        let outputs: Vec<Buffer> = next.iter().chain(&results[s.carries..]).cloned().collect();
        // Values that the body returns as it got them have no kernel that writes them.
        for (k, place) in s.body.outputs.iter().enumerate() {
            if let Place::Input(i) = place {
                copy_through(frame, &inputs[*i], &outputs[k], s, k, slice)?;
            }
        }
        body.run_into(frame.device, inputs, outputs, slice)?;
        carried = next;
    }
    if s.trips == 0 {
        for (from, to) in carried.iter().zip(&results) {
            frame.device.copy(from, 0, to, 0, from.bytes().min(to.bytes()))?;
        }
    }
    Ok(())
}

fn copy_through(
    frame: &Frame<'_>,
    from: &Arg,
    to: &Buffer,
    s: &ScanKernel,
    k: usize,
    slice: usize,
) -> Result<()> {
    let spec = &s.body.specs[k];
    let bytes = (spec.shape.size() * spec.dtype.storage()?.bytes()) as u64;
    let offset = if k >= s.carries { slice as u64 * bytes } else { 0 };
    match from {
        Arg::Buffer(b) => frame.device.copy(b, 0, to, offset, bytes.next_multiple_of(4)),
        Arg::Scalar(bits) => frame.device.write(to, offset, &super::stored_scalar(spec, *bits)?[..4]),
    }
}
