//! Attention as a kernel.

use super::{G, K, Lowered, Lowering, M, N};
use crate::compiler::emit::{Emitter, Stop, place};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, Function, KernelKind};
use crate::compiler::scalar::Shared;
use crate::hlo::{Prim, Val};
use crate::shape::Shape;

impl Lowering<'_> {
    pub(super) fn attention_kernel(&self, v: Val) -> Lowered<(KernelKind, Shared)> {
        let inst = self.graph.def(v);
        let Prim::Attention(attention) = inst.prim else { return Err(Stop::Materialise(v)) };
        let shape = |i: usize| self.graph.shape(inst.operands[i]);
        let (q, keys, columns) = (shape(0), shape(1)[1], shape(2)[3]);
        let [b, t, n, h] = [q[0], q[1], q[2], q[3]];
        let groups: Shape = [b, n].into();
        let sizes = [b * n, t, keys, h];
        let (m, s) = (Index::var(M, t), Index::var(N, keys));
        let group = |e: &mut Emitter<'_>| -> [Index; 2] {
            let at = place(e, &Index::var(G, b * n), &groups);
            [at[0].clone(), at[1].clone()]
        };
        let mut shared = Shared::default();
        let mut function = |which: usize, place: &dyn Fn([Index; 2]) -> [Index; 4]| -> Lowered<Function> {
            let mut e = self.emitter(std::mem::take(&mut shared));
            let at = place(group(&mut e));
            let result = e.value(inst.operands[which], &at)?;
            shared = e.shared;
            Ok(Function { body: e.body, result })
        };
        let query = function(0, &|[b, n]| [b, m.clone(), n, Index::var(K, h)])?;
        let key = function(1, &|[b, n]| [b, s.clone(), n, Index::var(K, h)])?;
        let value = function(2, &|[b, n]| [b, s.clone(), n, Index::var(K, columns)])?;
        let mask = match inst.operands.len() {
            4 => Some(function(3, &|[b, n]| [b, n, m.clone(), s.clone()])?),
            _ => None,
        };
        let mut e = self.emitter(shared);
        let [bi, ni] = group(&mut e);
        let mut stores = vec![];
        for (k, r) in inst.results().enumerate() {
            let at: Vec<Index> = match k {
                0 => vec![bi.clone(), m.clone(), ni.clone(), Index::var(K, columns)],
                _ => vec![bi.clone(), ni.clone(), m.clone()],
            };
            let index = Index::ravel(&at, self.graph.shape(r));
            stores.push(if (self.escapes)(r) { Some((e.value_buffer(r, true)?, index)) } else { None });
        }
        let (sum, top, out) = (stores.pop().flatten(), stores.pop().flatten(), stores.pop().flatten());
        let kernel = AttentionKernel { sizes, columns, query, key, value, mask, attention, out, top, sum };
        Ok((KernelKind::Attention(Box::new(kernel)), e.shared))
    }
}
