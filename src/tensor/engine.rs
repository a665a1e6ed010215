//! Execution of entries: on the host where all is mirrored there, else on the tensors' device.

use super::{Data, Entry, Tensor, deferred};
use crate::config;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Arg, Executable, dump, print_out, target_of};
use crate::hlo::{CheckText, Literal, interpret};
use crate::runtime::{Buffer, Device};
use std::sync::Arc;

/// Integer and bool tensors of at most this many elements made from host values stay on the host.
pub const MIRROR_LIMIT: usize = 1024;

/// Operands beyond this number are buffers, also those that could be run-time scalars.
pub(crate) const MAX_SCALARS: usize = 64;

/// Whether a host value stays on the host: small integers and bools, real scalars, and strings, which devices have none of.
pub(super) fn is_mirrored(l: &Literal) -> bool {
    (l.shape.rank() == 0 && l.dtype != DType::Complex64)
        || l.dtype == DType::String
        || (l.dtype.is_exact() && l.len() <= MIRROR_LIMIT)
}

/// Runs an entry.
pub(super) fn execute(entry: &Arc<Entry>, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let device = device_of(entry.label(), inputs)?;
    if let Some(values) = on_host(entry, inputs)? {
        return values.into_iter().map(|l| Tensor::from_literal(l, &device)).collect();
    }
    if config::get_log_device_placement() {
        log::info!("{}: {}", entry.label(), device.full_name());
    }
    if deferred::takes(entry, &device) {
        return deferred::call(entry, inputs, &device);
    }
    let mut args = Vec::with_capacity(inputs.len());
    for (i, t) in inputs.iter().enumerate() {
        args.push(match &t.0.data {
            Data::Host(h) if i < MAX_SCALARS && t.rank() == 0 => Arg::Scalar(h.literal.register_bits()),
            _ if entry.updates().iter().any(|u| u.0 == i) && is_held_once(t) => {
                Arg::Owned(t.buffer_on(&device)?)
            }
            _ => Arg::Buffer(t.buffer_on(&device)?),
        });
    }
    let buffers = launch(entry, &device, args)?;
    let specs = entry.graph().outputs().iter().map(|&v| entry.graph().spec(v).clone());
    Ok(specs.zip(buffers).map(|(spec, b)| Tensor::new(spec, device.clone(), Data::Device(b))).collect())
}

/// Records the kernels of an entry.
pub(super) fn launch(entry: &Entry, device: &Device, args: Vec<Arg>) -> Result<Vec<Buffer>> {
    let mut scalars = 0u64;
    for (i, arg) in args.iter().enumerate().take(MAX_SCALARS) {
        scalars |= u64::from(matches!(arg, Arg::Scalar(_))) << i;
    }
    let executable = executable(entry, device, scalars, args.len())?;
    executable.run(device, args).map_err(|e| e.context(format!("{} on {}", entry.label(), device.name())))
}

/// Whether nobody but a variable and the caller, who read it, holds a tensor and its memory.
fn is_held_once(t: &Tensor) -> bool {
    matches!(&t.0.data, Data::Device(b) if Arc::strong_count(&t.0) == 2 && b.is_unique())
}

/// The results where the host can give them exactly: all operands are mirrored integers, or nothing depends on the operands.
fn on_host(entry: &Entry, inputs: &[&Tensor]) -> Result<Option<Vec<Literal>>> {
    if !entry.is_exact() {
        return Ok(None);
    }
    let mut args = Vec::with_capacity(inputs.len());
    for t in inputs {
        match &t.0.data {
            Data::Host(h) => args.push((*h.literal).clone()),
            // Not read, or the next line would not be reached.
            _ if entry.ignores_inputs() => args.push(Literal::scalar(t.dtype(), 0.0)),
            _ => return Ok(None),
        }
    }
    interpret::evaluate_with(entry.graph(), &args, &mut Printing).map(Some)
}

/// Effects on the host: as those of plans.
struct Printing;

impl interpret::Effects for Printing {
    fn check_failed(&mut self, text: &CheckText, index: usize, value: i64) -> Result<()> {
        Err(interpret::check_error(text, index, value))
    }

    fn print(&mut self, line: &str) {
        print_out(line);
    }
}

/// The plan of an entry for a device, made once for each kind of device.
fn executable(entry: &Entry, device: &Device, scalars: u64, n: usize) -> Result<Arc<Executable>> {
    let target = target_of(device);
    entry.executable(&target, scalars, || {
        let flags: Vec<bool> = (0..n).map(|i| i < MAX_SCALARS && scalars >> i & 1 == 1).collect();
        Executable::updating(entry.graph(), &target, &flags, entry.updates())
            .and_then(|made| {
                if let Some(folder) = config::get_dump_folder() {
                    dump(&folder, entry.label(), entry.graph(), &target, &made)?;
                }
                Ok(made)
            })
            .map_err(|e| e.context(entry.label().to_string()))
    })
}

/// The one device that tensors are on; values that the host holds go where the others are.
pub(super) fn device_of(op: &str, inputs: &[&Tensor]) -> Result<Device> {
    let mut found: Option<&Tensor> = None;
    for t in inputs.iter().filter(|t| matches!(t.0.data, Data::Device(_) | Data::Deferred(_))) {
        match found {
            Some(other) if other.0.device.id() != t.0.device.id() => {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    op,
                    format!(
                        "inputs: wanted tensors of one device. Received: {} on {} and {} on {}; copy one with Tensor::to_device",
                        other.spec(),
                        other.0.device.name(),
                        t.spec(),
                        t.0.device.name()
                    ),
                ));
            }
            _ => found = Some(t),
        }
    }
    match found.or_else(|| inputs.first().copied()) {
        Some(t) => Ok(t.0.device.clone()),
        None => config::current_device(),
    }
}
