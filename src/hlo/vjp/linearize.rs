//! A graph split into a forward part that also returns residuals and a backward part that uses them.

use super::{cut, gradient};
use crate::error::{Error, Result};
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::Prim;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};

/// What an input is to a graph that is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One that is kept if the backward part needs it.
    Value,
    /// The same in all runs of the graph, at hand for both parts. What depends on such alone is computed again rather than kept.
    Invariant,
    /// Another one in each run, at hand for both parts.
    Slice,
    /// One that the backward part is given as it was.
    Carried,
}

/// A differentiated graph in two parts.
#[derive(Clone, Debug)]
pub struct Linear {
    /// The graph's inputs to its outputs, then the residuals.
    pub forward: Graph,
    /// Residuals, then the inputs numbered in `slices`, `carried` and `invariants`, then adjoints of those outputs through which gradient
    /// flows, to the adjoints of the inputs numbered in `connected`.
    pub backward: Graph,
    /// Which inputs have an adjoint.
    pub connected: Vec<usize>,
    /// Inputs of slices that the backward part needs.
    pub slices: Vec<usize>,
    /// Carried inputs that the backward part needs.
    pub carried: Vec<usize>,
    /// Loop-invariant inputs that the backward part needs as they are.
    pub invariants: Vec<usize>,
}

/// What is kept for the backward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Every value that it uses.
    All,
    /// The cheapest values of which elementwise work gives those that it uses.
    Cheapest,
}

/// Differentiates `body` in its inputs marked by `wrt`, for adjoints of its outputs marked by `flows`.
///
/// # Errors
/// As [`gradient`].
pub fn linearize(body: &Graph, wrt: &[bool], flows: &[bool], inputs: &[Input], keep: Keep) -> Result<Linear> {
    let mut joint = Graph::new();
    let params: Vec<Val> = body.param_specs().into_iter().map(|s| joint.parameter(s)).collect();
    let outs = joint.inline(body, &params)?;
    let seeds: Vec<Option<Val>> =
        outs.iter().zip(flows).map(|(&y, f)| f.then(|| joint.parameter(joint.spec(y).clone()))).collect();
    let targets: Vec<usize> = (0..params.len()).filter(|&i| wrt[i]).collect();
    let xs: Vec<Val> = targets.iter().map(|&i| params[i]).collect();
    let grads = gradient(&mut joint, &outs, &seeds, &xs)?;
    let connected: Vec<usize> =
        targets.iter().zip(&grads).filter(|(_, d)| d.is_some()).map(|(&i, _)| i).collect();
    let (n_out, n_in) = (outs.len(), params.len());
    joint.set_outputs(outs.into_iter().chain(grads.into_iter().flatten()).collect::<Vec<_>>());
    let joint = joint.opened()?;

    let mut split = Split::new(&joint, n_in, inputs, keep);
    let backward = split.backward(&joint, &joint.outputs()[n_out..])?;
    let mut forward = Graph::new();
    let args: Vec<Val> = body.param_specs().into_iter().map(|s| forward.parameter(s)).collect();
    let kept = split.forward(&joint, &mut forward, &args)?;
    forward.set_outputs(
        joint.outputs()[..n_out]
            .iter()
            .chain(&split.residuals)
            .map(|v| kept[v.index()].ok_or(*v))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|v| Error::internal("linearize", format_args!("v{} depends on adjoints", v.index())))?,
    );
    let Split { slices, carried, invariants, .. } = split;
    Ok(Linear { forward: forward.pruned(), backward, connected, slices, carried, invariants })
}

struct Split {
    /// Values that depend on adjoints.
    late: Vec<bool>,
    /// Values that depend on invariant inputs alone.
    fixed: Vec<bool>,
    inputs: Vec<Input>,
    keep: Keep,
    residuals: Vec<Val>,
    slices: Vec<usize>,
    carried: Vec<usize>,
    invariants: Vec<usize>,
}

impl Split {
    fn new(g: &Graph, n_in: usize, inputs: &[Input], keep: Keep) -> Self {
        let (mut late, mut fixed) = (vec![false; g.num_values()], vec![false; g.num_values()]);
        for inst in g.insts() {
            let (l, f) = match inst.prim {
                Prim::Parameter(i, _) => (i >= n_in, inputs.get(i) == Some(&Input::Invariant)),
                _ => (
                    inst.operands.iter().any(|v| late[v.index()]),
                    inst.operands.iter().all(|v| fixed[v.index()]),
                ),
            };
            for v in inst.results() {
                (late[v.index()], fixed[v.index()]) = (l, f);
            }
        }
        Split {
            late,
            fixed,
            inputs: inputs.to_vec(),
            keep,
            residuals: vec![],
            slices: vec![],
            carried: vec![],
            invariants: vec![],
        }
    }

