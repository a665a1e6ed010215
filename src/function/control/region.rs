//! Parts of a function that are traced by themselves: branches, bodies and conditions, and what they use from around them.

use crate::error::{Error, Result};
use crate::function::Nest;
use crate::hlo::{Graph, Spec, Val};
use crate::tensor::{
    Capture, Entry, Tensor, Traced, Variable, VariableId, run_entry, trace, without_recorders,
};

/// A traced part, and the structure that it returns.
pub(super) struct Region<R> {
    pub(super) traced: Traced,
    pub(super) result: R,
}

/// Traces `f` on symbols of the given specs.
pub(super) fn region<R: Nest>(
    name: &str,
    specs: &[Spec],
    f: impl FnOnce(&[Tensor]) -> Result<R>,
) -> Result<Region<R>> {
    // What it runs is differentiated with the whole.
    let (traced, result) = without_recorders(|| {
        trace(name, specs, |x| {
            let result = f(x)?;
            Ok((result.flatten()?, result))
        })
    })?;
    Ok(Region { traced, result })
}

impl<R> Region<R> {
    /// Specs of what it returns, without new values of variables.
    pub(super) fn specs(&self) -> Vec<Spec> {
        let mut specs = self.traced.graph.output_specs();
        specs.truncate(specs.len() - self.traced.assigned.len());
        specs
    }
}

/// What several regions use from around them, each thing once: tensors first seen, and variables.
pub(super) struct Surroundings {
    captures: Vec<Capture>,
    /// Variables that some region gives new values.
    pub(super) assigned: Vec<Variable>,
}

impl Surroundings {
    pub(super) fn of<'a>(regions: impl Iterator<Item = &'a Traced> + Clone) -> Self {
        let mut this = Surroundings { captures: vec![], assigned: vec![] };
        for v in regions.clone().flat_map(|r| &r.assigned) {
            if !this.assigned.iter().any(|a| a.id() == v.id()) {
                this.assigned.push(v.clone());
            }
        }
        let assigned = this.assigned.iter().cloned().map(Capture::Variable).collect::<Vec<_>>();
        for c in regions.flat_map(|r| &r.captures).chain(&assigned) {
            if this.place(c).is_none() {
                this.captures.push(c.clone());
            }
        }
        this
    }

    fn place(&self, c: &Capture) -> Option<usize> {
        self.captures.iter().position(|k| match (k, c) {
            (Capture::Tensor(a), Capture::Tensor(b)) => a.id() == b.id(),
            (Capture::Variable(a), Capture::Variable(b)) => a.id() == b.id(),
            _ => false,
        })
    }

    /// The values now, in order.
    pub(super) fn values(&self) -> Result<Vec<Tensor>> {
        self.captures
            .iter()
            .map(|c| match c {
                Capture::Tensor(t) => Ok(t.clone()),
                Capture::Variable(v) => v.value(),
            })
            .collect()
    }

    /// Which captures no region assigns, then which are the assigned variables, in the order of `assigned`.
    pub(super) fn split(&self) -> (Vec<usize>, Vec<usize>) {
        let is = |c: &Capture, id: VariableId| matches!(c, Capture::Variable(v) if v.id() == id);
        let kept = |&i: &usize| !self.assigned.iter().any(|v| is(&self.captures[i], v.id()));
        let of = |v: &Variable| self.captures.iter().position(|c| is(c, v.id()));
        ((0..self.captures.len()).filter(kept).collect(), self.assigned.iter().filter_map(of).collect())
    }

    /// Writes a region into a graph: its own inputs are `own`, the surroundings `around`. Gives its results, then the values of all assigned
    /// variables after it.
    pub(super) fn inline(&self, g: &mut Graph, r: &Traced, own: &[Val], around: &[Val]) -> Result<Vec<Val>> {
        let mut args = own.to_vec();
        for c in &r.captures {
            let at = self.place(c).ok_or_else(|| Error::internal("control flow", "a capture was lost"))?;
            args.push(around[at]);
        }
        let mut outputs = g.inline(&r.graph, &args)?;
        let new = outputs.split_off(outputs.len() - r.assigned.len());
        let (_, places) = self.split();
        for (v, &at) in self.assigned.iter().zip(&places) {
            let own = r.assigned.iter().position(|a| a.id() == v.id());
            outputs.push(own.map_or(around[at], |k| new[k]));
        }
        Ok(outputs)
    }

    /// Stores what variables have become.
    pub(super) fn assign(&self, values: Vec<Tensor>) -> Result<()> {
        self.assigned.iter().zip(values).try_for_each(|(v, t)| v.assign(t))
    }
}

/// Writes a graph into the trace that is open, as one call that tapes see whole.
pub(in crate::function) fn emit(name: &str, graph: Graph, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    debug_assert!(graph.verify().is_ok(), "{name}: {:?}", graph.verify());
    run_entry(&Entry::of_graph(name, graph), inputs)
}
