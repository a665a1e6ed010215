//! Rebuilding a graph front to back: composites inlined, equal instructions merged, a rule applied to each.

use super::graph::{Graph, Val};
use super::prim::{ById, Prim, ScanBody, WhileBody};
use crate::error::Result;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;

/// Results of one instruction.
pub type Results = SmallVec<[Val; 2]>;

/// Says what an instruction becomes: `Some` values to stand for its results, or `None` to keep it. It may emit others.
pub type Rule<'a> = &'a dyn Fn(&mut Rewriter<'_>, &Prim, &[Val]) -> Result<Option<Results>>;

/// The graph under construction in [`rewrite`].
pub struct Rewriter<'a> {
    graph: Graph,
    seen: HashMap<(Prim, SmallVec<[Val; 3]>), Results>,
    rule: Rule<'a>,
    inline: bool,
}

impl std::fmt::Debug for Rewriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rewriter").field("graph", &self.graph).finish_non_exhaustive()
    }
}

impl Rewriter<'_> {
    /// What has been built.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Adds an instruction, through the rule, or finds the equal one that is there.
    ///
    /// # Errors
    /// As [`Graph::push_multi`], and what the rule refuses.
    pub fn emit_multi(&mut self, prim: &Prim, operands: &[Val]) -> Result<Results> {
        if let Some(r) = (self.rule)(self, prim, operands)? {
            return Ok(r);
        }
        if let (true, Prim::Composite(c)) = (self.inline, prim) {
            let body = c.body().clone();
            return Ok(self.copy(&body, operands)?.into());
        }
        if prim.has_effect() || matches!(prim, Prim::OptimizationBarrier) {
            return self.graph.push_multi(prim.clone(), operands);
        }
        let key = (prim.clone(), SmallVec::from(operands));
        if let Some(r) = self.seen.get(&key) {
            return Ok(r.clone());
        }
        let r = self.graph.push_multi(prim.clone(), operands)?;
        self.seen.insert(key, r.clone());
        Ok(r)
    }

    /// As [`Rewriter::emit_multi`] for an instruction with one result.
    ///
    /// # Errors
    /// As [`Rewriter::emit_multi`].
    pub fn emit(&mut self, prim: Prim, operands: &[Val]) -> Result<Val> {
        Ok(self.emit_multi(&prim, operands)?[0])
    }

    /// Adds the instructions of another graph, its inputs bound to `args`.
    pub(crate) fn copy(&mut self, g: &Graph, args: &[Val]) -> Result<Vec<Val>> {
        let mut map: Vec<Val> = Vec::with_capacity(g.num_values());
        for inst in g.insts() {
            match inst.prim {
                Prim::Parameter(i, _) => map.push(args[i]),
                _ => {
                    let operands: SmallVec<[Val; 4]> = inst.operands.iter().map(|v| map[v.index()]).collect();
                    map.extend(self.emit_multi(&inst.prim, &operands)?);
                }
            }
        }
        Ok(g.outputs().iter().map(|v| map[v.index()]).collect())
    }
}

/// Rebuilds `g` with `rule` applied to every instruction, equal ones merged and dead ones dropped.
///
/// # Errors
/// What the rule refuses.
pub fn rewrite(g: &Graph, inline: bool, rule: Rule<'_>) -> Result<Graph> {
    let mut rw = Rewriter { graph: Graph::new(), seen: HashMap::new(), rule, inline };
    let args: Vec<Val> = g.param_specs().into_iter().map(|s| rw.graph.parameter(s)).collect();
    let outputs = rw.copy(g, &args)?;
    rw.graph.set_outputs(outputs);
    Ok(rw.graph.pruned())
}

impl Graph {
    /// The graph with all composites inlined, equal instructions merged and dead ones dropped.
    ///
    /// # Errors
    /// `Internal` when a composite's body does not fit its operands.
    pub fn flattened(&self) -> Result<Graph> {
        rewrite(self, true, &|_, _, _| Ok(None))
    }

    /// As [`Graph::flattened`], with those composites kept that have a derivative of their own: it may be differentiated again.
    ///
    /// # Errors
    /// As [`Graph::flattened`].
    pub fn opened(&self) -> Result<Graph> {
        rewrite(self, false, &|rw, prim, x| match prim {
            Prim::Composite(c) if !c.has_vjp() => Ok(Some(rw.copy(&c.body().clone(), x)?.into())),
            _ => Ok(None),
        })
    }

    /// The graph without checks and prints, for a second computation of the same values.
    #[must_use]
    pub fn without_effects(&self) -> Graph {
        if !self.has_effects() {
            return self.clone();
        }
        let dropped = |rw: &mut Rewriter<'_>, prim: &Prim, x: &[Val]| match prim {
            Prim::Check(_) | Prim::Print(_) => Ok(Some(Results::new())),
            Prim::Composite(c) if prim.has_effect() => Ok(Some(rw.copy(&c.body().clone(), x)?.into())),
            Prim::Case(_) | Prim::Scan(_) | Prim::While(_) if prim.has_effect() => {
                rw.emit_multi(&silent(prim), x).map(Some)
            }
            _ => Ok(None),
        };
        // Nothing in a graph that was built once can be refused when it is built again.
        rewrite(self, false, &dropped).unwrap_or_else(|_| self.clone())
    }
}

/// A branch or loop without the effects inside.
fn silent(prim: &Prim) -> Prim {
    let of = |g: &Graph| Arc::new(g.without_effects());
    match prim {
        Prim::Case(branches) => Prim::Case(branches.iter().map(|b| ById(of(b))).collect()),
        Prim::Scan(s) => Prim::Scan(ById(Arc::new(ScanBody { body: of(&s.body), primal: None, ..**s }))),
        Prim::While(w) => Prim::While(ById(Arc::new(WhileBody {
            cond: w.cond.as_ref().map(|c| of(c)),
            body: of(&w.body),
            primal: None,
            ..**w
        }))),
        p => p.clone(),
    }
}
