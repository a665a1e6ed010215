//! Branches of which one is run: the host looks at its number.

use super::while_loop::read;
use super::{Arg, Executable, Frame};
use crate::compiler::kernel::CaseKernel;
use crate::compiler::plan::Step;
use crate::dtype::DType;
use crate::error::Result;

pub(super) fn run(e: &Executable, c: &CaseKernel, step: &Step, frame: &Frame<'_, '_>) -> Result<()> {
    let device = frame.device;
    let index = read(device, frame.buffer(step.places[0])?, DType::Int32)?.i64_at(0);
    let branch = &c.branches[index.clamp(0, c.branches.len() as i64 - 1) as usize];
    let (operands, results) = step.places[1..].split_at(step.places.len() - 1 - branch.specs.len());
    let inputs =
        operands.iter().map(|p| frame.buffer(*p).cloned().map(Arg::Buffer)).collect::<Result<_>>()?;
    for (from, place) in e.part(branch).run(device, inputs)?.iter().zip(results) {
        let to = frame.buffer(*place)?;
        device.copy(from, 0, to, 0, from.bytes().min(to.bytes()))?;
    }
    Ok(())
}
