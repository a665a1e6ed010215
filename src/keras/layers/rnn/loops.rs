//! A traced step as the body of a loop.

use crate::error::{Error, Result};
use crate::hlo::{ById, Graph, Inst, Prim, ScanBody, Spec, Val};
use crate::shape::Shape;
use crate::tensor::{Entry, Traced};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A traced step and the loop that it is to become. The step's inputs are states, slices of stacked inputs, constants, perhaps the output of the step
/// before, then captured values; its outputs the next states and the output.
pub(super) struct LoopGraph<'a> {
    pub(super) traced: &'a Traced,
    pub(super) states: usize,
    /// Number of stacked inputs.
    pub(super) stacked: usize,
    pub(super) constants: usize,
    pub(super) trips: usize,
    pub(super) reverse: bool,
    /// Whether the output is carried from step to step, and then whether steps use that of the step before.
    pub(super) carried_output: Option<bool>,
    /// Whether the outputs of all steps are results.
    pub(super) stack: bool,
}

/// A graph that is being built from another's instructions.
struct Part<'a> {
    source: &'a Graph,
    graph: Graph,
    map: Vec<Option<Val>>,
}

impl Part<'_> {
    fn copy(&mut self, inst: &Inst) -> Result<()> {
        let operands: Option<SmallVec<[Val; 4]>> =
            inst.operands.iter().map(|v| self.map[v.index()]).collect();
        let missing = || Error::internal("RNN", "a step uses what the loop does not have");
        let results = self.graph.push_multi(inst.prim.clone(), &operands.ok_or_else(missing)?)?;
        inst.results().zip(results).for_each(|(v, r)| self.map[v.index()] = Some(r));
        Ok(())
    }

    /// A value that is the same in all steps, made of `known` ones by views.
    fn rebuilt(&mut self, v: Val) -> Result<()> {
        if self.map[v.index()].is_some() {
            return Ok(());
        }
        let inst = self.source.def(v).clone();
        inst.operands.iter().try_for_each(|&x| self.rebuilt(x))?;
        self.copy(&inst)
    }
}

