//! Values made of parts of others: padded, concatenated, gathered.

use super::{Emitted, Emitter};
use crate::compiler::index::{Index, Source};
use crate::compiler::scalar::{SOp, SVal, Ty};
use crate::hlo::{Ew, GatherMode, Val};
use crate::shape::Shape;

impl Emitter<'_> {
    pub(super) fn pad(
        &mut self,
        x: &[Val],
        source: &Shape,
        at: &[Index],
        low: &[i64],
        interior: &[usize],
    ) -> Emitted<SVal> {
        let (mut of, mut inside) = (vec![], None);
        for (d, i) in at.iter().enumerate() {
            of.push(self.undilated(i.clone().offset(-low[d]), interior[d] + 1, source[d], &mut inside));
        }
        let outside = self.value(x[1], &[])?;
        match self.body.inst(outside).op {
            SOp::Constant(0) => self.guarded(x[0], &of, inside, 0.0),
            _ => {
                let value = self.masked(inside, |e| e.value(x[0], &of))?;
                Ok(inside.map_or(value, |inside| self.row(Ew::Select, &[inside, value, outside])))
            }
        }
    }

    pub(super) fn concatenate(&mut self, x: &[Val], dim: usize, at: &[Index]) -> Emitted<SVal> {
        let (mut start, mut result) = (0, None);
        for &part in x {
            let n = self.graph.shape(part)[dim];
            let here = at[dim].clone().offset(-(start as i64));
            start += n;
            if n == 0 || here.max() < 0 || here.min() >= n as i64 {
                continue;
            }
            let inside = self.within(&here, n);
            let mut of = at.to_vec();
            of[dim] = here;
            let value = self.masked(inside, |e| e.value(part, &of))?;
            result = Some(match (result, inside) {
                (Some(before), Some(inside)) => self.row(Ew::Select, &[inside, value, before]),
                _ => value,
            });
        }
        // An element of no operand is read only under a condition that is never true there.
        let nothing = Ty::of(self.graph.dtype(x[0]));
        Ok(result.unwrap_or_else(|| self.constant(nothing, 0.0)))
    }

    /// Component `d` of a start vector, clamped to `[0, limit]`.
    pub(super) fn start(&mut self, start: Val, d: usize, limit: usize) -> Emitted<Index> {
        if limit == 0 {
            return Ok(Index::default());
        }
        let s = self.value(start, &[Index::constant(d as i64)])?;
        let clamped = self.clamped(s, limit);
        Ok(Index::source(Source::Value(clamped), limit + 1))
    }

    pub(super) fn clamped(&mut self, v: SVal, limit: usize) -> SVal {
        let zero = self.constant(Ty::I32, 0.0);
        let limit = self.push(SOp::Index(Index::constant(limit as i64)), &[], Ty::I32);
        self.row(Ew::Clamp, &[zero, v, limit])
    }

    pub(super) fn gather(
        &mut self,
        v: Val,
        at: &[Index],
        source: &Shape,
        axes: &[usize],
        batch: usize,
        mode: GatherMode,
    ) -> Emitted<SVal> {
        let inst = self.graph.def(v);
        let (operand, indices) = (inst.operands[0], inst.operands[1]);
        let lead = self.graph.rank(indices) - 1;
        if source.size() == 0 {
            // Every index of nothing is out of range.
            return Ok(self.constant(Ty::of(self.graph.dtype(operand)), 0.0));
        }
        let (mut of, mut inside) = (vec![], None);
        let mut rest = at[lead..].iter();
        for d in 0..source.rank() {
            if d < batch {
                of.push(at[d].clone());
            } else if let Some(k) = axes.iter().position(|&a| a == d) {
                let mut place = at[..lead].to_vec();
                place.push(Index::constant(k as i64));
                let i = self.value(indices, &place)?;
                if mode == GatherMode::Clip {
                    let i = self.clamped(i, source[d].saturating_sub(1));
                    of.push(Index::source(Source::Value(i), source[d]));
                } else {
                    let i = Index::source(Source::Value(i), 1 << 31);
                    let (low, n) = (
                        self.constant(Ty::I32, 0.0),
                        self.push(SOp::Index(Index::constant(source[d] as i64)), &[], Ty::I32),
                    );
                    let value = self.index(&i);
                    let (low, high) = (self.row(Ew::Ge, &[value, low]), self.row(Ew::Lt, &[value, n]));
                    let both = self.both(Some(low), high);
                    inside = Some(self.both(inside, both));
                    of.push(Index::source(Source::Value(value), source[d]));
                }
            } else {
                of.push(rest.next().cloned().unwrap_or_default());
            }
        }
        let value = self.masked(inside, |e| e.value(operand, &of))?;
        let Some(inside) = inside else { return Ok(value) };
        let ty = self.body.inst(value).ty;
        let zero = self.constant(ty, 0.0);
        Ok(self.row(Ew::Select, &[inside, value, zero]))
    }
}
