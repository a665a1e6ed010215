//! The primitives: what a graph's instructions can be.

use super::graph::{Graph, Val};
use super::literal::Literal;
use super::rows::Ew;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::{Dims, Shape};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// dtype and shape of a value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Spec {
    /// Logical dtype.
    pub dtype: DType,
    /// Shape.
    pub shape: Shape,
}

impl Spec {
    /// A spec from its parts.
    pub fn new(dtype: DType, shape: impl Into<Shape>) -> Self {
        Spec { dtype, shape: shape.into() }
    }

    /// The same shape with another dtype.
    pub fn with_dtype(&self, dtype: DType) -> Self {
        Spec { dtype, shape: self.shape.clone() }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<_> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{}[{}]", self.dtype, dims.join(","))
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a reduction, window or scan combines elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum ReduceKind {
    Sum,
    Prod,
    Max,
    Min,
    /// Logical and; bool only.
    And,
    /// Logical or; bool only.
    Or,
}

impl ReduceKind {
    /// The value that leaves others unchanged, for elements of `dtype`.
    pub fn identity(self, dtype: DType) -> f64 {
        match self {
            ReduceKind::Sum | ReduceKind::Or => 0.0,
            ReduceKind::Prod | ReduceKind::And => 1.0,
            ReduceKind::Max if dtype.is_float() => f64::NEG_INFINITY,
            ReduceKind::Min if dtype.is_float() => f64::INFINITY,
            // 64-bit integers are stored in 32 bits, so their bounds are those of 32 bits.
            ReduceKind::Max => narrow(dtype).min(),
            ReduceKind::Min => narrow(dtype).max(),
        }
    }

    /// The elementwise row that combines two elements.
    pub fn row(self) -> Ew {
        match self {
            ReduceKind::Sum => Ew::Add,
            ReduceKind::Prod => Ew::Mul,
            ReduceKind::Max => Ew::Max,
            ReduceKind::Min => Ew::Min,
            ReduceKind::And => Ew::And,
            ReduceKind::Or => Ew::Or,
        }
    }
}

fn narrow(dtype: DType) -> DType {
    match dtype {
        DType::Int64 => DType::Int32,
        DType::UInt64 => DType::UInt32,
        d => d,
    }
}

/// What [`Prim::Scatter`] does where an update meets an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScatterKind {
    /// The last update in row-major order stays.
    Set,
    /// Updates are combined in row-major order.
    Combine(ReduceKind),
}

/// What [`Prim::Gather`] gives for an index out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GatherMode {
    /// The element at the nearest valid index.
    Clip,
    /// Zero (false).
    Fill,
}

/// One dimension of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowDim {
    /// Window positions in this dimension.
    pub size: usize,
    /// Distance between neighbouring windows.
    pub stride: usize,
    /// Distance between positions inside the window.
    pub dilation: usize,
    /// Padding before the first element; may be negative.
    pub low: i64,
    /// Padding after the last element; may be negative.
    pub high: i64,
}

impl WindowDim {
    /// A window that leaves the dimension alone.
    pub const UNIT: WindowDim = WindowDim { size: 1, stride: 1, dilation: 1, low: 0, high: 0 };

    /// How many elements a window spans.
    pub fn span(&self) -> usize {
        if self.size == 0 { 0 } else { (self.size - 1) * self.dilation + 1 }
    }

    /// The number of windows over `n` elements.
    pub fn count(&self, n: usize) -> usize {
        let padded = n as i64 + self.low + self.high;
        let span = self.span() as i64;
        if padded < span { 0 } else { ((padded - span) / self.stride as i64) as usize + 1 }
    }
}

/// `lhs` and `rhs` dimensions of a [`Prim::DotGeneral`]. The result has the batch, then the free `lhs`, then the free `rhs` dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct DotDims {
    /// Batch dimensions of `lhs`.
    pub lhs_batch: Dims,
    /// The matching batch dimensions of `rhs`.
    pub rhs_batch: Dims,
    /// Contracted dimensions of `lhs`.
    pub lhs_contract: Dims,
    /// The matching contracted dimensions of `rhs`.
    pub rhs_contract: Dims,
}

