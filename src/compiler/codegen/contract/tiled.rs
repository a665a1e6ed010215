//! Contractions whose operands are staged in workgroup memory, for GPUs.

use super::epilogue::{Epilogue, acc};
use super::variant::Variant;
use super::{K, M, N, Part, TILED_BUILTINS, VARS, multiply_add, plan_operands, vector_of};
use crate::compiler::codegen::digits::Digits;
use crate::compiler::codegen::writer::{Names, Scope, Writer, ty_name};
use crate::compiler::codegen::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{ContractKernel, Function, Kernel};

/// Depth of a staged tile.
pub(super) const DEPTH: usize = 16;

/// Invocations of a workgroup along the columns.
const ACROSS: usize = 16;

/// Rows and columns of a workgroup's tile, and its invocations.
fn tile(v: Variant, rules: &CodegenRules) -> (usize, usize, usize) {
    let size = 256.min(rules.max_invocations as usize);
    (size / ACROSS * usize::from(v.rows), ACROSS * 4 * usize::from(v.quads), size)
}

/// Bytes of workgroup memory.
pub(super) fn memory(v: Variant, rules: &CodegenRules) -> u32 {
    let (rows, columns, _) = tile(v, rules);
    (DEPTH * (rows + columns) * 4) as u32
}

pub(super) fn write(
    kernel: &Kernel,
    c: &ContractKernel,
    rules: &CodegenRules,
    chunk: &Chunk,
    digits: &Digits,
    variant: Variant,
) -> Launch {
    let (tile_m, side, size) = tile(variant, rules);
    let (rows, quads) = (usize::from(variant.rows), usize::from(variant.quads));
    let mut w = Writer::new(kernel, chunk);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let (one, four) = (ty_name(ty, false), ty_name(ty, true));
    let [_, ms, ns, ks] = c.sizes;
    // Whole groups of four only: their ends are tested once.
    let lhs_by = vector_of(&c.lhs, [K, M]).filter(|&v| c.sizes[v as usize].is_multiple_of(4));
    let rhs_by = vector_of(&c.rhs, [N, N]).filter(|_| ns.is_multiple_of(4));
    plan_operands(&mut w, c, lhs_by, rhs_by);
    let part = Part::new(&mut w, c);
    let lhs_by = lhs_by.filter(|&v| v == K || (part.rows == ms && ms.is_multiple_of(4)));
    let epilogue = Epilogue::new(&mut w, c);
    loader(&mut w, &c.lhs, "lhs_at", [0, M, K], lhs_by, &c.sizes);
    loader(&mut w, &c.rhs, "rhs_at", [0, K, N], rhs_by, &c.sizes);
    let (row_tiles, column_tiles) = (part.rows.div_ceil(tile_m), ns.div_ceil(side));
    let columns = w.size(column_tiles);
    let (m_end, n_end, k_end) = (part.end.clone(), w.size(ns), w.size(ks));
    w.module.push_str(&format!("var<workgroup> tile_a: array<{one}, {}>;\n", DEPTH * tile_m));
    w.module.push_str(&format!("var<workgroup> tile_b: array<{four}, {}>;\n", DEPTH * side / 4));
    w.line("let t = wid.x + wid.y * groups.x;");
    let (tiles, cut) = part.open(&mut w, c, digits, row_tiles * column_tiles);
    let (k_first, k_end) = if cut.is_some() { ("part_first", "part_end".to_string()) } else { ("0u", k_end) };
    w.line(format!("let tm = in_group / {columns} * {tile_m}u{};", part.first_row));
    w.line(format!("let tn = in_group % {columns} * {side}u;"));
    w.line(format!("let row = lid / {ACROSS}u * {rows}u;"));
    w.line(format!("let column = lid % {ACROSS}u;"));
    for r in 0..rows {
        for q in 0..quads {
            w.line(format!("var {} = {four}({one}(0));", acc(r, q)));
        }
    }
    w.open(format!("for (var k0 = {k_first}; k0 < {k_end}; k0 += {DEPTH}u)"));
    let (in_k, in_m) = match lhs_by {
        Some(K) => (4, 1),
        Some(_) => (1, 4),
        None => (1, 1),
    };
    let (deep, wide) = (DEPTH / in_k, tile_m / in_m);
    w.open(format!("for (var i = lid; i < {}u; i += {size}u)", deep * wide));
    // Neighbours read neighbouring memory: along rows where four rows are read together, else along k.
    let (at_k, at_m) = if in_m == 4 {
        (format!("i / {wide}u"), format!("i % {wide}u * 4u"))
    } else {
        (format!("i % {deep}u * {in_k}u"), format!("i / {deep}u"))
    };
    w.line(format!("let ik = {at_k};"));
    w.line(format!("let im = {at_m};"));
    let ty_a = if lhs_by.is_some() { four } else { one };
    w.line(format!("var x = {ty_a}({one}(0));"));
    w.line(format!("if (k0 + ik < {k_end} && tm + im < {m_end}) {{ x = lhs_at(g, tm + im, k0 + ik); }}"));
    match lhs_by {
        None => w.line(format!("tile_a[ik * {tile_m}u + im] = x;")),
        Some(v) => {
            let step = if v == K { tile_m } else { 1 };
            for l in 0..4 {
                w.line(format!("tile_a[ik * {tile_m}u + im + {}u] = x[{l}];", l * step));
            }
        }
    }
    w.close();
    w.open(format!("for (var i = lid; i < {}u; i += {size}u)", DEPTH * side / 4));
    w.line(format!("let k = k0 + i / {}u;", side / 4));
    w.line(format!("let n = tn + i % {}u * 4u;", side / 4));
    w.line(format!("var x = {four}({one}(0));"));
    w.open(format!("if (k < {k_end})"));
    if rhs_by.is_some() {
        w.line(format!("if (n < {n_end}) {{ x = rhs_at(g, k, n); }}"));
    } else {
        for l in 0..4 {
            w.line(format!("if (n + {l}u < {n_end}) {{ x[{l}] = rhs_at(g, k, n + {l}u); }}"));
        }
    }
    w.close();
    w.line("tile_b[i] = x;");
    w.close();
    w.line("workgroupBarrier();");
    for kk in 0..DEPTH {
        for q in 0..quads {
            w.line(format!("let b{kk}_{q} = tile_b[{}u + column];", kk * side / 4 + q * ACROSS));
        }
        for r in 0..rows {
            w.line(format!("let a{kk}_{r} = tile_a[{}u + row + {r}u];", kk * tile_m));
            for q in 0..quads {
                let sum = multiply_add(ty, &acc(r, q), &format!("a{kk}_{r}"), &format!("b{kk}_{q}"));
                w.line(format!("{} = {sum};", acc(r, q)));
            }
        }
    }
    w.line("workgroupBarrier();");
    w.close();
    for r in 0..rows {
        for q in 0..quads {
            let n = format!("tn + (column + {}u) * 4u", q * ACROSS);
            w.open(format!("if (tm + row + {r}u < {m_end} && {n} < {n_end})"));
            epilogue.write(&mut w, &format!("tm + row + {r}u"), &n, &acc(r, q), &n_end);
            w.close();
        }
    }
    w.finish(&size.to_string(), TILED_BUILTINS, grid(tiles, rules))
}

/// Declares `fn NAME(g, m, k) -> vec4` of four elements along `var`, or one element for no variable.
pub(in crate::compiler::codegen) fn loader(
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
    let ty = ty_name(f.body.inst(f.result).ty, vector.is_some());
    let text = std::mem::replace(&mut w.main, outer);
    let params: Vec<String> = vars.iter().map(|&v| format!("{}: u32", VARS[v as usize])).collect();
    w.module
        .push_str(&format!("fn {name}({}) -> {ty} {{\n{text}  return {result};\n}}\n", params.join(", ")));
}
