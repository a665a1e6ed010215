//! Attention in one pass over the keys: an invocation keeps a query and a part of its weighted values in registers, and for four keys at
//! a time scales what it has down to the new maximum. Neighbouring invocations are neighbouring queries, which read the same keys.

use super::contract::{VARS, loader, vector_of};
use super::loops::{invocation, workgroup};
use super::writer::{Names, Scope, Writer, quad_aligned};
use super::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, Function, Kernel, Store};
use crate::compiler::scalar::{Body, SInst, SOp, SVal, Ty};
use crate::hlo::attention::LEFT_OUT;

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

const G: u8 = 0;
const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

/// Groups of four columns that an invocation sums.
const MAX_QUADS: usize = 16;

/// Below all scores that count, and finite: what is scaled down from it is scaled by 0.
const LOWEST: &str = "-3.4028234e38f";

/// The kernel under construction.
struct Attend<'a, 'k> {
    w: Writer<'k>,
    a: &'a AttentionKernel,
    /// Groups of four features of a query.
    features: usize,
    /// Groups of four columns of an invocation.
    quads: usize,
    causal_mask: bool,
    columns: String,
}

pub(super) fn write(kernel: &Kernel, a: &AttentionKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let [groups, queries, keys, features] = a.sizes;
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    plan(&mut w, a);
    let of_values = [groups, queries, keys, a.columns];
    loader(&mut w, &a.query, "query4", [G, M, K], Some(K), &a.sizes);
    loader(&mut w, &a.key, "key4", [G, N, K], Some(K), &a.sizes);
    loader(&mut w, &a.value, "value4", [G, N, K], Some(K), &of_values);
    if let Some(f) = &a.mask {
        loader(&mut w, f, "mask4", [G, M, N], Some(N), &a.sizes);
        loader(&mut w, f, "mask1", [G, M, N], None, &a.sizes);
    }
    let all = a.columns.div_ceil(4);
    let parts = all.div_ceil(MAX_QUADS);
    let quads = all.div_ceil(parts);
    let (first, _) = w.outer(groups);
    let share = w.share(groups);
    let (total, m_end, p_end) = (w.size(share * parts * queries), w.size(queries), w.size(parts));
    let columns = w.size(a.columns);
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {total}) {{ return; }}"));
    w.line(format!("let m = i % {m_end};"));
    w.line(format!("let part = i / {m_end};"));
    w.line(format!("let g = part / {p_end}{first};"));
    w.line(format!("let k0 = part % {p_end} * {}u;", quads * 4));
    let causal_mask = a.attention.causal && a.mask.is_some();
    let mut this = Attend { w, a, features: features.div_ceil(4), quads, causal_mask, columns };
    this.body();
    let invocations = share * parts * queries;
    this.w.finish(&size.to_string(), BUILTINS, grid(invocations.div_ceil(size as usize), rules))
}

/// Decides how buffers are declared.
fn plan(w: &mut Writer<'_>, a: &AttentionKernel) {
    let needed = |f: &Function| f.body.needed([f.result]);
    for f in [&a.query, &a.key, &a.value] {
        w.plan_loads(&f.body, &needed(f), &Scope::quad(&VARS, K, "lanes"));
    }
    if let Some(f) = &a.mask {
        if vector_of(f, [N, N]).is_some() {
            w.plan_loads(&f.body, &needed(f), &Scope::quad(&VARS, N, "lanes"));
        }
        w.plan_rest(&f.body, &needed(f));
    }
    let scope = Scope::quad(&VARS, K, "kl");
    if let Some((buffer, index)) = &a.out {
        if stores_quads(a) {
            w.plan_store(&result(), &store(*buffer, index), &scope);
        } else {
            w.plan_single_store(*buffer);
        }
    }
    a.top.iter().chain(&a.sum).for_each(|(b, _)| w.plan_single_store(*b));
}

fn stores_quads(a: &AttentionKernel) -> bool {
    let scope = Scope::quad(&VARS, K, "kl");
    a.columns.is_multiple_of(4) && a.out.iter().all(|(_, i)| quad_aligned(&result(), i, &scope))
}

/// A program of one value that is given.
fn result() -> Body {
    let given = SInst { op: SOp::Accumulator, args: [].into_iter().collect(), ty: Ty::F32, vars: 0b1111 };
    Body { insts: vec![given] }
}

fn store(buffer: u16, index: &Index) -> Store {
    Store { buffer, index: index.clone(), value: SVal(0) }
}

