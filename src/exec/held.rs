//! What a run needs beside its inputs and outputs: all of it is there before the run begins, so that what cannot be had stops it before
//! anything has changed.

use super::scan::Loop;
use super::{Executable, gpu, scan};
use crate::compiler::kernel::KernelKind;
use crate::error::Result;
use crate::runtime::{Buffer, Device};
use std::sync::Arc;

/// Memory and launches of a run; of loops with a known number of trips, too.
pub(super) struct Held {
    pub(super) slots: Vec<Buffer>,
    /// Room for run-time scalars that are read as buffers, by input.
    pub(super) scalars: Vec<(usize, Buffer)>,
    pub(super) constants: Arc<Vec<Buffer>>,
    /// None on the CPU device.
    pub(super) loaded: Option<Arc<gpu::Loaded>>,
    /// By step.
    loops: Vec<(usize, Loop)>,
}

impl Executable {
    /// What a run needs on a device; `is_scalar` says of an input whether it comes as a run-time scalar.
    pub(super) fn hold(&self, device: &Device, is_scalar: impl Fn(usize) -> bool) -> Result<Held> {
        let rules = self.target.codegen.as_ref();
        let loaded = rules.map(|rules| gpu::load(self, rules, device)).transpose()?;
        let mut held = Held {
            slots: Vec::with_capacity(self.plan.slots.len()),
            scalars: vec![],
            constants: self.constants(device)?,
            loaded,
            loops: vec![],
        };
        for &bytes in &self.plan.slots {
            held.slots.push(device.alloc(bytes)?);
        }
        for (i, _) in self.plan.buffer_inputs.iter().filter(|b| is_scalar(b.0)) {
            held.scalars.push((*i, device.alloc(16)?));
        }
        for (k, step) in self.plan.steps.iter().enumerate() {
            if let KernelKind::Scan(s) = &step.kernel.kind {
                held.loops.push((k, scan::hold(self, s, step, device)?));
            }
        }
        Ok(held)
    }
}

impl Held {
    /// The loop that is a step.
    pub(super) fn loop_of(&self, step: usize) -> Option<&Loop> {
        self.loops.iter().find(|l| l.0 == step).map(|l| &l.1)
    }
}

impl Drop for Held {
    /// Gives memory back in the order that lets the next run have the same: then its bind groups are there already.
    fn drop(&mut self) {
        while self.loops.pop().is_some() {}
        while self.scalars.pop().is_some() {}
        while self.slots.pop().is_some() {}
    }
}
