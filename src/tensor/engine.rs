//! Execution of entries on the tensors' device, or on the host mirror.

use super::{Entry, Tensor};
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, interpret};
use std::sync::Arc;

/// Integer and bool tensors of at most this many elements made from host values stay on the host.
pub const MIRROR_LIMIT: usize = 1024;

/// Whether a host value stays on the host: small integers and bools, and scalars.
pub fn is_mirrored(l: &Literal) -> bool {
    l.shape.rank() == 0 || (l.dtype.is_exact() && l.len() <= MIRROR_LIMIT)
}

/// Runs an entry.
pub(super) fn execute(entry: &Arc<Entry>, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let device = device_of(entry.label(), inputs)?;
    let args = inputs.iter().map(|t| t.to_literal()).collect::<Result<Vec<_>>>()?;
    let results = interpret::evaluate(entry.graph(), &args)?;
    results.into_iter().map(|l| Tensor::from_literal(Literal { values: round(&l), ..l }, device)).collect()
}

fn round(l: &Literal) -> crate::hlo::Values {
    match &l.values {
        crate::hlo::Values::Floats(v) => {
            crate::hlo::Values::Floats(v.iter().map(|&v| l.dtype.round(v)).collect())
        }
        v => v.clone(),
    }
}

/// The one device that tensors are on.
pub(super) fn device_of(op: &str, inputs: &[&Tensor]) -> Result<u32> {
    let mut device = None;
    for t in inputs {
        if device.is_some_and(|d| d != t.device_id()) {
            return Err(Error::new(ErrorKind::FailedPrecondition, op, "tensors of different devices"));
        }
        device = Some(t.device_id());
    }
    Ok(device.unwrap_or(0))
}

/// The device that new tensors are made on.
pub(super) fn current_device() -> u32 {
    0
}
