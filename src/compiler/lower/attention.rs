//! Attention and its adjoints as kernels.

use super::{G, K, Lowered, Lowering, M, N};
use crate::compiler::emit::{Emitter, Stop, place};
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, AttentionResults, Function, KernelKind};
use crate::compiler::scalar::Shared;
use crate::hlo::{Prim, Val};
use crate::shape::Shape;

impl Lowering<'_> {
    pub(super) fn attention_kernel(&self, v: Val) -> Lowered<(KernelKind, Shared)> {
        let inst = self.graph.def(v);
        let (attention, mask) = match inst.prim {
            Prim::Attention(a) => (a, 3),
            Prim::AttentionQueries(a) | Prim::AttentionKeys(a) => (a, 5),
            _ => return Err(Stop::Materialise(v)),
        };
        let shape = |i: usize| self.graph.shape(inst.operands[i]);
        let (q, keys, columns) = (shape(0), shape(1)[1], shape(2)[3]);
        let [b, t, n, h] = [q[0], q[1], q[2], q[3]];
        let groups: Shape = [b, n].into();
        let sizes = [b * n, t, keys, h];
        let (m, s) = (Index::var(M, t), Index::var(N, keys));
        let (feature, column, of_row) = (Index::var(K, h), Index::var(K, columns), Index::var(K, 3));
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
        let at_query = |k: &Index| {
            let (m, k) = (m.clone(), k.clone());
            move |[b, n]: [Index; 2]| [b, m.clone(), n, k.clone()]
        };
        let at_key = |k: &Index| {
            let (s, k) = (s.clone(), k.clone());
            move |[b, n]: [Index; 2]| [b, s.clone(), n, k.clone()]
        };
        let at_row = |[b, n]: [Index; 2]| [b, n, of_row.clone(), m.clone()];
        let query = function(0, &at_query(&feature))?;
        let key = function(1, &at_key(&feature))?;
        let value = function(2, &at_key(&column))?;
        let given = match inst.prim {
            Prim::AttentionQueries(_) => {
                Some((function(3, &at_query(&column))?, function(4, &at_query(&column))?))
            }
            Prim::AttentionKeys(_) => Some((function(3, &at_query(&column))?, function(4, &at_row)?)),
            _ => None,
        };
        let mask = match inst.operands.len() > mask {
            true => Some(function(mask, &|[b, n]| [b, n, m.clone(), s.clone()])?),
            false => None,
        };
        let mut e = self.emitter(shared);
        let at = group(&mut e);
        let mut store = |number: usize, at: [Index; 4]| -> Lowered<Option<(u16, Index)>> {
            let Some(r) = inst.results().nth(number).filter(|r| (self.escapes)(*r)) else { return Ok(None) };
            Ok(Some((e.value_buffer(r, true)?, Index::ravel(&at, self.graph.shape(r)))))
        };
        let results = match (&inst.prim, given) {
            (Prim::AttentionQueries(_), Some((y, dy))) => AttentionResults::Queries {
                y,
                dy,
                dq: store(0, at_query(&feature)(at.clone()))?,
                rows: store(1, at_row(at))?,
            },
            (_, Some((dy, rows))) => AttentionResults::Keys {
                dy,
                rows,
                dk: store(0, at_key(&feature)(at.clone()))?,
                dv: store(1, at_key(&column)(at))?,
            },
            (_, None) => AttentionResults::Values {
                out: store(0, at_query(&column)(at))?.ok_or(Stop::Materialise(v))?,
            },
        };
        let kernel = AttentionKernel { sizes, columns, query, key, value, mask, attention, results };
        Ok((KernelKind::Attention(Box::new(kernel)), e.shared))
    }
}
