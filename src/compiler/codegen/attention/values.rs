//! Weighted values: an invocation keeps a query and a part of its weighted values in registers, and for four keys at a time scales what it
//! has down to the new maximum.

use super::{BUILTINS, FOUR, G, K, LOWEST, M, N, Out, exp, plan_function, sum_of};
use crate::compiler::codegen::contract::{loader, vector_of};
use crate::compiler::codegen::loops::{invocation, workgroup};
use crate::compiler::codegen::writer::Writer;
use crate::compiler::codegen::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, Kernel};
use crate::compiler::scalar::Ty;
use crate::hlo::attention::LEFT_OUT;

/// Groups of four columns that an invocation sums.
const MAX_QUADS: usize = 16;

/// The kernel under construction.
struct Attend<'a, 'k> {
    w: Writer<'k>,
    a: &'a AttentionKernel,
    out: Out<'a>,
    /// Groups of four features of a query.
    features: usize,
    /// Groups of four columns of an invocation.
    quads: usize,
    causal_mask: bool,
    columns: String,
}

pub(super) fn write(
    kernel: &Kernel,
    a: &AttentionKernel,
    out: &(u16, Index),
    rules: &CodegenRules,
    chunk: &Chunk,
) -> Launch {
    let [groups, queries, keys, features] = a.sizes;
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    let out = Out { target: out, width: a.columns };
    plan(&mut w, a, &out);
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
    let mut this = Attend { w, a, out, features: features.div_ceil(4), quads, causal_mask, columns };
    this.body();
    let invocations = share * parts * queries;
    this.w.finish(&size.to_string(), BUILTINS, grid(invocations.div_ceil(size as usize), rules))
}

/// Decides how buffers are declared.
fn plan(w: &mut Writer<'_>, a: &AttentionKernel, out: &Out<'_>) {
    [&a.query, &a.key, &a.value].into_iter().for_each(|f| plan_function(w, f, K));
    if let Some(f) = &a.mask {
        if vector_of(f, [N, N]).is_some() {
            plan_function(w, f, N);
        }
        w.plan_rest(&f.body, &f.body.needed([f.result]));
    }
    out.plan(w);
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
                    "q{k} = select(vec4<f32>(0.0f), q{k}, vec4<u32>({at}) + {FOUR} < vec4<u32>({h}));"
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
        let end = self.columns.clone();
        for j in 0..self.quads {
            self.w.line(format!("y{j} /= sum;"));
            self.out.write(&mut self.w, &format!("k0 + {}u", j * 4), &format!("y{j}"), &end);
        }
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
        let scores: Vec<String> = (0..width).map(|l| sum_of(&format!("d{l}"))).collect();
        let wide = width == 4;
        let (ty, tag) = if wide { ("vec4<f32>", "4") } else { ("f32", "1") };
        self.w.line(format!("var x = {ty}({});", scores.join(", ")));
        let left_out = format!("{ty}({:?}f)", LEFT_OUT as f32);
        if self.a.mask.is_some() {
            self.w.line(format!("x = select({left_out}, x, mask{tag}(g, m, n));"));
        }
        if self.causal_mask {
            let places = if wide { format!("vec4<u32>(n) + {FOUR}") } else { "n".into() };
            let query = if wide { "vec4<u32>(m)" } else { "m" };
            self.w.line(format!("x = select({left_out}, x, {places} <= {query});"));
        }
        let largest = if wide { "max(max(x.x, x.y), max(x.z, x.w))" } else { "x" };
        self.w.line(format!("let next = max(top, {largest});"));
        let kept = exp(&mut self.w, "top - next", false);
        let e = exp(&mut self.w, &format!("x - {ty}(next)"), wide);
        self.w.line(format!("let kept = {kept};"));
        self.w.line(format!("let e = {e};"));
        self.w.line(format!("sum = fma(sum, kept, {});", if wide { sum_of("e") } else { "e".into() }));
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
}
