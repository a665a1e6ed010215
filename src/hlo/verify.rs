//! The grammar of graphs, checked.

use super::graph::Graph;
use super::infer::infer;
use super::prim::{Prim, Spec};
use crate::error::{Error, Result};

impl Graph {
    /// Checks that operands stand before users, that specs are what inference gives, that inputs are numbered in order and that the
    /// bodies inside are sound too. Passes are checked with it after each step in tests and debug builds.
    ///
    /// # Errors
    /// `Internal`, naming the instruction.
    pub fn verify(&self) -> Result<()> {
        let fail =
            |i: usize, what: String| Err(Error::internal("verify", format!("instruction {i}: {what}")));
        let mut params = 0;
        for (i, inst) in self.insts().iter().enumerate() {
            if let Some(v) = inst.operands.iter().find(|v| v.index() >= inst.first_value()) {
                return fail(
                    i,
                    format!("{} reads v{}, which is not defined before it", inst.prim.name(), v.index()),
                );
            }
            let operands: Vec<&Spec> = inst.operands.iter().map(|&v| self.spec(v)).collect();
            let wanted = infer(&inst.prim, &operands)?;
            let received: Vec<&Spec> = inst.results().map(|v| self.spec(v)).collect();
            if wanted.iter().ne(received.iter().copied()) {
                return fail(
                    i,
                    format!("{}: wanted results {wanted:?}. Received: {received:?}", inst.prim.name()),
                );
            }
            match &inst.prim {
                Prim::Parameter(n, _) => {
                    if *n != params || self.params().get(*n).map(|v| v.index()) != Some(inst.first_value()) {
                        return fail(i, format!("input {n} stands as number {params}"));
                    }
                    params += 1;
                }
                Prim::Composite(c) => c.body().verify().map_err(|e| e.context(c.name().to_string()))?,
                Prim::Scan(s) => s.body.verify().map_err(|e| e.context("the body of a scan"))?,
                Prim::While(w) => {
                    w.body.verify().map_err(|e| e.context("the body of a while"))?;
                    w.cond
                        .as_ref()
                        .map_or(Ok(()), |c| c.verify().map_err(|e| e.context("the condition of a while")))?;
                }
                Prim::Case(branches) => branches
                    .iter()
                    .try_for_each(|b| b.verify().map_err(|e| e.context("a branch of a case")))?,
                _ => {}
            }
            if inst.prim.has_effect() && !self.has_effects() {
                return fail(
                    i,
                    format!("{} has an effect that the graph does not know of", inst.prim.name()),
                );
            }
        }
        match self.outputs().iter().find(|v| v.index() >= self.num_values()) {
            Some(v) => fail(self.insts().len(), format!("output v{} is not defined", v.index())),
            None => Ok(()),
        }
    }
}
