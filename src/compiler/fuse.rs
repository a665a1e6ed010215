//! Fusion: which values one kernel computes together.
//!
//! Every instruction of heavy work starts a cluster, and so does every value that must be in memory. Then clusters join as long as one
//! kernel can compute both: the test is to lower them together, where a value needed at another place than its own refuses.

use super::cluster::{Cluster, ClusterKind, start};
use super::codegen::chunks;
use super::emit::{Leaves, Stop, is_fusible};
use super::in_place;
use super::index::Index;
use super::kernel::{Kernel, KernelKind, row_cost};
use super::lower::Lowering;
use super::passes::THIN;
use super::scalar::BufferSource;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Prim, Val};
use std::collections::{HashMap, HashSet, VecDeque};

/// What fusion must know of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuseRules {
    /// Most buffers a kernel may use; checks use one.
    pub max_buffers: usize,
    /// Whether contractions read views of their operands in place (else only what strides can say).
    pub views_in_contractions: bool,
    /// Rows that a kernel needs so that one invocation a row keeps the device busy.
    pub min_rows: usize,
    /// Rows that reductions to few results are cut into.
    pub busy_rows: usize,
    /// Longest row that one invocation walks.
    pub max_row: usize,
    /// Whether a group of invocations shares a row.
    pub row_groups: bool,
    /// Whether whole rows must lie one after another in memory where a kernel stores them.
    pub row_major: bool,
    /// Most bytes of a buffer that a kernel binds.
    pub max_binding: u64,
    /// Whether contractions over many elements with few results are split.
    pub split_contractions: bool,
    /// Whether results may be written where operands were.
    pub in_place: bool,
    /// Results of a contraction, counting those of each part, that keep the device busy.
    pub busy_results: usize,
    /// Most scores that adjoints of attention keep in memory, where much work goes faster by products of whole matrices than by a kernel
    /// that stores no scores; 0 where it never does.
    pub stored_scores: usize,
}

/// Shortest part of a contraction that is worth a sum of its own.
const MIN_PART: usize = 1024;

/// Places of a convolution's window from which on it is an image that slides over an image: the gradient of filters.
const WIDE_WINDOW: usize = 32;

impl FuseRules {
    /// How many parts the inner dimension of a contraction of these sizes (g, m, n, k) is cut into; `None` where it stays whole. `window` is
    /// the number of places of a convolution's window. The gradient of filters is a sum over a batch: whether it is cut must not depend on how
    /// large the batch is, since each way is a kernel of its own.
    pub fn parts_of(&self, [g, m, n, k]: [usize; 4], window: usize) -> Option<usize> {
        let results = (g * m * n).max(1);
        let least = if window >= WIDE_WINDOW { 2 } else { 0 };
        let wanted = (self.busy_results / results).min((k / MIN_PART).max(least));
        let parts = wanted.max(k.div_ceil(self.max_row));
        (parts > 1 && self.split_contractions).then_some(parts)
    }
}

/// Longest program of a kernel, in elementary operations: drivers take their time over long ones.
const MAX_PROGRAM: u64 = 600;

/// Most elements of clusters that are joined for no other reason than to save a launch.
const MAX_ALIKE: usize = 1 << 16;

pub(super) struct Fuser<'a> {
    pub(super) graph: &'a Graph,
    pub(super) rules: FuseRules,
    pub(super) live: Vec<bool>,
    scalar_params: Vec<bool>,
    is_output: Vec<bool>,
    /// Outputs that are slices of a loop's stacked results.
    stacked: Vec<bool>,
    /// Which cluster computes a value that is in memory.
    pub(super) owner: HashMap<Val, usize>,
    pub(super) nodes: Vec<Option<Node>>,
    /// Clusters that read a value in memory.
    readers: HashMap<Val, Vec<usize>>,
    /// The inputs that results may be written over.
    before: HashMap<Val, Val>,
    /// Inputs that a kernel writes over, and with what.
    overwritten: HashMap<Val, Val>,
    /// Pairs that cannot be joined.
    refused: HashSet<(usize, usize)>,
}

