//! Contractions in tiles held in registers: an invocation computes a few rows by a few groups of four columns, with named accumulators.
//!
//! The "direct" form reads both operands straight from memory, neighbouring invocations along the columns. The "tiled" form stages both
//! operands in workgroup memory.

use super::loops::invocation;
use super::writer::{Names, Scope, Writer, quad_aligned};
use super::{Chunk, CodegenRules, Family, Launch, grid};
use crate::compiler::kernel::{ContractKernel, Function, Kernel, Store};
use crate::compiler::scalar::{SVal, Ty};

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";
const TILED_BUILTINS: &str = "@builtin(local_invocation_index) lid: u32, @builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

/// Loop variables in the order of [`ContractKernel`].
pub(super) const VARS: [&str; 4] = ["g", "m", "n", "k"];
const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

pub(super) fn write(kernel: &Kernel, c: &ContractKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let [_, m, n, k] = c.sizes;
    if rules.family == Family::Tiled && m >= 32 && n >= 32 && k >= 16 {
        tiled(kernel, c, rules, chunk)
    } else {
        direct(kernel, c, rules, chunk)
    }
}

/// Which variable four loaded elements differ in.
pub(super) fn vector_of(f: &Function, candidates: [u8; 2]) -> Option<u8> {
    let needed = f.body.needed([f.result]);
    let quads = |var: u8| {
        let scope = Scope::quad(&VARS, var, "");
        let loads = f.body.insts.iter().enumerate().filter(|(i, _)| needed[*i]);
        loads
            .filter(|(_, inst)| match &inst.op {
                crate::compiler::scalar::SOp::Load { index, .. } => quad_aligned(&f.body, index, &scope),
                _ => false,
            })
            .count()
    };
    candidates.into_iter().find(|&v| quads(v) > 0)
}

/// Declares `fn NAME(g, m, k) -> vec4` of four elements along `var`, or one element for no variable.
pub(super) fn loader(
    w: &mut Writer<'_>,
    f: &Function,
    name: &str,
    vars: [u8; 3],
    vector: Option<u8>,
    sizes: &[usize; 4],
) {
    let scope = match vector {
        Some(v) => Scope::quad(&VARS, v, "lanes"),
        None => Scope::single(&VARS),
    };
    let needed = f.body.needed([f.result]);
    let outer = std::mem::take(&mut w.main);
    if let Some(v) = vector {
        let (name, size) = (VARS[v as usize], w.size(sizes[v as usize]));
        w.line(format!(
            "let lanes = min(vec4<u32>({name}) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({size} - 1u));"
        ));
    }
    let mut names = Names::default();
    w.values(&f.body, &needed, &scope, &mut names, "v", &|_| true);
    let result = w.get(&f.body, f.result, vector.is_some(), &names);
    let ty = super::writer::ty_name(f.body.inst(f.result).ty, vector.is_some());
    let text = std::mem::replace(&mut w.main, outer);
    let params: Vec<String> = vars.iter().map(|&v| format!("{}: u32", VARS[v as usize])).collect();
    w.module
        .push_str(&format!("fn {name}({}) -> {ty} {{\n{text}  return {result};\n}}\n", params.join(", ")));
}

/// Decides how the operands' buffers are declared: before any text that reads them.
fn plan_operands(w: &mut Writer<'_>, c: &ContractKernel, lhs: Option<u8>, rhs: Option<u8>) {
    let needed = |f: &Function| f.body.needed([f.result]);
    for (f, vector) in [(&c.lhs, lhs), (&c.rhs, rhs)] {
        if let Some(v) = vector {
            w.plan_loads(&f.body, &needed(f), &Scope::quad(&VARS, v, "lanes"));
        }
    }
    for f in [&c.lhs, &c.rhs] {
        w.plan_rest(&f.body, &needed(f));
    }
}

/// The groups and rows of a chunk: it is cut along groups where there are several, else along rows.
struct Part {
    groups: usize,
    rows: usize,
    first_group: String,
    first_row: String,
    end: String,
}

impl Part {
    fn new(w: &mut Writer<'_>, c: &ContractKernel) -> Self {
        let [g, m, ..] = c.sizes;
        if g > 1 {
            let (first_group, _) = w.outer(g);
            return Part {
                groups: w.share(g),
                rows: m,
                first_group,
                first_row: String::new(),
                end: w.size(m),
            };
        }
        let (first_row, end) = w.outer(m);
        Part { groups: g, rows: w.share(m), first_group: String::new(), first_row, end }
    }
}

