//! Adjoints of queries, an invocation keeping a query and the adjoint of its result; and adjoints of keys and values, keeping a key and its
//! value. Either goes over what it does not keep four at a time and computes weights again: query by query by maxima and sums as they
//! grow, key by key by those that the queries' kernel has left.

use super::sides::Sides;
use super::{BUILTINS, FOUR, LOWEST, exp, result, store, sum_of};
use crate::compiler::codegen::contract::VARS;
use crate::compiler::codegen::loops::{invocation, workgroup};
use crate::compiler::codegen::writer::{Names, Scope, Writer};
use crate::compiler::codegen::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{AttentionKernel, Kernel};
use crate::compiler::scalar::{SVal, Ty};
use crate::hlo::attention::LEFT_OUT;

/// The kernel under construction.
struct Adjoin<'a, 'k> {
    w: Writer<'k>,
    a: &'a AttentionKernel,
    s: Sides<'a>,
    /// Groups of four features and of four columns.
    quads: [usize; 2],
    /// Whether some scores may not count.
    tested: bool,
    scale: String,
}

pub(super) fn write(
    kernel: &Kernel,
    a: &AttentionKernel,
    s: Sides<'_>,
    rules: &CodegenRules,
    chunk: &Chunk,
) -> Launch {
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    s.plan(&mut w, a);
    s.loaders(&mut w, a);
    let (first, _) = w.outer(a.sizes[0]);
    let own = s.own(a);
    let total = w.share(a.sizes[0]) * own;
    let (end, each) = (w.size(total), w.size(own));
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {end}) {{ return; }}"));
    w.line(format!("let g = i / {each}{first};"));
    w.line(format!("let {} = i % {each};", s.var()));
    let scale = w.constant(Ty::F32, (a.attention.scale() as f32).to_bits());
    let quads = [a.sizes[3], a.columns].map(|n| n.div_ceil(4));
    // A query's walk over keys ends with the last that it sees; a key's walk over queries begins with a whole group.
    let tested = a.mask.is_some() || (a.attention.causal && !s.by_query);
    let mut this = Adjoin { w, a, s, quads, tested, scale };
    this.starts();
    this.passes();
    this.stores();
    this.w.finish(&size.to_string(), BUILTINS, grid(total.div_ceil(size as usize), rules))
}

impl Adjoin<'_, '_> {
    /// Loads what the invocation keeps.
    fn starts(&mut self) {
        let own = self.s.var();
        for (side, name) in ["u", "v"].into_iter().enumerate() {
            let (load, width) = (self.s.names.own[side], [self.a.sizes[3], self.a.columns][side]);
            let end = self.w.size(width);
            let times = if side == 0 { format!(" * {}", self.scale) } else { String::new() };
            for k in 0..self.quads[side] {
                let at = k * 4;
                let loaded = format!("{load}(g, {own}, {at}u){times}");
                self.w.line(match at + 4 > width {
                    // Features past the end repeat the last one; of what is kept they are 0.
                    true => format!(
                        "let {name}{k} = select(vec4<f32>(0.0f), {loaded}, vec4<u32>({at}u) + {FOUR} < vec4<u32>({end}));"
                    ),
                    false => format!("let {name}{k} = {loaded};"),
                });
                self.w.line(format!("var d{name}{k} = vec4<f32>(0.0f);"));
            }
        }
        if self.s.by_query {
            let y: Vec<String> = (0..self.quads[1]).map(|j| format!("y4(g, {own}, {}u)", j * 4)).collect();
            self.w.line(format!("let dots = {};", dot("v", &y)));
            self.w.line(format!("let less = {};", sum_of("dots")));
            self.w.line(format!("var top = {LOWEST};"));
            self.w.line("var sum = 0.0f;");
        }
    }

    /// Goes over all that counts.
    fn passes(&mut self) {
        let end = self.w.size(self.s.others(self.a));
        let (from, to) = match (self.s.skips(self.a), self.s.by_query) {
            (false, _) => ("0u", end),
            (true, true) => ("0u", format!("min({end}, m + 1u)")),
            (true, false) => ("n & ~3u", end),
        };
        self.w.line(format!("let end = {to};"));
        self.w.line(format!("var x = {from};"));
        self.w.open("for (; x + 4u <= end; x += 4u)");
        self.step(4);
        self.w.close();
        self.w.open("for (; x < end; x += 1u)");
        self.step(1);
        self.w.close();
    }

