//! Stable sorts by rank: blocks are sorted by counting, then neighbouring sorted runs are merged, each element finding its place in
//! the other run by binary search.

use super::loops::{invocation, workgroup};
use super::writer::{Names, Scope, Writer};
use super::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{ArgSortKernel, Kernel};
use crate::compiler::scalar::Ty;

/// Length of the blocks that are sorted by counting.
const BLOCK: usize = 64;

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

pub(super) fn write(kernel: &Kernel, s: &ArgSortKernel, rules: &CodegenRules, chunk: &Chunk) -> Vec<Launch> {
    // Runs double with each merge; results move between the two buffers and must end in the result's.
    let mut merges = 0;
    while BLOCK << merges < s.k {
        merges += 1;
    }
    let buffer = |step: usize| if (merges - step).is_multiple_of(2) { s.store.0 } else { s.scratch };
    let mut all = vec![count(kernel, s, buffer(0), rules, chunk)];
    all.extend((0..merges).map(|m| merge(kernel, s, BLOCK << m, buffer(m), buffer(m + 1), rules, chunk)));
    all
}

/// Where (line, position) is in both index buffers: they are laid out alike.
fn place(w: &mut Writer<'_>, s: &ArgSortKernel, line: &str, position: &str) -> String {
    let scope = Scope::single(&[line, position]);
    w.index(&s.store.1, &scope, &Names::default(), None)
}

/// Declares `fn key(line, k) -> u32`: the key in an order of unsigned integers, NaN last either way.
fn key_function(w: &mut Writer<'_>, s: &ArgSortKernel) {
    let body = &s.key.body;
    let scope = Scope::single(&["line", "k"]);
    let needed = body.needed([s.key.result]);
    w.plan_loads(body, &needed, &scope);
    let outer = std::mem::take(&mut w.main);
    let mut names = Names::default();
    w.values(body, &needed, &scope, &mut names, "v", &|_| true);
    let x = w.get(body, s.key.result, false, &names);
    let ordered = order(w, body.inst(s.key.result).ty, &x, s.descending);
    let text = std::mem::replace(&mut w.main, outer);
    w.module.push_str(&format!("fn key(line: u32, k: u32) -> u32 {{\n{text}  return {ordered};\n}}\n"));
}

fn order(w: &mut Writer<'_>, ty: Ty, x: &str, descending: bool) -> String {
    let flip = if descending { "~" } else { "" };
    match ty {
        Ty::U32 => format!("{flip}({x})"),
        Ty::I32 => format!("{flip}(bitcast<u32>({x}) ^ 0x80000000u)"),
        Ty::Bool => format!("{flip}select(0u, 1u, {x})"),
        Ty::F32 => {
            w.uses("sort_key");
            w.uses("m_is_nan");
            // Inverted keys of numbers stay below the one of NaN.
            let inverted = if descending { "0xfffffffeu - " } else { "" };
            format!("select({inverted}sort_key({x}), 0xffffffffu, m_is_nan({x}))")
        }
    }
}

/// Each element's rank inside its block.
fn count(kernel: &Kernel, s: &ArgSortKernel, to: u16, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    key_function(&mut w, s);
    w.plan_single_store(to);
    let (n, k) = (w.size(s.lines * s.k), w.size(s.k));
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {n}) {{ return; }}"));
    w.line(format!("let line = i / {k};"));
    w.line(format!("let k = i % {k};"));
    w.line(format!("let first = k & ~{}u;", BLOCK - 1));
    w.line(format!("let end = min(first + {BLOCK}u, {k});"));
    w.line("let own = key(line, k);");
    w.line("var rank = first;");
    w.open("for (var other = first; other < end; other += 1u)");
    w.line("let there = key(line, other);");
    w.line("rank += select(0u, 1u, (there < own) | ((there == own) & (other < k)));");
    w.close();
    let at = place(&mut w, s, "line", "rank");
    w.line(format!("b{to}[{at}] = i32(k);"));
    w.finish(&size.to_string(), BUILTINS, grid((s.lines * s.k).div_ceil(size as usize), rules))
}

/// Merges runs of `run` elements: an element of the first run stands before equal ones of the second.
fn merge(
    kernel: &Kernel,
    s: &ArgSortKernel,
    run: usize,
    from: u16,
    to: u16,
    rules: &CodegenRules,
    chunk: &Chunk,
) -> Launch {
    let size = workgroup(rules);
    let mut w = Writer::new(kernel, chunk);
    key_function(&mut w, s);
    w.plan_access(from, false);
    w.plan_single_store(to);
    let (n, k, run) = (w.size(s.lines * s.k), w.size(s.k), w.size(run));
    invocation(&mut w, "i", size);
    w.line(format!("if (i >= {n}) {{ return; }}"));
    w.line(format!("let line = i / {k};"));
    w.line(format!("let k = i % {k};"));
    w.line(format!("let pair = k / ({run} * 2u) * ({run} * 2u);"));
    w.line(format!("let middle = min(pair + {run}, {k});"));
    w.line(format!("let end = min(middle + {run}, {k});"));
    w.line("let second = k >= middle;");
    w.line("let first = select(middle, pair, second);");
    w.line("let last = select(end, middle, second);");
    let own = place(&mut w, s, "line", "k");
    w.line(format!("let element = b{from}[{own}];"));
    w.line("let own = key(line, u32(element));");
    w.line("var low = first;");
    w.line("var high = last;");
    w.open("while (low < high)");
    w.line("let probe = (low + high) / 2u;");
    let there = place(&mut w, s, "line", "probe");
    w.line(format!("let there = key(line, u32(b{from}[{there}]));"));
    w.line("let before = (there < own) | (second & (there == own));");
    w.line("low = select(low, probe + 1u, before);");
    w.line("high = select(probe, high, before);");
    w.close();
    w.line("let rank = select(k + low - middle, k - middle + low, second);");
    let at = place(&mut w, s, "line", "rank");
    w.line(format!("b{to}[{at}] = element;"));
    w.finish(&size.to_string(), BUILTINS, grid((s.lines * s.k).div_ceil(size as usize), rules))
}