/// The tile of one invocation: rows, and groups of four columns.
fn tile(c: &ContractKernel) -> (usize, usize) {
    let [_, m, n, _] = c.sizes;
    let rows = if m >= 8 { 8 } else { 4 };
    let quads = match n.div_ceil(4) {
        0..=8 => 1,
        9..=16 => 2,
        _ if m * n < 32 * 1024 => 2,
        _ => 4,
    };
    (rows, quads)
}

fn acc(r: usize, q: usize) -> String {
    format!("c{r}_{q}")
}

fn direct(kernel: &Kernel, c: &ContractKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let (rows, quads) = tile(c);
    let size = 64;
    let mut w = Writer::new(kernel, chunk);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let one = super::writer::ty_name(ty, false);
    let four = super::writer::ty_name(ty, true);
    // Four at a time along k where memory is, along rows or columns where that is, else element by element along k.
    let (lhs_by, rhs_by) = (vector_of(&c.lhs, [K, M]), vector_of(&c.rhs, [N, K]));
    let lhs_along_m = lhs_by == Some(M);
    let rhs_along_k = rhs_by == Some(K);
    plan_operands(&mut w, c, Some(if lhs_along_m { M } else { K }), Some(if rhs_along_k { K } else { N }));
    let [_, _, ns, ks] = c.sizes;
    let part = Part::new(&mut w, c);
    let scope = Scope::quad(&VARS, N, "nl");
    let needed = c.body.needed(c.stores.iter().map(|s| s.value));
    plan_epilogue(&mut w, c, &needed, &scope);
    loader(&mut w, &c.lhs, "lhs4", [0, M, K], Some(if lhs_along_m { M } else { K }), &c.sizes);
    loader(&mut w, &c.rhs, "rhs4", [0, K, N], Some(if rhs_along_k { K } else { N }), &c.sizes);
    loader(&mut w, &c.lhs, "lhs1", [0, M, K], None, &c.sizes);
    loader(&mut w, &c.rhs, "rhs1", [0, K, N], None, &c.sizes);

    let (row_tiles, column_tiles) = (part.rows.div_ceil(rows), ns.div_ceil(4 * quads));
    let (tiles, columns, per_group) = (
        w.size(part.groups * row_tiles * column_tiles),
        w.size(column_tiles),
        w.size(row_tiles * column_tiles),
    );
    let (m_end, n_end, k_end) = (part.end.clone(), w.size(ns), w.size(ks));
    invocation(&mut w, "t", size);
    w.line(format!("if (t >= {tiles}) {{ return; }}"));
    w.line(format!("let g = t / {per_group}{};", part.first_group));
    w.line(format!("let in_group = t % {per_group};"));
    w.line(format!("let m0 = in_group / {columns} * {rows}u{};", part.first_row));
    w.line(format!("let n0 = in_group % {columns} * {}u;", 4 * quads));
    // Places past the end repeat the last one; they are not stored.
    for r in 0..rows {
        w.line(format!("let m{r}_ = min(m0 + {r}u, {m_end} - 1u);"));
    }
    for q in 0..quads {
        w.line(format!("let n{q}_ = min(n0 + {}u, ({n_end} - 1u) & ~3u);", 4 * q));
    }
    for r in 0..rows {
        for q in 0..quads {
            w.line(format!("var {} = {four}({one}(0));", acc(r, q)));
        }
    }
    w.line("var k = 0u;");
    w.open(format!("for (; k + 4u <= {k_end}; k += 4u)"));
    for r in (0..rows).step_by(if lhs_along_m { 4 } else { 1 }) {
        if lhs_along_m {
            // Four rows of one k: the base must be a multiple of four, which rows are.
            for kk in 0..4 {
                w.line(format!("let a{r}_{kk} = lhs4(g, min(m0 + {r}u, ({m_end} - 1u) & ~3u), k + {kk}u);"));
            }
        } else {
            w.line(format!("let a{r} = lhs4(g, m{r}_, k);"));
        }
    }
    let lhs_element = |r: usize, kk: usize| {
        if lhs_along_m { format!("a{}_{kk}[{}]", r / 4 * 4, r % 4) } else { format!("a{r}[{kk}]") }
    };
    for q in 0..quads {
        if rhs_along_k {
            for l in 0..4 {
                w.line(format!("let w{q}_{l} = rhs4(g, k, min(n{q}_ + {l}u, {n_end} - 1u));"));
            }
        }
        for kk in 0..4 {
            let b = if rhs_along_k {
                format!("{four}(w{q}_0[{kk}], w{q}_1[{kk}], w{q}_2[{kk}], w{q}_3[{kk}])")
            } else {
                format!("rhs4(g, k + {kk}u, n{q}_)")
            };
            w.line(format!("let b{q}_{kk} = {b};"));
            for r in 0..rows {
                let sum = multiply_add(ty, &acc(r, q), &lhs_element(r, kk), &format!("b{q}_{kk}"));
                w.line(format!("{} = {sum};", acc(r, q)));
            }
        }
    }
    w.close();
    // The rest of k, one by one.
    w.open(format!("for (; k < {k_end}; k += 1u)"));
    for r in 0..rows {
        w.line(format!("let a{r} = lhs1(g, m{r}_, k);"));
    }
    for q in 0..quads {
        let lanes: Vec<String> =
            (0..4).map(|l| format!("rhs1(g, k, min(n{q}_ + {l}u, {n_end} - 1u))")).collect();
        w.line(format!("let b{q} = {four}({});", lanes.join(", ")));
        for r in 0..rows {
            let sum = multiply_add(ty, &acc(r, q), &format!("a{r}"), &format!("b{q}"));
            w.line(format!("{} = {sum};", acc(r, q)));
        }
    }
    w.close();
    for r in 0..rows {
        for q in 0..quads {
            w.open(format!("if (m0 + {r}u < {m_end} && n0 + {}u < {n_end})", 4 * q));
            epilogue(
                &mut w,
                c,
                &needed,
                &scope,
                &format!("m0 + {r}u"),
                &format!("n0 + {}u", 4 * q),
                &acc(r, q),
                &n_end,
            );
            w.close();
        }
    }
    w.finish(
        &size.to_string(),
        BUILTINS,
        grid((part.groups * row_tiles * column_tiles).div_ceil(size as usize), rules),
    )
}

