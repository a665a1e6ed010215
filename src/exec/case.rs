//! Branches of which one is run: the host looks at its number.

use super::while_loop::read;
use super::{Arg, Executable, Frame};
use crate::compiler::kernel::CaseKernel;
use crate::compiler::plan::{Place, Step};
use crate::dtype::DType;
use crate::error::Result;
use crate::runtime::Buffer;

pub(super) fn run(e: &Executable, c: &CaseKernel, step: &Step, frame: &Frame<'_>) -> Result<()> {
    let device = frame.device;
    let index = read(device, frame.buffer(step.places[0])?, DType::Int32)?.i64_at(0);
    let taken = index.clamp(0, c.branches.len() as i64 - 1) as usize;
    let branch = e.part(&c.branches[taken]);
    let made = &branch.plan.outputs;
    let (operands, results) = step.places[1..].split_at(step.places.len() - 1 - made.len());
    let all =
        |places: &[Place]| places.iter().map(|p| frame.buffer(*p).cloned()).collect::<Result<Vec<Buffer>>>();
    let (operands, results) = (all(operands)?, all(results)?);
    let inputs = operands.iter().cloned().map(Arg::Buffer).collect();
    branch.run_into(device, inputs, results.clone(), 0)?;
    // What a branch returns as it is, or twice, has memory of its own here.
    for (i, (place, to)) in made.iter().zip(&results).enumerate() {
        let from = match place {
            Place::Input(k) => &operands[*k],
            Place::Output(k) if *k < i => &results[*k],
            _ => continue,
        };
        device.copy(from, 0, to, 0, from.bytes().min(to.bytes()))?;
    }
    Ok(())
}
