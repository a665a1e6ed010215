//! Concatenations computed part by part: each part at its own places, stored where it stands in the whole.

use super::emit::{Emitter, Stop, is_fusible, place};
use super::fuse::{Fuser, own_cost};
use super::index::Index;
use super::kernel::Store;
use super::lower::{Lowering, is_wide};
use crate::dtype::DType;
use crate::hlo::{Prim, Val};
use std::collections::HashSet;

/// Cost, in elementary operations, of the parts from which on each is computed at its own places alone.
const WORTH_PARTS: u64 = 16;

impl Fuser<'_> {
    /// Whether a concatenation is better computed part by part: its parts are equal in shape, and take work that would else be done at every
    /// place of the whole.
    pub(super) fn suits_parts(&self, v: Val) -> bool {
        let (g, inst) = (self.graph, self.graph.def(v));
        let Some((&first, rest)) = inst.operands.split_first() else { return false };
        let bytes = g.spec(v).dtype.storage().map_or(u64::MAX, |s| (s.bytes() * g.shape(v).size()) as u64);
        if self.rules.row_major
            || !matches!(inst.prim, Prim::Concatenate { .. })
            || rest.is_empty()
            || rest.iter().any(|&p| g.shape(p) != g.shape(first))
            || !is_wide(g.dtype(v))
            || g.dtype(v) == DType::Complex64
            || bytes > self.rules.max_binding
        {
            return false;
        }
        let (mut work, mut seen, mut stack) = (0, HashSet::new(), inst.operands.to_vec());
        while let Some(x) = stack.pop().filter(|_| work <= WORTH_PARTS) {
            let inst = g.def(x);
            if seen.insert(x) && is_fusible(&inst.prim) {
                work += own_cost(&inst.prim);
                stack.extend(&inst.operands);
            }
        }
        work > WORTH_PARTS
    }
}

impl Lowering<'_> {
    /// The parts of a concatenation at place `flat` of each, stored where they stand in the whole.
    pub(super) fn stores_of_parts(
        &self,
        e: &mut Emitter<'_>,
        v: Val,
        flat: &Index,
    ) -> Result<Vec<Store>, Stop> {
        let inst = self.graph.def(v);
        let Prim::Concatenate { dim } = inst.prim else { return Err(Stop::Materialise(v)) };
        let mut stores = vec![];
        for (k, &part) in inst.operands.iter().enumerate() {
            let shape = self.graph.shape(part).clone();
            let mut at = place(e, flat, &shape);
            let value = e.value(part, &at)?;
            at[dim] = at[dim].clone().offset((k * shape[dim]) as i64);
            let index = Index::ravel(&at, self.graph.shape(v));
            stores.push(self.store(e, v, index, value)?);
        }
        Ok(stores)
    }
}
