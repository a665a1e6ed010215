//! A graph split into a forward part that also returns residuals and a backward part that uses them.

use super::gradient;
use crate::error::{Error, Result};
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::Prim;
use smallvec::SmallVec;
use std::collections::HashMap;

/// A differentiated graph in two parts.
#[derive(Clone, Debug)]
pub struct Linear {
    /// The graph's inputs to its outputs, then the residuals.
    pub forward: Graph,
    /// Residuals, then the inputs numbered in `invariants`, then adjoints of those outputs through which gradient flows, to the adjoints
    /// of the inputs numbered in `connected`.
    pub backward: Graph,
    /// Which inputs have an adjoint.
    pub connected: Vec<usize>,
    /// Loop-invariant inputs that the backward part needs as they are.
    pub invariants: Vec<usize>,
}

/// Differentiates `body` in its inputs marked by `wrt`, for adjoints of its outputs marked by `flows`. What depends on inputs marked
/// `invariant` alone is computed again rather than kept.
///
/// # Errors
/// As [`gradient`].
pub fn linearize(body: &Graph, wrt: &[bool], flows: &[bool], invariant: &[bool]) -> Result<Linear> {
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

    let mut split = Split::new(&joint, n_in, invariant);
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
    Ok(Linear { forward: forward.pruned(), backward, connected, invariants: split.invariants })
}

struct Split {
    /// Values that depend on adjoints.
    late: Vec<bool>,
    /// Values that depend on invariant inputs alone.
    fixed: Vec<bool>,
    residuals: Vec<Val>,
    invariants: Vec<usize>,
}

impl Split {
    fn new(g: &Graph, n_in: usize, invariant: &[bool]) -> Self {
        let (mut late, mut fixed) = (vec![false; g.num_values()], vec![false; g.num_values()]);
        for inst in g.insts() {
            let (l, f) = match inst.prim {
                Prim::Parameter(i, _) => (i >= n_in, invariant.get(i).copied().unwrap_or(false)),
                _ => (
                    inst.operands.iter().any(|v| late[v.index()]),
                    inst.operands.iter().all(|v| fixed[v.index()]),
                ),
            };
            for v in inst.results() {
                (late[v.index()], fixed[v.index()]) = (l, f);
            }
        }
        Split { late, fixed, residuals: vec![], invariants: vec![] }
    }

    /// Collects what the adjoints of `grads` need, then builds them.
    fn backward(&mut self, g: &Graph, grads: &[Val]) -> Result<Graph> {
        let mut plan = Backward { graph: Graph::new(), map: HashMap::new() };
        let mut needed: Vec<Val> = vec![];
        let mut seen = vec![false; g.num_values()];
        for &v in grads {
            self.need(g, v, &mut needed, &mut seen);
        }
        needed.sort_unstable();
        for &v in &self.residuals {
            let p = plan.graph.parameter(g.spec(v).clone());
            plan.map.insert(v, p);
        }
        for &i in &self.invariants {
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

    /// Marks `v` and what it needs: as a residual, or to be computed in the backward part.
    fn need(&mut self, g: &Graph, v: Val, needed: &mut Vec<Val>, seen: &mut [bool]) {
        let mut stack = vec![v];
        while let Some(v) = stack.pop() {
            if std::mem::replace(&mut seen[v.index()], true) {
                continue;
            }
            let inst = g.def(v);
            match inst.prim {
                Prim::Parameter(i, _) if self.fixed[v.index()] => self.invariants.push(i),
                Prim::Parameter(..) if self.late[v.index()] => {}
                _ if self.late[v.index()] || self.fixed[v.index()] || is_cheap(&inst.prim) => {
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
