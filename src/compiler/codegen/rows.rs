//! Row kernels: reductions, and what goes over the same rows.
//!
//! One invocation walks a row (or four neighbouring rows side by side); on GPUs a workgroup shares a long row and combines its parts in
//! workgroup memory, always in the same order.

use super::digits::{Digits, indices};
use super::loops::{invocation, workgroup};
use super::writer::{Names, Scope, Writer, literal, quad_aligned, ty_name};
use super::{Chunk, CodegenRules, Family, Launch, grid};
use crate::compiler::checks;
use crate::compiler::kernel::phase_of;
use crate::compiler::kernel::{Fold, Kernel, RowsKernel};
use crate::compiler::scalar::{SVal, Ty};
use crate::hlo::rows::Functor;

/// How the work of rows is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// An invocation a row, four positions at a time.
    Along,
    /// An invocation for four neighbouring rows.
    Across,
    /// An invocation a row, one position at a time.
    Single,
    /// A workgroup a row, four positions at a time for each invocation.
    Shared,
}

/// Rows, in invocations, up to which workgroups of software adapters are small.
const FEW_ROWS: usize = 4096;

/// Trips of all loops of an invocation, below the 65,535 that software drivers count to.
const MAX_TRIPS: usize = 65_000;

/// Shortest row that a workgroup shares.
const SHARED_ROW: usize = 256;

fn layout(r: &RowsKernel, rules: &CodegenRules) -> Layout {
    let along = Scope::quad(&["r", "k"], 1, "kl");
    let across = Scope::quad(&["r", "k"], 0, "rl");
    let roots = r.reductions.iter().map(|x| x.element).chain(r.stores.iter().map(|s| s.value));
    let needed = r.body.needed(roots);
    let (mut quads_along, mut quads_across, mut loads) = (0, 0, 0);
    for (k, inst) in r.body.insts.iter().enumerate() {
        if let (true, crate::compiler::scalar::SOp::Load { index, .. }) = (needed[k], &inst.op) {
            // Loads that do not move along the row serve either way.
            if r.body.index_vars(index) & 0b10 == 0 {
                continue;
            }
            loads += 1;
            quads_along += usize::from(quad_aligned(&r.body, index, &along));
            quads_across += usize::from(quad_aligned(&r.body, index, &across));
        }
    }
    let stores_along = r.stores.iter().all(|s| quad_aligned(&r.body, &s.index, &along));
    let stores_across =
        r.stores.iter().all(|s| quad_aligned(&r.body, &s.index, &across)) && r.rows.is_multiple_of(4);
    // Whole groups of four, or one row whose rest is walked one by one.
    let even = r.k.is_multiple_of(4) || (r.rows == 1 && r.stores.is_empty());
    let can_along = even && stores_along;
    let passes = r.reductions.iter().map(|x| x.phase + 1).max().unwrap_or(0) + 1;
    let long = r.k.saturating_mul(passes) > MAX_TRIPS;
    let best_along = can_along && (long || loads == 0 || 2 * quads_along >= loads);
    if rules.family == Family::Tiled
        && r.k >= SHARED_ROW
        && even
        && stores_along
        && r.k.is_multiple_of(4)
        && 2 * quads_across <= loads
    {
        return Layout::Shared;
    }
    if stores_across
        && !(long && can_along)
        && r.rows.is_multiple_of(4)
        && loads > 0
        && 2 * quads_across >= loads
        && quads_across >= quads_along
    {
        return Layout::Across;
    }
    if best_along { Layout::Along } else { Layout::Single }
}

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";
const SHARED_BUILTINS: &str = "@builtin(local_invocation_index) lid: u32, @builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

/// Writes one kernel.
struct Rows<'a, 'k> {
    w: Writer<'k>,
    r: &'a RowsKernel,
    layout: Layout,
    scope: Scope,
    names: Names,
    phases: usize,
    k: String,
    size: u32,
}

