//! Running reductions: an invocation walks a line, or four neighbouring lines side by side.

use super::loops::{invocation, workgroup};
use super::writer::{Names, Scope, Writer, quad_aligned, ty_name};
use super::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{CumulativeKernel, Kernel, Store};

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

pub(super) fn write(kernel: &Kernel, c: &CumulativeKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let size = workgroup(rules);
    let body = &c.element.body;
    let across = Scope::quad(&["line", "k"], 0, "ll");
    let wide = c.lines.is_multiple_of(4) && quad_aligned(body, &c.store.1, &across);
    let scope = if wide { across } else { Scope::single(&["line", "k"]) };
    let mut w = Writer::new(kernel, chunk);
    let needed = body.needed([c.element.result]);
    let store = Store { buffer: c.store.0, index: c.store.1.clone(), value: c.element.result };
    w.plan_loads(body, &needed, &scope);
    w.plan_store(body, &store, &scope);
    let (start, lines) = w.outer(c.lines);
    let (share, k) = (w.share(c.lines), w.size(c.k));
    if wide {
        invocation(&mut w, "quad", size);
        w.line(format!("let line = quad * 4u{start};"));
    } else {
        invocation(&mut w, "first", size);
        w.line(format!("let line = first{start};"));
    }
    w.line(format!("if (line >= {lines}) {{ return; }}"));
    if wide {
        w.line("let ll = vec4<u32>(line) + vec4<u32>(0u, 1u, 2u, 3u);");
    }
    let ty = body.inst(c.element.result).ty;
    let start = w.constant(ty, ty.bits(c.kind.identity(ty.dtype())));
    w.line(format!("var total = {}({start});", ty_name(ty, wide)));
    w.open(format!("for (var step = 0u; step < {k}; step += 1u)"));
    w.line(if c.reverse { format!("let k = {k} - 1u - step;") } else { "let k = step;".into() });
    let mut names = Names::default();
    w.values(body, &needed, &scope, &mut names, "v", &|_| true);
    let x = w.get(body, c.element.result, wide, &names);
    let sum = w.combine(c.kind.row(), ty, wide, "total", &x);
    // The element itself comes before or after the store.
    let mut stored = names.clone();
    stored.set(c.element.result, "total", wide);
    if !c.exclusive {
        w.line(format!("total = {sum};"));
    }
    w.store(body, &store, &scope, &stored);
    if c.exclusive {
        w.line(format!("total = {sum};"));
    }
    w.close();
    let invocations = if wide { share / 4 } else { share };
    w.finish(&size.to_string(), BUILTINS, grid(invocations.div_ceil(size as usize), rules))
}