    /// The next `width` keys or queries.
    fn step(&mut self, width: usize) {
        let ty = if width == 4 { "vec4<f32>" } else { "f32" };
        for (side, own, other, name) in [(0, "u", "p", "s"), (1, "v", "q", "d")] {
            let load = self.s.names.other[side];
            for l in 0..width {
                for k in 0..self.quads[side] {
                    self.w.line(format!("let {other}{l}_{k} = {load}(g, x + {l}u, {}u);", k * 4));
                }
                let others: Vec<String> = (0..self.quads[side]).map(|k| format!("{other}{l}_{k}")).collect();
                self.w.line(format!("let {name}{l} = {};", dot(own, &others)));
            }
            let sums: Vec<String> = (0..width).map(|l| sum_of(&format!("{name}{l}"))).collect();
            self.w.line(format!("let {name} = {ty}({});", sums.join(", ")));
        }
        let mut score = "s".to_string();
        if self.tested {
            let counts = self.counts(width);
            self.w.line(format!("let counts = {counts};"));
            score = format!("select({ty}({:?}f), s, counts)", LEFT_OUT as f32);
        }
        self.w.line(format!("let score = {score};"));
        if self.s.by_query {
            let largest = match width {
                4 => "max(max(score.x, score.y), max(score.z, score.w))",
                _ => "score",
            };
            self.w.line(format!("let next = max(top, {largest});"));
            let kept = exp(&mut self.w, "top - next", false);
            let e = exp(&mut self.w, &format!("score - {ty}(next)"), width == 4);
            self.w.line(format!("let kept = {kept};"));
            self.w.line(format!("let e = {e};"));
            let sum = if width == 4 { sum_of("e") } else { "e".into() };
            self.w.line(format!("sum = fma(sum, kept, {sum});"));
            self.w.line("top = next;");
        } else {
            for (k, name) in ["tops", "sums", "less"].into_iter().enumerate() {
                let load = if width == 4 { "row4" } else { "row1" };
                self.w.line(format!("let {name} = {load}(g, x, {k}u);"));
            }
            let e = exp(&mut self.w, "score - tops", width == 4);
            self.w.line(format!("let e = {e} / sums;"));
        }
        let ds = "e * (d - less)";
        self.w.line(match self.tested {
            true => format!("let ds = select({ty}(0.0f), {ds}, counts);"),
            false => format!("let ds = {ds};"),
        });
        for (side, weights, other, sums) in [(0, "ds", "p", "du"), (1, "e", "q", "dv")] {
            if self.s.outs().any(|(of, _)| of == side) {
                self.adds(sums, weights, other, self.quads[side], width);
            }
        }
    }

    /// Adds `other`, times the elements of `weights`, to sums.
    fn adds(&mut self, sums: &str, weights: &str, other: &str, quads: usize, width: usize) {
        for k in 0..quads {
            let kept = if self.s.by_query { format!("{sums}{k} * kept") } else { format!("{sums}{k}") };
            let sum = (0..width).fold(kept, |sum, l| {
                let weight = if width == 4 { format!("{weights}[{l}]") } else { weights.into() };
                format!("fma(vec4<f32>({weight}), {other}{l}_{k}, {sum})")
            });
            self.w.line(format!("{sums}{k} = {sum};"));
        }
    }

    /// Which scores count.
    fn counts(&self, width: usize) -> String {
        let mut tests = vec![];
        if self.a.mask.is_some() {
            tests.push(match (self.s.by_query, width) {
                (true, 4) => "mask4(g, m, x)".to_string(),
                (true, _) => "mask1(g, m, x)".to_string(),
                (false, 4) => {
                    let each: Vec<String> = (0..4).map(|l| format!("mask1(g, x + {l}u, n)")).collect();
                    format!("vec4<bool>({})", each.join(", "))
                }
                (false, _) => "mask1(g, x, n)".to_string(),
            });
        }
        if self.a.attention.causal {
            let own = self.s.var();
            let (own, other) = match width {
                4 => (format!("vec4<u32>({own})"), format!("(vec4<u32>(x) + {FOUR})")),
                _ => (own.to_string(), "x".into()),
            };
            tests.push(match self.s.by_query {
                true => format!("({other} <= {own})"),
                false => format!("({own} <= {other})"),
            });
        }
        tests.join(" & ")
    }

    fn stores(&mut self) {
        for (side, out) in self.s.outs().collect::<Vec<_>>() {
            let name = ["du", "dv"][side];
            let width = self.w.size(out.width);
            for k in 0..self.quads[side] {
                match (side, self.s.by_query) {
                    (0, true) => self.w.line(format!("{name}{k} *= {} / sum;", self.scale)),
                    (0, false) => self.w.line(format!("{name}{k} *= {};", self.scale)),
                    _ => {}
                }
                out.write(&mut self.w, &format!("{}u", k * 4), &format!("{name}{k}"), &width);
            }
        }
        let Some(target) = self.s.rows else { return };
        let mut names = Names::default();
        for (k, text) in ["top", "sum", "less"].into_iter().enumerate() {
            self.w.line("{");
            self.w.line(format!("let k = {k}u;"));
            names.set(SVal(0), text, false);
            self.w.store(&result(), &store(target), &Scope::single(&VARS), &names);
            self.w.line("}");
        }
    }
}

/// Products of what is kept with `others`, added up in four lanes.
fn dot(name: &str, others: &[String]) -> String {
    others.iter().enumerate().fold(String::new(), |sum, (k, other)| match sum.as_str() {
        "" => format!("{name}{k} * {other}"),
        sum => format!("fma({name}{k}, {other}, {sum})"),
    })
}
