//! Kernels: what a launch computes, before it is written for a device.

use super::index::Index;
use super::plan::Plan;
use super::scalar::{Body, BufferUse, SInst, SOp, SVal};
use crate::hlo::rows::{Functor, Outcome};
use crate::hlo::{Attention, ById, CheckText, CustomOp, Ew, PrintText, ReduceKind, Spec};
use std::sync::Arc;

/// A store of a scalar program's value.
#[derive(Clone, Debug)]
pub struct Store {
    /// Number of the kernel's buffer.
    pub buffer: u16,
    /// Where.
    pub index: Index,
    /// What.
    pub value: SVal,
}

/// A value check of a kernel.
#[derive(Clone, Debug)]
pub struct KernelCheck {
    /// Where it is false the check fails.
    pub ok: SVal,
    /// int32 said with the error.
    pub value: SVal,
    /// What is said.
    pub text: Arc<CheckText>,
}

/// Straight-line code for each of `n` positions: loop variable 0.
#[derive(Clone, Debug)]
pub struct LoopKernel {
    /// Number of positions.
    pub n: usize,
    /// The program.
    pub body: Body,
    /// Its results; each store's index is the position.
    pub stores: Vec<Store>,
    /// Its checks.
    pub checks: Vec<KernelCheck>,
}

/// What a reduction keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// Combined elements.
    Kind(ReduceKind),
    /// Position (loop variable 1) of the first extremum.
    Arg {
        /// Largest or smallest.
        max: bool,
    },
}

/// One reduction of a row.
#[derive(Clone, Debug)]
pub struct Reduction {
    /// What is kept.
    pub fold: Fold,
    /// The element at (row, position).
    pub element: SVal,
    /// In which pass over the row it is computed: one after all reductions that its element uses.
    pub phase: usize,
}

/// Rows of `k` positions: loop variable 0 is the row, 1 the position. Passes of reductions over each row, then stores of rows and of positions.
#[derive(Clone, Debug)]
pub struct RowsKernel {
    /// Number of rows.
    pub rows: usize,
    /// Positions of a row.
    pub k: usize,
    /// The program.
    pub body: Body,
    /// Reductions in the order of their numbers.
    pub reductions: Vec<Reduction>,
    /// Stores at each position, in a pass after all reductions that they use.
    pub stores: Vec<Store>,
    /// Stores once a row.
    pub row_stores: Vec<Store>,
    /// Checks once a row.
    pub checks: Vec<KernelCheck>,
}

/// A program with one result.
#[derive(Clone, Debug)]
pub struct Function {
    /// The program.
    pub body: Body,
    /// Its result.
    pub result: SVal,
}

/// `out[g, m, n] = sum over k of lhs[g, m, k] * rhs[g, k, n]`: loop variables 0 = g, 1 = m, 2 = n, 3 = k.
#[derive(Clone, Debug)]
pub struct ContractKernel {
    /// Sizes of g, m, n and k.
    pub sizes: [usize; 4],
    /// Element (g, m, k).
    pub lhs: Function,
    /// Element (g, k, n).
    pub rhs: Function,
    /// From the sum to what is stored.
    pub body: Body,
    /// Stores at (g, m, n).
    pub stores: Vec<Store>,
    /// How k is cut, where results alone do not keep a device busy.
    pub split: Option<Split>,
}

/// Parts of k that are summed up by themselves first.
#[derive(Clone, Debug)]
pub struct Split {
    /// Most parts.
    pub parts: usize,
    /// Scratch memory of as many sums as there are parts and results.
    pub scratch: u16,
}

/// Attention, or one of its adjoints, without its matrix of scores: loop variables 0 = batch and head (g), 1 = query (m), 2 = key (n), 3 = feature (k).
#[derive(Clone, Debug)]
pub struct AttentionKernel {
    /// Numbers of g, queries, keys and features of both.
    pub sizes: [usize; 4],
    /// Features of values: loop variable 3 of theirs.
    pub columns: usize,
    /// Query (g, m, k).
    pub query: Function,
    /// Key (g, n, k).
    pub key: Function,
    /// Value (g, n, k).
    pub value: Function,
    /// Whether the score (g, m, n) counts.
    pub mask: Option<Function>,
    /// What it computes of them.
    pub attention: Attention,
    /// What follows from them.
    pub results: AttentionResults,
}