impl Attend<'_, '_> {
    fn body(&mut self) {
        let scale = self.w.constant(Ty::F32, (self.a.attention.scale() as f32).to_bits());
        let [_, _, keys, features] = self.a.sizes;
        let h = self.w.size(features);
        for k in 0..self.features {
            let at = format!("{}u", k * 4);
            self.w.line(format!("var q{k} = query4(g, m, {at}) * {scale};"));
            if k + 1 == self.features && !features.is_multiple_of(4) {
                // Features past the end repeat the last one; those of the query are 0.
                self.w.line(format!(
                    "q{k} = select(vec4<f32>(0.0f), q{k}, vec4<u32>({at}) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>({h}));"
                ));
            }
        }
        for j in 0..self.quads {
            self.w.line(format!("let c{j} = min(k0 + {}u, ({} - 1u) & ~3u);", j * 4, self.columns));
            self.w.line(format!("var y{j} = vec4<f32>(0.0f);"));
        }
        self.w.line(format!("var top = {LOWEST};"));
        self.w.line("var sum = 0.0f;");
        let end = self.w.size(keys);
        let bound = if self.a.attention.causal && self.a.mask.is_none() {
            format!("min({end}, m + 1u)")
        } else {
            end
        };
        self.w.line(format!("let end = {bound};"));
        self.w.line("var n = 0u;");
        self.w.open("for (; n + 4u <= end; n += 4u)");
        self.step(4);
        self.w.close();
        self.w.open("for (; n < end; n += 1u)");
        self.step(1);
        self.w.close();
        self.stores();
    }

    /// The next `width` keys.
    fn step(&mut self, width: usize) {
        for l in 0..width {
            let mut dot = String::new();
            for k in 0..self.features {
                let key = format!("key4(g, n + {l}u, {}u)", k * 4);
                dot = match dot.as_str() {
                    "" => format!("q{k} * {key}"),
                    sum => format!("fma(q{k}, {key}, {sum})"),
                };
            }
            self.w.line(format!("let d{l} = {dot};"));
        }
        let scores: Vec<String> =
            (0..width).map(|l| format!("(d{l}.x + d{l}.y) + (d{l}.z + d{l}.w)")).collect();
        let wide = width == 4;
        let (ty, tag) = if wide { ("vec4<f32>", "4") } else { ("f32", "1") };
        self.w.line(format!("var x = {ty}({});", scores.join(", ")));
        let left_out = format!("{ty}({:?}f)", LEFT_OUT as f32);
        if self.a.mask.is_some() {
            self.w.line(format!("x = select({left_out}, x, mask{tag}(g, m, n));"));
        }
        if self.causal_mask {
            let places = if wide { "vec4<u32>(n) + vec4<u32>(0u, 1u, 2u, 3u)" } else { "n" };
            let query = if wide { "vec4<u32>(m)" } else { "m" };
            self.w.line(format!("x = select({left_out}, x, {places} <= {query});"));
        }
        let largest = if wide { "max(max(x.x, x.y), max(x.z, x.w))" } else { "x" };
        self.w.line(format!("let next = max(top, {largest});"));
        let exp =
            |w: &mut Writer<'_>, x: &str, wide| w.call("m_exp", &[x.to_string()], Ty::F32, Ty::F32, wide);
        let kept = exp(&mut self.w, "top - next", false);
        let e = exp(&mut self.w, &format!("x - {ty}(next)"), wide);
        self.w.line(format!("let kept = {kept};"));
        self.w.line(format!("let e = {e};"));
        self.w
            .line(format!("sum = fma(sum, kept, {});", if wide { "(e.x + e.y) + (e.z + e.w)" } else { "e" }));
        for j in 0..self.quads {
            let mut y = format!("y{j} * kept");
            for l in 0..width {
                let weight = if wide { format!("vec4<f32>(e[{l}])") } else { "vec4<f32>(e)".into() };
                y = format!("fma({weight}, value4(g, n + {l}u, c{j}), {y})");
            }
            self.w.line(format!("y{j} = {y};"));
        }
        self.w.line("top = next;");
    }

    fn stores(&mut self) {
        let body = result();
        let mut names = Names::default();
        if let Some((buffer, index)) = &self.a.out {
            let s = store(*buffer, index);
            let whole = stores_quads(self.a);
            for j in 0..self.quads {
                self.w.open(format!("if (k0 + {}u < {})", j * 4, self.columns));
                self.w.line(format!("let y = y{j} / sum;"));
                if whole {
                    self.w.line(format!("let k = k0 + {}u;", j * 4));
                    self.w.line("let kl = vec4<u32>(k) + vec4<u32>(0u, 1u, 2u, 3u);");
                    names.set(SVal(0), "y", true);
                    self.w.store(&body, &s, &Scope::quad(&VARS, K, "kl"), &names);
                } else {
                    for l in 0..4 {
                        self.w.open(format!("if (k0 + {}u < {})", j * 4 + l, self.columns));
                        self.w.line(format!("let k = k0 + {}u;", j * 4 + l));
                        names.set(SVal(0), format!("y[{l}]"), false);
                        self.w.store(&body, &s, &Scope::single(&VARS), &names);
                        self.w.close();
                    }
                }
                self.w.close();
            }
        }
        if self.a.top.is_none() && self.a.sum.is_none() {
            return;
        }
        self.w.open("if (k0 == 0u)");
        for (target, text) in [(&self.a.top, "top"), (&self.a.sum, "sum")] {
            if let Some((buffer, index)) = target {
                names.set(SVal(0), text, false);
                self.w.store(&body, &store(*buffer, index), &Scope::single(&VARS), &names);
            }
        }
        self.w.close();
    }
}
