//! Host functions and prints inside of plans.

use super::Frame;
use crate::compiler::checks;
use crate::compiler::kernel::KernelKind;
use crate::compiler::plan::{Step, buffer_bytes};
use crate::error::{Error, Result};
use crate::hlo::{Literal, Spec};
use std::sync::{LazyLock, Mutex};

/// Where prints go: texts and the values between them.
pub type PrintSink = Box<dyn Fn(&[String], &[Literal]) + Send + Sync>;

static SINK: LazyLock<Mutex<Option<std::sync::Arc<PrintSink>>>> = LazyLock::new(Mutex::default);

/// Sends prints of graphs somewhere else; `None` sends them to standard output again.
pub fn set_print_sink(sink: Option<PrintSink>) {
    *crate::lock(&SINK) = sink.map(std::sync::Arc::new);
}

/// Values of buffers that the host needs now; waits for the device.
fn read(step: &Step, frame: &Frame<'_>, n: usize) -> Result<Vec<Literal>> {
    let specs = operand_specs(step, n)?;
    let mut ranges = vec![];
    for (place, spec) in step.places[..n].iter().zip(&specs) {
        let bytes = (spec.shape.size() * spec.dtype.storage()?.bytes()) as u64;
        ranges.push((frame.buffer(*place)?, 0..bytes));
    }
    let read = frame.device.read(&ranges)?.wait()?;
    if let Some(e) = read.errors.as_ref().and_then(|w| checks::error_of(w)) {
        return Err(e);
    }
    read.data
        .iter()
        .zip(specs)
        .map(|(bytes, s)| Literal::from_storage(&step.kernel.label, s.dtype, s.shape, bytes))
        .collect()
}

fn operand_specs(step: &Step, n: usize) -> Result<Vec<Spec>> {
    match step.kernel.specs.get(..n) {
        Some(s) => Ok(s.to_vec()),
        None => Err(Error::internal(&step.kernel.label, "operands without specs")),
    }
}

pub(super) fn run(step: &Step, frame: &Frame<'_>) -> Result<()> {
    match &step.kernel.kind {
        KernelKind::Custom { op, operands } => {
            let results = op.host(&read(step, frame, *operands)?)?;
            for (l, place) in results.iter().zip(&step.places[*operands..]) {
                let mut bytes = l.to_storage(op.name())?;
                bytes.resize(buffer_bytes(l.dtype.storage()?, l.len()) as usize, 0);
                frame.device.write(frame.buffer(*place)?, 0, &bytes)?;
            }
            Ok(())
        }
        KernelKind::Print { texts, operands } => {
            let values = read(step, frame, *operands)?;
            let sink = crate::lock(&SINK).clone();
            match sink {
                Some(sink) => sink(texts, &values),
                None => println!("{}", plain(texts, &values)),
            }
            Ok(())
        }
        _ => Err(Error::internal(&step.kernel.label, "is no host call")),
    }
}

/// Texts with values between them, without the layout that the tensor layer's sink gives them.
fn plain(texts: &[String], values: &[Literal]) -> String {
    let value = |l: &Literal| format!("{:?}", l.to_f64s());
    let mut out = texts.first().cloned().unwrap_or_default();
    for (k, v) in values.iter().enumerate() {
        out.push_str(&value(v));
        out.push_str(texts.get(k + 1).map_or("", String::as_str));
    }
    out
}
