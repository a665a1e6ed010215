//! Plans on the CPU device.

use super::{Executable, Frame, case, host, scan, while_loop};
use crate::compiler::checks;
use crate::compiler::kernel::KernelKind;
use crate::compiler::plan::{Place, Step, buffer_bytes};
use crate::compiler::scalar::BufferUse;
use crate::cpu;
use crate::error::Result;
use crate::runtime::Buffer;

pub(super) fn run(e: &Executable, frame: &Frame<'_>) -> Result<()> {
    for step in &e.plan.steps {
        match &step.kernel.kind {
            KernelKind::Scan(s) => scan::run(e, s, step, frame)?,
            KernelKind::While(w) => while_loop::run(e, w, step, frame)?,
            KernelKind::Case(c) => case::run(e, c, step, frame)?,
            KernelKind::Custom { .. } | KernelKind::Print { .. } => host::run(step, frame)?,
            _ => kernel(step, frame)?,
        }
    }
    Ok(())
}

fn kernel(step: &Step, frame: &Frame<'_>) -> Result<()> {
    let buffers = step.places.iter().map(|p| frame.buffer(*p)).collect::<Result<Vec<&Buffer>>>()?;
    // One lock a memory, however often it is bound.
    let uses = || buffers.iter().zip(&step.kernel.buffers);
    let mut read_ids: Vec<u64> = uses().filter(|(_, u)| !u.written).map(|(b, _)| b.id()).collect();
    read_ids.sort_unstable();
    read_ids.dedup();
    let first = |id: &u64| buffers.iter().find(|b| b.id() == *id);
    let guards = read_ids.iter().filter_map(first).map(|b| b.words()).collect::<Result<Vec<_>>>()?;
    let mut written =
        uses().filter(|(_, u)| u.written).map(|(b, _)| b.words_mut()).collect::<Result<Vec<_>>>()?;
    let mut writers = written.iter_mut();
    let mut memory = cpu::Memory::default();
    for ((b, u), place) in uses().zip(&step.places) {
        let part = match place {
            _ if u.stacked => frame.slice * buffer_words(u)..usize::MAX,
            // Other values may stand beside it.
            Place::Slot(_, start) => {
                let start = *start as usize / 4;
                start..start + buffer_bytes(u.storage, u.len) as usize / 4
            }
            _ => 0..usize::MAX,
        };
        if u.written {
            if let Some(w) = writers.next() {
                let end = part.end.min(w.len());
                memory.push_write(&mut w[part.start..end]);
            }
        } else if let Ok(k) = read_ids.binary_search(&b.id()) {
            let end = part.end.min(guards[k].len());
            memory.push_read(&guards[k][part.start..end]);
        }
    }
    let scalars = step.scalars.iter().map(|&i| frame.scalar(i)).collect::<Result<Vec<u32>>>()?;
    let bytes = |u: &BufferUse| (u.len * u.storage.bytes()) as u64;
    let about = || (step.kernel.label.clone(), step.kernel.buffers.iter().map(bytes).sum());
    match frame.device.launch(about, || cpu::run(&step.kernel, &mut memory, &scalars))? {
        None => Ok(()),
        Some(words) => checks::error_of(&words).map_or(Ok(()), Err),
    }
}

/// Words of one slice of a stacked buffer.
fn buffer_words(u: &BufferUse) -> usize {
    u.len * u.storage.bytes() / 4
}