fn multiply_add(ty: Ty, sum: &str, x: &str, y: &str) -> String {
    match ty {
        Ty::F32 => format!("fma(vec4<f32>({x}), {y}, {sum})"),
        _ => format!("{sum} + {x} * {y}"),
    }
}

/// Whether every store is of four aligned columns.
fn stores_quads(c: &ContractKernel, scope: &Scope) -> bool {
    c.sizes[2].is_multiple_of(4) && c.stores.iter().all(|s| quad_aligned(&c.body, &s.index, scope))
}

fn plan_epilogue(w: &mut Writer<'_>, c: &ContractKernel, needed: &[bool], scope: &Scope) {
    if stores_quads(c, scope) {
        w.plan_loads(&c.body, needed, scope);
        c.stores.iter().for_each(|s| w.plan_store(&c.body, s, scope));
    } else {
        w.plan_loads(&c.body, needed, &Scope::single(&VARS));
        c.stores.iter().for_each(|s| w.plan_single_store(s.buffer));
    }
}

/// Stores one group of four columns: together where memory allows it, else one by one as far as there are columns.
#[expect(clippy::too_many_arguments, reason = "a place, its sum and where it goes")]
fn epilogue(
    w: &mut Writer<'_>,
    c: &ContractKernel,
    needed: &[bool],
    scope: &Scope,
    m: &str,
    n: &str,
    acc: &str,
    n_end: &str,
) {
    w.line(format!("let m = {m};"));
    let accumulators: Vec<SVal> = (0..c.body.insts.len())
        .filter(|&k| c.body.insts[k].op == crate::compiler::scalar::SOp::Accumulator)
        .map(|k| SVal(k as u32))
        .collect();
    let mut names = Names::default();
    if stores_quads(c, scope) {
        w.line(format!("let n = {n};"));
        w.line("let nl = vec4<u32>(n) + vec4<u32>(0u, 1u, 2u, 3u);");
        accumulators.iter().for_each(|&v| names.set(v, acc, true));
        w.values(&c.body, needed, scope, &mut names, "e", &|_| true);
        for s in &c.stores {
            w.store(&c.body, s, scope, &names);
        }
        return;
    }
    w.open(format!("for (var l = 0u; l < min(4u, {n_end} - ({n})); l += 1u)"));
    w.line(format!("let n = {n} + l;"));
    // A chain of selections: indexing a vector by a variable keeps it in memory on some compilers.
    w.line(format!(
        "let acc = select(select({acc}.x, {acc}.y, l == 1u), select({acc}.z, {acc}.w, l == 3u), l >= 2u);"
    ));
    let single = Scope::single(&VARS);
    accumulators.iter().for_each(|&v| names.set(v, "acc", false));
    w.values(&c.body, needed, &single, &mut names, "e", &|_| true);
    for s in &c.stores {
        let s = Store { ..s.clone() };
        w.store(&c.body, &s, &single, &names);
    }
    w.close();
}

/// Depth of a staged tile.
const DEPTH: usize = 16;