pub(super) struct Node {
    pub(super) cluster: Cluster,
    /// Values in memory, of other clusters or inputs, that it reads.
    reads: Vec<Val>,
    kernel: Option<Kernel>,
    /// Numbers of its instructions with effects.
    effects: Vec<usize>,
}

/// What a graph is bound to beside buffers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a> {
    /// Which inputs are run-time scalars; all others, and those not named, are buffers.
    pub scalars: &'a [bool],
    /// The outputs from this number on are slices that a loop's trips stack.
    pub stacked_from: Option<usize>,
    /// Inputs (by number) whose memory may become that of outputs, of which each is the next value of its input.
    pub updates: &'a [(usize, usize)],
}

/// Fuses a graph as the expansion leaves it. The values `kept` are put in memory, whatever uses them.
///
/// # Errors
/// `Internal` where an instruction has no kernel.
pub fn fuse(graph: &Graph, rules: FuseRules, inputs: &Inputs<'_>, kept: &[Val]) -> Result<Vec<Kernel>> {
    let mut scalar_params = vec![false; graph.num_values()];
    graph.params().iter().zip(inputs.scalars).for_each(|(v, s)| scalar_params[v.index()] = *s);
    let mut is_output = vec![false; graph.num_values()];
    graph.outputs().iter().for_each(|v| is_output[v.index()] = true);
    let mut stacked = vec![false; graph.num_values()];
    let from = inputs.stacked_from.unwrap_or(graph.outputs().len());
    graph.outputs()[from..].iter().for_each(|v| stacked[v.index()] = true);
    let mut f = Fuser {
        graph,
        rules,
        live: graph.live(),
        scalar_params,
        is_output,
        stacked,
        owner: HashMap::new(),
        nodes: vec![],
        readers: HashMap::new(),
        before: if rules.in_place { updates(graph, inputs) } else { HashMap::new() },
        overwritten: HashMap::new(),
        refused: HashSet::new(),
    };
    kept.iter().filter(|v| is_fusible(&graph.def(**v).prim)).for_each(|&v| f.materialise(v));
    f.seed()?;
    f.limit_depth();
    f.limit_buffers();
    f.connect();
    f.join_all();
    if f.share() {
        f.connect();
        f.join_all();
    }
    f.join_alike();
    f.finish()
}

/// The inputs that results may be written over, by result.
fn updates(g: &Graph, inputs: &Inputs<'_>) -> HashMap<Val, Val> {
    let mut found: HashMap<Val, Val> = HashMap::new();
    for &(i, o) in inputs.updates {
        let (x, y) = (g.params()[i], g.outputs()[o]);
        // A result that is an input is that input's memory, which must stay as it is.
        let kept = |v: Val| g.outputs().contains(&v);
        let scalar = inputs.scalars.get(i).copied().unwrap_or(false);
        let new = !matches!(g.def(y).prim, Prim::Parameter(..)) && !found.values().any(|v| *v == x);
        if new && !scalar && !kept(x) && g.spec(x) == g.spec(y) {
            found.entry(y).or_insert(x);
        }
    }
    found
}

/// What a cluster sees of the values around it: all owned values but its own are in memory.
struct Around<'a, 'b> {
    fuser: &'a Fuser<'b>,
    own: &'a [Val],
}

impl Leaves for Around<'_, '_> {
    fn is_materialised(&self, v: Val) -> bool {
        self.fuser.is_param(v) || (self.fuser.is_owned(v) && self.own.binary_search(&v).is_err())
    }

    fn is_scalar(&self, v: Val) -> bool {
        self.fuser.scalar_params[v.index()]
    }

    fn is_stacked(&self, v: Val) -> bool {
        self.fuser.stacked[v.index()]
    }
}

impl<'g> Fuser<'g> {
    pub(super) fn is_param(&self, v: Val) -> bool {
        matches!(self.graph.def(v).prim, Prim::Parameter(..))
    }

    pub(super) fn is_owned(&self, v: Val) -> bool {
        self.owner.contains_key(&v)
    }

    fn add(&mut self, cluster: Cluster) {
        let id = self.nodes.len();
        cluster.values.iter().for_each(|v| {
            self.owner.insert(*v, id);
        });
        let mut effects = cluster.checks.clone();
        if let ClusterKind::Call(i) = cluster.kind {
            effects.extend(self.graph.insts()[i].prim.has_effect().then_some(i));
        }
        self.nodes.push(Some(Node { cluster, reads: vec![], kernel: None, effects }));
    }