/// What a kernel of attention computes. All but the weighted values are adjoints, whose scores are computed again.
#[derive(Clone, Debug)]
pub enum AttentionResults {
    /// Weighted values.
    Values {
        /// Where they go, at (g, m, k).
        out: (u16, Index),
    },
    /// Query by query.
    Queries {
        /// Weighted value (g, m, k).
        y: Function,
        /// Its adjoint.
        dy: Function,
        /// Where the adjoint of the queries goes, at (g, m, k).
        dq: Option<(u16, Index)>,
        /// Where maxima, sums and products of a row of scores go, at (g, m, k) for k = 0, 1, 2.
        rows: Option<(u16, Index)>,
    },
    /// Key by key.
    Keys {
        /// Adjoint of the weighted value (g, m, k).
        dy: Function,
        /// What the queries' kernel says of rows, at (g, m, k) for k = 0, 1, 2.
        rows: Function,
        /// Where the adjoint of the keys goes, at (g, n, k).
        dk: Option<(u16, Index)>,
        /// Where the adjoint of the values goes, at (g, n, k).
        dv: Option<(u16, Index)>,
    },
}

impl AttentionKernel {
    /// What it reads.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        let (first, second) = match &self.results {
            AttentionResults::Values { .. } => (None, None),
            AttentionResults::Queries { y, dy, .. } => (Some(y), Some(dy)),
            AttentionResults::Keys { dy, rows, .. } => (Some(dy), Some(rows)),
        };
        [&self.query, &self.key, &self.value].into_iter().chain(first).chain(second).chain(&self.mask)
    }

    /// What it writes.
    pub fn stores(&self) -> impl Iterator<Item = &(u16, Index)> {
        let (first, second) = match &self.results {
            AttentionResults::Values { out } => (Some(out), None),
            AttentionResults::Queries { dq, rows, .. } => (dq.as_ref(), rows.as_ref()),
            AttentionResults::Keys { dk, dv, .. } => (dk.as_ref(), dv.as_ref()),
        };
        first.into_iter().chain(second)
    }
}

/// A running reduction along lines: loop variable 0 is the line, 1 the position.
#[derive(Clone, Debug)]
pub struct CumulativeKernel {
    /// Number of lines.
    pub lines: usize,
    /// Positions of a line.
    pub k: usize,
    /// How elements combine.
    pub kind: ReduceKind,
    /// Whether an element is left out of its own sum.
    pub exclusive: bool,
    /// Whether lines run from the end.
    pub reverse: bool,
    /// The element at (line, position).
    pub element: Function,
    /// Where its sum goes.
    pub store: (u16, Index),
}

/// Positions in sorted order along lines: loop variable 0 is the line, 1 the position.
#[derive(Clone, Debug)]
pub struct ArgSortKernel {
    /// Number of lines.
    pub lines: usize,
    /// Positions of a line.
    pub k: usize,
    /// Largest first.
    pub descending: bool,
    /// The key at (line, position).
    pub key: Function,
    /// Where the line's permutation goes: (line, position) to an int32 buffer.
    pub store: (u16, Index),
    /// int32 scratch of the same size.
    pub scratch: u16,
}

/// Updates combined into an operand: loop variable 0 is the index vector, 1 the position inside of its slice.
#[derive(Clone, Debug)]
pub struct ScatterKernel {
    /// Number of index vectors.
    pub updates: usize,
    /// Elements of a slice.
    pub slice: usize,
    /// Elements of the result.
    pub size: usize,
    /// How they combine; `None` replaces.
    pub combine: Option<ReduceKind>,
    /// Row-major position of the slice's first element, or -1 where the index is out of range; of (update).
    pub target: Function,
    /// Distance of a slice's element from the first; of (position).
    pub offset: Index,
    /// The update at (update, position).
    pub update: Function,
    /// The operand; loop variable 0 is the row-major position.
    pub operand: Function,
    /// The result's buffer.
    pub out: u16,
    /// Order of the updates by target: a buffer that an argsort wrote before.
    pub order: Option<u16>,
}

/// A loop with a static number of trips. The kernel's buffers are the scan's operands, then its results.
#[derive(Clone, Debug)]
pub struct ScanKernel {
    /// One trip. Inputs: constants, carried values, whole stacked inputs, and the trip's slice number as a run-time scalar. Outputs: carried
    /// values, then slices of the stacked results.
    pub body: Arc<Plan>,
    /// Number of trips.
    pub trips: usize,
    /// Whether slices are numbered from the last to the first.
    pub reverse: bool,
    /// Number of constants.
    pub consts: usize,
    /// Number of carried values.
    pub carries: usize,
}

/// A loop whose number of trips is known when it runs. The kernel's buffers are the loop's operands, then its results.
#[derive(Clone, Debug)]
pub struct WhileKernel {
    /// Whether there is a first trip: constants and carried values to a bool. None where operand 0 is the number of trips.
    pub first: Option<Arc<Plan>>,
    /// One trip. Inputs: constants, carried values, then bool and int32 (whether the trip counts, and how many did) where there is `first`,
    /// then one value of each list. Outputs: carried values, then the same two, then one value of each list that results.
    pub step: Arc<Plan>,
    /// Number of constants.
    pub consts: usize,
    /// Number of carried values.
    pub carries: usize,
    /// Most trips.
    pub limit: Option<usize>,
    /// Whether lists are read and written from the last to the first.
    pub reverse: bool,
    /// Whether a trip that does not count changes nothing, so that several may run before the host looks.
    pub masked: bool,
}