/// 64 x 64 results a workgroup of 16 x 16 invocations, 4 x 4 each; tiles of both operands in workgroup memory.
fn tiled(kernel: &Kernel, c: &ContractKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let (side, rows) = (64, 4);
    let size = 256.min(rules.max_invocations as usize);
    let across = 16;
    let down = size / across;
    let tile_m = down * rows;
    let mut w = Writer::new(kernel, chunk);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let (one, four) = (super::writer::ty_name(ty, false), super::writer::ty_name(ty, true));
    plan_operands(&mut w, c, None, None);
    let [_, _, ns, ks] = c.sizes;
    let part = Part::new(&mut w, c);
    let scope = Scope::quad(&VARS, N, "nl");
    let needed = c.body.needed(c.stores.iter().map(|s| s.value));
    plan_epilogue(&mut w, c, &needed, &scope);
    loader(&mut w, &c.lhs, "lhs1", [0, M, K], None, &c.sizes);
    loader(&mut w, &c.rhs, "rhs1", [0, K, N], None, &c.sizes);
    let (row_tiles, column_tiles) = (part.rows.div_ceil(tile_m), ns.div_ceil(side));
    let (columns, per_group, tiles) = (
        w.size(column_tiles),
        w.size(row_tiles * column_tiles),
        w.size(part.groups * row_tiles * column_tiles),
    );
    let (m_end, n_end, k_end) = (part.end.clone(), w.size(ns), w.size(ks));
    w.module.push_str(&format!("var<workgroup> tile_a: array<{one}, {}>;\n", DEPTH * tile_m));
    w.module.push_str(&format!("var<workgroup> tile_b: array<{four}, {}>;\n", DEPTH * side / 4));
    w.line("let t = wid.x + wid.y * groups.x;");
    w.line(format!("if (t >= {tiles}) {{ return; }}"));
    w.line(format!("let g = t / {per_group}{};", part.first_group));
    w.line(format!("let in_group = t % {per_group};"));
    w.line(format!("let tm = in_group / {columns} * {tile_m}u{};", part.first_row));
    w.line(format!("let tn = in_group % {columns} * {side}u;"));
    w.line(format!("let row = lid / {across}u * {rows}u;"));
    w.line(format!("let column = lid % {across}u;"));
    for r in 0..rows {
        w.line(format!("var {} = {four}({one}(0));", acc(r, 0)));
    }
    w.open(format!("for (var k0 = 0u; k0 < {k_end}; k0 += {DEPTH}u)"));
    w.open(format!("for (var i = lid; i < {}u; i += {size}u)", DEPTH * tile_m));
    w.line(format!("let k = k0 + i % {DEPTH}u;"));
    w.line(format!("let m = tm + i / {DEPTH}u;"));
    w.line(format!("var x = {one}(0);"));
    w.line(format!("if (k < {k_end} && m < {m_end}) {{ x = lhs1(g, m, k); }}"));
    w.line(format!("tile_a[i % {DEPTH}u * {tile_m}u + i / {DEPTH}u] = x;"));
    w.close();
    w.open(format!("for (var i = lid; i < {}u; i += {size}u)", DEPTH * side / 4));
    w.line(format!("let k = k0 + i / {}u;", side / 4));
    w.line(format!("let n = tn + i % {}u * 4u;", side / 4));
    w.line(format!("var x = {four}({one}(0));"));
    w.open(format!("if (k < {k_end})"));
    for l in 0..4 {
        w.line(format!("if (n + {l}u < {n_end}) {{ x[{l}] = rhs1(g, k, n + {l}u); }}"));
    }
    w.close();
    w.line("tile_b[i] = x;");
    w.close();
    w.line("workgroupBarrier();");
    for kk in 0..DEPTH {
        w.line(format!("let b{kk} = tile_b[{}u + column];", kk * side / 4));
        for r in 0..rows {
            let a = format!("tile_a[{}u + row + {r}u]", kk * tile_m);
            let sum = multiply_add(ty, &acc(r, 0), &a, &format!("b{kk}"));
            w.line(format!("{} = {sum};", acc(r, 0)));
        }
    }
    w.line("workgroupBarrier();");
    w.close();
    for r in 0..rows {
        w.open(format!("if (tm + row + {r}u < {m_end} && tn + column * 4u < {n_end})"));
        epilogue(
            &mut w,
            c,
            &needed,
            &scope,
            &format!("tm + row + {r}u"),
            "tn + column * 4u",
            &acc(r, 0),
            &n_end,
        );
        w.close();
    }
    w.finish(&size.to_string(), TILED_BUILTINS, grid(part.groups * row_tiles * column_tiles, rules))
}