/// Which dimension plays which part in an operand of a convolution: (batch, feature, spatial) for the input and the output,
/// (input feature, output feature, spatial) for the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvLayout {
    /// Batch; of the kernel: its input features.
    pub major: usize,
    /// Feature; of the kernel: its output features.
    pub minor: usize,
    /// Spatial dimensions in order.
    pub spatial: Dims,
}

impl ConvLayout {
    /// N..C, with `n` spatial dimensions between.
    pub fn channels_last(n: usize) -> Self {
        ConvLayout { major: 0, minor: n + 1, spatial: (1..=n).collect() }
    }

    /// ..IO, with `n` spatial dimensions before.
    pub fn kernel(n: usize) -> Self {
        ConvLayout { major: n, minor: n + 1, spatial: (0..n).collect() }
    }
}

/// The attributes of a convolution (cross-correlation), as XLA has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Per spatial dimension: window size (that of the kernel), stride, kernel dilation and padding.
    pub window: Vec<WindowDim>,
    /// Per spatial dimension: distance between neighbouring input elements (1 = dense).
    pub lhs_dilation: Dims,
    /// The input's dimensions.
    pub lhs: ConvLayout,
    /// The kernel's dimensions.
    pub rhs: ConvLayout,
    /// The output's dimensions.
    pub out: ConvLayout,
    /// Groups of features: each sees its own part of the input's features.
    pub feature_groups: usize,
    /// Groups of the batch: each has its own part of the output's features.
    pub batch_groups: usize,
}

/// The attributes of [`Prim::Attention`] and its adjoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attention {
    scale: u64,
    /// Whether keys behind the query's place are left out.
    pub causal: bool,
}

impl Attention {
    /// Scores are products times `scale`.
    pub fn new(scale: f64, causal: bool) -> Self {
        Attention { scale: scale.to_bits(), causal }
    }

    /// What products are multiplied by.
    pub fn scale(&self) -> f64 {
        f64::from_bits(self.scale)
    }
}

/// An op that keeps its identity inside a graph until after differentiation: a body of primitives, perhaps with its own vjp.
pub trait CompositeOp: Send + Sync + fmt::Debug {
    /// The name under which it is printed: a TensorFlow op or a function.
    fn name(&self) -> &str;
    /// Its attributes as printed, such as `axis=-1`.
    fn attrs_text(&self) -> String;
    /// What it computes.
    fn body(&self) -> &Arc<Graph>;
    /// Whether it has a derivative of its own, so that it must stay whole until nothing is differentiated any more.
    fn has_vjp(&self) -> bool;
    /// Its own derivative, or `None` where the body's is taken.
    fn vjp(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>>;
}

/// An instruction implemented outside the graph language: a host function, perhaps with a WGSL twin.
pub trait CustomOp: Send + Sync + fmt::Debug {
    /// The name under which it is printed.
    fn name(&self) -> &str;
    /// Result specs for operand specs.
    ///
    /// # Errors
    /// `InvalidArgument` for operands that do not fit.
    fn infer(&self, operands: &[Spec]) -> Result<Vec<Spec>>;
    /// Computes the results on the host.
    ///
    /// # Errors
    /// What the computation refuses.
    fn host(&self, operands: &[Literal]) -> Result<Vec<Literal>>;
    /// The derivative, or `None` if there is none.
    fn vjp(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>>;
    /// WGSL source of a function `fn custom(i: u32) -> T` over hooks `in0(i)`, `in1(i)`, ..., one call per element of the single result.
    fn wgsl(&self) -> Option<&'static str> {
        None
    }
}

/// What a [`Prim::Print`] prints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrintText {
    /// The texts before, between and after the values: one more than there are values.
    pub texts: Vec<String>,
    /// How many first and last elements of each dimension are shown; all where it is negative.
    pub summarize: i64,
    /// Whether a bool scalar before the values says if anything is printed.
    pub guarded: bool,
}

