//! Gradients as nodes of a graph.

use super::graph::{Graph, State, What};
use crate::autodiff::Source;
use crate::error::Result;
use crate::hlo::Spec;
use crate::tensor::{Tensor, Variable};
use std::collections::HashSet;

/// The gradients of the sum of `ys` in each of `xs`: tensors, or variables (`tf.compat.v1.gradients`). `None` where no `y` depends on it.
///
/// # Errors
/// `FailedPrecondition` without a default graph.
pub fn gradients(ys: &[&Tensor], xs: impl IntoIterator<Item = Source>) -> Result<Vec<Option<Tensor>>> {
    let graph = Graph::current("gradients")?;
    let mut sources: Vec<(Tensor, Option<Variable>)> = vec![];
    for x in xs {
        sources.push(match x {
            Source::Tensor(t) => (t, None),
            Source::Variable(v) => (super::variables::read(&v)?, Some(v)),
        });
    }
    let above = above(&crate::lock(&graph.0.state), ys);
    let connected: Vec<bool> =
        sources.iter().map(|(t, _)| above.contains(&t.id()) && t.dtype().is_differentiable()).collect();
    let kept: Vec<&(Tensor, Option<Variable>)> =
        sources.iter().zip(&connected).filter(|(_, c)| **c).map(|(s, _)| s).collect();
    let inputs = ys.iter().map(|&t| t.clone()).chain(kept.iter().map(|(t, _)| t.clone())).collect();
    let variables = kept.iter().map(|(_, v)| v.clone()).collect();
    let specs: Vec<Spec> = kept.iter().map(|(t, _)| t.spec().clone()).collect();
    let what = What::Gradients { targets: ys.len(), variables };
    let mut found = graph.add_with_results(what, inputs, &specs)?.into_iter();
    Ok(connected.iter().map(|c| if *c { found.next() } else { None }).collect())
}

/// The tensors that these depend on, themselves among them.
fn above(s: &State, ys: &[&Tensor]) -> HashSet<u64> {
    let mut seen: HashSet<u64> = HashSet::new();
    let mut open: Vec<u64> = ys.iter().map(|t| t.id()).collect();
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(&node) = s.made_by.get(&id)
        {
            open.extend(s.nodes[node].inputs.iter().map(Tensor::id));
        }
    }
    seen
}
