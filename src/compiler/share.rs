//! Values that are worth memory and a launch of their own, because several kernels, or many elements, would compute them again.

use super::cluster::ClusterKind;
use super::emit::is_fusible;
use super::fuse::{Fuser, own_cost};
use crate::hlo::{Graph, Prim, Val};
use std::collections::{HashMap, HashSet};

/// Cost, in elementary operations an element, up to which a value may be computed again in each kernel that uses it.
const CHEAP: u64 = 4;

/// Work, in elementary operations, that pays for a launch of its own.
const WORTH_A_LAUNCH: u64 = 100_000;

/// How often one cluster evaluates a value: users at its own place share one evaluation, users at other places have their own.
#[derive(Clone, Copy, Default)]
struct Evaluations {
    in_place: u64,
    elsewhere: u64,
}

impl Evaluations {
    fn total(self) -> u64 {
        self.in_place + self.elsewhere
    }
}

/// Evaluations by cluster.
type Usage = HashMap<usize, Evaluations>;

impl Fuser<'_> {
    /// Elements that a cluster computes.
    fn domain(&self, id: usize) -> u64 {
        let g = self.graph;
        let n = match self.cluster(id).map(|c| &c.kind) {
            Some(ClusterKind::Loop { n }) => *n,
            Some(ClusterKind::Rows { source, .. }) => source.size(),
            Some(ClusterKind::Attention(v)) => {
                let (q, k) = (g.shape(g.def(*v).operands[0]), g.shape(g.def(*v).operands[1]));
                q[0] * q[1] * q[2] * k[1]
            }
            Some(ClusterKind::Window(v) | ClusterKind::Products(v)) => {
                let inst = g.def(*v);
                inst.operands.iter().map(|&x| g.shape(x).size()).max().unwrap_or(0) * 4
            }
            Some(
                ClusterKind::Contract(v)
                | ClusterKind::Cumulative(v)
                | ClusterKind::ArgSort(v)
                | ClusterKind::Scatter(v),
            ) => g.shape(*v).size(),
            _ => 0,
        };
        n as u64
    }

    /// Whether a cluster of `v` alone would have to run after one of the clusters that use it. `settled` clusters know their readers.
    fn depends_on(&self, v: Val, users: &Usage, settled: usize) -> bool {
        let (mut seen, mut before) = (HashSet::new(), HashSet::new());
        let mut stack = self.graph.def(v).operands.to_vec();
        while let Some(x) = stack.pop() {
            if self.is_param(x) || !seen.insert(x) {
                continue;
            }
            match self.owner.get(&x) {
                Some(&id) if id < settled => {
                    before.insert(id);
                }
                _ => stack.extend(&self.graph.def(x).operands),
            }
        }
        let mut after: HashSet<usize> = HashSet::new();
        let mut queue: Vec<usize> = users.keys().copied().filter(|&u| u < settled).collect();
        while let Some(id) = queue.pop() {
            if before.contains(&id) {
                return true;
            }
            queue.extend(self.successors(id).into_iter().filter(|&k| after.insert(k)));
        }
        false
    }

    /// Elementary operations of an element of each value from what is in memory, `also` the values of a map; and of those in memory, of
    /// computing them.
    fn costs(&self, also: &HashMap<Val, Wish>) -> (Vec<u64>, Vec<u64>) {
        let g = self.graph;
        let (mut cost, mut inside) = (vec![0u64; g.num_values()], vec![0u64; g.num_values()]);
        for inst in g.insts() {
            let below: u64 = inst.operands.iter().map(|v| cost[v.index()]).sum();
            for v in inst.results() {
                let memory = self.is_param(v) || self.is_owned(v) || also.contains_key(&v);
                inside[v.index()] = below.saturating_add(own_cost(&inst.prim)).min(1 << 20);
                cost[v.index()] = if memory { 1 } else { inside[v.index()] };
            }
        }
        (cost, inside)
    }

    /// Whether the one cluster that uses a value does so much for each element that computing the value there as well hardly counts.
    fn is_lost_in(&self, users: &Usage, each: u64, inside: &[u64], wishes: &HashMap<Val, Wish>) -> bool {
        let mut ids = users.iter();
        let (Some((&id, n)), None) = (ids.next(), ids.next()) else { return false };
        let wish = wishes.iter().find(|(_, w)| w.number == id);
        if n.total() > wish.map_or_else(|| self.domain(id), |(_, w)| w.size) {
            return false;
        }
        let contraction = match (wish, self.cluster(id).map(|c| &c.kind)) {
            (Some((&v, _)), _) => self.finished_by(v),
            (None, Some(ClusterKind::Contract(v))) => Some(*v),
            _ => None,
        };
        if let Some(v) = contraction {
            return each <= 2 * depth(self.graph, v);
        }
        let of = |v: &Val| inside[v.index()];
        let own = match (wish, self.cluster(id)) {
            (Some((v, _)), _) => of(v),
            (None, Some(c)) => c.values.iter().map(of).max().unwrap_or(0),
            _ => 0,
        };
        3 * each <= own
    }

    /// The contraction or convolution whose kernel can compute a value at the end: one of the same size, through elementwise work.
    pub(super) fn finished_by(&self, v: Val) -> Option<Val> {
        let g = self.graph;
        let (mut seen, mut stack) = (HashSet::from([v]), vec![v]);
        while let Some(x) = stack.pop() {
            if let Some(ClusterKind::Contract(root)) =
                self.owner.get(&x).and_then(|&id| self.cluster(id)).map(|c| &c.kind)
            {
                return Some(*root);
            }
            let inst = g.def(x);
            if matches!(inst.prim, Prim::Elementwise(_) | Prim::Convert(_) | Prim::Reshape(_)) {
                let alike = inst.operands.iter().filter(|y| g.shape(**y).size() == g.shape(v).size());
                stack.extend(alike.filter(|y| seen.insert(**y)));
            }
        }
        None
    }

    /// Puts values in memory that several kernels, or many more elements, would compute again at a cost. Whether there were any.
    pub(super) fn share(&mut self) -> bool {
        let mut wishes = self.wishes();
        // What is made from values that are put in memory may have become cheap.
        let mut first: Vec<Val> = wishes.keys().copied().collect();
        first.sort_unstable();
        for v in first {
            let (_, inside) = self.costs(&wishes);
            if wishes.get(&v).is_some_and(|w| !w.pays(inside[v.index()])) {
                wishes.remove(&v);
            }
        }
        let mut chosen: Vec<Val> = wishes.into_keys().collect();
        chosen.sort_unstable_by(|a, b| b.cmp(a));
        chosen.iter().for_each(|&v| self.materialise(v));
        !chosen.is_empty()
    }

    /// Values that would pay, found from results to operands: what stands behind such a value is then used by its cluster alone.
    fn wishes(&self) -> HashMap<Val, Wish> {
        let g = self.graph;
        let settled = self.nodes.len();
        let mut wishes: HashMap<Val, Wish> = HashMap::new();
        let (cost, inside) = self.costs(&wishes);
        let mut users: Vec<Vec<usize>> = vec![vec![]; g.num_values()];
        for (i, inst) in g.insts().iter().enumerate() {
            inst.operands.iter().for_each(|v| users[v.index()].push(i));
        }
        users.iter_mut().for_each(|u| u.dedup());
        let mut usage: Vec<Usage> = vec![HashMap::new(); g.num_values()];
        for inst in g.insts().iter().rev() {
            let Some(v) = inst.results().next().filter(|v| self.live[v.index()]) else { continue };
            if !is_fusible(&inst.prim) || self.is_owned(v) {
                continue;
            }
            let mut uses: Usage = HashMap::new();
            for &u in &users[v.index()] {
                let user = &g.insts()[u];
                for (id, n) in self.evaluations(u, &wishes, &usage) {
                    let e = uses.entry(id).or_default();
                    if moves(&user.prim) {
                        e.elsewhere = e.elsewhere.saturating_add(n);
                    } else {
                        e.in_place = e.in_place.max(n);
                    }
                }
            }
            let size = g.shape(v).size() as u64;
            let evaluations: u64 = uses.values().map(|n| n.total().max(size)).sum();
            // What cannot be bound whole would have to be taken apart again.
            let bytes = g.spec(v).dtype.storage().map_or(0, |s| s.bytes() as u64).saturating_mul(size);
            let shared = (uses.len() > 1 || evaluations > 2 * size) && bytes <= self.rules.max_binding;
            let wish = Wish { number: settled + wishes.len(), size, evaluations };
            let each = cost[v.index()];
            if shared
                && wish.pays(each)
                && !is_view(g, v)
                && !self.is_lost_in(&uses, each, &inside, &wishes)
                && !self.depends_on(v, &uses, settled)
                && !uses.keys().any(|&id| self.overflows(id, v))
            {
                wishes.insert(v, wish);
            } else {
                usage[v.index()] = uses;
            }
        }
        wishes
    }

    /// In which clusters instruction `user` evaluates its operands, and how often.
    fn evaluations(&self, user: usize, wishes: &HashMap<Val, Wish>, usage: &[Usage]) -> Vec<(usize, u64)> {
        let inst = &self.graph.insts()[user];
        let first = inst.results().next();
        if let Some(w) = first.and_then(|r| wishes.get(&r)) {
            return vec![(w.number, w.size)];
        }
        let of_effect =
            || self.nodes.iter().position(|n| n.as_ref().is_some_and(|n| n.cluster.checks.contains(&user)));
        match first.and_then(|r| self.owner.get(&r).copied()).or_else(of_effect) {
            Some(id) => vec![(id, self.domain(id))],
            None => {
                let all = inst.results().flat_map(|r| usage[r.index()].iter());
                all.map(|(k, n)| (*k, n.total())).collect()
            }
        }
    }
}

