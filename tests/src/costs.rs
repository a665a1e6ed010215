//! What plans cost.

use std::collections::HashMap;
use wgflow::compiler::plan::{Place, Plan, buffer_bytes};
use wgflow::compiler::scalar::BufferSource;

/// Bytes of temporaries that a plan needs at one time, each from the step that writes it first to the last that touches it: with these
/// steps in this order, no memory plan can do with less.
pub fn least_temporaries(plan: &Plan) -> u64 {
    let mut lives: HashMap<_, (usize, usize, u64)> = HashMap::new();
    let mut scratch = vec![0; plan.steps.len()];
    for (at, step) in plan.steps.iter().enumerate() {
        for (b, place) in step.kernel.buffers.iter().zip(&step.places) {
            let bytes = buffer_bytes(b.storage, b.len);
            match (&b.source, place) {
                (BufferSource::Value(v), Place::Slot(_)) => lives.entry(*v).or_insert((at, at, bytes)).1 = at,
                (BufferSource::Scratch(_), _) => scratch[at] += bytes,
                _ => {}
            }
        }
    }
    let at = |step: usize| -> u64 {
        lives.values().filter(|(from, to, _)| (*from..=*to).contains(&step)).map(|(_, _, bytes)| bytes).sum()
    };
    (0..plan.steps.len()).map(|s| at(s) + scratch[s]).max().unwrap_or(0)
}
