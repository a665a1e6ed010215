//! Attention for software adapters, where loads cost more than anything else and drivers take their time over long texts: an invocation
//! meets eight keys at a time with up to eight queries (or the other way round), and goes over features in loops, so that a load serves
//! eight products and the text is short however many features there are. Sums stand in the results' memory.

use super::sides::Sides;
use super::{BUILTINS, FOUR, LOWEST, Out, exp, result, store};
use crate::compiler::codegen::contract::VARS;
use crate::compiler::codegen::loops::invocation;
use crate::compiler::codegen::writer::{Names, Scope, Writer};
use crate::compiler::codegen::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{AttentionKernel, Kernel};
use crate::compiler::scalar::{SVal, Ty};
use crate::hlo::attention::LEFT_OUT;

/// What an invocation meets at a time.
const BLOCK: usize = 8;

/// Groups of four in it.
const QUADS: usize = BLOCK / 4;

/// Most queries (or keys) of an invocation.
const ROWS: usize = 8;

/// Invocations that keep a software adapter busy.
const BUSY: usize = 128;

/// Invocations of a workgroup: two vectors of a CPU, so that many workgroups share work that is not even.
const WORKGROUP: u32 = 16;

/// Most trips of an invocation, all its loops together: half of what drivers count to.
const MAX_TRIPS: usize = 32_768;

/// Whether loops stay as short as they must.
pub(super) fn suits(a: &AttentionKernel, s: &Sides<'_>) -> bool {
    let quads = [a.sizes[3], a.columns].map(|n| n.div_ceil(4));
    let products = quads[0] + s.dy.map_or(0, |_| quads[1]);
    let sums = s.outs().map(|(side, _)| quads[side]).sum::<usize>();
    s.others(a).div_ceil(BLOCK) * (1 + products + sums) <= MAX_TRIPS
}

/// The kernel under construction.
struct Blocked<'a, 'k> {
    w: Writer<'k>,
    a: &'a AttentionKernel,
    s: Sides<'a>,
    /// Queries or keys of an invocation.
    rows: usize,
    /// Texts of the numbers of features and of columns.
    widths: [String; 2],
    /// Text of the number of queries or keys.
    own_end: String,
    /// Whether the last block may be incomplete.
    ragged: bool,
    scale: String,
}

pub(super) fn write(
    kernel: &Kernel,
    a: &AttentionKernel,
    s: Sides<'_>,
    rules: &CodegenRules,
    chunk: &Chunk,
) -> Launch {
    let mut w = Writer::new(kernel, chunk);
    s.plan(&mut w, a);
    let sums: Vec<_> = s.outs().map(|(side, out)| (side, out.as_function())).collect();
    sums.iter().for_each(|(_, f)| super::plan_function(&mut w, f, super::K));
    s.loaders(&mut w, a);
    for (side, f) in &sums {
        s.loader_of(&mut w, a, f, &format!("old{side}"), *side);
    }
    w.module.push_str(
        "fn fma4(x: vec4<f32>, y: vec4<f32>, sum: f32) -> f32 {\n  return fma(x.w, y.w, fma(x.z, y.z, fma(x.y, y.y, fma(x.x, y.x, sum))));\n}\n",
    );
    let (first, _) = w.outer(a.sizes[0]);
    let (share, own) = (w.share(a.sizes[0]), s.own(a));
    let fitting = [ROWS, ROWS / 2, ROWS / 4].into_iter().find(|r| share * own.div_ceil(*r) >= BUSY);
    let rows = fitting.unwrap_or(1).min(own);
    let per_group = own.div_ceil(rows);
    let total = share * per_group;
    let (end, each, own_end) = (w.size(total), w.size(per_group), w.size(own));
    let widths = [a.sizes[3], a.columns].map(|n| w.size(n));
    invocation(&mut w, "i", WORKGROUP);
    w.line(format!("if (i >= {end}) {{ return; }}"));
    w.line(format!("let g = i / {each}{first};"));
    w.line(format!("let o = i % {each} * {rows}u;"));
    let scale = w.constant(Ty::F32, (a.attention.scale() as f32).to_bits());
    let ragged = !s.others(a).is_multiple_of(BLOCK) || (s.by_query && s.skips(a));
    let mut this = Blocked { w, a, s, rows, widths, own_end, ragged, scale };
    this.body();
    this.w.finish(&WORKGROUP.to_string(), BUILTINS, grid(total.div_ceil(WORKGROUP as usize), rules))
}

/// The parts of a vector's eight elements.
fn each(f: impl Fn(usize) -> String) -> String {
    (0..4).map(f).collect::<Vec<_>>().join(", ")
}

