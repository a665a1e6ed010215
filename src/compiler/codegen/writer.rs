//! Scalar programs as WGSL statements, for one element or for four neighbouring ones at a time.

use super::{Bound, Chunk, Launch, Word};
use crate::compiler::index::{Index, Lanes, Source, Term};
use crate::compiler::kernel::{Kernel, Store};
use crate::compiler::scalar::{Body, SOp, SVal, Ty};
use crate::compiler::shader_lib;
use crate::dtype::{DType, Storage};
use crate::hlo::Ew;
use crate::hlo::rows::Functor;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Numbers up to this size are structure (window sizes, strides, offsets) and written into the text; larger ones are sizes.
const BAKED: i64 = 16;

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
}

impl Scope {
    /// One element at a time.
    pub(super) fn single(vars: &[&str]) -> Self {
        Scope { vars: vars.iter().map(|v| v.to_string()).collect(), vector: None, lanes: None }
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
pub(super) fn literal(ty: Ty, bits: u32) -> String {
    match ty {
        Ty::I32 if bits == 0x8000_0000 => "i32(-2147483647 - 1)".into(),
        Ty::I32 => format!("{}i", bits as i32),
        Ty::U32 => format!("{bits}u"),
        Ty::Bool => (bits != 0).to_string(),
        Ty::F32 => {
            let v = f32::from_bits(bits);
            if v.is_finite() && (v == 0.0 || v.is_normal()) && !(v == 0.0 && v.is_sign_negative()) {
                format!("{v:?}f")
            } else {
                format!("bits_f32({bits}u)")
            }
        }
    }
}

fn element(storage: Storage) -> &'static str {
    match storage {
        Storage::F32 => "f32",
        Storage::I32 => "i32",
        Storage::C64 => "vec2<f32>",
        _ => "u32",
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

    fn word(&mut self, w: Word) -> String {
        let k = self.params.len();
        self.params.push(w);
        format!("p.v[{}].{}", k / 4, ["x", "y", "z", "w"][k % 4])
    }

    /// A number of an index: structure is written out, sizes are run-time data.
    fn number(&mut self, n: i64) -> String {
        if n.abs() <= BAKED { format!("{}u", n as u32) } else { self.word(Word::Const(n as u32)) }
    }

    /// Marks functions of the shader library as used.
    pub(super) fn uses(&mut self, name: &'static str) {
        self.lib.insert(name);
    }

    // ---- access planning -------------------------------------------------------------------------------------------------------

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

    // ---- indices ---------------------------------------------------------------------------------------------------------------

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
        let mut parts = vec![];
        for t in &i.terms {
            parts.push(self.digit(t, scope, names, lane));
        }
        if i.constant != 0 || parts.is_empty() {
            parts.push(self.number(i.constant));
        }
        parts.join(" + ")
    }

    // ---- values ----------------------------------------------------------------------------------------------------------------

    /// A value's expression in the width that is asked for.
    pub(super) fn get(&self, body: &Body, v: SVal, wide: bool, names: &Names) -> String {
        let (text, is_wide) = names.known.get(&v).cloned().unwrap_or_default();
        if wide && !is_wide { format!("{}({text})", ty_name(body.inst(v).ty, true)) } else { text }
    }

    /// Writes the statements of all `needed` values that are not known yet and that `belongs` lets in.
    pub(super) fn values(
        &mut self,
        body: &Body,
        needed: &[bool],
        scope: &Scope,
        names: &mut Names,
        prefix: &str,
        belongs: &dyn Fn(SVal) -> bool,
    ) {
        let widths = widths(body, scope);
        for k in 0..body.insts.len() {
            let v = SVal(k as u32);
            if !needed[k] || names.known.contains_key(&v) || !belongs(v) {
                continue;
            }
            let inst = body.inst(v);
            if let SOp::Constant(bits) = inst.op {
                if literal(inst.ty, bits).starts_with("bits_f32") {
                    self.needs_bits();
                }
                names.set(v, literal(inst.ty, bits), false);
                continue;
            }
            let wide = widths[k];
            let text = self.expression(body, v, wide, scope, names);
            let name = format!("{prefix}{k}");
            self.line(format!("let {name} = {text};"));
            names.set(v, name, wide);
        }
    }

    /// Declares the function that makes floats of bits.
    pub(super) fn needs_bits(&mut self) {
        if !self.module.contains("fn bits_f32") {
            // Through run-time data, so that no compiler sees an infinite or undefined constant.
            self.module.push_str("fn bits_f32(b: u32) -> f32 { return bitcast<f32>(b ^ p.zero.x); }\n");
        }
    }

    fn expression(&mut self, body: &Body, v: SVal, wide: bool, scope: &Scope, names: &Names) -> String {
        let inst = body.inst(v);
        let args: Vec<String> = inst.args.iter().map(|&a| self.get(body, a, wide, names)).collect();
        match &inst.op {
            SOp::Scalar(n) => {
                let w = self.word(Word::Scalar(*n));
                match inst.ty {
                    Ty::U32 => w,
                    Ty::Bool => format!("({w} != 0u)"),
                    ty => format!("bitcast<{}>({w})", ty_name(ty, false)),
                }
            }
            SOp::Index(i) => self.index_value(i, wide, scope, names),
            SOp::Load { buffer, index, mask } => {
                self.load(body, *buffer, index, *mask, inst.ty, wide, scope, names)
            }
            SOp::Row(e) => self.row(*e, body.inst(*inst.args.last().unwrap_or(&v)).ty, inst.ty, wide, &args),
            SOp::Convert { from, to } => self.convert(*from, *to, wide, &args[0]),
            SOp::Bitcast => format!("bitcast<{}>({})", ty_name(inst.ty, wide), args[0]),
            SOp::Narrow(d) => self.narrow(*d, wide, &args[0]),
            SOp::Philox { index } => self.philox(index, wide, &args, scope, names),
            SOp::Constant(bits) => literal(inst.ty, *bits),
            // Both are given names by whoever writes the kernel around the program.
            SOp::Reduced(n) => format!("r{n}"),
            SOp::Accumulator => "acc".into(),
        }
    }

    fn index_value(&mut self, i: &Index, wide: bool, scope: &Scope, names: &Names) -> String {
        if !wide {
            return format!("i32({})", self.index(i, scope, names, None));
        }
        let lanes: Vec<String> = (0..4).map(|l| self.index_of_lane(i, l, scope, names)).collect();
        format!("vec4<i32>(vec4<u32>({}))", lanes.join(", "))
    }

    fn index_of_lane(&mut self, i: &Index, lane: usize, scope: &Scope, names: &Names) -> String {
        self.index(i, scope, names, Some(lane))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one load")]
    fn load(
        &mut self,
        body: &Body,
        buffer: u16,
        index: &Index,
        mask: Option<SVal>,
        ty: Ty,
        wide: bool,
        scope: &Scope,
        names: &Names,
    ) -> String {
        let storage = self.kernel.buffers[buffer as usize].storage;
        let quad = wide && is_quad(self.kernel, buffer, body, index, scope);
        let mask_wide = mask.is_some_and(|m| names.known.get(&m).is_some_and(|n| n.1));
        if !wide {
            let at = self.address(buffer, index, scope, names, None);
            return self.masked_single(
                buffer,
                storage,
                ty,
                &at,
                mask.map(|m| self.get(body, m, false, names)),
            );
        }
        if quad && !mask_wide {
            let at = self.address(buffer, index, scope, names, None);
            let (text, zero) = match mask {
                None => (at, None),
                Some(m) => {
                    let m = self.get(body, m, false, names);
                    (format!("select(0u, {at}, {m})"), Some(m))
                }
            };
            let loaded = self.quad(buffer, storage, ty, &text);
            return match zero {
                None => loaded,
                Some(m) => format!("select({}, {loaded}, vec4<bool>({m}))", zero_of(ty, true)),
            };
        }
        let lanes: Vec<String> = (0..4)
            .map(|l| {
                let at = self.address(buffer, index, scope, names, Some(l));
                let mask = mask.map(|m| {
                    let text = self.get(body, m, false, names);
                    if mask_wide { format!("{text}[{l}]") } else { text }
                });
                self.masked_single(buffer, storage, ty, &at, mask)
            })
            .collect();
        format!("{}({})", ty_name(ty, true), lanes.join(", "))
    }

    fn masked_single(
        &mut self,
        buffer: u16,
        storage: Storage,
        ty: Ty,
        at: &str,
        mask: Option<String>,
    ) -> String {
        match mask {
            None => self.single(buffer, storage, ty, at),
            Some(m) => {
                let loaded = self.single(buffer, storage, ty, &format!("select(0u, {at}, {m})"));
                format!("select({}, {loaded}, {m})", zero_of(ty, false))
            }
        }
    }

    /// Where an element of a buffer is: its index, inside of the trip's slice where the buffer is stacked, inside of the window where only
    /// one is bound.
    fn address(
        &mut self,
        buffer: u16,
        i: &Index,
        scope: &Scope,
        names: &Names,
        lane: Option<usize>,
    ) -> String {
        let mut at = self.index(i, scope, names, lane);
        let b = &self.kernel.buffers[buffer as usize];
        if b.stacked {
            at = format!("{at} + {}", self.word(Word::Slice(b.len as u32)));
        }
        if let Some(window) = &self.chunk.windows[buffer as usize] {
            at = format!("{at} - {}", self.size(window.start));
        }
        at
    }

    /// One element at a u32 index.
    fn single(&mut self, buffer: u16, storage: Storage, ty: Ty, at: &str) -> String {
        let b = format!("b{buffer}");
        match storage {
            Storage::F32 | Storage::I32 | Storage::U32
                if self.access[buffer as usize] == Some(Access::Quad) =>
            {
                format!("{b}[({at}) >> 2u][({at}) & 3u]")
            }
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 => format!("{b}[{at}]"),
            Storage::F16 => {
                self.uses("unpack_f16");
                format!("unpack_f16({b}[({at}) >> 1u])[({at}) & 1u]")
            }
            Storage::BF16 => {
                self.uses("unpack_bf16");
                format!("unpack_bf16({b}[({at}) >> 1u])[({at}) & 1u]")
            }
            Storage::U8 => {
                let byte = format!("(({b}[({at}) >> 2u] >> ((({at}) & 3u) * 8u)) & 255u)");
                if ty == Ty::Bool { format!("({byte} != 0u)") } else { byte }
            }
            Storage::I8 => format!("(bitcast<i32>({b}[({at}) >> 2u] << (24u - (({at}) & 3u) * 8u)) >> 24u)"),
        }
    }

    /// Four elements from an aligned u32 index on.
    fn quad(&mut self, buffer: u16, storage: Storage, ty: Ty, at: &str) -> String {
        let b = format!("b{buffer}");
        let single = self.access[buffer as usize] == Some(Access::Single);
        match storage {
            Storage::F32 | Storage::I32 | Storage::U32 if single => {
                let parts: Vec<String> = (0..4)
                    .map(|l| if l == 0 { format!("{b}[{at}]") } else { format!("{b}[{at} + {l}u]") })
                    .collect();
                format!("{}({})", ty_name(ty, true), parts.join(", "))
            }
            Storage::F32 | Storage::I32 | Storage::U32 => format!("{b}[({at}) >> 2u]"),
            Storage::F16 | Storage::BF16 => {
                let f = if storage == Storage::F16 { "unpack_f16" } else { "unpack_bf16" };
                self.uses(f);
                format!("vec4<f32>({f}({b}[({at}) >> 1u]), {f}({b}[(({at}) >> 1u) + 1u]))")
            }
            Storage::U8 => {
                self.uses("unpack_u8");
                let bytes = format!("unpack_u8({b}[({at}) >> 2u])");
                if ty == Ty::Bool { format!("({bytes} != vec4<u32>(0u))") } else { bytes }
            }
            Storage::I8 => {
                self.uses("unpack_i8");
                format!("unpack_i8({b}[({at}) >> 2u])")
            }
            Storage::C64 => format!("{b}[{at}]"),
        }
    }

    fn row(&mut self, e: Ew, operand: Ty, result: Ty, wide: bool, args: &[String]) -> String {
        if e == Ew::Select {
            return format!("select({}, {}, {})", args[2], args[1], args[0]);
        }
        match e.row().wgsl(operand.dtype()) {
            Some(Functor::Infix(op)) => format!("({} {op} {})", args[0], args[1]),
            Some(Functor::Prefix(op)) => format!("({op}{})", args[0]),
            Some(Functor::Builtin(f)) => format!("{f}({})", args.join(", ")),
            Some(Functor::Lib(f)) => self.call(f, args, operand, result, wide),
            None => format!("{}()", e.row().name),
        }
    }

    /// A call of a library function, through a wrapper where it is four wide.
    pub(super) fn call(
        &mut self,
        f: &'static str,
        args: &[String],
        operand: Ty,
        result: Ty,
        wide: bool,
    ) -> String {
        self.uses(f);
        if wide {
            self.wrappers.insert(f, (args.len(), operand, result));
            format!("{f}_4({})", args.join(", "))
        } else {
            format!("{f}({})", args.join(", "))
        }
    }

    fn convert(&mut self, from: DType, to: DType, wide: bool, x: &str) -> String {
        let (a, b) = (Ty::of(from), Ty::of(to));
        let one = |ty: Ty| {
            if wide { format!("{}(1)", ty_name(ty, true)) } else { format!("{}(1)", ty_name(ty, false)) }
        };
        match (a, b) {
            (Ty::Bool, ty) => format!("select({}, {}, {x})", zero_of(ty, wide), one(ty)),
            (ty, Ty::Bool) if ty == Ty::F32 => {
                self.row(Ew::Ne, ty, Ty::Bool, wide, &[x.into(), zero_of(ty, wide)])
            }
            (ty, Ty::Bool) => format!("({x} != {})", zero_of(ty, wide)),
            (Ty::F32, Ty::I32) => self.call("to_i32", &[x.into()], Ty::F32, Ty::I32, wide),
            (Ty::F32, Ty::U32) => self.call("to_u32", &[x.into()], Ty::F32, Ty::U32, wide),
            (_, ty) => format!("{}({x})", ty_name(ty, wide)),
        }
    }

    fn narrow(&mut self, d: DType, wide: bool, x: &str) -> String {
        let c = |n: u32| if wide { format!("vec4<u32>({n}u)") } else { format!("{n}u") };
        match d {
            DType::Float16 => self.call("round_f16", &[x.into()], Ty::F32, Ty::F32, wide),
            DType::BFloat16 => self.call("round_bf16", &[x.into()], Ty::F32, Ty::F32, wide),
            DType::Int8 => format!("(({x} << {}) >> {})", c(24), c(24)),
            DType::Int16 => format!("(({x} << {}) >> {})", c(16), c(16)),
            DType::UInt8 => format!("({x} & {})", c(255)),
            DType::UInt16 => format!("({x} & {})", c(65535)),
            _ => x.into(),
        }
    }

    fn philox(&mut self, index: &Index, wide: bool, args: &[String], scope: &Scope, names: &Names) -> String {
        self.uses("philox");
        self.uses("philox_skip");
        let scalar = |a: &String| if wide { format!("{a}.x") } else { a.clone() };
        let a: Vec<String> = args.iter().map(scalar).collect();
        let (key, counter) =
            (format!("vec2<u32>({}, {})", a[0], a[1]), format!("vec4<u32>({})", a[2..6].join(", ")));
        let block = |at: &str| format!("philox({key}, philox_skip({counter}, ({at}) >> 2u))");
        if !wide {
            let at = self.index(index, scope, names, None);
            return format!("{}[({at}) & 3u]", block(&at));
        }
        let var = scope.vector.unwrap_or(0);
        if index.lanes(var, &|v| names.known.get(&v).is_some_and(|n| n.1)) == Lanes::Linear(1)
            && index.is_aligned(var)
        {
            let at = self.index(index, scope, names, None);
            return block(&at);
        }
        let lanes: Vec<String> = (0..4)
            .map(|l| {
                let at = self.index_of_lane(index, l, scope, names);
                format!("{}[({at}) & 3u]", block(&at))
            })
            .collect();
        format!("vec4<u32>({})", lanes.join(", "))
    }

    // ---- stores ----------------------------------------------------------------------------------------------------------------

    /// Stores four neighbouring elements, or one.
    pub(super) fn store(&mut self, body: &Body, s: &Store, scope: &Scope, names: &Names) {
        let (b, storage) = (s.buffer, self.kernel.buffers[s.buffer as usize].storage);
        // Packed elements are written by whole groups, a single one too.
        let wide = storage.is_packed() || scope.vector.is_some_and(|v| s.index.depends_on(v));
        let value = self.get(body, s.value, wide, names);
        let ty = body.inst(s.value).ty;
        let at = self.address(b, &s.index, scope, names, None);
        if !wide {
            let value = to_stored(&value, ty, false);
            return self.line(format!("b{b}[{at}] = {value};"));
        }
        let single = self.access[b as usize] == Some(Access::Single);
        match storage {
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 if single => {
                self.line(format!("let s{b} = {value};"));
                self.line(format!("let a{b} = {at};"));
                self.line(format!("b{b}[a{b}] = s{b}[0];"));
                let lanes = scope.lanes.clone().unwrap_or_default();
                for l in 1..4 {
                    // Lanes past the end repeat the last place.
                    self.line(format!(
                        "if ({lanes}[{l}] != {lanes}[{}]) {{ b{b}[a{b} + {l}u] = s{b}[{l}]; }}",
                        l - 1
                    ));
                }
            }
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 => {
                self.line(format!("b{b}[({at}) >> 2u] = {};", to_stored(&value, ty, true)));
            }
            Storage::F16 | Storage::BF16 => {
                let f = if storage == Storage::F16 { "pack_f16" } else { "pack_bf16" };
                self.uses(f);
                self.line(format!("let s{b} = {value};"));
                self.line(format!("let a{b} = ({at}) >> 1u;"));
                self.line(format!("b{b}[a{b}] = {f}(s{b}.xy);"));
                self.line(format!("b{b}[a{b} + 1u] = {f}(s{b}.zw);"));
            }
            Storage::U8 | Storage::I8 => {
                let f = if storage == Storage::U8 { "pack_u8" } else { "pack_i8" };
                self.uses(f);
                let value = to_stored(&value, ty, true);
                self.line(format!("b{b}[({at}) >> 2u] = {f}({value});"));
            }
        }
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

    // ---- assembly --------------------------------------------------------------------------------------------------------------

    /// The launch: bindings, library, wrappers, entry point. `head` declares the entry point's attributes and builtins.
    pub(super) fn finish(mut self, workgroup: &str, builtins: &str, grid: [u32; 3]) -> Launch {
        let mut text = String::new();
        let mut bindings = vec![];
        for (k, b) in self.kernel.buffers.iter().enumerate() {
            let Some(access) = self.access[k] else { continue };
            let mode = if self.written[k] { "read_write" } else { "read" };
            let quad = access == Access::Quad && !b.storage.is_packed();
            let element =
                if quad { format!("vec4<{}>", element(b.storage)) } else { element(b.storage).to_string() };
            let _ = writeln!(
                text,
                "@group(0) @binding({}) var<storage, {mode}> b{k}: array<{element}>;",
                bindings.len()
            );
            let window = self.chunk.windows[k].as_ref().map(|w| {
                let size = b.storage.bytes() as u64;
                (w.start as u64 * size, w.len() as u64 * size)
            });
            bindings.push(Bound::Buffer { number: k as u16, written: self.written[k], window });
        }
        if self.errors {
            let _ = writeln!(
                text,
                "@group(0) @binding({}) var<storage, read_write> errors: array<atomic<u32>>;",
                bindings.len()
            );
            bindings.push(Bound::Errors);
        }
        let zero = self.module.contains("p.zero");
        if zero {
            // The word of zeros stands behind the numbers.
            while !self.params.len().is_multiple_of(4) {
                self.params.push(Word::Const(0));
            }
        }
        let vectors = self.params.len().div_ceil(4).max(1);
        let zero_field = if zero { ", zero: vec4<u32>" } else { "" };
        let _ = writeln!(text, "struct Params {{ v: array<vec4<u32>, {vectors}>{zero_field} }}");
        let _ = writeln!(text, "@group(0) @binding({}) var<uniform> p: Params;", bindings.len());
        if zero {
            self.params.resize(vectors * 4 + 4, Word::Const(0));
        }
        self.params.resize(self.params.len().next_multiple_of(4).max(4), Word::Const(0));
        let names: Vec<&str> = self.lib.iter().copied().collect();
        text.push_str(&library(&names));
        for (f, (n, operand, result)) in &self.wrappers {
            let params: Vec<String> = (0..*n).map(|k| format!("x{k}: {}", ty_name(*operand, true))).collect();
            let call = |l: usize| {
                format!("{f}({})", (0..*n).map(|k| format!("x{k}[{l}]")).collect::<Vec<_>>().join(", "))
            };
            let calls: Vec<String> = (0..4).map(call).collect();
            let wide = ty_name(*result, true);
            let _ = writeln!(
                text,
                "fn {f}_4({}) -> {wide} {{ return {wide}({}); }}",
                params.join(", "),
                calls.join(", ")
            );
        }
        text.push_str(&self.module);
        let _ =
            writeln!(text, "@compute @workgroup_size({workgroup})\nfn main({builtins}) {{\n{}}}", self.main);
        Launch { wgsl: text, bindings, params: self.params, grid }
    }
}

/// The library's functions of these names with all they call. Tests make sure that the library has whatever rows and writers name.
fn library(names: &[&str]) -> String {
    shader_lib::source_of(names).unwrap_or_default()
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

/// A register value as its storage has it.
fn to_stored(value: &str, ty: Ty, wide: bool) -> String {
    match ty {
        Ty::Bool => format!(
            "select({}, {}, {value})",
            zero_of(Ty::U32, wide),
            if wide { "vec4<u32>(1u)" } else { "1u" }
        ),
        _ => value.into(),
    }
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
