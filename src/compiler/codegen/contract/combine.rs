//! The second launch of a contraction whose k is cut into parts: their sums added up, always in the same order.

use super::epilogue::{Epilogue, partial};
use super::{BUILTINS, N, Part};
use crate::compiler::codegen::loops::{invocation, workgroup};
use crate::compiler::codegen::writer::{Names, Scope, Writer, ty_name};
use crate::compiler::codegen::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{ContractKernel, Kernel, Split};
use crate::compiler::scalar::{Body, SInst, SOp, SVal};

pub(super) fn write(
    kernel: &Kernel,
    c: &ContractKernel,
    split: &Split,
    parts: usize,
    rules: &CodegenRules,
    chunk: &Chunk,
) -> Launch {
    let mut w = Writer::new(kernel, chunk);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let four = ty_name(ty, true);
    let load = SOp::Load { buffer: split.scratch, index: partial(c, split.parts), mask: None };
    let body = Body { insts: vec![SInst { op: load, args: Default::default(), ty, vars: 0b111 }] };
    let scope = Scope::quad(&["pg", "row", "column", ""], N, "ll");
    w.plan_loads(&body, &[true], &scope);
    let epilogue = Epilogue::last(&mut w, c);
    let part = Part::new(&mut w, c);
    let [groups, _, ns, _] = c.sizes;
    let quads = ns.div_ceil(4);
    let (columns, per_group) = (w.size(quads), w.size(part.rows * quads));
    let all = w.size(part.groups * part.rows * quads);
    let (count, groups, n_end) = (w.size(parts), w.size(groups), w.size(ns));
    let size = workgroup(rules);
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {all}) {{ return; }}"));
    w.line(format!("let g = i / {per_group}{};", part.first_group));
    w.line(format!("let row = i % {per_group} / {columns}{};", part.first_row));
    w.line(format!("let column = i % {columns} * 4u;"));
    w.line(format!("let ll = min(vec4<u32>(column) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({n_end} - 1u));"));
    w.line(format!("var sum = {four}({}(0));", ty_name(ty, false)));
    w.open(format!("for (var part = 0u; part < {count}; part += 1u)"));
    w.line(format!("let pg = part * {groups} + g;"));
    let mut names = Names::default();
    w.values(&body, &[true], &scope, &mut names, "v", &|_| true);
    let x = w.get(&body, SVal(0), true, &names);
    w.line(format!("sum += {x};"));
    w.close();
    epilogue.write(&mut w, "row", "column", "sum", &n_end);
    w.finish(
        &size.to_string(),
        BUILTINS,
        grid((part.groups * part.rows * quads).div_ceil(size as usize), rules),
    )
}
