//! Attention in one pass over the keys, its adjoints in one pass over keys and one over queries: no matrix of scores is stored. Neighbouring
//! invocations are neighbouring queries (or keys), which read the same keys (or queries).

mod adjoint;
mod blocked;
mod sides;
mod values;

use self::sides::Sides;
use super::contract::VARS;
use super::writer::{Names, Scope, Writer, quad_aligned};
use super::{Chunk, CodegenRules, Family, Launch};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, AttentionResults, Function, Kernel, Store};
use crate::compiler::scalar::{Body, SInst, SOp, SVal, Ty};

const BUILTINS: &str =
    "@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>";

const G: u8 = 0;
const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

/// Below all scores that count, and finite: what is scaled down from it is scaled by 0.
const LOWEST: &str = "-3.4028234e38f";

/// Places of four neighbours from the first one on.
const FOUR: &str = "vec4<u32>(0u, 1u, 2u, 3u)";

pub(super) fn write(kernel: &Kernel, a: &AttentionKernel, rules: &CodegenRules, chunk: &Chunk) -> Launch {
    let sides = Sides::new(a);
    match &a.results {
        _ if rules.family == Family::Direct && blocked::suits(a, &sides) => {
            blocked::write(kernel, a, sides, rules, chunk)
        }
        AttentionResults::Values { out } => values::write(kernel, a, out, rules, chunk),
        _ => adjoint::write(kernel, a, sides, rules, chunk),
    }
}

/// Declares how a function's buffers are read, four elements at a time along `vector` where they lie so.
fn plan_function(w: &mut Writer<'_>, f: &Function, vector: u8) {
    w.plan_loads(&f.body, &f.body.needed([f.result]), &Scope::quad(&VARS, vector, "lanes"));
}

/// A program of one value that is given.
fn result() -> Body {
    let given = SInst { op: SOp::Accumulator, args: [].into_iter().collect(), ty: Ty::F32, vars: 0b1111 };
    Body { insts: vec![given] }
}

fn store((buffer, index): &(u16, Index)) -> Store {
    Store { buffer: *buffer, index: index.clone(), value: SVal(0) }
}

/// A result of `width` features at (g, m, k) or (g, n, k).
#[derive(Clone, Copy)]
struct Out<'a> {
    target: &'a (u16, Index),
    width: usize,
}

impl Out<'_> {
    /// What stands in it.
    fn as_function(&self) -> Function {
        let (buffer, index) = self.target.clone();
        let op = SOp::Load { buffer, index, mask: None };
        let given = SInst { op, args: [].into_iter().collect(), ty: Ty::F32, vars: 0b1111 };
        Function { body: Body { insts: vec![given] }, result: SVal(0) }
    }

    /// Whether it is stored in whole groups of four.
    fn in_quads(&self) -> bool {
        let scope = Scope::quad(&VARS, K, "kl");
        self.width.is_multiple_of(4) && quad_aligned(&result(), &self.target.1, &scope)
    }

    fn plan(&self, w: &mut Writer<'_>) {
        if self.in_quads() {
            w.plan_store(&result(), &store(self.target), &Scope::quad(&VARS, K, "kl"));
        } else {
            w.plan_single_store(self.target.0);
        }
    }

    /// Stores the four features from `at` on, whose values are those of `four`; `end` is the text of the width.
    fn write(&self, w: &mut Writer<'_>, at: &str, four: &str, end: &str) {
        let (body, s) = (result(), store(self.target));
        let mut names = Names::default();
        w.open(format!("if ({at} < {end})"));
        if self.in_quads() {
            w.line(format!("let k = {at};"));
            w.line(format!("let kl = vec4<u32>(k) + {FOUR};"));
            names.set(SVal(0), four, true);
            w.store(&body, &s, &Scope::quad(&VARS, K, "kl"), &names);
        } else {
            for l in 0..4 {
                w.open(format!("if ({at} + {l}u < {end})"));
                w.line(format!("let k = {at} + {l}u;"));
                names.set(SVal(0), format!("{four}[{l}]"), false);
                w.store(&body, &s, &Scope::single(&VARS), &names);
                w.close();
            }
        }
        w.close();
    }
}

/// The sum of a vector's elements.
fn sum_of(v: &str) -> String {
    format!("({v}.x + {v}.y) + ({v}.z + {v}.w)")
}

/// A call of the exponential function.
fn exp(w: &mut Writer<'_>, x: &str, wide: bool) -> String {
    w.call("m_exp", &[x.to_string()], Ty::F32, Ty::F32, wide)
}
