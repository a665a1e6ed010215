//! Scatters without atomics: updates in the order of their targets; the first of each run of equal targets combines the whole run.

use super::loops::{invocation, workgroup};
use super::writer::{Names, Scope, Writer};
use super::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::index::Index;
use crate::compiler::kernel::{Function, Kernel, ScatterKernel, Store};

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

pub(super) fn write(kernel: &Kernel, s: &ScatterKernel, rules: &CodegenRules, chunk: &Chunk) -> Vec<Launch> {
    vec![copy(kernel, s, rules, chunk), combine(kernel, s, rules, chunk)]
}

/// The operand into the result.
fn copy(kernel: &Kernel, s: &ScatterKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    let body = &s.operand.body;
    let scope = Scope::quad(&["i"], 0, "il");
    let needed = body.needed([s.operand.result]);
    let store = Store { buffer: s.out, index: Index::var(0, s.size), value: s.operand.result };
    w.plan_loads(body, &needed, &scope);
    w.plan_store(body, &store, &scope);
    let n = w.size(s.size);
    invocation(&mut w, "quad", size);
    w.line("let i = quad * 4u;");
    w.line(format!("if (i >= {n}) {{ return; }}"));
    w.line(format!("let il = min(vec4<u32>(i) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({n} - 1u));"));
    let mut names = Names::default();
    w.values(body, &needed, &scope, &mut names, "v", &|_| true);
    w.store(body, &store, &scope, &names);
    w.finish(&size.to_string(), BUILTINS, grid(s.size.div_ceil(4).div_ceil(size as usize), rules))
}

/// Declares a function of the shader over a scalar program.
fn declare(w: &mut Writer<'_>, f: &Function, head: &str, vars: &[&str]) {
    let scope = Scope::single(vars);
    let needed = f.body.needed([f.result]);
    w.plan_loads(&f.body, &needed, &scope);
    let outer = std::mem::take(&mut w.main);
    let mut names = Names::default();
    w.values(&f.body, &needed, &scope, &mut names, "v", &|_| true);
    let result = w.get(&f.body, f.result, false, &names);
    let text = std::mem::replace(&mut w.main, outer);
    w.module.push_str(&format!("{head} {{\n{text}  return {result};\n}}\n"));
}

fn combine(kernel: &Kernel, s: &ScatterKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    let ty = s.update.body.inst(s.update.result).ty;
    let name = super::writer::ty_name(ty, false);
    declare(&mut w, &s.target, "fn target_of(u: u32) -> i32", &["u"]);
    declare(&mut w, &s.update, &format!("fn update_of(u: u32, c: u32) -> {name}"), &["u", "c"]);
    w.plan_single_store(s.out);
    let (n, slice, updates) = (w.size(s.updates * s.slice), w.size(s.slice), w.size(s.updates));
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {n}) {{ return; }}"));
    w.line(format!("let place = i / {slice};"));
    w.line(format!("let c = i % {slice};"));
    let numbered = |w: &mut Writer<'_>, place: &str| match s.order {
        Some(order) => {
            w.plan_access(order, false);
            format!("u32(b{order}[{place}])")
        }
        None => place.to_string(),
    };
    let own = numbered(&mut w, "place");
    w.line(format!("let first = {own};"));
    w.line("let target_ = target_of(first);");
    w.line("if (target_ < 0) { return; }");
    let before = numbered(&mut w, "place - 1u");
    w.line(format!("if (place > 0u) {{ if (target_of({before}) == target_) {{ return; }} }}"));
    let scope = Scope::single(&["", "c"]);
    let offset = w.index(&s.offset, &scope, &Names::default(), None);
    w.line(format!("let at = u32(target_) + {offset};"));
    w.line(format!(
        "var value = {};",
        if s.combine.is_some() { format!("b{}[at]", s.out) } else { format!("{name}(0)") }
    ));
    w.open(format!("for (var k = place; k < {updates}; k += 1u)"));
    let next = numbered(&mut w, "k");
    w.line(format!("let u = {next};"));
    w.line("if (target_of(u) != target_) { break; }");
    let text = match s.combine {
        Some(kind) => w.combine(kind.row(), ty, false, "value", "update_of(u, c)"),
        None => "update_of(u, c)".into(),
    };
    w.line(format!("value = {text};"));
    w.close();
    w.line(format!("b{}[at] = value;", s.out));
    w.finish(&size.to_string(), BUILTINS, grid((s.updates * s.slice).div_ceil(size as usize), rules))
}
