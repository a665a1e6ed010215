//! Contractions without workgroup memory: an invocation keeps a tile of the result in registers and reads both operands from memory.
//!
//! Reading costs far more than multiplying on software adapters. Where such an adapter has subgroups of a known size, the invocations of a
//! subgroup work on the same rows, each reads other ones of them, and they broadcast what they have read.

use super::epilogue::{Epilogue, acc};
use super::side::Side;
use super::variant::{Form, Variant};
use super::{BUILTINS, K, M, N, Part, SHARED_BUILTINS, multiply_add, plan_operands, vector_of};
use crate::compiler::codegen::digits::Digits;
use crate::compiler::codegen::loops::{invocation, workgroup};
use crate::compiler::codegen::writer::{Writer, ty_name};
use crate::compiler::codegen::{Chunk, CodegenRules, Family, Launch, grid};
use crate::compiler::kernel::{ContractKernel, Kernel};
use crate::compiler::scalar::Ty;

/// Digits with up to so many values are structure, and loops over the lowest of them are written out.
const UNROLLED: usize = 7;

/// The tile of an invocation: rows, and groups of four columns; and how many invocations share their rows.
#[derive(Clone, Copy)]
struct Tile {
    rows: usize,
    quads: usize,
    shared: usize,
}

/// One kernel under construction.
struct Direct<'a, 'k> {
    w: Writer<'k>,
    ty: Ty,
    tile: Tile,
    nest: &'a Digits,
    lhs: Side<'a>,
    rhs: Side<'a>,
    /// Names of the digits of k, outermost first, in loops that are open.
    digits: Vec<String>,
}

