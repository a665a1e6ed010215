//! What one kernel can hold: clusters that would be too much put values on the way in memory.

use super::cluster::Cluster;
use super::emit::is_fusible;
use super::fuse::{Fuser, own_cost};
use crate::hlo::{Prim, Val};
use std::collections::{BTreeSet, HashMap};

/// Longest chain in one program, in elementary operations.
const MAX_DEPTH: u64 = 256;

impl Fuser<'_> {
    /// Puts values in memory until no chain of operations is too long.
    pub(super) fn limit_depth(&mut self) {
        let g = self.graph;
        let mut depth = vec![0u64; g.num_values()];
        for inst in g.insts() {
            let below = inst.operands.iter().map(|v| depth[v.index()]).max().unwrap_or(0);
            for v in inst.results() {
                if !is_fusible(&inst.prim) || self.is_param(v) || self.is_owned(v) {
                    continue;
                }
                depth[v.index()] = below + own_cost(&inst.prim).max(1);
                if below >= MAX_DEPTH {
                    self.materialise(v);
                    depth[v.index()] = 0;
                }
            }
        }
    }

    /// Puts values in memory until no cluster reads more buffers than a kernel may.
    pub(super) fn limit_buffers(&mut self) {
        let mut id = 0;
        while id < self.nodes.len() {
            match self.nodes[id].as_ref().and_then(|n| self.relief(&n.cluster)) {
                Some(v) => self.materialise(v),
                None => id += 1,
            }
        }
    }

    /// For a cluster that reads too many buffers: the value on the way that stands for the most of them and is small enough for a kernel
    /// of its own.
    fn relief(&self, c: &Cluster) -> Option<Val> {
        let g = self.graph;
        let room = self.rules.max_buffers - 1;
        let mut leaves: HashMap<Val, BTreeSet<Val>> = HashMap::new();
        let mut operands: Vec<Val> =
            c.values.iter().flat_map(|&v| g.def(v).operands.iter().copied()).collect();
        operands.extend(c.checks.iter().flat_map(|&i| g.insts()[i].operands.iter().copied()));
        let mut all: BTreeSet<Val> = BTreeSet::new();
        for v in operands.iter().filter(|v| c.values.binary_search(v).is_err()) {
            self.leaves(*v, c, &mut leaves);
            all.extend(&leaves[v]);
        }
        if all.len() + c.values.len() <= self.rules.max_buffers {
            return None;
        }
        let fits = leaves.iter().filter(|(_, l)| (2..=room).contains(&l.len()));
        fits.max_by_key(|(v, l)| (l.len(), std::cmp::Reverse(g.shape(**v).size()), **v)).map(|(v, _)| *v)
    }

    /// The buffers that stand behind `v` and all values on the way to them.
    fn leaves(&self, v: Val, c: &Cluster, found: &mut HashMap<Val, BTreeSet<Val>>) {
        if found.contains_key(&v) {
            return;
        }
        let inst = self.graph.def(v);
        let mut own = BTreeSet::new();
        let constant = matches!(&inst.prim, Prim::Constant(l) if l.splat().is_none());
        if self.is_param(v) || self.is_owned(v) || constant {
            own.insert(v);
        } else {
            for x in inst.operands.iter().filter(|x| c.values.binary_search(x).is_err()) {
                self.leaves(*x, c, found);
                own.extend(&found[x]);
            }
        }
        found.insert(v, own);
    }
}
