//! What one kernel can hold: clusters that would be too much put values on the way in memory.

use super::cluster::Cluster;
use super::emit::is_fusible;
use super::fuse::{Fuser, own_cost};
use crate::hlo::{Prim, Val};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Longest chain in one program, in elementary operations.
const MAX_DEPTH: u64 = 256;

/// Most values in one program; drivers take minutes to compile thousands.
const MAX_SIZE: u64 = 192;

impl Fuser<'_> {
    /// Puts values in memory until no chain of operations is too long.
    pub(super) fn limit_depth(&mut self) {
        let g = self.graph;
        // Sizes count values again for each use, so they are upper bounds.
        let (mut depth, mut size) = (vec![0u64; g.num_values()], vec![0u64; g.num_values()]);
        for inst in g.insts() {
            let below = inst.operands.iter().map(|v| depth[v.index()]).max().unwrap_or(0);
            for v in inst.results() {
                if !is_fusible(&inst.prim) || self.is_param(v) || self.is_owned(v) {
                    continue;
                }
                depth[v.index()] = below + own_cost(&inst.prim).max(1);
                let parts = inst.operands.iter().fold(0, |n: u64, v| n.saturating_add(size[v.index()]));
                size[v.index()] = parts.saturating_add(1);
                if below >= MAX_DEPTH || (parts >= MAX_SIZE && self.is_large(v)) {
                    self.materialise(v);
                    (depth[v.index()], size[v.index()]) = (0, 0);
                }
            }
        }
    }

    /// Whether a program for `v` would have more than [`MAX_SIZE`] values.
    fn is_large(&self, v: Val) -> bool {
        let (mut seen, mut stack) = (HashSet::new(), vec![v]);
        while let Some(x) = stack.pop() {
            let inst = self.graph.def(x);
            let inside =
                x == v || !(self.is_param(x) || self.is_owned(x) || matches!(inst.prim, Prim::Constant(_)));
            if inside && seen.insert(x) {
                stack.extend(&inst.operands);
            }
            if seen.len() as u64 > MAX_SIZE {
                return true;
            }
        }
        false
    }

    /// Whether cluster `id` would read too many buffers if `v` were in memory: it may read what `v` is made from as well.
    pub(super) fn overflows(&self, id: usize, v: Val) -> bool {
        let Some(c) = self.nodes.get(id).and_then(|n| n.as_ref()).map(|n| &n.cluster) else { return false };
        let mut leaves = HashMap::from([(v, BTreeSet::from([v]))]);
        self.sources(c, &mut leaves).len() + own_buffers(c) > self.rules.max_buffers
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
        let all = self.sources(c, &mut leaves);
        if all.len() + own_buffers(c) <= self.rules.max_buffers {
            return None;
        }
        let fits = leaves.iter().filter(|(_, l)| (2..=room).contains(&l.len()));
        fits.max_by_key(|(v, l)| (l.len(), std::cmp::Reverse(g.shape(**v).size()), **v)).map(|(v, _)| *v)
    }

    /// The buffers that a cluster reads, and those behind each value on the way to them.
    fn sources(&self, c: &Cluster, leaves: &mut HashMap<Val, BTreeSet<Val>>) -> BTreeSet<Val> {
        let g = self.graph;
        let mut operands: Vec<Val> =
            c.values.iter().flat_map(|&v| g.def(v).operands.iter().copied()).collect();
        operands.extend(c.checks.iter().flat_map(|&i| g.insts()[i].operands.iter().copied()));
        let mut all: BTreeSet<Val> = BTreeSet::new();
        for v in operands.iter().filter(|v| c.values.binary_search(v).is_err()) {
            self.leaves(*v, c, leaves);
            all.extend(&leaves[v]);
        }
        all
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

/// Buffers that a cluster writes.
fn own_buffers(c: &Cluster) -> usize {
    c.values.len() + usize::from(!c.checks.is_empty())
}
