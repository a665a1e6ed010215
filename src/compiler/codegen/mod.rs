//! Kernels written in WGSL: the text depends on structure alone, sizes are uniform data.

mod attention;
mod contract;
mod digits;
mod lines;
mod loops;
mod rows;
mod scatter;
mod sort;
mod windows;
mod writer;

pub use contract::{Form, Variant, shape_class, variants};
pub use windows::{Chunk, chunks};

use super::kernel::{Kernel, KernelKind};
use crate::error::{Error, ErrorKind, Result};

/// A word of a launch's uniform data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Known when the plan is made.
    Const(u32),
    /// Run-time scalar number `.0` of the kernel.
    Scalar(u16),
    /// Where the trip's slice of a stacked buffer starts: the slice's number times this length.
    Slice(u32),
}

/// What a binding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Buffer number `.0` of the kernel.
    Buffer {
        /// Number among the kernel's buffers.
        number: u16,
        /// Whether the launch writes it.
        written: bool,
        /// The part that is bound, in bytes: offset and length. `None` for all.
        window: Option<(u64, u64)>,
    },
    /// The cell that failed checks write to.
    Errors,
}

/// One dispatch of a compute shader.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The shader's text; its entry point is `main`.
    pub wgsl: String,
    /// Storage bindings in order; the uniform data is bound after them.
    pub bindings: Vec<Bound>,
    /// The uniform data.
    pub params: Vec<Word>,
    /// Workgroups in each dimension.
    pub grid: [u32; 3],
}

/// Which kind of hardware the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Software adapters: an invocation is a lane of a vector unit, shared memory and barriers cost more than they save.
    Direct,
    /// GPUs: groups of invocations share tiles and rows in workgroup memory.
    Tiled,
}

/// What code generation must know of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodegenRules {
    /// Kernel family.
    pub family: Family,
    /// Most workgroups in a dimension.
    pub max_groups: u32,
    /// Bytes of workgroup memory.
    pub workgroup_memory: u32,
    /// Most invocations of a workgroup.
    pub max_invocations: u32,
    /// Most bytes of a buffer that a kernel binds.
    pub max_binding: u64,
    /// Invocations of every subgroup, where there are subgroup operations and all subgroups have that size; else 0.
    pub subgroup: u32,
}

/// The dispatches of a kernel.
///
/// # Errors
/// `Internal` for host calls, which are no dispatches; `ResourceExhausted` for a buffer that is larger than the adapter binds and that the
/// kernel cannot go through part by part.
pub fn launches(k: &Kernel, rules: &CodegenRules) -> Result<Vec<Launch>> {
    launches_as(k, rules, None)
}

/// As [`launches`], written in one of the kernel's [`variants`].
///
/// # Errors
/// As [`launches`].
pub fn launches_as(k: &Kernel, rules: &CodegenRules, variant: Option<Variant>) -> Result<Vec<Launch>> {
    let chunks = windows::chunks(k, rules.max_binding).map_err(|stuck| {
        let bytes = stuck.iter().map(|&b| k.buffers[b].len * k.buffers[b].storage.bytes()).max().unwrap_or(0);
        let limit = rules.max_binding;
        let wanted =
            format!("wanted a binding of {bytes} bytes; the adapter binds at most {limit} bytes at once");
        Error::new(ErrorKind::ResourceExhausted, &k.label, wanted)
    })?;
    let each = |f: &dyn Fn(&Chunk) -> Launch| Ok(chunks.iter().map(f).collect());
    match &k.kind {
        KernelKind::Loop(l) => each(&|c| loops::write(k, l, rules, c)),
        KernelKind::Rows(r) => each(&|c| rows::write(k, r, rules, c)),
        KernelKind::Contract(x) => {
            Ok(chunks.iter().flat_map(|c| contract::write(k, x, rules, c, variant)).collect())
        }
        KernelKind::Attention(x) => each(&|c| attention::write(k, x, rules, c)),
        KernelKind::Cumulative(x) => each(&|c| lines::write(k, x, rules, c)),
        KernelKind::ArgSort(s) => Ok(sort::write(k, s, rules, &chunks[0])),
        KernelKind::Scatter(s) => Ok(scatter::write(k, s, rules, &chunks[0])),
        KernelKind::Scan(_) | KernelKind::While(_) | KernelKind::Case(_) => {
            Err(Error::internal("codegen", "a loop or a choice is no dispatch"))
        }
        KernelKind::Custom { op, .. } => {
            Err(Error::internal("codegen", format_args!("{} runs on the host", op.name())))
        }
        KernelKind::Print { .. } => Err(Error::internal("codegen", "print runs on the host")),
    }
}

/// The grid of `n` workgroups, folded into two dimensions where one is too short.
fn grid(n: usize, rules: &CodegenRules) -> [u32; 3] {
    let n = n.max(1) as u32;
    if n <= rules.max_groups {
        return [n, 1, 1];
    }
    // As few idle workgroups as can be: they cost software drivers as much as any.
    let y = n.div_ceil(rules.max_groups);
    [n.div_ceil(y), y, 1]
}
