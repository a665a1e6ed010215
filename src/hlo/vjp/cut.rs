//! What a loop keeps for its way back: the cheapest set of values from which the rest is computed again.

use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::Prim;
use std::collections::{HashMap, HashSet, VecDeque};

/// What a value costs beside its bytes: a buffer more in the kernels that write and read it.
const BUFFER: u64 = 4096;

/// More than all values cost.
const UNCUT: u64 = u64::MAX / 4;

/// Values from which all `wanted` ones can be computed by elementwise work and views, with the fewest bytes; of equals those nearest to
/// `wanted`. Values that `fixed` names are at hand anyway; `stored` says which others are in memory already.
pub(super) fn cheapest(
    g: &Graph,
    wanted: &[Val],
    fixed: &[bool],
    stored: &dyn Fn(Val) -> bool,
) -> HashSet<Val> {
    let mut net = Network::default();
    let (source, sink) = (net.node(), net.node());
    // Each value is an edge between two nodes, which a cut goes through.
    let mut ends: HashMap<Val, (usize, usize)> = HashMap::new();
    let mut order: Vec<Val> = vec![];
    let mut todo: Vec<Val> = wanted.to_vec();
    while let Some(v) = todo.pop() {
        if fixed[v.index()] || ends.contains_key(&v) {
            continue;
        }
        let (a, b) = (net.node(), net.node());
        let bytes = g.spec(v).dtype.storage().map_or(8, |s| s.bytes()) as u64 * g.shape(v).size() as u64;
        net.edge(a, b, if stored(v) { BUFFER } else { bytes.saturating_add(BUFFER).min(UNCUT / 2) });
        ends.insert(v, (a, b));
        order.push(v);
        if is_redone(&g.def(v).prim) {
            todo.extend(&g.def(v).operands);
        } else {
            net.edge(source, a, UNCUT);
        }
    }
    for v in wanted {
        if let Some(&(_, b)) = ends.get(v) {
            net.edge(b, sink, UNCUT);
        }
    }
    for v in &order {
        let inst = g.def(*v);
        for x in inst.operands.iter().filter(|_| is_redone(&inst.prim)) {
            if let Some(&(_, b)) = ends.get(x) {
                net.edge(b, ends[v].0, UNCUT);
            }
        }
    }
    while net.push_flow(source, sink) {}
    let beyond = net.reaching(sink);
    order.into_iter().filter(|v| !beyond[ends[v].0] && beyond[ends[v].1]).collect()
}

/// What is computed again rather than kept, where that is cheaper.
fn is_redone(p: &Prim) -> bool {
    let given = |p: &Prim| matches!(p, Prim::Parameter(..) | Prim::Constant(_) | Prim::Iota { .. });
    if let Prim::Composite(c) = p {
        return c.body().insts().iter().all(|i| given(&i.prim) || is_redone(&i.prim));
    }
    matches!(
        p,
        Prim::Elementwise(_)
            | Prim::Convert(_)
            | Prim::Reshape(_)
            | Prim::BroadcastInDim { .. }
            | Prim::Transpose { .. }
            | Prim::Reverse { .. }
            | Prim::Slice { .. }
            | Prim::Pad { .. }
            | Prim::Concatenate { .. }
    )
}

/// A network of edges with capacities, each with its reverse behind it.
#[derive(Default)]
struct Network {
    /// Edges that leave each node.
    from: Vec<Vec<usize>>,
    /// Where each edge leads, and what can still flow.
    edges: Vec<(usize, u64)>,
}

impl Network {
    fn node(&mut self) -> usize {
        self.from.push(vec![]);
        self.from.len() - 1
    }

    fn edge(&mut self, a: usize, b: usize, capacity: u64) {
        self.from[a].push(self.edges.len());
        self.edges.push((b, capacity));
        self.from[b].push(self.edges.len());
        self.edges.push((a, 0));
    }

    /// Lets as much flow as the shortest open path carries; false where there is none.
    fn push_flow(&mut self, source: usize, sink: usize) -> bool {
        let mut by: Vec<Option<usize>> = vec![None; self.from.len()];
        let mut queue = VecDeque::from([source]);
        while let Some(n) = queue.pop_front() {
            for &e in &self.from[n] {
                let (to, open) = self.edges[e];
                if open > 0 && to != source && by[to].is_none() {
                    by[to] = Some(e);
                    queue.push_back(to);
                }
            }
        }
        let mut path = vec![];
        let mut at = sink;
        while let Some(e) = by[at] {
            path.push(e);
            at = self.edges[e ^ 1].0;
        }
        let flow = path.iter().map(|&e| self.edges[e].1).min().unwrap_or(0);
        for &e in &path {
            self.edges[e].1 -= flow;
            self.edges[e ^ 1].1 += flow;
        }
        // A path that cannot be cut would carry for ever.
        flow > 0 && flow < UNCUT
    }

    /// The nodes from which `sink` can still be reached.
    fn reaching(&self, sink: usize) -> Vec<bool> {
        let mut seen = vec![false; self.from.len()];
        seen[sink] = true;
        let mut queue = VecDeque::from([sink]);
        while let Some(n) = queue.pop_front() {
            for &e in &self.from[n] {
                // Against the direction: the edge whose reverse leaves this node.
                let (back, open) = (self.edges[e].0, self.edges[e ^ 1].1);
                if open > 0 && !seen[back] {
                    seen[back] = true;
                    queue.push_back(back);
                }
            }
        }
        seen
    }
}
