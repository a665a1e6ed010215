//! Scalar programs as WGSL statements, for one element or for four neighbouring ones at a time.

mod finish;
mod memory;
mod values;

use super::{Chunk, Word};
use crate::compiler::index::{Index, Lanes, Source, Term};
use crate::compiler::kernel::{Kernel, Store};
use crate::compiler::scalar::{Body, SOp, SVal, Ty};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Numbers up to this size are structure (window sizes, strides, offsets) and written into the text; larger ones are sizes.
const BAKED: i64 = 7;

/// How a buffer is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// `array<T>`: elements or packed words one at a time.
    Single,
    /// `array<vec4<T>>`: four elements at a time, everywhere in the kernel.
    Quad,
}

/// The text of one launch under construction.
pub(super) struct Writer<'a> {
    kernel: &'a Kernel,
    chunk: &'a Chunk,
    /// Declarations at module level beside bindings.
    pub(super) module: String,
    /// Statements of the entry point.
    pub(super) main: String,
    params: Vec<Word>,
    lib: BTreeSet<&'static str>,
    wrappers: BTreeMap<&'static str, (usize, Ty, Ty)>,
    access: Vec<Option<Access>>,
    written: Vec<bool>,
    errors: bool,
    depth: usize,
}

/// Which loop variable four neighbouring elements differ in, and the WGSL names of all variables.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Name of each loop variable (u32): its value, or that of the first of four.
    pub vars: Vec<String>,
    /// The variable that four elements differ in.
    pub vector: Option<u8>,
    /// Name of the four values of the vector variable, kept inside the loop's range.
    pub lanes: Option<String>,
    /// Indices that stand in the text already.
    pub known: Vec<Known>,
    /// Digits, without their coefficients, that stand in the text already.
    pub digits: Vec<(Term, String)>,
    /// As `digits`, of all four elements side by side.
    pub lane_digits: Vec<(Term, String)>,
    /// Whether the four elements never carry beyond the lowest digit of their variable.
    pub counted: bool,
}

/// An index that the text has computed.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The index.
    pub index: Index,
    /// Its value, or that of the first of four.
    pub text: String,
    /// Those of four.
    pub lanes: KnownLanes,
}

/// How a computed index goes on over four lanes.
#[derive(Clone, Debug)]
pub(super) enum KnownLanes {
    /// By a constant step.
    Step(i64),
    /// Each has a text of its own.
    Each([String; 4]),
}

impl Known {
    fn text(&self, lane: Option<usize>) -> String {
        match (lane, &self.lanes) {
            (None | Some(0), KnownLanes::Step(_)) | (None, _) => self.text.clone(),
            (Some(_), KnownLanes::Step(0)) => self.text.clone(),
            (Some(l), KnownLanes::Step(s)) => format!("{} + {}u", self.text, (l as i64 * s) as u32),
            (Some(l), KnownLanes::Each(texts)) => texts[l].clone(),
        }
    }
}

impl Scope {
    /// One element at a time.
    pub(super) fn single(vars: &[&str]) -> Self {
        let vars = vars.iter().map(|v| v.to_string()).collect();
        Scope {
            vars,
            vector: None,
            lanes: None,
            known: vec![],
            digits: vec![],
            lane_digits: vec![],
            counted: false,
        }
    }

    /// Four elements at a time.
    pub(super) fn quad(vars: &[&str], vector: u8, lanes: &str) -> Self {
        Scope { vector: Some(vector), lanes: Some(lanes.into()), ..Self::single(vars) }
    }
}

/// A program's values as written so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Expression and whether it is four wide.
    known: BTreeMap<SVal, (String, bool)>,
}

impl Names {
    /// Gives a value an expression of its own.
    pub(super) fn set(&mut self, v: SVal, text: impl Into<String>, wide: bool) {
        self.known.insert(v, (text.into(), wide));
    }
}

pub(super) fn ty_name(ty: Ty, wide: bool) -> &'static str {
    match (ty, wide) {
        (Ty::F32, false) => "f32",
        (Ty::I32, false) => "i32",
        (Ty::U32, false) => "u32",
        (Ty::Bool, false) => "bool",
        (Ty::F32, true) => "vec4<f32>",
        (Ty::I32, true) => "vec4<i32>",
        (Ty::U32, true) => "vec4<u32>",
        (Ty::Bool, true) => "vec4<bool>",
    }
}

/// A constant as WGSL; what WGSL cannot write is made from its bits.
/// Whether a constant looks like a size or one over a size, which stands in run-time data: a mean over another batch has the same text.
fn is_size(ty: Ty, bits: u32) -> bool {
    match ty {
        Ty::Bool => false,
        Ty::I32 => i64::from(bits as i32).abs() > BAKED,
        Ty::U32 => i64::from(bits) > BAKED,
        Ty::F32 => {
            let v = f64::from(f32::from_bits(bits)).abs();
            let whole = |x: f64| x > 2.5 && x < 4e9 && (x - x.round()).abs() <= 2e-7 * x;
            v > 0.0 && (whole(v) || whole(1.0 / v))
        }
    }
}

