//! Loop kernels: four positions an invocation.

use super::writer::{Names, Scope, Writer};
use super::{Chunk, CodegenRules, Family, Launch, grid};
use crate::compiler::checks;
use crate::compiler::kernel::{Kernel, LoopKernel};

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

/// Invocations of a workgroup for work without shared memory.
pub(super) fn workgroup(rules: &CodegenRules) -> u32 {
    match rules.family {
        Family::Direct => 64,
        Family::Tiled => 256.min(rules.max_invocations),
    }
}

/// Declares `name`, the number of the invocation, from a grid of one or two dimensions.
pub(super) fn invocation(w: &mut Writer<'_>, name: &str, size: u32) {
    w.line(format!("let {name} = id.x + id.y * (groups.x * {size}u);"));
}

pub(super) fn write(k: &Kernel, l: &LoopKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let size = 256.min(rules.max_invocations);
    let mut w = Writer::new(k, chunk);
    let mut scope = Scope::quad(&["i"], 0, "il");
    let roots = l.stores.iter().map(|s| s.value).chain(l.checks.iter().flat_map(|c| [c.ok, c.value]));
    let needed = l.body.needed(roots);
    w.plan_loads(&l.body, &needed, &scope);
    l.stores.iter().for_each(|s| w.plan_store(&l.body, s, &scope));
    let (start, n) = w.outer(l.n);
    invocation(&mut w, "quad", size);
    w.line(format!("let i = quad * 4u{start};"));
    w.line(format!("if (i >= {n}) {{ return; }}"));
    w.line(format!("let il = min(vec4<u32>(i) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({n} - 1u));"));
    w.divide(&mut scope, 0, l.n, &l.body, &needed);
    let mut names = Names::default();
    w.values(&l.body, &needed, &scope, &mut names, "v", &|_| true);
    for s in &l.stores {
        w.store(&l.body, s, &scope, &names);
    }
    for c in &l.checks {
        let (ok, value) = (w.get(&l.body, c.ok, true, &names), w.get(&l.body, c.value, true, &names));
        let code = checks::code_of(&c.text);
        for lane in 0..4 {
            w.open(format!("if (!({ok})[{lane}])"));
            w.fail(code, &format!("il[{lane}]"), &format!("({value})[{lane}]"));
            w.close();
        }
    }
    let quads = w.share(l.n).div_ceil(4);
    w.finish(&size.to_string(), BUILTINS, grid(quads.div_ceil(size as usize), rules))
}
