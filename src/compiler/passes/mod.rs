//! Graph to graph: each pass is a rule applied while the graph is rebuilt front to back.

mod expand;
mod fold;
mod scatter;
mod simplify;
mod split;
mod window;

pub(super) use split::THIN;

use super::fuse::FuseRules;
use crate::error::Result;
use crate::hlo::Graph;
use crate::hlo::rewrite::{Results, Rewriter, rewrite};

/// Runs all passes: what comes out has only primitives that kernels are made for.
///
/// # Errors
/// `Unimplemented` for primitives that have no kernel.
pub fn optimize(g: &Graph, rules: &FuseRules) -> Result<Graph> {
    let mut g = twins(g)?.flattened()?;
    g = simplify::run(&g)?;
    g = expand::run(&g, rules)?;
    g = simplify::run(&g)?;
    debug_assert!(g.verify().is_ok(), "{:?}", g.verify());
    Ok(g)
}

/// A loop whose derivative runs it once more with residuals is run that way the first time.
fn twins(g: &Graph) -> Result<Graph> {
    use crate::hlo::{Inst, Prim, Val};
    let scans: Vec<&Inst> =
        g.insts().iter().filter(|i| matches!(&i.prim, Prim::Scan(s) if s.primal.is_some())).collect();
    if scans.is_empty() {
        return Ok(g.clone());
    }
    // Operands are compared in the old graph; the rule sees rebuilt ones, so instructions are told by their position.
    let mut twin_of: Vec<(Vec<Val>, usize, &Inst)> = vec![];
    for inst in g.insts() {
        let Prim::Scan(s) = &inst.prim else { continue };
        let twin = scans.iter().find(|t| match &t.prim {
            Prim::Scan(t_body) => {
                t.operands == inst.operands
                    && t_body.primal.as_ref().is_some_and(|p| std::sync::Arc::ptr_eq(p, &s.body))
            }
            _ => false,
        });
        if let Some(t) = twin {
            twin_of.push((inst.operands.to_vec(), inst.results().len(), t));
        }
    }
    let replace = |rw: &mut Rewriter<'_>, prim: &Prim, x: &[Val]| -> Result<Option<Results>> {
        let Prim::Scan(s) = prim else { return Ok(None) };
        let twin = twin_of.iter().find_map(|(_, n, t)| match &t.prim {
            Prim::Scan(b) if b.primal.as_ref().is_some_and(|p| std::sync::Arc::ptr_eq(p, &s.body)) => {
                Some((*n, t.prim.clone()))
            }
            _ => None,
        });
        let Some((n, twin)) = twin else { return Ok(None) };
        let all = rw.emit_multi(&twin, x)?;
        Ok(Some(all[..n].iter().copied().collect()))
    };
    rewrite(g, false, &replace)
}