    /// Puts a value in memory, if it is not there.
    pub(super) fn materialise(&mut self, v: Val) {
        if !self.is_param(v) && !self.is_owned(v) && self.graph.shape(v).size() > 0 {
            let parts = self.suits_parts(v);
            self.add(if parts { Cluster::in_parts(self.graph, v) } else { Cluster::of_value(self.graph, v) });
        }
    }

    /// The first clusters: heavy work, results, and operands that heavy work cannot compute in place.
    fn seed(&mut self) -> Result<()> {
        let g = self.graph;
        for (i, inst) in g.insts().iter().enumerate() {
            let effect = inst.prim.has_effect();
            let used = effect || inst.results().any(|v| self.live[v.index()]);
            if !used || is_fusible(&inst.prim) || matches!(inst.prim, Prim::Parameter(..)) {
                continue;
            }
            let products = self.as_products(i);
            let Some(c) = start(g, i, products) else {
                return Err(Error::internal("compiler", format_args!("no kernel for {}", inst.prim.name())));
            };
            let (call, contract) =
                (matches!(c.kind, ClusterKind::Call(_)), matches!(c.kind, ClusterKind::Contract(_)));
            let scatter = matches!(c.kind, ClusterKind::Scatter(_));
            let attention = matches!(c.kind, ClusterKind::Attention(_));
            if effect || inst.results().any(|v| g.shape(v).size() > 0) {
                self.add(c);
            }
            for (k, &x) in inst.operands.iter().enumerate() {
                // All but the mask, which is one of bools.
                let in_tiles = contract || (attention && g.dtype(x) != DType::Bool);
                if call || (in_tiles && !self.reads_in_place(x)) || (scatter && k == 3) {
                    self.materialise(x);
                }
            }
        }
        for &v in g.outputs() {
            self.materialise(v);
        }
        Ok(())
    }

    /// Contractions too thin for tiles: few result columns or rows, or groups of single features.
    fn as_products(&self, i: usize) -> bool {
        let g = self.graph;
        let inst = &g.insts()[i];
        let thin = |m: usize, n: usize, k: usize| (m.min(n) < THIN && k <= self.rules.max_row) || k < 4;
        match &inst.prim {
            Prim::DotGeneral(d) => {
                let (l, r) = (g.shape(inst.operands[0]), g.shape(inst.operands[1]));
                let size = |s: &crate::Shape, a: &[usize], b: &[usize]| -> usize {
                    (0..s.rank()).filter(|d| !a.contains(d) && !b.contains(d)).map(|d| s[d]).product()
                };
                let k: usize = d.lhs_contract.iter().map(|&d| l[d]).product();
                thin(size(l, &d.lhs_batch, &d.lhs_contract), size(r, &d.rhs_batch, &d.rhs_contract), k)
            }
            Prim::Convolution(c) => {
                let (out, kernel) =
                    (g.shape(inst.results().next().unwrap_or(inst.operands[0])), g.shape(inst.operands[1]));
                let n = out[c.out.minor] / c.feature_groups.max(c.batch_groups);
                let m = out.size() / out[c.out.minor].max(1);
                thin(m, n, kernel.size() / kernel[c.rhs.minor].max(1))
            }
            _ => false,
        }
    }

    /// Whether a contraction reads this operand in place: views, and for generated loads what costs next to nothing on the way.
    fn reads_in_place(&self, v: Val) -> bool {
        let inst = self.graph.def(v);
        let through = match &inst.prim {
            Prim::Parameter(..) => return true,
            _ if self.is_owned(v) => return true,
            Prim::Reshape(_) | Prim::Transpose { .. } | Prim::Reverse { .. } => true,
            Prim::Slice { .. } | Prim::BroadcastInDim { .. } | Prim::Convert(_) | Prim::Pad { .. } => {
                self.rules.views_in_contractions
            }
            _ => return false,
        };
        through && self.reads_in_place(inst.operands[0])
    }