pub(super) fn write(kernel: &Kernel, r: &RowsKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let layout = layout(r, rules);
    let scope = match layout {
        Layout::Along | Layout::Shared => Scope::quad(&["r", "k"], 1, "kl"),
        Layout::Across => Scope::quad(&["r", "k"], 0, "rl"),
        Layout::Single => Scope::single(&["r", "k"]),
    };
    let per_invocation = if layout == Layout::Across { 4 } else { 1 };
    let size = match layout {
        Layout::Shared => 128.min(rules.max_invocations),
        // Few rows go to all cores.
        _ if rules.family == Family::Direct && r.rows / per_invocation < FEW_ROWS => 8,
        _ => workgroup(rules),
    };
    let mut w = Writer::new(kernel, chunk);
    let stored = r.stores.iter().chain(&r.row_stores).map(|s| s.value);
    let roots = r.reductions.iter().map(|x| x.element).chain(stored).chain(r.checked());
    let needed = r.body.needed(roots);
    w.plan_loads(&r.body, &needed, &scope);
    if has_rest(r, layout) {
        // The rest of the row is read one by one.
        w.plan_rest(&r.body, &needed);
    }
    r.stores.iter().chain(&r.row_stores).for_each(|s| w.plan_store(&r.body, s, &scope));
    let (start, rows) = w.outer(r.rows);
    let (share, k) = (w.share(r.rows), w.size(r.k));
    let phases = r.reductions.iter().map(|x| x.phase + 1).max().unwrap_or(0);
    let mut this = Rows { w, r, layout, scope, names: Names::default(), phases, k, size };
    match layout {
        Layout::Shared => {
            this.w.line(format!("let r = wid.x + wid.y * groups.x{start};"));
            this.w.line(format!("if (r >= {rows}) {{ return; }}"));
        }
        Layout::Across => {
            invocation(&mut this.w, "quad", size);
            this.w.line(format!("let r = quad * 4u{start};"));
            this.w.line(format!("if (r >= {rows}) {{ return; }}"));
            this.w.line(format!(
                "let rl = min(vec4<u32>(r) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({rows} - 1u));"
            ));
        }
        _ => {
            invocation(&mut this.w, "row", size);
            this.w.line(format!("let r = row{start};"));
            this.w.line(format!("if (r >= {rows}) {{ return; }}"));
        }
    }
    this.w.divide(&mut this.scope, 0, r.rows, &r.body, &needed);
    this.body();
    let groups = match layout {
        Layout::Shared => share,
        _ => share.div_ceil(per_invocation).div_ceil(size as usize),
    };
    let builtins = if layout == Layout::Shared { SHARED_BUILTINS } else { BUILTINS };
    this.w.finish(&size.to_string(), builtins, grid(groups, rules))
}

impl Rows<'_, '_> {
    /// Values of the row that are known once the reductions before `phase` are.
    fn row_values(&mut self, needed: &[bool], phase: usize) {
        let r = self.r;
        let fits = |v: SVal| r.body.inst(v).vars & 0b10 == 0 && phase_of(&r.body, &r.reductions, v) <= phase;
        self.w.values(&r.body, needed, &self.scope, &mut self.names, "v", &fits);
    }

    fn body(&mut self) {
        let r = self.r;
        for phase in 0..self.phases {
            let here: Vec<usize> =
                (0..r.reductions.len()).filter(|&n| r.reductions[n].phase == phase).collect();
            let needed = r.body.needed(here.iter().map(|&n| r.reductions[n].element));
            self.row_values(&needed, phase);
            self.reduce(&here, &needed);
        }
        let rows = r.body.needed(r.row_stores.iter().map(|s| s.value).chain(r.checked()));
        self.row_values(&rows, self.phases);
        if !r.stores.is_empty() {
            let needed = r.body.needed(r.stores.iter().map(|s| s.value));
            self.row_values(&needed, self.phases);
            self.walk(&needed, |this| {
                let mut names = this.names.clone();
                this.w.values(&r.body, &needed, &this.scope, &mut names, "w", &|_| true);
                for s in &r.stores {
                    this.w.store(&r.body, s, &this.scope, &names);
                }
            });
        }
        if r.row_stores.is_empty() && r.checks.is_empty() {
            return;
        }
        if self.layout == Layout::Shared {
            self.w.open("if (lid == 0u)");
        }
        for s in &r.row_stores {
            self.w.store(&r.body, s, &self.scope, &self.names);
        }
        self.checks();
        if self.layout == Layout::Shared {
            self.w.close();
        }
    }

    fn checks(&mut self) {
        let r = self.r;
        let wide = self.layout == Layout::Across;
        for c in &r.checks {
            let get = |v: SVal| self.w.get(&r.body, v, wide, &self.names);
            let (ok, value, code) = (get(c.ok), get(c.value), checks::code_of(&c.text));
            for lane in 0..if wide { 4 } else { 1 } {
                let of = |text: &str| if wide { format!("({text})[{lane}]") } else { text.to_string() };
                let row = if wide { format!("rl[{lane}]") } else { "r".into() };
                self.w.open(format!("if (!({}))", of(&ok)));
                self.w.fail(code, &row, &of(&value));
                self.w.close();
            }
        }
    }

