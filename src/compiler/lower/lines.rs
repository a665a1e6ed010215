//! Running reductions, sorts and scatters.

use super::{Lowered, Lowering};
use crate::compiler::emit::{Emitter, Stop, place};
use crate::compiler::index::{Index, Source};
use crate::compiler::kernel::{ArgSortKernel, CumulativeKernel, Function, KernelKind, ScatterKernel};
use crate::compiler::scalar::{BufferSource, SOp, Shared, Ty};
use crate::dtype::Storage;
use crate::hlo::{Ew, Prim, ScatterKind, Val};
use crate::shape::Shape;

impl Lowering<'_> {
    /// Lines along a dimension: the place of (line, position), and the numbers of both.
    fn lines(&self, e: &mut Emitter<'_>, shape: &Shape, dim: usize) -> (Vec<Index>, usize, usize) {
        let others: Shape = shape.iter().enumerate().filter(|(d, _)| *d != dim).map(|(_, &n)| n).collect();
        let mut at = place(e, &Index::var(0, others.size()), &others);
        at.insert(dim, Index::var(1, shape[dim]));
        (at, others.size(), shape[dim])
    }

    pub(super) fn cumulative_kernel(&self, v: Val) -> Lowered<(KernelKind, Shared)> {
        let inst = self.graph.def(v);
        let Prim::Cumulative { kind, dim, exclusive, reverse } = inst.prim else {
            return Err(Stop::Materialise(v));
        };
        let mut e = self.emitter(Shared::default());
        let shape = self.graph.shape(v).clone();
        let (at, lines, k) = self.lines(&mut e, &shape, dim);
        let result = e.value(inst.operands[0], &at)?;
        let store = (e.value_buffer(v, true)?, Index::ravel(&at, &shape));
        let element = Function { body: e.body, result };
        let kernel = CumulativeKernel { lines, k, kind, exclusive, reverse, element, store };
        Ok((KernelKind::Cumulative(Box::new(kernel)), e.shared))
    }

    pub(super) fn argsort_kernel(&self, v: Val) -> Lowered<(KernelKind, Shared)> {
        let inst = self.graph.def(v);
        let Prim::ArgSort { dim, descending } = inst.prim else { return Err(Stop::Materialise(v)) };
        let mut e = self.emitter(Shared::default());
        let shape = self.graph.shape(v).clone();
        let (at, lines, k) = self.lines(&mut e, &shape, dim);
        let result = e.value(inst.operands[0], &at)?;
        let store = (e.value_buffer(v, true)?, Index::ravel(&at, &shape));
        let scratch = e.buffer(BufferSource::Scratch(0), Storage::I32, shape.size(), true);
        let key = Function { body: e.body, result };
        let kernel = ArgSortKernel { lines, k, descending, key, store, scratch };
        Ok((KernelKind::ArgSort(Box::new(kernel)), e.shared))
    }

    /// Of a scatter in the form the expansion gives it: rows of a matrix.
    pub(super) fn scatter_kernel(&self, v: Val) -> Lowered<(KernelKind, Shared)> {
        let inst = self.graph.def(v);
        let Prim::Scatter { kind, .. } = inst.prim else { return Err(Stop::Materialise(v)) };
        let shape = self.graph.shape(v).clone();
        let (rows, slice) = (shape[0], shape[1]);
        let updates = self.graph.shape(inst.operands[2])[0];
        let mut e = self.emitter(Shared::default());
        let u = Index::var(0, updates);
        let row = e.value(inst.operands[1], &[u.clone(), Index::default()])?;
        let (zero, none) = (e.constant(Ty::I32, 0.0), e.constant(Ty::I32, -1.0));
        let end = e.push(SOp::Index(Index::constant(rows as i64)), &[], Ty::I32);
        let (low, high) = (e.row(Ew::Ge, &[row, zero]), e.row(Ew::Lt, &[row, end]));
        let inside = e.row(Ew::And, &[low, high]);
        let first = e.index(&Index::source(Source::Value(row), rows).times(slice as i64));
        let result = e.row(Ew::Select, &[inside, first, none]);
        let target = Function { body: e.body, result };

        let mut e = self.emitter(e.shared);
        let result = e.value(inst.operands[2], &[u, Index::var(1, slice)])?;
        let update = Function { body: e.body, result };

        let mut e = self.emitter(e.shared);
        let at = place(&mut e, &Index::var(0, shape.size()), &shape);
        let result = e.value(inst.operands[0], &at)?;
        let order = match inst.operands.get(3) {
            Some(&o) => Some(e.value_buffer(o, false)?),
            None => None,
        };
        let out = e.value_buffer(v, true)?;
        let operand = Function { body: e.body, result };
        let combine = match kind {
            ScatterKind::Set => None,
            ScatterKind::Combine(k) => Some(k),
        };
        let offset = Index::var(1, slice);
        let kernel = ScatterKernel {
            updates,
            slice,
            size: shape.size(),
            combine,
            target,
            offset,
            update,
            operand,
            out,
            order,
        };
        Ok((KernelKind::Scatter(Box::new(kernel)), e.shared))
    }
}
