//! Which choices between branches are the host's.

use super::graph::{Graph, Inst, Val};
use super::prim::Prim;

/// Most work of a branch that is computed where it may not be taken. A look at a value costs adapters as much as several launches.
const MAX_CHOSEN_WORK: usize = 1 << 22;

impl Prim {
    /// Whether it is a choice between branches of which one costs more than a look at the branches' number. The host looks then, and runs the
    /// branch taken alone; of other choices all branches are computed.
    pub fn is_chosen_by_host(&self) -> bool {
        matches!(self, Prim::Case(branches) if branches.iter().any(|b| work(b) > MAX_CHOSEN_WORK))
    }
}

/// About how many elements are computed, or products made; loops count as more than anything.
fn work(g: &Graph) -> usize {
    let of = |inst: &Inst| {
        let size = |v: &Val| g.shape(*v).size();
        let results: usize = inst.results().map(|v| size(&v)).sum();
        match &inst.prim {
            Prim::Parameter(..) | Prim::Constant(_) => 0,
            Prim::Composite(c) => work(c.body()),
            Prim::Case(branches) => branches.iter().map(|b| work(b)).sum(),
            Prim::Scan(_) | Prim::While(_) => usize::MAX,
            Prim::DotGeneral(d) => {
                let lhs = g.shape(inst.operands[0]);
                d.lhs_contract.iter().map(|&k| lhs[k]).product::<usize>().saturating_mul(results)
            }
            Prim::Convolution(_)
            | Prim::Attention(_)
            | Prim::AttentionQueries(_)
            | Prim::AttentionKeys(_) => size(&inst.operands[1]).saturating_mul(results),
            _ => results,
        }
    };
    g.insts().iter().map(of).fold(0, usize::saturating_add)
}