pub(super) fn write(
    kernel: &Kernel,
    c: &ContractKernel,
    rules: &CodegenRules,
    chunk: &Chunk,
    nest: &Digits,
    variant: Variant,
) -> Launch {
    let (lhs_by, rhs_by) = (vector_of(&c.lhs, [K, M]), vector_of(&c.rhs, [N, K]));
    let shared = if variant.form == Form::Broadcast { rules.subgroup as usize } else { 1 };
    let tile = Tile { rows: variant.rows.into(), quads: variant.quads.into(), shared };
    let mut w = Writer::new(kernel, chunk);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let rhs_by = rhs_by.or(Some(N));
    plan_operands(&mut w, c, lhs_by, rhs_by);
    let [_, _, ns, _] = c.sizes;
    let epilogue = Epilogue::new(&mut w, c);
    let part = Part::new(&mut w, c);
    let width = 4 * tile.quads * tile.shared;
    let (row_tiles, column_tiles) = (part.rows.div_ceil(tile.rows), ns.div_ceil(width));
    let columns = w.size(column_tiles);
    let (m_end, n_end) = (part.end.clone(), w.size(ns));
    let size = if tile.shared > 1 {
        w.line("let t = wid.x + wid.y * groups.x;");
        tile.shared as u32
    } else {
        let size = if rules.family == Family::Direct { 8 } else { workgroup(rules) };
        invocation(&mut w, "t", size);
        size
    };
    let (tiles, cut) = part.open(&mut w, c, nest, row_tiles * column_tiles);
    w.line(format!("let m0 = in_group / {columns} * {}u{};", tile.rows, part.first_row));
    let lane = if tile.shared > 1 { " + lane * 4u" } else { "" };
    w.line(format!("let n0 = in_group % {columns} * {width}u{lane};"));

    let mut lhs = Side::new(&mut w, &c.lhs, "a", (M, c.sizes[1]), lhs_by, nest);
    let mut rhs = Side::new(&mut w, &c.rhs, "b", (N, ns), rhs_by, nest);
    let by4 = if lhs_by == Some(M) { 4 } else { 1 };
    if tile.shared > 1 {
        let loads = (tile.rows / by4).div_ceil(tile.shared);
        let lane = match (tile.rows / by4 / loads, by4) {
            (n, 4) => format!("lane % {n}u * 4u"),
            (n, _) => format!("lane % {n}u"),
        };
        for l in 0..loads {
            let first = format!("m0 + {}u + {lane}", l * tile.rows / loads);
            lhs.rows(&mut w, &first, 1, by4, &m_end);
        }
    } else {
        lhs.rows(&mut w, "m0", tile.rows / by4, by4, &m_end);
    }
    for q in 0..tile.quads {
        let first = format!("n0 + {}u", 4 * q * tile.shared);
        if rhs_by == Some(K) {
            for l in 0..4 {
                let name = format!("n{q}_{l}");
                w.line(format!("let {name} = min({first} + {l}u, {n_end} - 1u);"));
                rhs.column(&mut w, name, None);
            }
        } else {
            let name = format!("n{q}_");
            w.line(format!("let {name} = min({first}, ({n_end} - 1u) & ~3u);"));
            w.line(format!(
                "let {name}l = min(vec4<u32>({name}) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({n_end} - 1u));"
            ));
            let lanes = format!("{name}l");
            rhs.column(&mut w, name, Some(lanes));
        }
    }
    let (one, four) = (ty_name(ty, false), ty_name(ty, true));
    for r in 0..tile.rows {
        for q in 0..tile.quads {
            w.line(format!("var {} = {four}({one}(0));", acc(r, q)));
        }
    }
    let mut this = Direct { w, ty, tile, nest, lhs, rhs, digits: vec![] };
    this.loops(cut);
    let Direct { mut w, .. } = this;
    let column = |q: usize| format!("n0 + {}u", 4 * q * tile.shared);
    // Drivers take seconds over many copies of a long program: the row whose sums are stored is chosen in a loop.
    w.open(format!("for (var r = 0u; r < min({}u, {m_end} - m0); r += 1u)", tile.rows));
    for q in 0..tile.quads {
        w.line(format!("var s{q} = {};", acc(0, q)));
        for r in 1..tile.rows {
            w.line(format!("s{q} = select(s{q}, {}, r == {r}u);", acc(r, q)));
        }
        w.open(format!("if ({} < {n_end})", column(q)));
        epilogue.write(&mut w, "m0 + r", &column(q), &format!("s{q}"), &n_end);
        w.close();
    }
    w.close();
    if tile.shared > 1 {
        w.finish(&size.to_string(), SHARED_BUILTINS, grid(tiles, rules))
    } else {
        w.finish(&size.to_string(), BUILTINS, grid(tiles.div_ceil(size as usize), rules))
    }
}

impl Direct<'_, '_> {
    /// The loops over the digits of k, outermost first. The digit number `cut` (lowest first) runs over this invocation's part only.
    fn loops(&mut self, cut: Option<usize>) {
        let count = self.nest.all.len();
        for level in 1..count {
            let d = count - level;
            let (name, (first, end)) = (format!("k{level}"), self.range(d, cut));
            self.w.open(format!("for (var {name} = {first}; {name} < {end}; {name} += 1u)"));
            self.digits.push(name);
            self.lhs.enter(&mut self.w, level, &self.digits);
            self.rhs.enter(&mut self.w, level, &self.digits);
        }
        self.innermost(cut);
        for _ in 1..count {
            self.digits.pop();
            self.w.close();
        }
    }

    /// First value and end of a digit.
    fn range(&mut self, d: usize, cut: Option<usize>) -> (String, String) {
        if cut == Some(d) {
            return ("part_first".into(), "part_end".into());
        }
        let size = self.nest.all[d].1;
        ("0u".into(), if size <= UNROLLED { format!("{size}u") } else { self.w.size(size) })
    }

