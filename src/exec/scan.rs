//! Loops of plans: the body's plan once a trip, carried values moving between two sets of buffers.

use super::{Arg, Executable, Frame};
use crate::compiler::kernel::ScanKernel;
use crate::compiler::plan::{Step, buffer_bytes};
use crate::error::Result;
use crate::runtime::Buffer;

pub(super) fn run(e: &Executable, s: &ScanKernel, step: &Step, frame: &Frame<'_>) -> Result<()> {
    let body = e.part(&s.body);
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
