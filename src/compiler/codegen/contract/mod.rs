//! Contractions: tiles of the result held in registers, with named accumulators.

mod combine;
mod direct;
mod epilogue;
mod side;
mod tiled;
mod variant;

pub(super) use tiled::loader;
pub use variant::{Form, Variant, shape_class, variants};

use super::digits::Digits;
use super::writer::{Scope, Writer, quad_aligned};
use super::{Chunk, CodegenRules, Launch};
use crate::compiler::kernel::{ContractKernel, Function, Kernel};
use crate::compiler::scalar::{SOp, Ty};

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";
const SHARED_BUILTINS: &str = "@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";
const TILED_BUILTINS: &str = "@builtin(local_invocation_index) lid: u32, @builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

/// Loop variables in the order of [`ContractKernel`].
pub(super) const VARS: [&str; 4] = ["g", "m", "n", "k"];
const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

pub(super) fn write(
    kernel: &Kernel,
    c: &ContractKernel,
    rules: &CodegenRules,
    chunk: &Chunk,
    variant: Option<Variant>,
) -> Vec<Launch> {
    let k = c.sizes[3];
    let variant = variant.unwrap_or_else(|| Variant::usual(c, rules));
    let tiled = variant.form == Form::Workgroup;
    let digits = if tiled { Digits::whole(K, k) } else { side::nest(k, &c.lhs, &c.rhs) };
    let first = if tiled {
        tiled::write(kernel, c, rules, chunk, &digits, variant)
    } else {
        direct::write(kernel, c, rules, chunk, &digits, variant)
    };
    let mut launches = vec![first];
    if let Some(split) = &c.split {
        let (parts, _) = cut(c, &digits);
        launches.push(combine::write(kernel, c, split, parts, rules, chunk));
    }
    launches
}

/// How many parts k is cut into, and which of its digits: the one with most values.
fn cut(c: &ContractKernel, digits: &Digits) -> (usize, Option<(usize, usize)>) {
    let Some(split) = &c.split else { return (1, None) };
    let longest = (0..digits.all.len()).max_by_key(|&d| (digits.all[d].1, d)).unwrap_or(0);
    let size = digits.all[longest].1;
    // Parts of the lowest digit are whole groups of four, and of a staged tile's depth.
    let unit = if longest == 0 { tiled::DEPTH } else { 1 };
    let share = size.div_ceil(split.parts).next_multiple_of(unit);
    (size.div_ceil(share), Some((longest, share)))
}

/// Which variable four loaded elements differ in.
pub(super) fn vector_of(f: &Function, candidates: [u8; 2]) -> Option<u8> {
    let needed = f.body.needed([f.result]);
    let quads = |var: u8| {
        let scope = Scope::quad(&VARS, var, "");
        let loads = f.body.insts.iter().enumerate().filter(|(i, _)| needed[*i]);
        loads
            .filter(|(_, inst)| match &inst.op {
                SOp::Load { index, .. } => quad_aligned(&f.body, index, &scope),
                _ => false,
            })
            .count()
    };
    candidates.into_iter().find(|&v| quads(v) > 0)
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

    /// Takes tile number `t` apart into `g`, `in_group` and, where k is cut, the part of k, `part_first` to `part_end`. Returns the number
    /// of tiles and the digit of k that is cut.
    fn open(
        &self,
        w: &mut Writer<'_>,
        c: &ContractKernel,
        digits: &Digits,
        per_group: usize,
    ) -> (usize, Option<usize>) {
        let (parts, cut) = cut(c, digits);
        let tiles = parts * self.groups * per_group;
        let (all, in_group, per_part) = (w.size(tiles), w.size(per_group), w.size(self.groups * per_group));
        w.line(format!("if (t >= {all}) {{ return; }}"));
        w.line(format!("let g = t % {per_part} / {in_group}{};", self.first_group));
        w.line(format!("let in_group = t % {in_group};"));
        let Some((digit, share)) = cut else { return (tiles, None) };
        let (share, end, groups) = (w.size(share), w.size(digits.all[digit].1), w.size(c.sizes[0]));
        w.line(format!("let pg = t / {per_part} * {groups} + g;"));
        w.line(format!("let part_first = t / {per_part} * {share};"));
        w.line(format!("let part_end = min(part_first + {share}, {end});"));
        (tiles, Some(digit))
    }
}

fn multiply_add(ty: Ty, sum: &str, x: &str, y: &str) -> String {
    match ty {
        Ty::F32 => format!("fma(vec4<f32>({x}), {y}, {sum})"),
        _ => format!("{sum} + {x} * {y}"),
    }
}