impl PrintText {
    /// The line for these operands; `None` where the guard says no.
    pub fn line(&self, operands: &[Literal]) -> Option<String> {
        let values = match operands.split_first() {
            Some((guard, _)) if self.guarded && guard.i64_at(0) == 0 => return None,
            Some((_, values)) if self.guarded => values,
            _ => operands,
        };
        let mut line = self.texts.first().cloned().unwrap_or_default();
        for (k, v) in values.iter().enumerate() {
            line.push_str(&v.summary(self.summarize));
            line.push_str(self.texts.get(k + 1).map_or("", String::as_str));
        }
        Some(line)
    }
}

/// A loop body with a static number of trips.
///
/// Operands: constants, then carried values, then stacked inputs (leading dimension `trips`). Body parameters: the same with
/// slices of the stacked inputs. Body outputs: the carried values, then one slice of each stacked result.
#[derive(Debug)]
pub struct ScanBody {
    /// One trip.
    pub body: Arc<Graph>,
    /// Number of trips.
    pub trips: usize,
    /// Number of operands that every trip sees unchanged.
    pub consts: usize,
    /// Number of carried values.
    pub carries: usize,
    /// Whether slices are taken (and stacked) from the last to the first.
    pub reverse: bool,
    /// The body of the scan whose results these are, first among more: the twin that differentiation makes.
    pub primal: Option<Arc<Graph>>,
}

/// A loop whose number of trips is known when it runs.
///
/// Operands: the int32 number of trips where `cond` does not say it, then constants, then carried values, then lists, which hold one value a
/// trip. Body parameters: constants, carried values, one value of each list. Body outputs: carried values, then one value of each list that
/// results. Results: carried values, then the int32 number of trips where `cond` decides it, then lists. The spec of a list is that of its
/// values with a first dimension of 1: how long it is, only whoever runs the loop knows. Nothing but loops reads lists.
#[derive(Debug)]
pub struct WhileBody {
    /// Constants and carried values to a bool scalar: whether a trip follows.
    pub cond: Option<Arc<Graph>>,
    /// One trip.
    pub body: Arc<Graph>,
    /// Number of operands that every trip sees unchanged.
    pub consts: usize,
    /// Number of carried values.
    pub carries: usize,
    /// Most trips, whatever `cond` says.
    pub limit: Option<usize>,
    /// Whether lists are read (and written) from the last to the first.
    pub reverse: bool,
    /// The body of the loop whose results these are, first among more: the twin that differentiation makes.
    pub primal: Option<Arc<Graph>>,
}

impl WhileBody {
    /// Number of operands before the constants.
    pub fn lead(&self) -> usize {
        usize::from(self.cond.is_none())
    }

    /// Number of results before the lists.
    pub fn plain_results(&self) -> usize {
        self.carries + usize::from(self.cond.is_some())
    }
}

/// The text of a value check: read back as `op: what[index] = value is not in [0, bound)` or a fixed sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CheckText {
    /// TensorFlow op that checks.
    pub op: String,
    /// Argument that is checked.
    pub what: String,
    /// What would have been right, such as `"a value in [0, 10)"`.
    pub wanted: String,
}

/// A wrapper that compares and hashes shared things by identity.
#[derive(Debug)]
pub struct ById<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> Clone for ById<T> {
    fn clone(&self) -> Self {
        ById(self.0.clone())
    }
}

impl<T: ?Sized> PartialEq for ById<T> {
    fn eq(&self, o: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&o.0))
    }
}

impl<T: ?Sized> Eq for ById<T> {}

impl<T: ?Sized> Hash for ById<T> {
    fn hash<H: Hasher>(&self, h: &mut H) {
        Arc::as_ptr(&self.0).cast::<()>().hash(h);
    }
}