/// A value that might be put in memory.
struct Wish {
    /// The number that its cluster would have.
    number: usize,
    /// Its elements.
    size: u64,
    /// How many of them are computed where it is not in memory.
    evaluations: u64,
}

impl Wish {
    /// Whether memory and a launch cost less than computing an element, at `each` operations, wherever it is needed.
    fn pays(&self, each: u64) -> bool {
        let again = self.evaluations.saturating_mul(each);
        let kept = self.size.saturating_mul(each) + self.evaluations;
        each > CHEAP && again > kept.saturating_add(WORTH_A_LAUNCH)
    }
}

/// Whether a value is another one, not much larger, seen in another way: if anything is put in memory it is that one.
fn is_view(g: &Graph, v: Val) -> bool {
    let inst = g.def(v);
    let view = matches!(
        inst.prim,
        Prim::Reshape(_)
            | Prim::BroadcastInDim { .. }
            | Prim::Transpose { .. }
            | Prim::Reverse { .. }
            | Prim::Slice { .. }
            | Prim::Pad { .. }
    );
    view && g.shape(inst.operands[0]).size() <= 4 * g.shape(v).size()
}

/// Whether an instruction reads elements of its operand at other places than its own.
fn moves(p: &Prim) -> bool {
    matches!(p, Prim::Slice { .. } | Prim::Pad { .. } | Prim::DynamicSlice { .. } | Prim::Gather { .. })
}

/// Products of one element of a contraction or convolution.
fn depth(g: &Graph, v: Val) -> u64 {
    let inst = g.def(v);
    let shape = |k: usize| g.shape(inst.operands[k]);
    let n = match &inst.prim {
        Prim::DotGeneral(d) => d.lhs_contract.iter().map(|&k| shape(0)[k]).product(),
        Prim::Convolution(c) => shape(1).size() / shape(1)[c.rhs.minor].max(1),
        _ => 0,
    };
    n as u64
}