    /// Collects what the adjoints of `grads` need, then builds them.
    fn backward(&mut self, g: &Graph, grads: &[Val]) -> Result<Graph> {
        let mut plan = Backward { graph: Graph::new(), map: HashMap::new() };
        let mut needed: Vec<Val> = vec![];
        let mut seen = vec![false; g.num_values()];
        let cut = (self.keep == Keep::Cheapest).then(|| self.cut(g, grads));
        for &v in grads {
            self.need(g, v, cut.as_ref(), &mut needed, &mut seen);
        }
        needed.sort_unstable();
        for &v in &self.residuals {
            let p = plan.graph.parameter(g.spec(v).clone());
            plan.map.insert(v, p);
        }
        for &i in self.slices.iter().chain(&self.carried).chain(&self.invariants) {
            let v = g.params()[i];
            let p = plan.graph.parameter(g.spec(v).clone());
            plan.map.insert(v, p);
        }
        for &v in g.params().iter().filter(|v| self.late[v.index()]) {
            let p = plan.graph.parameter(g.spec(v).clone());
            plan.map.insert(v, p);
        }
        for v in needed {
            plan.copy(g, v)?;
        }
        let outs = grads.iter().map(|v| plan.map[v]).collect::<Vec<_>>();
        plan.graph.set_outputs(outs);
        Ok(plan.graph)
    }

    /// The cheapest values to keep: all others that late ones use are computed of them.
    fn cut(&self, g: &Graph, grads: &[Val]) -> HashSet<Val> {
        let early = |v: Val| !self.late[v.index()] && !self.fixed[v.index()];
        let (mut wanted, mut seen) = (vec![], vec![false; g.num_values()]);
        let mut stack = grads.to_vec();
        while let Some(v) = stack.pop() {
            if std::mem::replace(&mut seen[v.index()], true) {
                continue;
            }
            if early(v) {
                wanted.push(v);
            } else {
                stack.extend(&g.def(v).operands);
            }
        }
        wanted.sort_unstable();
        let stored = |v: Val| match g.def(v).prim {
            Prim::Parameter(i, _) => self.inputs.get(i) == Some(&Input::Slice),
            _ => false,
        };
        cut::cheapest(g, &wanted, &self.fixed, &stored)
    }

    /// Marks `v` and what it needs: as kept or at hand, or to be computed in the backward part.
    fn need(
        &mut self,
        g: &Graph,
        v: Val,
        cut: Option<&HashSet<Val>>,
        needed: &mut Vec<Val>,
        seen: &mut [bool],
    ) {
        let mut stack = vec![v];
        while let Some(v) = stack.pop() {
            if std::mem::replace(&mut seen[v.index()], true) {
                continue;
            }
            let inst = g.def(v);
            let again = cut.map_or_else(|| is_cheap(&inst.prim), |c| !c.contains(&v));
            match inst.prim {
                Prim::Parameter(i, _) if self.fixed[v.index()] => self.invariants.push(i),
                Prim::Parameter(..) if self.late[v.index()] => {}
                Prim::Parameter(i, _) => match self.inputs.get(i) {
                    Some(Input::Slice) => self.slices.push(i),
                    Some(Input::Carried) => self.carried.push(i),
                    _ => self.residuals.push(v),
                },
                _ if self.late[v.index()] || self.fixed[v.index()] || again => {
                    needed.push(v);
                    stack.extend(&inst.operands);
                }
                _ => self.residuals.push(v),
            }
        }
    }

    /// Copies everything that does not depend on adjoints.
    fn forward(&self, g: &Graph, to: &mut Graph, args: &[Val]) -> Result<Vec<Option<Val>>> {
        let mut map: Vec<Option<Val>> = vec![None; g.num_values()];
        for inst in g.insts() {
            let operands: Option<SmallVec<[Val; 4]>> = inst.operands.iter().map(|v| map[v.index()]).collect();
            match (&inst.prim, operands) {
                (Prim::Parameter(i, _), _) => {
                    map[inst.results().next().map_or(0, Val::index)] = args.get(*i).copied()
                }
                (prim, Some(operands)) => {
                    let r = to.push_multi(prim.clone(), &operands)?;
                    inst.results().zip(r).for_each(|(v, r)| map[v.index()] = Some(r));
                }
                _ => {}
            }
        }
        Ok(map)
    }
}

/// What costs nothing to compute again from what it is computed from.
fn is_cheap(prim: &Prim) -> bool {
    matches!(prim, Prim::Constant(_) | Prim::Iota { .. } | Prim::BroadcastInDim { .. } | Prim::Reshape(_))
}

struct Backward {
    graph: Graph,
    map: HashMap<Val, Val>,
}

impl Backward {
    fn copy(&mut self, g: &Graph, v: Val) -> Result<()> {
        if self.map.contains_key(&v) {
            return Ok(());
        }
        let inst = g.def(v);
        let operands: SmallVec<[Val; 4]> = inst.operands.iter().map(|v| self.map[v]).collect();
        let r = self.graph.push_multi(inst.prim.clone(), &operands)?;
        inst.results().zip(r).for_each(|(v, r)| {
            self.map.insert(v, r);
        });
        Ok(())
    }
}