impl<T: ?Sized> std::ops::Deref for ById<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// What an instruction does. Everything that determines the result's spec is here or in the operands' specs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "fields are explained with their variant")]
pub enum Prim {
    /// The graph's input number `.0`.
    Parameter(usize, Spec),
    /// A value known when the graph is built.
    Constant(Literal),
    /// `0, 1, 2 ...` along a dimension.
    Iota { spec: Spec, dim: usize },
    /// A row of the elementwise table; operands have equal shapes.
    Elementwise(Ew),
    /// Numeric conversion.
    Convert(DType),
    /// The same bits as another dtype of equal width.
    BitcastConvert(DType),
    /// The same elements in row-major order under another shape.
    Reshape(Shape),
    /// Operand dimension `i` becomes result dimension `dims[i]`; sizes are equal or 1.
    BroadcastInDim { shape: Shape, dims: Dims },
    /// Result dimension `i` is operand dimension `perm[i]`.
    Transpose { perm: Dims },
    /// Dimensions read from the last element to the first.
    Reverse { dims: Dims },
    /// `operand[start : limit : stride]` in each dimension.
    Slice { start: Dims, limit: Dims, stride: Dims },
    /// Operand and pad scalar; `low` and `high` may be negative, `interior` pads between elements.
    Pad { low: Vec<i64>, high: Vec<i64>, interior: Dims },
    /// Operands joined along a dimension.
    Concatenate { dim: usize },
    /// Operand and an int32 vector of start indices, clamped so that the slice fits.
    DynamicSlice { sizes: Dims },
    /// Operand, update and an int32 vector of start indices, clamped so that the update fits.
    DynamicUpdateSlice,
    /// Operand `[batch.., rest]` and indices `[batch.., at.., n]` over the operand's dimensions `axes` (n of them).
    /// Result: `[batch.., at.., remaining operand dimensions]`.
    Gather { axes: Dims, batch: usize, mode: GatherMode },
    /// Operand, indices and updates, shaped as in [`Prim::Gather`]; indices out of range are dropped. A fourth operand may give the index
    /// vectors' numbers in the stable order of their targets; kernels need it, the meaning does not depend on it.
    Scatter { kind: ScatterKind, axes: Dims, batch: usize },
    /// Contraction; int8 operands give int32.
    DotGeneral(DotDims),
    /// Convolution.
    Convolution(Box<Conv>),
    /// Queries `[b, t, n, h]`, keys `[b, s, n, h]`, values `[b, s, n, v]` and possibly a bool mask `[b, n, t, s]`, false where a score is
    /// left out. Result: values weighted by the softmax of the scores `[b, t, n, v]`.
    Attention(Attention),
    /// Queries, keys, values, weighted values, the adjoint of those and possibly a mask. Results: the adjoint of the queries, and
    /// `[b, n, 3, t]` of each row of scores: its maximum, the sum of exponentials of what scores are above it, and the sum of the adjoint's
    /// products with the weighted values.
    AttentionQueries(Attention),
    /// Queries, keys, values, the adjoint of weighted values, what [`Prim::AttentionQueries`] says of rows, and possibly a mask. Results: the
    /// adjoints of the keys and of the values.
    AttentionKeys(Attention),
    /// Reduction over dimensions, which are removed.
    Reduce { kind: ReduceKind, dims: Dims },
    /// int32 index of the first maximum (or minimum) along a dimension, which is removed.
    ArgReduce { max: bool, dim: usize },
    /// Reduction over each position of a sliding window; one [`WindowDim`] a dimension.
    ReduceWindow { kind: ReduceKind, window: Vec<WindowDim> },
    /// Operand and source: each source element is added where its window of the operand has its first maximum (or minimum).
    SelectAndScatter { max: bool, window: Vec<WindowDim> },
    /// Running reduction along a dimension.
    Cumulative { kind: ReduceKind, dim: usize, exclusive: bool, reverse: bool },
    /// Operands sorted together along a dimension by the first; stable; NaN last.
    Sort { dim: usize, descending: bool },
    /// int32 positions along a dimension in the stable order in which [`Prim::Sort`] puts them.
    ArgSort { dim: usize, descending: bool },
    /// The `k` largest along the last dimension, with their int32 indices; ties by index.
    TopK { k: usize },
    /// Philox4x32-10 from a uint32 key `[2]` and counter `[4]`: uint32 bits.
    RngBitGenerator(Shape),
    /// An op with a body.
    Composite(ById<dyn CompositeOp>),
    /// int32 scalar and arguments; the branch with that number (clamped) is taken.
    Case(Vec<ById<Graph>>),
    /// A loop with a static number of trips.
    Scan(ById<ScanBody>),
    /// A loop whose number of trips is known when it runs.
    While(ById<WhileBody>),
    /// The operands, which no pass moves across.
    OptimizationBarrier,
    /// Effect: bool and int32 of equal shape; an element that is false fails the check with the int32 beside it.
    Check(Box<CheckText>),
    /// Effect: prints the operands and the texts around them.
    Print(Box<PrintText>),
    /// A host function with an effect.
    HostCall(ById<dyn CustomOp>),
    /// A host function without effects.
    CustomCall(ById<dyn CustomOp>),
}