pub(super) fn literal(ty: Ty, bits: u32) -> String {
    match ty {
        Ty::I32 if bits == 0x8000_0000 => "i32(-2147483647 - 1)".into(),
        Ty::I32 => format!("{}i", bits as i32),
        Ty::U32 => format!("{bits}u"),
        Ty::Bool => (bits != 0).to_string(),
        Ty::F32 => {
            let v = f32::from_bits(bits);
            if v.abs() == f32::MAX {
                // The shortest text that Rust reads back, 3.4028235e38, is above the greatest float, which browsers refuse.
                format!("{}3.4028234e38f", if v < 0.0 { "-" } else { "" })
            } else if v.is_finite() && (v == 0.0 || v.is_normal()) && !(v == 0.0 && v.is_sign_negative()) {
                format!("{v:?}f")
            } else {
                format!("bits_f32({bits}u)")
            }
        }
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(kernel: &'a Kernel, chunk: &'a Chunk) -> Self {
        let n = kernel.buffers.len();
        Writer {
            kernel,
            chunk,
            module: String::new(),
            main: String::new(),
            params: vec![],
            lib: BTreeSet::new(),
            wrappers: BTreeMap::new(),
            access: vec![None; n],
            written: vec![false; n],
            errors: false,
            depth: 1,
        }
    }

    /// A statement of the entry point.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.main, "{}{}", "  ".repeat(self.depth), text.as_ref());
    }

    /// Opens a block.
    pub(super) fn open(&mut self, text: impl AsRef<str>) {
        self.line(format!("{} {{", text.as_ref()));
        self.depth += 1;
    }

    /// Closes a block.
    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    /// Declares that a variable starts where the chunk does, and gives the text of its end; `n` is the end of all work.
    pub(super) fn outer(&mut self, n: usize) -> (String, String) {
        let end = self.size(n.min(self.chunk.range.end));
        let start = if self.chunk.whole {
            String::new()
        } else {
            format!(" + {}", self.size(self.chunk.range.start))
        };
        (start, end)
    }

    /// How much work there is of `n` in the chunk.
    pub(super) fn share(&self, n: usize) -> usize {
        n.min(self.chunk.range.end) - self.chunk.range.start.min(n)
    }

    /// A size, as run-time data whatever it is.
    pub(super) fn size(&mut self, n: usize) -> String {
        self.word(Word::Const(n as u32))
    }

    pub(super) fn word(&mut self, w: Word) -> String {
        let k = self.params.len();
        self.params.push(w);
        format!("p.v[{}].{}", k / 4, ["x", "y", "z", "w"][k % 4])
    }

    /// A number of an index: structure is written out, sizes are run-time data.
    pub(super) fn number(&mut self, n: i64) -> String {
        if n.abs() <= BAKED { format!("{}u", n as u32) } else { self.word(Word::Const(n as u32)) }
    }

    /// Marks functions of the shader library as used.
    pub(super) fn uses(&mut self, name: &'static str) {
        self.lib.insert(name);
    }

    /// Decides how buffers are declared: four at a time where every access of every program allows it.
    pub(super) fn plan_loads(&mut self, body: &Body, needed: &[bool], scope: &Scope) {
        let wide = widths(body, scope);
        for (k, inst) in body.insts.iter().enumerate() {
            if let (true, SOp::Load { buffer, index, mask }) = (needed[k], &inst.op) {
                let one_mask = mask.is_none_or(|m| !wide[m.0 as usize]);
                self.plan_access(*buffer, one_mask && is_quad(self.kernel, *buffer, body, index, scope));
            }
        }
    }

    /// As [`Writer::plan_loads`] for the odd elements left over: where a buffer is read four at a time elsewhere, they are taken out of
    /// such groups.
    pub(super) fn plan_rest(&mut self, body: &Body, needed: &[bool]) {
        for (k, inst) in body.insts.iter().enumerate() {
            if let (true, SOp::Load { buffer, .. }) = (needed[k], &inst.op) {
                self.access[*buffer as usize].get_or_insert(Access::Single);
            }
        }
    }

    /// Notes one access of a buffer.
    pub(super) fn plan_access(&mut self, buffer: u16, quad: bool) {
        let slot = &mut self.access[buffer as usize];
        *slot = Some(match (*slot, quad) {
            (None | Some(Access::Quad), true) => Access::Quad,
            _ => Access::Single,
        });
    }

    /// Notes a store.
    pub(super) fn plan_store(&mut self, body: &Body, store: &Store, scope: &Scope) {
        self.written[store.buffer as usize] = true;
        self.plan_access(store.buffer, is_quad(self.kernel, store.buffer, body, &store.index, scope));
    }

    /// Notes a store of one element at a time.
    pub(super) fn plan_single_store(&mut self, buffer: u16) {
        self.written[buffer as usize] = true;
        self.plan_access(buffer, false);
    }

    fn source(&self, s: Source, scope: &Scope, names: &Names, lane: Option<usize>) -> String {
        match s {
            Source::Var(v) => match (lane, &scope.lanes) {
                (Some(l), Some(lanes)) if Some(v) == scope.vector => format!("{lanes}[{l}]"),
                _ => scope.vars[v as usize].clone(),
            },
            Source::Value(v) => {
                let (text, wide) = names.known.get(&v).cloned().unwrap_or_default();
                match lane {
                    Some(l) if wide => format!("u32({text}[{l}])"),
                    _ => format!("u32({text})"),
                }
            }
        }
    }

    fn digit(&mut self, t: &Term, scope: &Scope, names: &Names, lane: Option<usize>) -> String {
        let differs = lane.is_some() && scope.vector.is_some_and(|v| t.source == Source::Var(v));
        let known = scope.digits.iter().find(|(d, _)| Term { coef: t.coef, ..*d } == *t);
        let same = |d: &Term| Term { coef: t.coef, ..*d } == *t;
        let lanes = scope.lane_digits.iter().find(|(d, _)| same(d)).filter(|_| differs);
        if let (Some((_, text)), Some(l)) = (lanes, lane) {
            let text = format!("{text}[{l}]");
            return if t.coef == 1 { text } else { format!("{text} * {}", self.number(t.coef)) };
        }
        let carries = differs && !t.stride.is_multiple_of(4) && !scope.counted;
        if let (Some((_, text)), false) = (known, carries) {
            let text = match lane {
                Some(l) if differs && t.stride == 1 => format!("({text} + {l}u)"),
                _ => text.clone(),
            };
            return if t.coef == 1 { text } else { format!("{text} * {}", self.number(t.coef)) };
        }
        let mut text = self.source(t.source, scope, names, lane);
        if t.stride > 1 {
            // A computed int32 may be negative where it is masked off; dividing it as it is keeps it from growing.
            text = match t.source {
                Source::Var(_) => format!("({text} / {})", self.number(t.stride as i64)),
                Source::Value(_) => format!("u32(i32({text}) / i32({}))", self.number(t.stride as i64)),
            };
        }
        if !t.top {
            text = format!("({text} % {})", self.number(t.size as i64));
        }
        match t.coef {
            1 => text,
            c => format!("{text} * {}", self.number(c)),
        }
    }

    /// An index as a u32 expression (negative values wrap), of one element or of lane `lane`.
    pub(super) fn index(&mut self, i: &Index, scope: &Scope, names: &Names, lane: Option<usize>) -> String {
        if let Some(known) = scope.known.iter().find(|k| k.index == *i) {
            return known.text(lane);
        }
        let mut parts = vec![];
        for t in &i.terms {
            parts.push(self.digit(t, scope, names, lane));
        }
        if i.constant != 0 || parts.is_empty() {
            parts.push(self.number(i.constant));
        }
        parts.join(" + ")
    }

    /// Reports a failed check; `position` is the element's place.
    pub(super) fn fail(&mut self, code: u32, position: &str, value: &str) {
        self.errors = true;
        let code = self.word(Word::Const(code));
        self.open(format!("if (atomicCompareExchangeWeak(&errors[0], 0u, {code}).exchanged)"));
        self.line(format!("atomicStore(&errors[1], {position});"));
        self.line(format!("atomicStore(&errors[2], bitcast<u32>({value}));"));
        self.close();
    }
}