impl LoopGraph<'_> {
    /// The loop as an entry: constants and captured values, then first states, the first output where it is carried, and stacked inputs. What is the
    /// same in all steps is computed before the first.
    pub(super) fn entry(&self, name: &str) -> Result<Arc<Entry>> {
        let source = &self.traced.graph;
        let params = source.params();
        let from = self.states + self.stacked;
        let takes = self.carried_output == Some(true);
        let before = takes.then(|| params[from + self.constants]);
        let invariant_params: Vec<Val> =
            params[from..].iter().copied().filter(|v| Some(*v) != before).collect();
        let fixed = fixed(source, &invariant_params);
        let needed = boundary(source, &fixed);

        // What the loop is given: constants and captured values as they are or worked on.
        let mut outer = Part { source, graph: Graph::new(), map: vec![None; source.num_values()] };
        for &v in &invariant_params {
            outer.map[v.index()] = Some(outer.graph.parameter(source.spec(v).clone()));
        }
        let mut carried: Vec<Val> = params[..self.states].to_vec();
        let output = *source.outputs().last().ok_or_else(|| Error::internal("RNN", "no output"))?;
        let specs = |v: &[Val]| v.iter().map(|&v| source.spec(v).clone()).collect::<Vec<Spec>>();
        let mut first = specs(&carried);
        if self.carried_output.is_some() {
            first.push(source.spec(output).clone());
        }
        let firsts: Vec<Val> = first.iter().map(|s| outer.graph.parameter(s.clone())).collect();
        let slices = &params[self.states..from];
        let wholes: Vec<Val> = slices
            .iter()
            .map(|&v| {
                let spec = source.spec(v);
                let shape: Shape = std::iter::once(self.trips).chain(spec.shape.iter().copied()).collect();
                outer.graph.parameter(Spec::new(spec.dtype, shape))
            })
            .collect();
        for inst in source.insts() {
            let is_fixed = inst.results().next().is_some_and(|v| fixed[v.index()]);
            if is_fixed && !matches!(inst.prim, Prim::Parameter(..)) {
                outer.copy(inst)?;
            }
        }

        // One trip.
        let mut body = Part { source, graph: Graph::new(), map: vec![None; source.num_values()] };
        for &v in &needed {
            body.map[v.index()] = Some(body.graph.parameter(source.spec(v).clone()));
        }
        if let Some(before) = before {
            carried.push(before);
        }
        for &v in &carried {
            body.map[v.index()] = Some(body.graph.parameter(source.spec(v).clone()));
        }
        if self.carried_output == Some(false) {
            // Carried for its last value alone.
            body.graph.parameter(source.spec(output).clone());
        }
        for &v in slices {
            body.map[v.index()] = Some(body.graph.parameter(source.spec(v).clone()));
        }
        for inst in source.insts() {
            let in_loop = inst.results().next().is_none_or(|v| !fixed[v.index()]);
            if in_loop && !matches!(inst.prim, Prim::Parameter(..)) {
                inst.operands.iter().try_for_each(|&x| body.rebuilt(x))?;
                body.copy(inst)?;
            }
        }
        let mut outs = vec![];
        let (next, _) = source.outputs().split_at(self.states);
        let tail = usize::from(self.carried_output.is_some()) + usize::from(self.stack);
        for &v in next.iter().chain(std::iter::repeat_n(&output, tail)) {
            body.rebuilt(v)?;
            let missing = || Error::internal("RNN", "an output without a value");
            outs.push(body.map[v.index()].ok_or_else(missing)?);
        }
        body.graph.set_outputs(outs);

        let mut operands = vec![];
        for &v in &needed {
            let missing = || Error::internal("RNN", "a constant without a value");
            operands.push(outer.map[v.index()].ok_or_else(missing)?);
        }
        operands.extend(firsts.iter().chain(&wholes));
        let scan = ScanBody {
            body: Arc::new(body.graph.pruned()),
            trips: self.trips,
            consts: needed.len(),
            carries: firsts.len(),
            reverse: self.reverse,
            primal: None,
        };
        let results = outer.graph.push_multi(Prim::Scan(ById(Arc::new(scan))), &operands)?;
        outer.graph.set_outputs(results.to_vec());
        Ok(Entry::of_graph(name, outer.graph.pruned()))
    }
}

/// Which values are the same in all steps.
fn fixed(g: &Graph, params: &[Val]) -> Vec<bool> {
    let mut fixed = vec![false; g.num_values()];
    params.iter().for_each(|v| fixed[v.index()] = true);
    for inst in g.insts() {
        if !matches!(inst.prim, Prim::Parameter(..)) {
            let all = inst.operands.iter().all(|v| fixed[v.index()]);
            inst.results().for_each(|v| fixed[v.index()] = all);
        }
    }
    fixed
}

/// The values from outside that steps need: those of which the others are views.
fn boundary(g: &Graph, fixed: &[bool]) -> Vec<Val> {
    let mut needed = BTreeMap::new();
    let in_loop = g.insts().iter().filter(|i| i.results().next().is_some_and(|v| !fixed[v.index()]));
    let mut stack: Vec<Val> = in_loop.flat_map(|i| i.operands.iter().copied()).collect();
    stack.extend(g.outputs());
    while let Some(v) = stack.pop() {
        if !fixed[v.index()] {
            continue;
        }
        let inst = g.def(v);
        if is_view(&inst.prim) {
            stack.extend(&inst.operands);
        } else {
            needed.insert(v.index(), v);
        }
    }
    needed.into_values().collect()
}

/// What kernels read in place, or make out of nothing.
fn is_view(p: &Prim) -> bool {
    matches!(
        p,
        Prim::Constant(_)
            | Prim::Iota { .. }
            | Prim::Reshape(_)
            | Prim::BroadcastInDim { .. }
            | Prim::Transpose { .. }
            | Prim::Slice { .. }
    )
}
