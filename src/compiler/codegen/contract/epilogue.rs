//! What happens to finished sums: the fused program and its stores, or a store into scratch memory where k is cut into parts.

use super::{M, N, VARS};
use crate::compiler::codegen::writer::{Names, Scope, Writer, quad_aligned};
use crate::compiler::index::Index;
use crate::compiler::kernel::{ContractKernel, Store};
use crate::compiler::scalar::{Body, SInst, SOp, SVal};
use crate::shape::Shape;

/// The program from sums to what is stored.
pub(super) struct Epilogue {
    body: Body,
    stores: Vec<Store>,
    needed: Vec<bool>,
    scope: Scope,
    /// Whether every store is of four aligned columns.
    quads: bool,
}

pub(super) fn acc(r: usize, q: usize) -> String {
    format!("c{r}_{q}")
}

/// The place of a part's sum in scratch memory: loop variable 0 is the part and the group.
pub(super) fn partial(c: &ContractKernel, parts: usize) -> Index {
    let [g, m, n, _] = c.sizes;
    let at = [Index::var(0, parts * g), Index::var(M, m), Index::var(N, n)];
    Index::ravel(&at, &Shape::from([parts * g, m, n]))
}

impl Epilogue {
    /// The kernel's own, or the store of a part's sums.
    pub(super) fn new(w: &mut Writer<'_>, c: &ContractKernel) -> Self {
        let Some(split) = &c.split else { return Self::last(w, c) };
        let ty = c.lhs.body.inst(c.lhs.result).ty;
        let insts = vec![SInst { op: SOp::Accumulator, args: Default::default(), ty, vars: 0b111 }];
        let store = Store { buffer: split.scratch, index: partial(c, split.parts), value: SVal(0) };
        Self::of(w, c, Body { insts }, vec![store], "pg")
    }

    /// The kernel's own.
    pub(super) fn last(w: &mut Writer<'_>, c: &ContractKernel) -> Self {
        Self::of(w, c, c.body.clone(), c.stores.clone(), "g")
    }

    fn of(w: &mut Writer<'_>, c: &ContractKernel, body: Body, stores: Vec<Store>, group: &str) -> Self {
        let needed = body.needed(stores.iter().map(|s| s.value));
        let mut vars = VARS;
        vars[0] = group;
        let scope = Scope::quad(&vars, N, "nl");
        let quads =
            c.sizes[2].is_multiple_of(4) && stores.iter().all(|s| quad_aligned(&body, &s.index, &scope));
        if quads {
            w.plan_loads(&body, &needed, &scope);
            stores.iter().for_each(|s| w.plan_store(&body, s, &scope));
        } else {
            w.plan_loads(&body, &needed, &Scope::single(&vars));
            stores.iter().for_each(|s| w.plan_single_store(s.buffer));
        }
        Epilogue { body, stores, needed, scope, quads }
    }

    /// Stores one group of four columns: together where memory allows it, else one by one as far as there are columns.
    pub(super) fn write(&self, w: &mut Writer<'_>, m: &str, n: &str, acc: &str, n_end: &str) {
        let body = &self.body;
        w.line(format!("let m = {m};"));
        let accumulators: Vec<SVal> = (0..body.insts.len())
            .filter(|&k| body.insts[k].op == SOp::Accumulator)
            .map(|k| SVal(k as u32))
            .collect();
        let mut names = Names::default();
        if self.quads {
            w.line(format!("let n = {n};"));
            w.line("let nl = vec4<u32>(n) + vec4<u32>(0u, 1u, 2u, 3u);");
            accumulators.iter().for_each(|&v| names.set(v, acc, true));
            w.values(body, &self.needed, &self.scope, &mut names, "e", &|_| true);
            self.stores.iter().for_each(|s| w.store(body, s, &self.scope, &names));
            return;
        }
        w.open(format!("for (var l = 0u; l < min(4u, {n_end} - ({n})); l += 1u)"));
        w.line(format!("let n = {n} + l;"));
        // A chain of selections: indexing a vector by a variable keeps it in memory on some compilers.
        w.line(format!(
            "let acc = select(select({acc}.x, {acc}.y, l == 1u), select({acc}.z, {acc}.w, l == 3u), l >= 2u);"
        ));
        let single = Scope { vector: None, lanes: None, ..self.scope.clone() };
        accumulators.iter().for_each(|&v| names.set(v, "acc", false));
        w.values(body, &self.needed, &single, &mut names, "e", &|_| true);
        self.stores.iter().for_each(|s| w.store(body, s, &single, &names));
        w.close();
    }
}