/// Which values differ between the four elements of a scope.
fn widths(body: &Body, scope: &Scope) -> Vec<bool> {
    let mut wide = vec![false; body.insts.len()];
    let Some(var) = scope.vector else { return wide };
    for (k, inst) in body.insts.iter().enumerate() {
        let index_wide = |i: &Index| i.lanes(var, &|v| wide[v.0 as usize]) != Lanes::Uniform;
        let args = inst.args.iter().any(|a| wide[a.0 as usize]);
        wide[k] = match &inst.op {
            SOp::Index(i) => index_wide(i),
            SOp::Load { index, mask, .. } => index_wide(index) || mask.is_some_and(|m| wide[m.0 as usize]),
            SOp::Philox { index } => index_wide(index) || args,
            SOp::Reduced(_) | SOp::Accumulator => inst.vars >> var & 1 == 1,
            _ => args,
        };
    }
    wide
}

fn zero_of(ty: Ty, wide: bool) -> String {
    format!("{}({})", ty_name(ty, wide), if ty == Ty::Bool { "false" } else { "0" })
}

/// Whether an access of a buffer is of four neighbouring elements, the first at a multiple of four.
fn is_quad(kernel: &Kernel, buffer: u16, body: &Body, index: &Index, scope: &Scope) -> bool {
    let b = &kernel.buffers[buffer as usize];
    (!b.stacked || b.len.is_multiple_of(4)) && quad_aligned(body, index, scope)
}

/// Whether an index is of four neighbouring elements, the first at a multiple of four.
pub(super) fn quad_aligned(body: &Body, index: &Index, scope: &Scope) -> bool {
    let Some(var) = scope.vector else { return false };
    body.index_lanes(index, var) == Lanes::Linear(1) && index.is_aligned(var)
}
