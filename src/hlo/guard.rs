//! Graphs whose effects happen only where a bool says so: how branches that are all computed keep the effects of the one taken.

use super::Literal;
use super::graph::{Graph, Val};
use super::prim::{ById, CustomOp, Prim, PrintText, ScanBody, Spec, WhileBody};
use super::rows::Ew;
use crate::dtype::DType;
use crate::error::Result;
use smallvec::SmallVec;
use std::sync::Arc;

impl Graph {
    /// The same graph with a bool scalar before its inputs: where that is false, checks do not fail, nothing is printed or called, and
    /// loops with a condition end at once.
    ///
    /// # Errors
    /// `Internal`, for graphs that do not verify.
    pub fn guarded(&self) -> Result<Graph> {
        let mut h = Graph::new();
        let taken = h.parameter(Spec::new(DType::Bool, []));
        let mut map: Vec<Val> = Vec::with_capacity(self.num_values());
        for inst in self.insts() {
            let x: SmallVec<[Val; 4]> = inst.operands.iter().map(|v| map[v.index()]).collect();
            let before = |v: Val| std::iter::once(v).chain(x.iter().copied()).collect::<Vec<_>>();
            match &inst.prim {
                Prim::Parameter(_, spec) => map.push(h.parameter(spec.clone())),
                Prim::Check(text) => {
                    let not_taken = h.push(Prim::Elementwise(Ew::Not), &[taken])?;
                    let shape = h.shape(x[0]).clone();
                    let not_taken = h.broadcast_in_dim(not_taken, shape, &[])?;
                    let ok = h.push(Prim::Elementwise(Ew::Or), &[x[0], not_taken])?;
                    h.check(ok, x[1], (**text).clone())?;
                }
                Prim::Print(text) if text.guarded => {
                    let both = h.push(Prim::Elementwise(Ew::And), &[taken, x[0]])?;
                    let mut x = x;
                    x[0] = both;
                    h.push_multi(inst.prim.clone(), &x)?;
                }
                Prim::Print(text) => {
                    let text = PrintText { guarded: true, ..(**text).clone() };
                    h.push_multi(Prim::Print(Box::new(text)), &before(taken))?;
                }
                Prim::HostCall(op) => {
                    let call = Prim::HostCall(ById(Arc::new(GuardedCall(op.clone()))));
                    map.extend(h.push_multi(call, &before(taken))?);
                }
                Prim::Composite(c) if inst.prim.needs_guard() => {
                    map.extend(h.inline(&c.body().guarded()?, &before(taken))?);
                }
                Prim::Case(branches) if inst.prim.needs_guard() => {
                    let branches = branches
                        .iter()
                        .map(|b| Ok(ById(Arc::new(b.guarded()?))))
                        .collect::<Result<Vec<ById<Graph>>>>()?;
                    let operands: Vec<Val> =
                        [x[0], taken].into_iter().chain(x[1..].iter().copied()).collect();
                    map.extend(h.push_multi(Prim::Case(branches), &operands)?);
                }
                Prim::Scan(s) if inst.prim.needs_guard() => {
                    let body = ScanBody {
                        body: Arc::new(s.body.guarded()?),
                        consts: s.consts + 1,
                        primal: None,
                        trips: s.trips,
                        carries: s.carries,
                        reverse: s.reverse,
                    };
                    map.extend(h.push_multi(Prim::Scan(ById(Arc::new(body))), &before(taken))?);
                }
                Prim::While(w) if inst.prim.needs_guard() => {
                    let body = WhileBody {
                        cond: w.cond.as_ref().map(|c| c.guarded_condition().map(Arc::new)).transpose()?,
                        body: Arc::new(w.body.guarded()?),
                        consts: w.consts + 1,
                        carries: w.carries,
                        limit: w.limit,
                        reverse: w.reverse,
                        primal: None,
                    };
                    let mut operands = x.to_vec();
                    operands.insert(w.lead(), taken);
                    map.extend(h.push_multi(Prim::While(ById(Arc::new(body))), &operands)?);
                }
                prim => map.extend(h.push_multi(prim.clone(), &x)?),
            }
        }
        h.set_outputs(self.outputs().iter().map(|v| map[v.index()]).collect::<Vec<_>>());
        Ok(h)
    }

    /// As [`Graph::guarded`], for a condition, which is then false too.
    fn guarded_condition(&self) -> Result<Graph> {
        let mut h = self.guarded()?;
        let (taken, own) = (h.params()[0], h.outputs()[0]);
        let both = h.push(Prim::Elementwise(Ew::And), &[taken, own])?;
        h.set_outputs(vec![both]);
        Ok(h)
    }
}

/// A host function behind a bool; zeros where it is not called.
#[derive(Debug)]
struct GuardedCall(ById<dyn CustomOp>);

impl CustomOp for GuardedCall {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn infer(&self, operands: &[Spec]) -> Result<Vec<Spec>> {
        self.0.infer(operands.get(1..).unwrap_or_default())
    }

    fn host(&self, operands: &[Literal]) -> Result<Vec<Literal>> {
        let Some((taken, x)) = operands.split_first() else { return self.0.host(operands) };
        if taken.i64_at(0) != 0 {
            return self.0.host(x);
        }
        let specs: Vec<Spec> = x.iter().map(|l| Spec::new(l.dtype, l.shape.clone())).collect();
        Ok(self.0.infer(&specs)?.into_iter().map(|s| Literal::filled(s.dtype, s.shape, 0.0)).collect())
    }

    fn vjp(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        let own = self.0.vjp(g, x.get(1..)?, y, dy)?;
        Some(own.map(|d| std::iter::once(None).chain(d).collect()))
    }
}
