//! Contractions whose operands are staged in workgroup memory, for GPUs.

use super::digits::Digits;
use super::epilogue::{Epilogue, acc};
use super::{K, M, N, Part, TILED_BUILTINS, VARS, multiply_add, plan_operands};
use crate::compiler::codegen::writer::{Names, Scope, Writer, ty_name};
use crate::compiler::codegen::{Chunk, CodegenRules, Launch, grid};
use crate::compiler::kernel::{ContractKernel, Function, Kernel};

/// Depth of a staged tile.
pub(super) const DEPTH: usize = 16;

/// 64 x 64 results a workgroup of 16 x 16 invocations, 4 x 4 each; tiles of both operands in workgroup memory.
pub(super) fn write(
    kernel: &Kernel,
    c: &ContractKernel,
    rules: &CodegenRules,
    chunk: &Chunk,
    digits: &Digits,
) -> Launch {
    let (side, rows) = (64, 4);
    let size = 256.min(rules.max_invocations as usize);
    let across = 16;
    let down = size / across;
    let tile_m = down * rows;
    let mut w = Writer::new(kernel, chunk);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let (one, four) = (ty_name(ty, false), ty_name(ty, true));
    plan_operands(&mut w, c, None, None);
    let [_, _, ns, ks] = c.sizes;
    let part = Part::new(&mut w, c);
    let epilogue = Epilogue::new(&mut w, c);
    loader(&mut w, &c.lhs, "lhs1", [0, M, K], None, &c.sizes);
    loader(&mut w, &c.rhs, "rhs1", [0, K, N], None, &c.sizes);
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
    w.line(format!("let row = lid / {across}u * {rows}u;"));
    w.line(format!("let column = lid % {across}u;"));
    for r in 0..rows {
        w.line(format!("var {} = {four}({one}(0));", acc(r, 0)));
    }
    w.open(format!("for (var k0 = {k_first}; k0 < {k_end}; k0 += {DEPTH}u)"));
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
        epilogue.write(&mut w, &format!("tm + row + {r}u"), "tn + column * 4u", &acc(r, 0), &n_end);
        w.close();
    }
    w.finish(&size.to_string(), TILED_BUILTINS, grid(tiles, rules))
}

/// Declares `fn NAME(g, m, k) -> vec4` of four elements along `var`, or one element for no variable.
fn loader(
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