    /// The values in memory that a cluster reads: those reached from its own without passing through another owned value.
    fn reads(&self, c: &Cluster) -> Vec<Val> {
        let g = self.graph;
        let mut stack: Vec<Val> = c.values.iter().flat_map(|&v| g.def(v).operands.iter().copied()).collect();
        stack.extend(c.checks.iter().flat_map(|&i| g.insts()[i].operands.iter().copied()));
        if let ClusterKind::Call(i) = c.kind {
            stack.extend(&g.insts()[i].operands);
        }
        let (mut seen, mut found) = (HashSet::new(), vec![]);
        while let Some(v) = stack.pop() {
            let own = c.values.binary_search(&v).is_ok();
            if own || !seen.insert(v) {
                continue;
            }
            if self.is_param(v) || self.is_owned(v) {
                found.push(v);
            } else {
                stack.extend(&g.def(v).operands);
            }
        }
        found.sort_unstable();
        found
    }

    /// Computes who reads what, anew.
    fn connect(&mut self) {
        self.readers.clear();
        for id in 0..self.nodes.len() {
            let Some(node) = &self.nodes[id] else { continue };
            let reads = self.reads(&node.cluster);
            reads.iter().for_each(|v| self.readers.entry(*v).or_default().push(id));
            if let Some(node) = &mut self.nodes[id] {
                node.reads = reads;
                node.kernel = None;
            }
        }
    }

    pub(super) fn cluster(&self, id: usize) -> Option<&Cluster> {
        self.nodes.get(id).and_then(|n| n.as_ref()).map(|n| &n.cluster)
    }

    fn readers_of(&self, v: Val) -> &[usize] {
        self.readers.get(&v).map_or(&[], Vec::as_slice)
    }

    /// The kernel of a cluster that would replace clusters `ids`.
    fn lower(&self, c: &Cluster, ids: &[usize]) -> std::result::Result<Kernel, Stop> {
        let escapes =
            |v: Val| self.is_output[v.index()] || self.readers_of(v).iter().any(|r| !ids.contains(r));
        let around = Around { fuser: self, own: &c.values };
        let lowering = Lowering { graph: self.graph, leaves: &around, escapes: &escapes, rules: self.rules };
        let mut kernel = lowering.kernel(c)?;
        let free = |y: Val| self.before.get(&y).copied().filter(|x| !self.is_read_after(*x, ids));
        in_place::merge(&mut kernel, &free);
        Ok(kernel)
    }

    /// Whether a cluster that reads `x` must run after one of `ids`.
    fn is_read_after(&self, x: Val, ids: &[usize]) -> bool {
        let (mut seen, mut queue) = (HashSet::new(), ids.to_vec());
        while let Some(k) = queue.pop() {
            let next = self.successors(k).into_iter().filter(|k| !ids.contains(k));
            let fresh: Vec<usize> = next.filter(|k| seen.insert(*k)).collect();
            if fresh.iter().any(|&k| self.readers_of(x).contains(&k)) {
                return true;
            }
            queue.extend(fresh);
        }
        false
    }

    /// Notes what a kernel writes over: whoever else reads it must run before.
    fn overwrites(&mut self, values: &[Val], kernel: &Kernel) {
        self.overwritten.retain(|_, y| !values.contains(y));
        for b in &kernel.buffers {
            if let (Some(x), BufferSource::Value(y)) = (b.before, &b.source) {
                self.overwritten.insert(x, *y);
            }
        }
    }

    /// Clusters that must run after `id`.
    pub(super) fn successors(&self, id: usize) -> Vec<usize> {
        let Some(node) = &self.nodes[id] else { return vec![] };
        let mut next: Vec<usize> =
            node.cluster.values.iter().flat_map(|v| self.readers_of(*v)).copied().collect();
        next.extend(node.reads.iter().filter_map(|x| self.owner.get(self.overwritten.get(x)?)));
        if let Some(&last) = node.effects.iter().max() {
            let following = self.nodes.iter().enumerate().filter_map(|(k, n)| {
                let first = n.as_ref()?.effects.iter().filter(|e| **e > last).min()?;
                Some((*first, k))
            });
            next.extend(following.min().map(|(_, k)| k));
        }
        next.retain(|&k| k != id);
        next
    }

