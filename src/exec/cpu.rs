//! Plans on the CPU device.

use super::{Executable, Frame, case, host, scan, while_loop};
use crate::compiler::checks;
use crate::compiler::kernel::KernelKind;
use crate::compiler::plan::{Place, Step, buffer_bytes};
use crate::compiler::scalar::BufferUse;
use crate::cpu::{self, View};
use crate::error::{Error, Result};
use crate::runtime::Buffer;
use std::collections::BTreeMap;
use std::ops::Range;

pub(super) fn run(e: &Executable, frame: &Frame<'_, '_>) -> Result<()> {
    for (k, step) in e.plan.steps.iter().enumerate() {
        match &step.kernel.kind {
            KernelKind::Scan(s) => scan::run(s, k, step, frame, None)?,
            KernelKind::While(w) => while_loop::run(e, w, step, frame)?,
            KernelKind::Case(c) => case::run(e, c, step, frame)?,
            KernelKind::Custom { .. } | KernelKind::Print { .. } => host::run(step, frame)?,
            _ => kernel(step, frame)?,
        }
    }
    Ok(())
}

fn kernel(step: &Step, frame: &Frame<'_, '_>) -> Result<()> {
    let buffers = step.places.iter().map(|p| frame.buffer(*p)).collect::<Result<Vec<&Buffer>>>()?;
    // One lock a memory, however often it is bound.
    let ids = |written: bool| -> BTreeMap<u64, &Buffer> {
        let uses = buffers.iter().zip(&step.kernel.buffers);
        uses.filter(|(_, u)| u.written == written).map(|(b, _)| (b.id(), *b)).collect()
    };
    let (read, written) = (ids(false), ids(true));
    let read = read.iter().map(|(id, b)| Ok((*id, b.words()?))).collect::<Result<BTreeMap<_, _>>>()?;
    let mut written =
        written.iter().map(|(id, b)| Ok((*id, b.words_mut()?))).collect::<Result<BTreeMap<_, _>>>()?;
    let mut parts = Vec::with_capacity(buffers.len());
    for ((b, u), place) in buffers.iter().zip(&step.kernel.buffers).zip(&step.places) {
        let id = b.id();
        let len = if u.written { written.get(&id).map(|w| w.len()) } else { read.get(&id).map(|w| w.len()) };
        let len = len.unwrap_or(0);
        let part = match place {
            _ if u.stacked => frame.slice * buffer_words(u)..len,
            // Other values may stand beside it.
            Place::Slot(_, start) => {
                let start = *start as usize / 4;
                start..len.min(start + buffer_bytes(u.storage, u.len) as usize / 4)
            }
            _ => 0..len,
        };
        parts.push((id, part));
    }
    let mut views: Vec<View<'_>> = vec![];
    views.resize_with(buffers.len(), || View::Taken);
    for (id, words) in &mut written {
        let of = |k: &usize| step.kernel.buffers[*k].written && parts[*k].0 == *id;
        let own = (0..parts.len()).filter(of).map(|k| (k, parts[k].1.clone())).collect();
        split(words, own)?.into_iter().for_each(|(k, words)| views[k] = View::Write(words));
    }
    for (k, (id, part)) in parts.iter().enumerate() {
        if let (false, Some(words)) = (step.kernel.buffers[k].written, read.get(id)) {
            views[k] = View::Read(words.get(part.clone()).ok_or_else(|| misplaced(part))?);
        }
    }
    let mut memory = cpu::Memory::new(views);
    let scalars = step.scalars.iter().map(|&i| frame.scalar(i)).collect::<Result<Vec<u32>>>()?;
    let bytes = |u: &BufferUse| (u.len * u.storage.bytes()) as u64;
    let about = || (step.kernel.label.clone(), step.kernel.buffers.iter().map(bytes).sum());
    match frame.device.launch(about, || cpu::run(&step.kernel, &mut memory, &scalars))? {
        None => Ok(()),
        Some(words) => checks::error_of(&words).map_or(Ok(()), Err),
    }
}

/// The parts of a memory that a kernel writes, each with its number.
fn split(mut words: &mut [u32], mut parts: Vec<(usize, Range<usize>)>) -> Result<Vec<(usize, &mut [u32])>> {
    parts.sort_by_key(|(_, part)| part.start);
    let (mut found, mut end) = (vec![], 0);
    for (k, part) in parts {
        let before = part.start.checked_sub(end).ok_or_else(|| misplaced(&part))?;
        let rest = words.split_at_mut_checked(before).ok_or_else(|| misplaced(&part))?.1;
        let (own, rest) = rest.split_at_mut_checked(part.len()).ok_or_else(|| misplaced(&part))?;
        found.push((k, own));
        (words, end) = (rest, part.start + part.len());
    }
    Ok(found)
}

fn misplaced(part: &Range<usize>) -> Error {
    Error::internal("exec", format_args!("no place for a value in words {part:?}"))
}

/// Words of one slice of a stacked buffer.
fn buffer_words(u: &BufferUse) -> usize {
    u.len * u.storage.bytes() / 4
}