    /// A loop over the positions of the row, in whole steps, for values `needed` at each position.
    fn walk(&mut self, needed: &[bool], inside: impl FnOnce(&mut Self)) {
        let outer = self.scope.clone();
        let digits = Digits::of(1, self.r.k, indices(&self.r.body, needed));
        let step = if self.layout == Layout::Along { 4 } else { 1 };
        let even = digits.all[0].1.is_multiple_of(step);
        // Trips of outer loops count too.
        let trips: usize = (0..digits.all.len()).map(|d| self.r.k / digits.all[d].0).sum();
        let few = trips.saturating_mul(self.phases + 1) <= MAX_TRIPS;
        if digits.all.len() > 1 && even && few && self.layout != Layout::Shared {
            self.nest(&digits, step, needed, inside);
        } else {
            self.flat(needed, inside);
        }
        self.scope = outer;
    }

    /// Loops over the digits of the position.
    fn nest(&mut self, digits: &Digits, step: usize, needed: &[bool], inside: impl FnOnce(&mut Self)) {
        let mut texts = vec![];
        for d in (0..digits.all.len()).rev() {
            let (end, by) = (self.w.size(digits.all[d].1), if d == 0 { step } else { 1 });
            self.w.open(format!("for (var k{d} = 0u; k{d} < {end}; k{d} += {by}u)"));
            texts.insert(0, format!("k{d}"));
        }
        let whole: Vec<String> = digits
            .all
            .iter()
            .zip(&texts)
            .map(
                |((stride, _), k)| {
                    if *stride == 1 { k.clone() } else { format!("{k} * {}", self.w.size(*stride)) }
                },
            )
            .collect();
        self.w.line(format!("let k = {};", whole.join(" + ")));
        self.scope.know(digits, &texts, indices(&self.r.body, needed));
        if step == 4 {
            self.w.line("let kl = vec4<u32>(k) + vec4<u32>(0u, 1u, 2u, 3u);");
            self.scope.counted = true;
        }
        inside(self);
        digits.all.iter().for_each(|_| self.w.close());
    }

    fn flat(&mut self, needed: &[bool], inside: impl FnOnce(&mut Self)) {
        let k = self.k.clone();
        match self.layout {
            Layout::Along => self.w.open(format!("for (var k = 0u; k + 4u <= {k}; k += 4u)")),
            Layout::Shared => {
                self.w.open(format!("for (var k = lid * 4u; k < {k}; k += {}u)", self.size * 4))
            }
            _ => self.w.open(format!("for (var k = 0u; k < {k}; k += 1u)")),
        }
        if matches!(self.layout, Layout::Along | Layout::Shared) {
            self.w.line("let kl = vec4<u32>(k) + vec4<u32>(0u, 1u, 2u, 3u);");
        }
        let (r, mut scope) = (self.r, self.scope.clone());
        self.w.divide(&mut scope, 1, r.k, &r.body, needed);
        self.scope = scope;
        inside(self);
        self.w.close();
    }

    fn reduce(&mut self, here: &[usize], needed: &[bool]) {
        let r = self.r;
        let wide = self.layout != Layout::Single;
        for &n in here {
            self.declare(n, wide, "");
        }
        self.walk(needed, |this| {
            let mut names = this.names.clone();
            this.w.values(&r.body, needed, &this.scope, &mut names, "w", &|_| true);
            for &n in here {
                let x = this.w.get(&r.body, r.reductions[n].element, wide, &names);
                this.fold(n, wide, "", &x, None);
            }
        });
        let rest = has_rest(r, self.layout);
        if rest {
            self.rest(here, needed);
        }
        for &n in here {
            self.combine(n, rest);
        }
        if self.layout == Layout::Shared {
            self.share(here);
        }
        for &n in here {
            let wide = self.layout == Layout::Across;
            let result = format!("r{n}");
            (0..r.body.insts.len())
                .filter(|&k| r.body.insts[k].op == crate::compiler::scalar::SOp::Reduced(n as u16))
                .for_each(|k| self.names.set(SVal(k as u32), result.clone(), wide));
        }
    }

    /// The last positions of a row whose length is not a multiple of four.
    fn rest(&mut self, here: &[usize], needed: &[bool]) {
        let r = self.r;
        for &n in here {
            self.declare(n, false, "t");
        }
        let k = self.k.clone();
        self.w.open(format!("for (var k = {k} & ~3u; k < {k}; k += 1u)"));
        let single = Scope::single(&["r", "k"]);
        let mut names = self.names.clone();
        self.w.values(&r.body, needed, &single, &mut names, "t", &|v| !is_row_value(r, v));
        for &n in here {
            let x = self.w.get(&r.body, r.reductions[n].element, false, &names);
            self.fold(n, false, "t", &x, None);
        }
        self.w.close();
    }