    /// Whether `to` must run after `from` because of a third cluster between.
    fn separated(&self, from: usize, to: usize) -> bool {
        let mut seen = HashSet::from([from, to]);
        let mut queue: VecDeque<usize> =
            self.successors(from).into_iter().filter(|&k| k != to && seen.insert(k)).collect();
        while let Some(k) = queue.pop_front() {
            for next in self.successors(k) {
                if next == to {
                    return true;
                }
                if seen.insert(next) {
                    queue.push_back(next);
                }
            }
        }
        false
    }

    /// Whether a row kernel's rows keep the device busy when whole rows go through it.
    fn rows_suit(&self, k: &Kernel) -> bool {
        match &k.kind {
            KernelKind::Rows(r) => {
                let whole = !r.stores.is_empty() || r.reductions.iter().any(|x| x.phase > 0);
                let row_major = Index::var(0, r.rows).times(r.k as i64).plus(&Index::var(1, r.k));
                if self.rules.row_major && r.stores.iter().any(|s| s.index != row_major) {
                    return false;
                }
                // All passes over a row count against the longest loop, which is half of what drivers count to.
                let passes = r.reductions.iter().map(|x| x.phase + 1).max().unwrap_or(0)
                    + usize::from(!r.stores.is_empty());
                // Rows of whole groups of four are walked by fours.
                let by_fours = r.k.is_multiple_of(4) && r.stores.iter().all(|s| s.index == row_major);
                let trips = if by_fours { r.k / 4 } else { r.k };
                !whole
                    || (trips.saturating_mul(passes) <= 2 * self.rules.max_row
                        && trips <= self.rules.max_row
                        && (r.rows >= self.rules.min_rows
                            || self.rules.row_groups
                            // Little work is cheaper than a second launch. Where a batch is reduced over, its size must not decide.
                            || (r.rows * r.k <= 1 << 16 && r.stores.iter().all(|s| s.index == row_major))))
            }
            _ => true,
        }
    }

    fn try_join(&mut self, a: usize, b: usize) -> bool {
        if a == b || !self.refused.insert((a.min(b), a.max(b))) {
            return false;
        }
        let (Some(x), Some(y)) = (self.cluster(a), self.cluster(b)) else { return false };
        let Some(joined) = x.joined(y, self.graph) else { return false };
        if self.separated(a, b) || self.separated(b, a) {
            return false;
        }
        let Ok(kernel) = self.lower(&joined, &[a, b]) else { return false };
        if kernel.bindings() > self.rules.max_buffers
            || kernel.program_cost() > MAX_PROGRAM
            || !self.rows_suit(&kernel)
            || chunks(&kernel, self.rules.max_binding).is_err()
        {
            return false;
        }
        let effects = [a, b].iter().flat_map(|&k| self.nodes[k].take()).flat_map(|n| n.effects).collect();
        let id = self.nodes.len();
        joined.values.iter().for_each(|v| {
            self.owner.insert(*v, id);
        });
        let reads = self.reads(&joined);
        self.overwrites(&joined.values, &kernel);
        self.nodes.push(Some(Node { cluster: joined, reads: reads.clone(), kernel: Some(kernel), effects }));
        for readers in self.readers.values_mut() {
            readers.retain(|r| *r != a && *r != b);
        }
        reads.into_iter().for_each(|v| self.readers.entry(v).or_default().push(id));
        true
    }

    /// Joins what can be joined: producers with consumers first, then clusters that read the same.
    fn join_all(&mut self) {
        let mut id = 0;
        while id < self.nodes.len() {
            let consumers: Vec<usize> = match self.cluster(id) {
                Some(c) => c.values.iter().flat_map(|v| self.readers_of(*v)).copied().collect(),
                None => vec![],
            };
            // A join makes a new cluster at the end, which has its own turn.
            for other in consumers {
                if self.try_join(id, other) {
                    break;
                }
            }
            id += 1;
        }
        let mut id = 0;
        while id < self.nodes.len() {
            let reads = self.nodes[id].as_ref().map(|n| n.reads.clone()).unwrap_or_default();
            // What one cluster makes is read alike, such as the parts of several sums.
            let made = |v: &Val| self.owner.get(v).and_then(|&k| self.cluster(k)).map(|c| c.values.clone());
            let together = reads.iter().flat_map(|v| made(v).unwrap_or_else(|| vec![*v]));
            let mut siblings: Vec<usize> = together.flat_map(|v| self.readers_of(v).to_vec()).collect();
            siblings.sort_unstable();
            siblings.dedup();
            for other in siblings {
                if self.try_join(id, other) {
                    break;
                }
            }
            id += 1;
        }
    }

