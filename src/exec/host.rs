//! Host functions and prints inside of plans.

use super::Frame;
use crate::compiler::checks;
use crate::compiler::kernel::KernelKind;
use crate::compiler::plan::{Step, buffer_bytes};
use crate::error::{Error, Result};
use crate::hlo::{Literal, Spec};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static CAPTURED: RefCell<Vec<Rc<RefCell<String>>>> = const { RefCell::new(Vec::new()) };
}

/// Prints text where all prints go: what captures the thread's prints, else standard error, as `tf.print` does.
pub fn print_out(text: &str) {
    let captured = CAPTURED.with_borrow(|c| c.last().cloned());
    match captured {
        Some(c) => c.borrow_mut().push_str(text),
        None => eprint!("{text}"),
    }
}

/// Runs `f` and gives, beside its result, what it printed on this thread, now and inside of graphs.
///
/// ```
/// # use wgflow::{capture_prints, print};
/// let (_, text) = capture_prints(|| print(&[&"two is", &2]));
/// assert_eq!(text, "two is 2\n");
/// ```
pub fn capture_prints<R>(f: impl FnOnce() -> R) -> (R, String) {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            CAPTURED.with_borrow_mut(Vec::pop);
        }
    }
    let text = Rc::new(RefCell::new(String::new()));
    CAPTURED.with_borrow_mut(|c| c.push(text.clone()));
    let end = End;
    let result = f();
    drop(end);
    (result, text.take())
}

/// Values of buffers that the host needs now; waits for the device.
fn read(step: &Step, frame: &Frame<'_, '_>, n: usize) -> Result<Vec<Literal>> {
    let specs = operand_specs(step, n)?;
    let mut ranges = vec![];
    for (place, spec) in step.places[..n].iter().zip(&specs) {
        let bytes = (spec.shape.size() * spec.dtype.storage()?.bytes()) as u64;
        ranges.push((frame.buffer(*place)?, 0..bytes));
    }
    let read = frame.device.read_now(&ranges)?;
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

pub(super) fn run(step: &Step, frame: &Frame<'_, '_>) -> Result<()> {
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
        KernelKind::Print { text, operands } => {
            if let Some(line) = text.line(&read(step, frame, *operands)?) {
                print_out(&line);
            }
            Ok(())
        }
        _ => Err(Error::internal(&step.kernel.label, "is no host call")),
    }
}