    fn ty(&self, n: usize) -> Ty {
        self.r.body.inst(self.r.reductions[n].element).ty
    }

    /// Accumulators at their identity. `tag` tells the walk's from the rest's.
    fn declare(&mut self, n: usize, wide: bool, tag: &str) {
        let ty = self.ty(n);
        let x = &self.r.reductions[n];
        let start = match x.fold {
            Fold::Kind(kind) => kind.identity(ty.dtype()),
            Fold::Arg { max: true } => {
                if ty == Ty::F32 {
                    f64::NEG_INFINITY
                } else {
                    ty.dtype().min()
                }
            }
            Fold::Arg { max: false } => {
                if ty == Ty::F32 {
                    f64::INFINITY
                } else {
                    ty.dtype().max()
                }
            }
        };
        let start = self.w.constant(ty, ty.bits(start));
        self.w.line(format!("var a{tag}{n} = {}({start});", ty_name(ty, wide)));
        if matches!(x.fold, Fold::Arg { .. }) {
            // No position yet: larger than all.
            self.w.line(format!("var p{tag}{n} = {}(0x7fffffff);", ty_name(Ty::I32, wide)));
        }
    }

    fn fold(&mut self, n: usize, wide: bool, tag: &str, x: &str, position: Option<&str>) {
        let ty = self.ty(n);
        let a = format!("a{tag}{n}");
        match self.r.reductions[n].fold {
            Fold::Kind(kind) => {
                let text = self.w.combine(kind.row(), ty, wide, &a, x);
                self.w.line(format!("{a} = {text};"));
            }
            Fold::Arg { max } => {
                let along = matches!(self.layout, Layout::Along | Layout::Shared) && wide;
                let here = match position {
                    Some(p) => p.to_string(),
                    None if along => "vec4<i32>(kl)".into(),
                    None if wide => "vec4<i32>(i32(k))".into(),
                    None => "i32(k)".into(),
                };
                let better = self.better(max, ty, wide, x, &here, &a, &format!("p{tag}{n}"));
                self.w.line(format!("let c{tag}{n} = {better};"));
                self.w.line(format!("{a} = select({a}, {x}, c{tag}{n});"));
                self.w.line(format!("p{tag}{n} = select(p{tag}{n}, {here}, c{tag}{n});"));
            }
        }
    }

    /// Whether element `x` at `at` comes before `y` at `from` as an extremum: NaN first, then by value, then by position.
    #[expect(clippy::too_many_arguments, reason = "two elements and their places")]
    fn better(&mut self, max: bool, ty: Ty, wide: bool, x: &str, at: &str, y: &str, from: &str) -> String {
        let op = if max { ">" } else { "<" };
        let first = format!("(({x} == {y}) & ({at} < {from}))");
        if ty != Ty::F32 {
            return format!("(({x} {op} {y}) | {first})");
        }
        let nan = |w: &mut Writer<'_>, v: &str| w.call("m_is_nan", &[v.to_string()], Ty::F32, Ty::Bool, wide);
        let (nx, ny) = (nan(&mut self.w, x), nan(&mut self.w, y));
        format!("((!{ny} & ({nx} | ({x} {op} {y}) | {first})) | ({ny} & {nx} & ({at} < {from})))")
    }

    /// Brings the parts that one invocation has gathered into `r{n}`.
    fn combine(&mut self, n: usize, rest: bool) {
        let ty = self.ty(n);
        match (self.layout, self.r.reductions[n].fold) {
            (Layout::Single | Layout::Across, Fold::Kind(_)) => self.w.line(format!("let r{n} = a{n};")),
            (Layout::Single | Layout::Across, Fold::Arg { .. }) => self.w.line(format!("let r{n} = p{n};")),
            (_, Fold::Kind(kind)) => {
                let row = kind.row();
                let parts: Vec<String> = (0..4).map(|l| format!("a{n}[{l}]")).collect();
                let low = self.w.combine(row, ty, false, &parts[0], &parts[1]);
                let high = self.w.combine(row, ty, false, &parts[2], &parts[3]);
                let mut all = self.w.combine(row, ty, false, &low, &high);
                if rest {
                    all = self.w.combine(row, ty, false, &all, &format!("at{n}"));
                }
                let name = if self.layout == Layout::Shared { "q" } else { "r" };
                self.w.line(format!("let {name}{n} = {all};"));
            }
            (_, Fold::Arg { max }) => {
                self.w.line(format!("var ab{n} = a{n}[0];"));
                self.w.line(format!("var pb{n} = p{n}[0];"));
                let mut parts: Vec<(String, String)> =
                    (1..4).map(|l| (format!("a{n}[{l}]"), format!("p{n}[{l}]"))).collect();
                if rest {
                    parts.push((format!("at{n}"), format!("pt{n}")));
                }
                for (value, place) in parts {
                    let better =
                        self.better(max, ty, false, &value, &place, &format!("ab{n}"), &format!("pb{n}"));
                    self.w.open(format!("if ({better})"));
                    self.w.line(format!("ab{n} = {value};"));
                    self.w.line(format!("pb{n} = {place};"));
                    self.w.close();
                }
                if self.layout == Layout::Shared {
                    self.w.line(format!("let q{n} = ab{n};"));
                    self.w.line(format!("let qp{n} = pb{n};"));
                } else {
                    self.w.line(format!("let r{n} = pb{n};"));
                }
            }
        }
    }