impl Blocked<'_, '_> {
    fn body(&mut self) {
        for r in 0..self.rows {
            // Those past the end repeat the last one.
            self.w.line(format!("let o{r} = min(o + {r}u, {} - 1u);", self.own_end));
        }
        if self.s.by_query {
            (0..self.rows).for_each(|r| self.w.line(format!("var top{r} = {LOWEST}; var sum{r} = 0.0f;")));
        }
        if self.s.by_query && self.s.dy.is_some() {
            (0..self.rows).for_each(|r| self.w.line(format!("var less{r} = 0.0f;")));
            self.w.open(format!("for (var k = 0u; k < {}; k += 4u)", self.widths[1]));
            self.kept(1);
            for r in 0..self.rows {
                self.w.line(format!("less{r} = fma4(a{r}, y4(g, o{r}, k), less{r});"));
            }
            self.w.close();
        }
        let all = self.w.size(self.s.others(self.a));
        let to = match self.s.by_query && self.s.skips(self.a) {
            true => format!("min({all}, o{} + 1u)", self.rows - 1),
            false => all.clone(),
        };
        self.w.line(format!("let end = {to};"));
        // What none of them sees is gone over once, so that results are written.
        let from = match !self.s.by_query && self.s.skips(self.a) {
            true => format!("min(o, end - 1u) & ~{}u", BLOCK - 1),
            false => "0u".into(),
        };
        self.w.line(format!("let start = {from};"));
        self.w.open(format!("for (var x = start; x < end; x += {BLOCK}u)"));
        for c in 0..BLOCK {
            self.w.line(format!("let x{c} = min(x + {c}u, {all} - 1u);"));
        }
        for q in 0..QUADS {
            self.w.line(format!("let at{q} = min(x + {}u, ({all} - 1u) & ~3u);", q * 4));
            self.w.line(format!("let places{q} = vec4<u32>(x + {}u) + {FOUR};", q * 4));
            if !self.s.by_query {
                for (k, name) in ["tops", "sums", "less"].into_iter().enumerate() {
                    self.w.line(format!("let {name}{q} = row4(g, at{q}, {k}u);"));
                }
            }
        }
        self.products("s", 0);
        if self.s.dy.is_some() {
            self.products("d", 1);
        }
        (0..self.rows).for_each(|r| self.weights(r));
        let outs: Vec<(usize, Out<'_>)> = self.s.outs().collect();
        outs.iter().for_each(|(side, out)| self.sums(*side, *out));
        self.w.close();
        self.of_rows();
    }

    /// Loads four features (or columns) from `k` on of each row that is kept: 0 past the end, where others repeat the last one.
    fn kept(&mut self, side: usize) {
        let (own, end) = (self.s.names.own[side], self.widths[side].clone());
        let whole = [self.a.sizes[3], self.a.columns][side].is_multiple_of(4);
        for r in 0..self.rows {
            let loaded = format!("{own}(g, o{r}, k)");
            self.w.line(match whole {
                true => format!("let a{r} = {loaded};"),
                false => format!(
                    "let a{r} = select(vec4<f32>(0.0f), {loaded}, vec4<u32>(k) + {FOUR} < vec4<u32>({end}));"
                ),
            });
        }
    }

    /// Products of what is kept with the block, over features or columns.
    fn products(&mut self, name: &str, side: usize) {
        for r in 0..self.rows {
            (0..QUADS).for_each(|q| self.w.line(format!("var {name}{r}_{q} = vec4<f32>(0.0f);")));
        }
        self.w.open(format!("for (var k = 0u; k < {}; k += 4u)", self.widths[side]));
        self.block(side);
        self.kept(side);
        for r in 0..self.rows {
            for q in 0..QUADS {
                let sum = format!("{name}{r}_{q}");
                let parts = each(|l| format!("fma4(a{r}, z{}, {sum}[{l}])", 4 * q + l));
                self.w.line(format!("{sum} = vec4<f32>({parts});"));
            }
        }
        self.w.close();
    }

    /// Loads four features or columns of the block.
    fn block(&mut self, side: usize) {
        let other = self.s.names.other[side];
        (0..BLOCK).for_each(|c| self.w.line(format!("let z{c} = {other}(g, x{c}, k);")));
    }

    /// The weights of row `r` in the block, and the adjoints of its scores.
    fn weights(&mut self, r: usize) {
        let tested = self.a.mask.is_some() || self.a.attention.causal;
        for q in 0..QUADS {
            if tested {
                let counts = self.counts(r, q);
                self.w.line(format!("let counts{r}_{q} = {counts};"));
            }
            let mut score = format!("s{r}_{q} * {}", self.scale);
            if tested {
                score = format!("select(vec4<f32>({:?}f), {score}, counts{r}_{q})", LEFT_OUT as f32);
            }
            if self.ragged {
                score = format!("select(vec4<f32>({LOWEST}), {score}, places{q} < vec4<u32>(end))");
            }
            self.w.line(format!("let x{r}_{q} = {score};"));
        }
        if self.s.by_query {
            let largest: Vec<String> = (0..QUADS).map(|q| format!("x{r}_{q}")).collect();
            self.w.line(format!("let most{r} = max({});", largest.join(", ")));
            let most = format!("max(max(most{r}.x, most{r}.y), max(most{r}.z, most{r}.w))");
            self.w.line(format!("let next{r} = max(top{r}, {most});"));
            let kept = exp(&mut self.w, &format!("top{r} - next{r}"), false);
            self.w.line(format!("let kept{r} = {kept};"));
            self.w.line(format!("top{r} = next{r};"));
        }
        for q in 0..QUADS {
            let below = if self.s.by_query { format!("vec4<f32>(next{r})") } else { format!("tops{q}") };
            let e = exp(&mut self.w, &format!("x{r}_{q} - {below}"), true);
            let e = if self.s.by_query { e } else { format!("{e} / sums{q}") };
            self.w.line(format!("let e{r}_{q} = {e};"));
        }
        if self.s.by_query {
            let all: Vec<String> = (0..QUADS).map(|q| format!("e{r}_{q}")).collect();
            self.w.line(format!("let all{r} = {};", all.join(" + ")));
            self.w.line(format!("sum{r} = fma(sum{r}, kept{r}, {});", super::sum_of(&format!("all{r}"))));
        }
        if self.s.dy.is_none() {
            return;
        }
        for q in 0..QUADS {
            let less = if self.s.by_query { format!("vec4<f32>(less{r})") } else { format!("less{q}") };
            let ds = format!("e{r}_{q} * (d{r}_{q} - {less})");
            self.w.line(match tested {
                true => format!("let ds{r}_{q} = select(vec4<f32>(0.0f), {ds}, counts{r}_{q});"),
                false => format!("let ds{r}_{q} = {ds};"),
            });
        }
    }

    /// Which scores of row `r` and group `q` count.
    fn counts(&self, r: usize, q: usize) -> String {
        let mut tests = vec![];
        if self.a.mask.is_some() {
            tests.push(match self.s.by_query {
                true => format!("mask4(g, o{r}, at{q})"),
                false => format!("vec4<bool>({})", each(|l| format!("mask1(g, x{}, o{r})", 4 * q + l))),
            });
        }
        if self.a.attention.causal {
            tests.push(match self.s.by_query {
                true => format!("(places{q} <= vec4<u32>(o{r}))"),
                false => format!("(vec4<u32>(o{r}) <= places{q})"),
            });
        }
        tests.join(" & ")
    }

    /// Adds the block, weighted, to a result: `side` 0 is that of adjoints of scores with features, 1 of weights with columns.
    fn sums(&mut self, side: usize, out: Out<'_>) {
        let weights = ["ds", "e"][side];
        let last = match (self.s.by_query, side) {
            (true, 0) => Some(format!("{} / sum", self.scale)),
            (true, _) => Some("1.0f / sum".into()),
            (false, 0) => Some(self.scale.clone()),
            (false, _) => None,
        };
        for (r, last) in (0..self.rows).flat_map(|r| last.as_ref().map(|l| (r, l))) {
            let by = if self.s.by_query { format!("{last}{r}") } else { last.clone() };
            self.w.line(format!("let last{side}_{r} = select(1.0f, {by}, x + {BLOCK}u >= end);"));
        }
        let (end, own) = (self.widths[side].clone(), self.s.var());
        self.w.open(format!("for (var k = 0u; k < {end}; k += 4u)"));
        self.w.line("let j = k;");
        self.block(side);
        for r in 0..self.rows {
            let old = format!("old{side}(g, o{r}, k)");
            let old = if self.s.by_query { format!("{old} * kept{r}") } else { old };
            self.w.line(format!("var y{r} = select({old}, vec4<f32>(0.0f), x == start);"));
            for c in 0..BLOCK {
                let weight = format!("vec4<f32>({weights}{r}_{}[{}])", c / 4, c % 4);
                self.w.line(format!("y{r} = fma({weight}, z{c}, y{r});"));
            }
            if last.is_some() {
                self.w.line(format!("y{r} *= last{side}_{r};"));
            }
            self.w.open(format!("if (o + {r}u < {})", self.own_end));
            self.w.line(format!("let {own} = o{r};"));
            out.write(&mut self.w, "j", &format!("y{r}"), &end);
            self.w.close();
        }
        self.w.close();
    }

    /// Stores what there is to know of rows.
    fn of_rows(&mut self) {
        let Some(target) = self.s.rows else { return };
        let mut names = Names::default();
        for r in 0..self.rows {
            self.w.open(format!("if (o + {r}u < {})", self.own_end));
            self.w.line(format!("let m = o{r};"));
            for (k, text) in ["top", "sum", "less"].into_iter().enumerate() {
                self.w.line("{");
                self.w.line(format!("let k = {k}u;"));
                names.set(SVal(0), format!("{text}{r}"), false);
                self.w.store(&result(), &store(target), &Scope::single(&VARS), &names);
                self.w.line("}");
            }
            self.w.close();
        }
    }
}