/// Branches of which the host runs one. The kernel's buffers are the branch's number, the operands, then the results.
#[derive(Clone, Debug)]
pub struct CaseKernel {
    /// From the operands to the results.
    pub branches: Vec<Arc<Plan>>,
}

/// What a launch does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is documented by its type")]
pub enum KernelKind {
    Loop(LoopKernel),
    Rows(RowsKernel),
    Contract(Box<ContractKernel>),
    Attention(Box<AttentionKernel>),
    Cumulative(Box<CumulativeKernel>),
    ArgSort(Box<ArgSortKernel>),
    Scatter(Box<ScatterKernel>),
    Scan(Box<ScanKernel>),
    While(Box<WhileKernel>),
    Case(CaseKernel),
    /// A host function on whole operands; buffers are its operands, then its results.
    Custom {
        op: ById<dyn CustomOp>,
        operands: usize,
    },
    /// A print of whole operands.
    Print {
        text: Box<PrintText>,
        operands: usize,
    },
}

/// A kernel with the buffers its programs number.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// What it does.
    pub kind: KernelKind,
    /// Its buffers.
    pub buffers: Vec<BufferUse>,
    /// The graph inputs that are its run-time scalars.
    pub scalars: Vec<crate::hlo::Val>,
    /// What it is called in profiles.
    pub label: String,
    /// Specs of operands and results, for calls.
    pub specs: Vec<Spec>,
}

impl Kernel {
    /// Storage buffers of a launch: its own, and the cell that failed checks write to.
    pub fn bindings(&self) -> usize {
        let checks = match &self.kind {
            KernelKind::Loop(k) => !k.checks.is_empty(),
            KernelKind::Rows(k) => !k.checks.is_empty(),
            _ => false,
        };
        self.buffers.len() + usize::from(checks)
    }

    /// Elementary operations of its longest program.
    pub fn program_cost(&self) -> u64 {
        let cost = |b: &Body| -> u64 {
            let each = |i: &SInst| match &i.op {
                SOp::Row(e) => row_cost(*e),
                SOp::Philox { .. } => 40,
                _ => 1,
            };
            b.insts.iter().map(each).sum()
        };
        match &self.kind {
            KernelKind::Loop(k) => cost(&k.body),
            KernelKind::Rows(k) => cost(&k.body),
            KernelKind::Contract(k) => cost(&k.body).max(cost(&k.lhs.body)).max(cost(&k.rhs.body)),
            KernelKind::Attention(k) => k.functions().map(|f| cost(&f.body)).max().unwrap_or(0),
            KernelKind::Cumulative(k) => cost(&k.element.body),
            KernelKind::ArgSort(k) => cost(&k.key.body),
            KernelKind::Scatter(k) => cost(&k.update.body),
            KernelKind::Scan(_)
            | KernelKind::While(_)
            | KernelKind::Case(_)
            | KernelKind::Custom { .. }
            | KernelKind::Print { .. } => 0,
        }
    }
}

impl KernelKind {
    /// Whether it is no kernel of a device, but work of whoever runs the plan.
    pub fn is_call(&self) -> bool {
        matches!(
            self,
            KernelKind::Scan(_)
                | KernelKind::While(_)
                | KernelKind::Case(_)
                | KernelKind::Custom { .. }
                | KernelKind::Print { .. }
        )
    }
}

/// Elementary operations of a row of the table.
pub fn row_cost(e: Ew) -> u64 {
    let row = e.row();
    match (e, row.wgsl_float) {
        (Ew::Div | Ew::Sqrt | Ew::Rsqrt | Ew::Rem, _) => 4,
        (Ew::Select | Ew::Max | Ew::Min | Ew::Clamp | Ew::Sign, _) => 1,
        (_, Some(Functor::Lib(name))) if !name.is_empty() && row.outcome != Outcome::Bool => 20,
        _ => 1,
    }
}

/// The pass in which an element can be computed: after the reductions it uses.
pub fn phase_of(body: &Body, reductions: &[Reduction], v: SVal) -> usize {
    let needed = body.needed([v]);
    body.insts
        .iter()
        .zip(needed)
        .filter_map(|(inst, needed)| match inst.op {
            SOp::Reduced(n) if needed => Some(reductions[n as usize].phase + 1),
            _ => None,
        })
        .max()
        .unwrap_or(0)
}