    /// Combines the invocations' parts pairwise in workgroup memory.
    fn share(&mut self, here: &[usize]) {
        let size = self.size;
        for &n in here {
            let ty = ty_name(self.ty(n), false);
            self.w.module.push_str(&format!("var<workgroup> s{n}: array<{ty}, {size}>;\n"));
            self.w.line(format!("s{n}[lid] = q{n};"));
            if matches!(self.r.reductions[n].fold, Fold::Arg { .. }) {
                self.w.module.push_str(&format!("var<workgroup> sp{n}: array<i32, {size}>;\n"));
                self.w.line(format!("sp{n}[lid] = qp{n};"));
            }
        }
        self.w.line("workgroupBarrier();");
        self.w.open(format!("for (var half = {}u; half > 0u; half >>= 1u)", size / 2));
        self.w.open("if (lid < half)");
        for &n in here {
            let ty = self.ty(n);
            match self.r.reductions[n].fold {
                Fold::Kind(kind) => {
                    let text = self.w.combine(
                        kind.row(),
                        ty,
                        false,
                        &format!("s{n}[lid]"),
                        &format!("s{n}[lid + half]"),
                    );
                    self.w.line(format!("s{n}[lid] = {text};"));
                }
                Fold::Arg { max } => {
                    let (x, at) = (format!("s{n}[lid + half]"), format!("sp{n}[lid + half]"));
                    let better =
                        self.better(max, ty, false, &x, &at, &format!("s{n}[lid]"), &format!("sp{n}[lid]"));
                    self.w.open(format!("if ({better})"));
                    self.w.line(format!("s{n}[lid] = {x};"));
                    self.w.line(format!("sp{n}[lid] = {at};"));
                    self.w.close();
                }
            }
        }
        self.w.close();
        self.w.line("workgroupBarrier();");
        self.w.close();
        for &n in here {
            let from = if matches!(self.r.reductions[n].fold, Fold::Arg { .. }) { "sp" } else { "s" };
            self.w.line(format!("let r{n} = {from}{n}[0];"));
        }
        // The memory is used again by the next pass.
        self.w.line("workgroupBarrier();");
    }
}

impl RowsKernel {
    /// What its checks look at.
    fn checked(&self) -> impl Iterator<Item = SVal> + '_ {
        self.checks.iter().flat_map(|c| [c.ok, c.value])
    }
}

/// Whether a row's end is walked one by one: one long row of any length has one text.
fn has_rest(r: &RowsKernel, layout: Layout) -> bool {
    layout == Layout::Along && (r.rows == 1 || !r.k.is_multiple_of(4))
}

/// Whether a value is the same at every position of a row.
fn is_row_value(r: &RowsKernel, v: SVal) -> bool {
    r.body.inst(v).vars & 0b10 == 0
}

impl Writer<'_> {
    /// A constant's text.
    pub(super) fn constant(&mut self, ty: Ty, bits: u32) -> String {
        let text = literal(ty, bits);
        if text.starts_with("bits_f32") {
            self.needs_bits();
        }
        text
    }

    /// Two values combined by a row of the table.
    pub(super) fn combine(&mut self, row: crate::hlo::Ew, ty: Ty, wide: bool, x: &str, y: &str) -> String {
        match row.row().wgsl(ty.dtype()) {
            Some(Functor::Infix(op)) => format!("({x} {op} {y})"),
            Some(Functor::Builtin(f)) => format!("{f}({x}, {y})"),
            Some(Functor::Lib(f)) => self.call(f, &[x.into(), y.into()], ty, ty, wide),
            Some(Functor::Prefix(_)) | None => x.into(),
        }
    }
}
