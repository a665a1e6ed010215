//! Graph to graph: each pass is a rule applied while the graph is rebuilt front to back.

mod expand;
mod fold;
mod moments;
mod scatter;
mod simplify;
mod split;
mod window;

pub(super) use split::THIN;

use super::fuse::FuseRules;
use crate::error::Result;
use crate::hlo::rewrite::{Results, Rewriter, rewrite};
use crate::hlo::{Graph, Inst, Prim, Val, in_pairs};
use std::sync::Arc;

/// Runs all passes: what comes out has only primitives that kernels are made for.
///
/// # Errors
/// `Unimplemented` for primitives that have no kernel.
pub fn optimize(g: &Graph, rules: &FuseRules) -> Result<Graph> {
    let g = run(g, rules, &mut |_, _| {})?;
    debug_assert!(g.verify().is_ok(), "{:?}", g.verify());
    Ok(g)
}

/// The graph's text as it is (`traced`) and after each pass, with the passes' names.
///
/// # Errors
/// As [`optimize`].
pub fn texts(g: &Graph, rules: &FuseRules) -> Result<Vec<(&'static str, String)>> {
    let mut texts = vec![("traced", g.to_text("traced"))];
    run(g, rules, &mut |name, g| texts.push((name, g.to_text(name))))?;
    Ok(texts)
}

/// Runs all passes and shows the graph after each.
fn run(g: &Graph, rules: &FuseRules, after: &mut dyn FnMut(&'static str, &Graph)) -> Result<Graph> {
    let mut g = twins(g)?;
    after("twins", &g);
    // Composites give way to their bodies, equal instructions become one, dead ones go.
    g = g.flattened()?;
    after("inline", &g);
    g = in_pairs(&g)?;
    after("complex", &g);
    g = simplify::run(&g)?;
    after("simplify", &g);
    g = moments::run(&g, rules)?;
    after("moments", &g);
    g = expand::run(&g, rules)?;
    after("expand", &g);
    g = simplify::run(&g)?;
    after("finish", &g);
    Ok(g)
}

/// A loop whose derivative runs it once more with residuals is run that way the first time.
fn twins(g: &Graph) -> Result<Graph> {
    // Of composites differentiated op by op, the twin lies in another composite than the loop.
    let g = g.flattened()?;
    let loops: Vec<&Inst> = g.insts().iter().filter(|i| parts(&i.prim).is_some()).collect();
    let twin_of = |inst: &Inst| {
        let (body, _) = parts(&inst.prim)?;
        let is_twin = |t: &&&Inst| {
            let primal = parts(&t.prim).and_then(|(_, primal)| primal);
            t.operands == inst.operands && primal.is_some_and(|p| Arc::ptr_eq(p, body))
        };
        Some((body.clone(), loops.iter().find(is_twin)?.prim.clone(), inst.results().len()))
    };
    let found: Vec<(Arc<Graph>, Prim, usize)> = g.insts().iter().filter_map(twin_of).collect();
    if found.is_empty() {
        return Ok(g);
    }
    let replace = |rw: &mut Rewriter<'_>, prim: &Prim, x: &[Val]| -> Result<Option<Results>> {
        let Some((body, _)) = parts(prim) else { return Ok(None) };
        let Some((_, twin, n)) = found.iter().find(|(b, ..)| Arc::ptr_eq(b, body)) else { return Ok(None) };
        let all = rw.emit_multi(twin, x)?;
        Ok(Some(all[..*n].iter().copied().collect()))
    };
    rewrite(&g, false, &replace)
}

/// The body of a loop, and the body that it is the twin of.
fn parts(prim: &Prim) -> Option<(&Arc<Graph>, Option<&Arc<Graph>>)> {
    match prim {
        Prim::Scan(s) => Some((&s.body, s.primal.as_ref())),
        Prim::While(w) => Some((&w.body, w.primal.as_ref())),
        _ => None,
    }
}