impl Prim {
    /// StableHLO's name where it has one.
    pub fn name(&self) -> &str {
        match self {
            Prim::Parameter(..) => "parameter",
            Prim::Constant(_) => "constant",
            Prim::Iota { .. } => "iota",
            Prim::Elementwise(e) => e.row().name,
            Prim::Convert(_) => "convert",
            Prim::BitcastConvert(_) => "bitcast_convert",
            Prim::Reshape(_) => "reshape",
            Prim::BroadcastInDim { .. } => "broadcast_in_dim",
            Prim::Transpose { .. } => "transpose",
            Prim::Reverse { .. } => "reverse",
            Prim::Slice { .. } => "slice",
            Prim::Pad { .. } => "pad",
            Prim::Concatenate { .. } => "concatenate",
            Prim::DynamicSlice { .. } => "dynamic_slice",
            Prim::DynamicUpdateSlice => "dynamic_update_slice",
            Prim::Gather { .. } => "gather",
            Prim::Scatter { .. } => "scatter",
            Prim::DotGeneral(_) => "dot_general",
            Prim::Convolution(_) => "convolution",
            Prim::Attention(_) => "attention",
            Prim::AttentionQueries(_) => "attention_queries",
            Prim::AttentionKeys(_) => "attention_keys",
            Prim::Reduce { .. } => "reduce",
            Prim::ArgReduce { .. } => "arg_reduce",
            Prim::ReduceWindow { .. } => "reduce_window",
            Prim::SelectAndScatter { .. } => "select_and_scatter",
            Prim::Cumulative { .. } => "cumulative",
            Prim::Sort { .. } => "sort",
            Prim::ArgSort { .. } => "arg_sort",
            Prim::TopK { .. } => "top_k",
            Prim::RngBitGenerator(_) => "rng_bit_generator",
            Prim::Composite(c) => c.name(),
            Prim::Case(_) => "case",
            Prim::Scan(_) => "scan",
            Prim::While(_) => "while",
            Prim::OptimizationBarrier => "optimization_barrier",
            Prim::Check(_) => "check",
            Prim::Print(_) => "print",
            Prim::HostCall(c) | Prim::CustomCall(c) => c.name(),
        }
    }

    /// Whether the instruction must run, once and in program order, even if nothing uses its results.
    pub fn has_effect(&self) -> bool {
        match self {
            Prim::Check(_) | Prim::Print(_) | Prim::HostCall(_) => true,
            Prim::Composite(c) => c.body().has_effects(),
            Prim::Case(branches) => branches.iter().any(|b| b.has_effects()),
            Prim::Scan(s) => s.body.has_effects(),
            Prim::While(w) => w.body.has_effects() || w.cond.as_ref().is_some_and(|c| c.has_effects()),
            _ => false,
        }
    }

    /// Whether running it where it should not run is more than lost work: it has an effect, or might not end.
    pub fn needs_guard(&self) -> bool {
        let any = |g: &Graph| g.insts().iter().any(|i| i.prim.needs_guard());
        match self {
            Prim::While(w) => w.cond.is_some() || any(&w.body),
            Prim::Composite(c) => any(c.body()),
            Prim::Case(branches) => branches.iter().any(|b| any(b)),
            Prim::Scan(s) => any(&s.body),
            p => p.has_effect(),
        }
    }
}
