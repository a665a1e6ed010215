//! Adjoints of queries, an invocation keeping some queries and the adjoints of their results; and adjoints of keys and values, keeping
//! some keys and values. Either goes over what it does not keep four at a time and computes weights again: query by query by maxima and
//! sums as they grow, key by key by those that the queries' kernel has left.

use super::{BUILTINS, FOUR, G, K, LOWEST, M, N, Out, exp, plan_function, result, store, sum_of};
use crate::compiler::codegen::contract::{VARS, loader, vector_of};
use crate::compiler::codegen::loops::{invocation, workgroup};
use crate::compiler::codegen::writer::{Names, Scope, Writer};
use crate::compiler::codegen::{Chunk, CodegenRules, Family, Launch, grid};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, Function, Kernel};
use crate::compiler::scalar::{SVal, Ty};
use crate::hlo::attention::LEFT_OUT;

/// Groups of four elements that an invocation keeps of queries (or keys), so that what it loads serves several of them.
const KEPT_QUADS: usize = 32;

/// Most queries (or keys) of an invocation.
const MAX_ROWS: usize = 4;

/// Invocations that keep a software adapter busy.
const BUSY: usize = 256;

/// What an invocation keeps, what it goes over, and where results go.
pub(super) struct Sides<'a> {
    /// Whether it keeps queries, and not keys.
    by_query: bool,
    /// Loaders of features and columns of what it keeps.
    own: [&'static str; 2],
    /// Those of what it goes over.
    other: [&'static str; 2],
    dy: &'a Function,
    /// Weighted values, or what there is to know of rows.
    given: &'a Function,
    /// The adjoint of queries or keys.
    first: Option<Out<'a>>,
    /// The adjoint of values.
    second: Option<Out<'a>>,
    /// Where rows are stored.
    rows: Option<&'a (u16, Index)>,
}

/// The kernel under construction.
struct Adjoin<'a, 'k> {
    w: Writer<'k>,
    a: &'a AttentionKernel,
    s: Sides<'a>,
    /// Queries or keys of an invocation.
    rows: usize,
    /// Groups of four features and of four columns.
    quads: [usize; 2],
    /// Whether some scores may not count.
    tested: bool,
    scale: String,
}

impl<'a> Sides<'a> {
    pub(super) fn of_queries(
        a: &AttentionKernel,
        [y, dy]: [&'a Function; 2],
        dq: Option<&'a (u16, Index)>,
        rows: Option<&'a (u16, Index)>,
    ) -> Self {
        Sides {
            by_query: true,
            own: ["query4", "dy4"],
            other: ["key4", "value4"],
            dy,
            given: y,
            first: dq.map(|target| Out { target, width: a.sizes[3] }),
            second: None,
            rows,
        }
    }

    pub(super) fn of_keys(
        a: &AttentionKernel,
        [dy, rows]: [&'a Function; 2],
        dk: Option<&'a (u16, Index)>,
        dv: Option<&'a (u16, Index)>,
    ) -> Self {
        Sides {
            by_query: false,
            own: ["key4", "value4"],
            other: ["query4", "dy4"],
            dy,
            given: rows,
            first: dk.map(|target| Out { target, width: a.sizes[3] }),
            second: dv.map(|target| Out { target, width: a.columns }),
            rows: None,
        }
    }
}

pub(super) fn write(
    kernel: &Kernel,
    a: &AttentionKernel,
    s: Sides<'_>,
    rules: &CodegenRules,
    chunk: &Chunk,
) -> Launch {
    let [groups, queries, keys, features] = a.sizes;
    let by_query = s.by_query;
    let own = if by_query { queries } else { keys };
    let quads = [features.div_ceil(4), a.columns.div_ceil(4)];
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    plan(&mut w, a, &s);
    let of_values = [groups, queries, keys, a.columns];
    loader(&mut w, &a.query, "query4", [G, M, K], Some(K), &a.sizes);
    loader(&mut w, &a.key, "key4", [G, N, K], Some(K), &a.sizes);
    loader(&mut w, &a.value, "value4", [G, N, K], Some(K), &of_values);
    loader(&mut w, s.dy, "dy4", [G, M, K], Some(K), &of_values);
    if by_query {
        loader(&mut w, s.given, "y4", [G, M, K], Some(K), &of_values);
    } else {
        loader(&mut w, s.given, "row4", [G, M, K], Some(M), &a.sizes);
        loader(&mut w, s.given, "row1", [G, M, K], None, &a.sizes);
    }
    if let Some(f) = &a.mask {
        loader(&mut w, f, "mask4", [G, M, N], Some(N), &a.sizes);
        loader(&mut w, f, "mask1", [G, M, N], None, &a.sizes);
    }
    let (first, _) = w.outer(groups);
    let share = w.share(groups);
    let most = match rules.family {
        // Loads cost more than anything else.
        Family::Direct => (KEPT_QUADS / (quads[0] + quads[1])).clamp(1, MAX_ROWS).min(share * own / BUSY),
        Family::Tiled => 1,
    };
    let rows = most.min(own).max(1);
    let per_group = own.div_ceil(rows);
    let total = share * per_group;
    let (end, each) = (w.size(total), w.size(per_group));
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {end}) {{ return; }}"));
    w.line(format!("let g = i / {each}{first};"));
    w.line(format!("let o = i % {each} * {rows}u;"));
    let scale = w.constant(Ty::F32, (a.attention.scale() as f32).to_bits());
    let causal = a.attention.causal;
    let tested = a.mask.is_some() || (causal && !(by_query && rows == 1));
    let mut this = Adjoin { w, a, s, rows, quads, tested, scale };
    this.starts(own);
    this.passes();
    this.stores(own);
    this.w.finish(&size.to_string(), BUILTINS, grid(total.div_ceil(size as usize), rules))
}

/// Decides how buffers are declared.
fn plan(w: &mut Writer<'_>, a: &AttentionKernel, s: &Sides<'_>) {
    [&a.query, &a.key, &a.value, s.dy].into_iter().for_each(|f| plan_function(w, f, K));
    plan_function(w, s.given, if s.by_query { K } else { M });
    if let Some(f) = &a.mask {
        if s.by_query && vector_of(f, [N, N]).is_some() {
            plan_function(w, f, N);
        }
    }
    let singly = (!s.by_query).then_some(s.given).into_iter().chain(&a.mask);
    singly.for_each(|f| w.plan_rest(&f.body, &f.body.needed([f.result])));
    s.first.iter().chain(&s.second).for_each(|o| o.plan(w));
    s.rows.iter().for_each(|(b, _)| w.plan_single_store(*b));
}

impl Adjoin<'_, '_> {
    /// Loads what the invocation keeps.
    fn starts(&mut self, own: usize) {
        let end = self.w.size(own);
        let widths = [self.a.sizes[3], self.a.columns].map(|n| (n, self.w.size(n)));
        for r in 0..self.rows {
            // Those past the end repeat the last one.
            self.w.line(format!("let o{r} = min(o + {r}u, {end} - 1u);"));
            for (side, name) in ["a", "b"].into_iter().enumerate() {
                for k in 0..self.quads[side] {
                    let (at, load) = (k * 4, self.s.own[side]);
                    let times = if side == 0 { format!(" * {}", self.scale) } else { String::new() };
                    let loaded = format!("{load}(g, o{r}, {at}u){times}");
                    let (width, text) = &widths[side];
                    let kept = if at + 4 > *width {
                        // Features past the end repeat the last one; of what is kept they are 0.
                        let inside = format!("vec4<u32>({at}u) + {FOUR} < vec4<u32>({text})");
                        format!("select(vec4<f32>(0.0f), {loaded}, {inside})")
                    } else {
                        loaded
                    };
                    self.w.line(format!("let {name}{r}_{k} = {kept};"));
                }
            }
            for k in 0..self.quads[0] {
                self.w.line(format!("var da{r}_{k} = vec4<f32>(0.0f);"));
            }
            if self.s.by_query {
                let y: Vec<String> = (0..self.quads[1]).map(|j| format!("y4(g, o{r}, {}u)", j * 4)).collect();
                let dot = self.dot("b", r, &y);
                self.w.line(format!("let dots{r} = {dot};"));
                self.w.line(format!("let less{r} = {};", sum_of(&format!("dots{r}"))));
                self.w.line(format!("var top{r} = {LOWEST};"));
                self.w.line(format!("var sum{r} = 0.0f;"));
            } else {
                (0..self.quads[1]).for_each(|j| self.w.line(format!("var db{r}_{j} = vec4<f32>(0.0f);")));
            }
        }
    }

    /// Products of what is kept with `others`, added up in four lanes.
    fn dot(&self, name: &str, r: usize, others: &[String]) -> String {
        others.iter().enumerate().fold(String::new(), |sum, (k, other)| match sum.as_str() {
            "" => format!("{name}{r}_{k} * {other}"),
            sum => format!("fma({name}{r}_{k}, {other}, {sum})"),
        })
    }

    /// Goes over all that counts.
    fn passes(&mut self) {
        let [_, queries, keys, _] = self.a.sizes;
        let end = self.w.size(if self.s.by_query { keys } else { queries });
        let skips = self.a.attention.causal && self.a.mask.is_none();
        let (from, to) = match (skips, self.s.by_query) {
            (false, _) => ("0u".into(), end),
            (true, true) => ("0u".into(), format!("min({end}, o{} + 1u)", self.rows - 1)),
            (true, false) => ("o & ~3u".to_string(), end),
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
        for l in 0..width {
            for (side, name) in ["p", "q"].into_iter().enumerate() {
                for k in 0..self.quads[side] {
                    let load = self.s.other[side];
                    self.w.line(format!("let {name}{l}_{k} = {load}(g, x + {l}u, {}u);", k * 4));
                }
            }
        }
        if !self.s.by_query {
            for (k, name) in ["tops", "sums", "less"].into_iter().enumerate() {
                let load = if width == 4 { "row4" } else { "row1" };
                self.w.line(format!("let {name} = {load}(g, x, {k}u);"));
            }
        }
        for r in 0..self.rows {
            self.w.line("{");
            self.row(r, width);
            self.w.line("}");
        }
    }

    /// What they add to adjoints of query or key `r`.
    fn row(&mut self, r: usize, width: usize) {
        let ty = if width == 4 { "vec4<f32>" } else { "f32" };
        for (side, own, other, name) in [(0, "a", "p", "s"), (1, "b", "q", "d")] {
            for l in 0..width {
                let others: Vec<String> =
                    (0..self.quads[side]).map(|k| format!("{other}{l}_{k}")).collect();
                let dot = self.dot(own, r, &others);
                self.w.line(format!("let {name}{l} = {dot};"));
            }
            let sums: Vec<String> = (0..width).map(|l| sum_of(&format!("{name}{l}"))).collect();
            self.w.line(format!("let {name} = {ty}({});", sums.join(", ")));
        }
        let counts = self.counts(r, width);
        let score = match &counts {
            Some(c) => {
                self.w.line(format!("let counts = {c};"));
                format!("select({ty}({:?}f), s, counts)", LEFT_OUT as f32)
            }
            None => "s".into(),
        };
        self.w.line(format!("let score = {score};"));
        if self.s.by_query {
            let largest = if width == 4 { "max(max(score.x, score.y), max(score.z, score.w))" } else { "score" };
            self.w.line(format!("let next = max(top{r}, {largest});"));
            let kept = exp(&mut self.w, &format!("top{r} - next"), false);
            let e = exp(&mut self.w, &format!("score - {ty}(next)"), width == 4);
            self.w.line(format!("let kept = {kept};"));
            self.w.line(format!("let e = {e};"));
            let sum = if width == 4 { sum_of("e") } else { "e".into() };
            self.w.line(format!("sum{r} = fma(sum{r}, kept, {sum});"));
            self.w.line(format!("top{r} = next;"));
        } else {
            let e = exp(&mut self.w, "score - tops", width == 4);
            self.w.line(format!("let e = {e} / sums;"));
        }
        let less = if self.s.by_query { format!("less{r}") } else { "less".into() };
        let ds = format!("e * (d - {less})");
        let ds = if counts.is_some() { format!("select({ty}(0.0f), {ds}, counts)") } else { ds };
        self.w.line(format!("let ds = {ds};"));
        self.adds(&format!("da{r}"), "ds", "p", self.quads[0], width);
        if !self.s.by_query {
            self.adds(&format!("db{r}"), "e", "q", self.quads[1], width);
        }
    }

    /// Adds `other`, times the elements of `weights`, to sums.
    fn adds(&mut self, sums: &str, weights: &str, other: &str, quads: usize, width: usize) {
        for k in 0..quads {
            let kept = if self.s.by_query { format!("{sums}_{k} * kept") } else { format!("{sums}_{k}") };
            let sum = (0..width).fold(kept, |sum, l| {
                let weight = if width == 4 { format!("{weights}[{l}]") } else { weights.into() };
                format!("fma(vec4<f32>({weight}), {other}{l}_{k}, {sum})")
            });
            self.w.line(format!("{sums}_{k} = {sum};"));
        }
    }

    /// Which scores of query or key `r` count; `None` where all do.
    fn counts(&self, r: usize, width: usize) -> Option<String> {
        if !self.tested {
            return None;
        }
        let mut tests = vec![];
        if self.a.mask.is_some() {
            tests.push(match (self.s.by_query, width) {
                (true, 4) => format!("mask4(g, o{r}, x)"),
                (true, _) => format!("mask1(g, o{r}, x)"),
                (false, 4) => {
                    let each: Vec<String> = (0..4).map(|l| format!("mask1(g, x + {l}u, o{r})")).collect();
                    format!("vec4<bool>({})", each.join(", "))
                }
                (false, _) => format!("mask1(g, x, o{r})"),
            });
        }
        if self.a.attention.causal {
            let (own, other) = match width {
                4 => (format!("vec4<u32>(o{r})"), format!("(vec4<u32>(x) + {FOUR})")),
                _ => (format!("o{r}"), "x".into()),
            };
            tests.push(if self.s.by_query {
                format!("({other} <= {own})")
            } else {
                format!("({own} <= {other})")
            });
        }
        Some(tests.join(" & "))
    }

    fn stores(&mut self, own: usize) {
        let (end, row) = (self.w.size(own), if self.s.by_query { "m" } else { "n" });
        for r in 0..self.rows {
            self.w.open(format!("if (o + {r}u < {end})"));
            self.w.line(format!("let {row} = o + {r}u;"));
            let outs = [("da", self.s.first), ("db", self.s.second)];
            for (side, (name, out)) in outs.into_iter().enumerate() {
                let Some(out) = out else { continue };
                let width = self.w.size(out.width);
                for k in 0..self.quads[side] {
                    let at = format!("{name}{r}_{k}");
                    match (side, self.s.by_query) {
                        (0, true) => self.w.line(format!("{at} *= {} / sum{r};", self.scale)),
                        (0, false) => self.w.line(format!("{at} *= {};", self.scale)),
                        _ => {}
                    }
                    out.write(&mut self.w, &format!("{}u", k * 4), &at, &width);
                }
            }
            if let Some(target) = self.s.rows {
                let mut names = Names::default();
                for (k, text) in ["top", "sum", "less"].into_iter().enumerate() {
                    self.w.open("");
                    self.w.line(format!("let k = {k}u;"));
                    names.set(SVal(0), format!("{text}{r}"), false);
                    self.w.store(&result(), &store(target), &Scope::single(&VARS), &names);
                    self.w.close();
                }
            }
            self.w.close();
        }
    }
}
