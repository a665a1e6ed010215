//! Running parts of a graph: its nodes again, on other tensors.

use super::graph::{Graph, Node, Operation, State, What};
use crate::autodiff::{GradientTape, Unconnected};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::array;
use crate::tensor::{Tensor, Variable, VariableId, run, run_entry};
use std::collections::{BTreeSet, HashMap};

/// What a run needs of a graph.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Numbers of nodes, in the order in which they were added.
    pub(super) nodes: BTreeSet<usize>,
    /// Variables whose values are read.
    pub(super) reads: Vec<VariableId>,
    /// Tensors whose gradients are taken, or which they are taken in.
    watched: Vec<u64>,
}

impl Graph {
    /// What these tensors and operations need, where the tensors `fed` are given.
    pub(super) fn needs(
        &self,
        tensors: &[Tensor],
        operations: &[Operation],
        fed: &[u64],
    ) -> Result<(Needs, Vec<Node>)> {
        let s = crate::lock(&self.0.state);
        if let Some(e) = &s.refused {
            return Err(e.clone());
        }
        let mut needs = Needs::default();
        let mut open: Vec<Tensor> = tensors.to_vec();
        let mut nodes: Vec<usize> = operations.iter().map(|o| o.0).collect();
        loop {
            if let Some(at) = nodes.pop() {
                let Some(node) = s.nodes.get(at) else {
                    return Err(Error::invalid(
                        "Session.run",
                        "fetches",
                        "operations of the graph",
                        "another",
                    ));
                };
                if needs.nodes.insert(at) {
                    open.extend(node.inputs.iter().cloned());
                    match &node.what {
                        What::Group(all) => nodes.extend(all.iter().map(|o| o.0)),
                        What::Gradients { targets, .. } => {
                            needs.watched.extend(node.inputs[*targets..].iter().map(Tensor::id));
                        }
                        _ => {}
                    }
                }
            } else if let Some(t) = open.pop() {
                nodes.extend(needs.tensor(&s, &t, fed)?);
            } else {
                break;
            }
        }
        let nodes = needs.nodes.iter().map(|&k| s.nodes[k].clone()).collect();
        Ok((needs, nodes))
    }

    /// The variable with a number.
    pub(super) fn variable(&self, id: VariableId) -> Option<Variable> {
        let s = crate::lock(&self.0.state);
        s.variables.iter().map(|h| &h.variable).find(|v| v.id() == id).cloned()
    }
}

impl Needs {
    /// The node that makes a tensor, where one does.
    fn tensor(&mut self, s: &State, t: &Tensor, fed: &[u64]) -> Result<Option<usize>> {
        if !t.is_symbolic() || fed.contains(&t.id()) {
            return Ok(None);
        }
        if let Some(p) = s.placeholders.get(&t.id()) {
            let what = format!(
                "You must feed a value for placeholder tensor '{}' with dtype {} and shape {}",
                p.name,
                t.dtype(),
                p.shape
            );
            return Err(Error::new(ErrorKind::InvalidArgument, "Session.run", what));
        }
        if let Some(&v) = s.reads.get(&t.id()) {
            if !self.reads.contains(&v) {
                self.reads.push(v);
            }
            return Ok(None);
        }
        match s.made_by.get(&t.id()) {
            Some(&node) => Ok(Some(node)),
            None => {
                Err(Error::invalid("Session.run", "fetches", "tensors of the graph", format_args!("{t:?}")))
            }
        }
    }
}

/// Runs nodes; `values` are known tensors by the number of those that they stand for. What comes is added to them.
pub(super) fn replay(
    graph: &Graph,
    needs: &Needs,
    nodes: &[Node],
    values: &mut HashMap<u64, Tensor>,
) -> Result<()> {
    let tape = (!needs.watched.is_empty()).then(GradientTape::persistent);
    let watch = |values: &HashMap<u64, Tensor>, id: u64| {
        if let (Some(tape), true, Some(t)) = (&tape, needs.watched.contains(&id), values.get(&id)) {
            tape.watch(t);
        }
    };
    values.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| watch(values, id));
    // All reads see the values before the run.
    let reads: Vec<(u64, VariableId)> =
        crate::lock(&graph.0.state).reads.iter().map(|(t, v)| (*t, *v)).collect();
    for (t, v) in reads.into_iter().filter(|(_, v)| needs.reads.contains(v)) {
        let Some(variable) = graph.variable(v) else {
            let what = "a variable that was made outside of the graph; make it with compat::v1::variable";
            return Err(Error::invalid("Session.run", "fetches", "variables of the graph", what));
        };
        values.entry(t).or_insert(variable.value()?);
        watch(values, t);
    }
    for node in nodes {
        let inputs = node
            .inputs
            .iter()
            .map(|t| match values.get(&t.id()) {
                Some(v) => Ok(v.clone()),
                None if !t.is_symbolic() => Ok(t.clone()),
                None => Err(Error::internal("Session.run", "a tensor was not computed")),
            })
            .collect::<Result<Vec<Tensor>>>()?;
        let results = perform(node, &inputs, tape.as_ref())?;
        for (id, t) in node.outputs.iter().zip(results) {
            values.insert(*id, t);
            watch(values, *id);
        }
    }
    Ok(())
}

fn perform(node: &Node, inputs: &[Tensor], tape: Option<&GradientTape>) -> Result<Vec<Tensor>> {
    let refs: Vec<&Tensor> = inputs.iter().collect();
    match &node.what {
        What::Call(entry) => match entry.op() {
            Some(op) => run(op, &refs),
            None if entry.graph().param_specs().iter().eq(inputs.iter().map(Tensor::spec)) => {
                run_entry(entry, &refs)
            }
            None => Err(Error::unimplemented(
                "Session.run",
                format_args!(
                    "{} on other shapes than it was built for: give its placeholders full shapes",
                    entry.label()
                ),
            )),
        },
        What::Assign(v) => {
            v.assign(&inputs[0])?;
            Ok(vec![])
        }
        What::Group(_) => Ok(vec![]),
        What::Gradients { targets, variables } => {
            let (ys, xs) = refs.split_at(*targets);
            let tape = tape.ok_or_else(|| Error::internal("Session.run", "gradients without a tape"))?;
            let targets: Vec<(&Tensor, Option<&Tensor>)> = ys.iter().map(|&y| (y, None)).collect();
            let sources: Vec<crate::autodiff::Source> = xs.iter().map(|&x| x.into()).collect();
            let found = tape.gradient_with(&targets, sources.as_slice(), Unconnected::None)?;
            debug_assert_eq!(found.len(), variables.len());
            found.into_iter().zip(xs).map(|(d, x)| d.map_or_else(|| array::zeros_like(*x), Ok)).collect()
        }
    }
}