    fn innermost(&mut self, cut: Option<usize>) {
        let size = self.nest.all[0].1;
        let by_four = self.lhs.vector == Some(K) || self.rhs.vector == Some(K);
        if !by_four && size <= UNROLLED && cut != Some(0) {
            for k in 0..size {
                self.digits.push(format!("{k}u"));
                self.single(k);
                self.digits.pop();
            }
            return;
        }
        let (first, end) = self.range(0, cut);
        self.w.line(format!("var k = {first};"));
        if by_four {
            self.w.open(format!("for (; k + 4u <= {end}; k += 4u)"));
            self.four();
            self.w.close();
            if size.is_multiple_of(4) {
                return;
            }
        }
        self.w.open(format!("for (; k < {end}; k += 1u)"));
        self.digits.push("k".into());
        self.single(0);
        self.digits.pop();
        self.w.close();
    }

    /// Elements of the left operand for every row, at element `kk` of the four of a step where `at` has four.
    fn rows(&mut self, step: usize, at: &[String]) {
        let shared = self.tile.shared;
        let by4 = if self.lhs.vector == Some(M) { 4 } else { 1 };
        for r in 0..self.tile.rows {
            let text = if shared == 1 {
                let text = &at[r / by4];
                if by4 == 4 { format!("{text}[{}]", r % 4) } else { text.clone() }
            } else {
                let each = self.tile.rows / at.len();
                let (text, from) = (&at[r / each], r % each / by4);
                let text = if by4 == 4 { format!("{text}[{}]", r % 4) } else { text.clone() };
                format!("subgroupBroadcast({text}, {from}u)")
            };
            self.w.line(format!("let x{r}_{step} = {text};"));
        }
    }

    /// One k.
    fn single(&mut self, step: usize) {
        let digits = self.digits.clone();
        let a = self.lhs.step(&mut self.w, step, &digits, false);
        self.rows(step, &a);
        let b = self.rhs.step(&mut self.w, step, &digits, false);
        let four = ty_name(self.ty, true);
        let columns = self.rhs.vector == Some(K);
        for q in 0..self.tile.quads {
            let text =
                if columns { format!("{four}({})", b[4 * q..4 * q + 4].join(", ")) } else { b[q].clone() };
            self.w.line(format!("let y{q}_{step} = {text};"));
            for r in 0..self.tile.rows {
                let sum = multiply_add(self.ty, &acc(r, q), &format!("x{r}_{step}"), &format!("y{q}_{step}"));
                self.w.line(format!("{} = {sum};", acc(r, q)));
            }
        }
    }

    /// Four neighbouring k.
    fn four(&mut self) {
        let mut digits = self.digits.clone();
        digits.push("k".into());
        let at = |kk: usize| {
            let mut digits = self.digits.clone();
            digits.push(if kk == 0 { "k".to_string() } else { format!("(k + {kk}u)") });
            digits
        };
        let steps: Vec<Vec<String>> = (0..4).map(at).collect();
        let wide = self.lhs.vector == Some(K);
        if wide {
            let a = self.lhs.step(&mut self.w, 4, &digits, true);
            self.rows(4, &a);
        }
        let columns = self.rhs.vector == Some(K);
        let b = if columns { self.rhs.step(&mut self.w, 4, &digits, true) } else { vec![] };
        let four = ty_name(self.ty, true);
        for (kk, digits) in steps.iter().enumerate() {
            if !wide {
                let a = self.lhs.step(&mut self.w, kk, digits, false);
                self.rows(kk, &a);
            }
            let each = if columns { vec![] } else { self.rhs.step(&mut self.w, kk, digits, false) };
            for q in 0..self.tile.quads {
                let text = if columns {
                    let lanes: Vec<String> = (0..4).map(|l| format!("{}[{kk}]", b[4 * q + l])).collect();
                    format!("{four}({})", lanes.join(", "))
                } else {
                    each[q].clone()
                };
                self.w.line(format!("let y{q}_{kk} = {text};"));
                for r in 0..self.tile.rows {
                    let x = if wide { format!("x{r}_4[{kk}]") } else { format!("x{r}_{kk}") };
                    let sum = multiply_add(self.ty, &acc(r, q), &x, &format!("y{q}_{kk}"));
                    self.w.line(format!("{} = {sum};", acc(r, q)));
                }
            }
        }
    }
}