    /// Joins small clusters of equal shape that have nothing to do with each other: a launch costs more than they do.
    fn join_alike(&mut self) {
        let mut alike: Vec<(ClusterKind, Vec<usize>)> = vec![];
        for (id, node) in self.nodes.iter().enumerate() {
            let Some(kind) = node.as_ref().map(|n| &n.cluster.kind) else { continue };
            let small = match kind {
                ClusterKind::Loop { n } => *n <= MAX_ALIKE,
                ClusterKind::Rows { source, .. } => source.size() <= MAX_ALIKE,
                _ => false,
            };
            match alike.iter_mut().find(|(k, _)| k == kind) {
                _ if !small => {}
                Some((_, ids)) => ids.push(id),
                None => alike.push((kind.clone(), vec![id])),
            }
        }
        for (_, mut ids) in alike {
            while let Some(id) = ids.pop() {
                // A join makes a new cluster, which has its own turn.
                if let Some(k) = (0..ids.len()).rev().find(|&k| self.try_join(ids[k], id)) {
                    ids.remove(k);
                    ids.push(self.nodes.len() - 1);
                }
            }
        }
    }

    /// Lowers what no join has lowered, and puts all in order.
    fn finish(mut self) -> Result<Vec<Kernel>> {
        for id in 0..self.nodes.len() {
            let Some(node) = &self.nodes[id] else { continue };
            let kernel = self.lower(&node.cluster, &[id]).map_err(|s| match s {
                Stop::Bug(e) => e,
                s => Error::internal("compiler", format_args!("{:?}: {s:?}", node.cluster)),
            })?;
            let values = node.cluster.values.clone();
            self.overwrites(&values, &kernel);
            if let Some(node) = &mut self.nodes[id] {
                node.kernel = Some(kernel);
            }
        }
        let mut waiting: Vec<usize> = vec![0; self.nodes.len()];
        let after: Vec<Vec<usize>> = (0..self.nodes.len())
            .map(|id| {
                let mut next = self.successors(id);
                next.sort_unstable();
                next.dedup();
                next
            })
            .collect();
        after.iter().flatten().for_each(|&k| waiting[k] += 1);
        // The earliest in program order of those that may run.
        let position = |n: &Node| n.cluster.values.first().map_or(0, |v| self.graph.def_index(*v));
        let mut ready: std::collections::BTreeSet<(usize, usize)> = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(id, _)| waiting[*id] == 0)
            .filter_map(|(id, n)| n.as_ref().map(|n| (position(n), id)))
            .collect();
        let mut order = vec![];
        while let Some((_, id)) = ready.pop_first() {
            order.push(id);
            for &k in &after[id] {
                waiting[k] -= 1;
                if let (0, Some(n)) = (waiting[k], &self.nodes[k]) {
                    ready.insert((position(n), k));
                }
            }
        }
        if order.len() != self.nodes.iter().flatten().count() {
            return Err(Error::internal("compiler", "clusters wait for each other"));
        }
        Ok(order.into_iter().filter_map(|id| self.nodes[id].take()).filter_map(|n| n.kernel).collect())
    }
}

/// Elementary operations of one element of a primitive's result.
pub(super) fn own_cost(p: &Prim) -> u64 {
    match p {
        Prim::Elementwise(e) => row_cost(*e),
        Prim::RngBitGenerator(_) => 40,
        Prim::Gather { .. } | Prim::DynamicSlice { .. } | Prim::DynamicUpdateSlice => 4,
        Prim::Pad { .. } | Prim::Concatenate { .. } => 2,
        Prim::Convert(_) => 1,
        _ => 0,
    }
}
