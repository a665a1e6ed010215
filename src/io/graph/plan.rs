//! What of a graph is needed for given outputs, and who waits for whom.

use super::def::Graph;
use std::collections::HashMap;

/// Where an output goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) output: usize,
    pub(super) to: usize,
    pub(super) slot: usize,
    pub(super) control: bool,
}

/// A part of a graph in the form that it is run in.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Whether a node is part of it.
    pub(super) needed: Vec<bool>,
    /// Nodes whose values are there before any other: constants, arguments, and what is given.
    pub(super) sources: Vec<usize>,
    pub(super) is_source: Vec<bool>,
    /// How many inputs a node waits for.
    pub(super) waits: Vec<usize>,
    /// How many of them are data.
    pub(super) merged: Vec<usize>,
    pub(super) edges: Vec<Vec<Edge>>,
    /// Merges at the beginning of loops: how many of their inputs come from outside.
    pub(super) loops: HashMap<usize, usize>,
}

impl Plan {
    /// The plan for outputs, where the nodes in `given` have values already.
    pub(super) fn new(graph: &Graph, given: &[usize], outputs: impl Iterator<Item = usize>) -> Self {
        let n = graph.nodes.len();
        let mut needed = vec![false; n];
        let mut todo: Vec<usize> = outputs.collect();
        while let Some(i) = todo.pop() {
            if std::mem::replace(&mut needed[i], true) || given.contains(&i) {
                continue;
            }
            todo.extend(graph.nodes[i].inputs.iter().map(|x| x.node));
        }
        let is_source: Vec<bool> = (0..n)
            .map(|i| {
                let node = &graph.nodes[i];
                given.contains(&i) || (node.op == "Const" && node.inputs.is_empty()) || node.op == "_Arg"
            })
            .collect();
        let (mut waits, mut merged) = (vec![0; n], vec![0; n]);
        let (mut edges, mut loops) = (vec![vec![]; n], HashMap::new());
        for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| needed[*i] && !is_source[*i]) {
            for (slot, x) in node.inputs.iter().enumerate() {
                if !is_source[x.node] {
                    waits[i] += 1;
                    merged[i] += usize::from(!x.control);
                    edges[x.node].push(Edge { output: x.output, to: i, slot, control: x.control });
                }
            }
            let again = |x: &&super::def::Input| graph.nodes[x.node].op == "NextIteration";
            if node.op == "Merge" && node.inputs.iter().any(|x| again(&x)) {
                let outside = node.inputs.iter().filter(|x| !x.control && !again(x)).count();
                loops.insert(i, outside);
            }
        }
        let sources = (0..n).filter(|i| needed[*i] && is_source[*i]).collect();
        Plan { needed, sources, is_source, waits, merged, edges, loops }
    }
}
