//! The built-in CPU device: a second executor of compiled plans.
//!
//! Scalar programs run over blocks of about a thousand elements, one operation at a time over the whole block, so that each is a loop
//! that the compiler vectorises; contractions are packed into tiles for a matrix multiplication kernel; blocks and tiles are spread over
//! threads.

mod attention;
mod block;
mod contract;
mod flat;
mod habits;
mod index;
mod lines;
mod loops;
pub mod math;
mod memory;
mod micro;
mod registers;
mod rows;
mod scatter;
mod side;

pub(crate) use block::put;
pub use memory::{Memory, View};

use crate::compiler::kernel::{Kernel, KernelKind};
use crate::error::Result;

/// A check that failed while a kernel ran: number, position, value.
pub type Failed = Option<[u32; 3]>;

/// Runs a kernel on memory. `scalars` are the bits of its run-time scalars. Returns the first failed check.
///
/// # Errors
/// `Internal` for host calls, which whoever runs the plan makes.
pub fn run(kernel: &Kernel, memory: &mut Memory<'_>, scalars: &[u32]) -> Result<Failed> {
    match &kernel.kind {
        KernelKind::Loop(l) => return loops::run(kernel, l, memory, scalars),
        KernelKind::Rows(r) => return rows::run(kernel, r, memory, scalars),
        KernelKind::Contract(c) => contract::run(kernel, c, memory, scalars)?,
        KernelKind::Attention(a) => attention::run(kernel, a, memory, scalars)?,
        KernelKind::Cumulative(c) => lines::cumulative(kernel, c, memory, scalars)?,
        KernelKind::ArgSort(s) => lines::argsort(kernel, s, memory, scalars)?,
        KernelKind::Scatter(s) => scatter::run(kernel, s, memory, scalars)?,
        KernelKind::Scan(_)
        | KernelKind::While(_)
        | KernelKind::Case(_)
        | KernelKind::Custom { .. }
        | KernelKind::Print { .. } => {
            return Err(crate::Error::internal(
                "cpu",
                format_args!("{} is for whoever runs the plan", kernel.label),
            ));
        }
    }
    Ok(None)
}
