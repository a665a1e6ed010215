//! What plans cost.

use std::collections::HashMap;
use wgflow::compiler::kernel::{KernelKind, ScanKernel};
use wgflow::compiler::plan::{Place, Plan, Step, buffer_bytes};
use wgflow::compiler::scalar::BufferSource;

/// Bytes of a plan's temporary memory, that of its loops' bodies included.
pub fn temporaries(plan: &Plan) -> u64 {
    let inner = plan.steps.iter().map(|s| of_loop(s, temporaries)).max();
    plan.slots.iter().sum::<u64>() + inner.unwrap_or(0)
}

/// Bytes of temporaries that a plan needs at one time, each from the step that writes it first to the last that touches it: with these
/// steps in this order, no memory plan can do with less.
pub fn least_temporaries(plan: &Plan) -> u64 {
    let mut lives: HashMap<_, (usize, usize, u64)> = HashMap::new();
    // What is written over an operand needs no memory of its own.
    let mut first: HashMap<_, _> = HashMap::new();
    let mut own = vec![0; plan.steps.len()];
    for (at, step) in plan.steps.iter().enumerate() {
        own[at] = of_loop(step, least_temporaries);
        for (b, place) in step.kernel.buffers.iter().zip(&step.places) {
            let bytes = buffer_bytes(b.storage, b.len);
            match (&b.source, place) {
                (BufferSource::Value(v), Place::Slot(..)) => {
                    if let Some(x) = b.before {
                        first.insert(*v, first.get(&x).copied().unwrap_or(x));
                    }
                    let v = first.get(v).unwrap_or(v);
                    lives.entry(*v).or_insert((at, at, bytes)).1 = at
                }
                (BufferSource::Scratch(_), _) => own[at] += bytes,
                _ => {}
            }
        }
    }
    let at = |step: usize| -> u64 {
        lives.values().filter(|(from, to, _)| (*from..=*to).contains(&step)).map(|(_, _, bytes)| bytes).sum()
    };
    (0..plan.steps.len()).map(|s| at(s) + own[s]).max().unwrap_or(0)
}

/// What a loop needs while it runs: the memory of its body, and two sets of the values that go from trip to trip.
fn of_loop(step: &Step, of_body: fn(&Plan) -> u64) -> u64 {
    match &step.kernel.kind {
        KernelKind::Scan(s) => of_body(&s.body) + if s.trips > 1 { 2 * carried(s) } else { 0 },
        _ => 0,
    }
}

fn carried(s: &ScanKernel) -> u64 {
    let bytes =
        |spec: &wgflow::hlo::Spec| spec.dtype.storage().map_or(0, |d| buffer_bytes(d, spec.shape.size()));
    s.body.specs[..s.carries].iter().map(bytes).sum()
}
