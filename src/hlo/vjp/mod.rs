//! Reverse-mode differentiation: every primitive's rule is written in primitives, so derivatives differentiate again.

mod after;
mod cut;
mod heavy;
mod index;
mod linearize;
mod loops;
mod structure;
mod window;

pub use linearize::{Input, Keep, Linear, linearize};
pub(crate) use window::positions as window_positions;

use super::attention;
use super::graph::{Graph, Val};
use super::prim::{Prim, Spec};
use crate::error::Result;
use smallvec::SmallVec;

/// The adjoints of an instruction's operands; `None` where no gradient flows.
pub(super) type Adjoints = SmallVec<[Option<Val>; 3]>;

/// Adds to `g` the adjoints of `xs`, given adjoints `dys` of `ys`. `None` means unconnected: TensorFlow's `None` gradient.
///
/// # Errors
/// `Unimplemented` where a primitive on the way has no derivative that could be given.
pub fn gradient(g: &mut Graph, ys: &[Val], dys: &[Option<Val>], xs: &[Val]) -> Result<Vec<Option<Val>>> {
    gradient_since(g, 0, ys, dys, xs)
}

/// As [`gradient`], looking only at instructions from number `first` on; `xs` may be older.
pub(super) fn gradient_since(
    g: &mut Graph,
    first: usize,
    ys: &[Val],
    dys: &[Option<Val>],
    xs: &[Val],
) -> Result<Vec<Option<Val>>> {
    let last = g.insts().len();
    let base = g.insts().get(first).map_or(g.num_values(), crate::hlo::Inst::first_value);
    let depends = dependents(g, first, base, xs);
    let mut adjoints = AdjointMap::new(g.num_values() - base, base, xs);
    for (&y, &dy) in ys.iter().zip(dys) {
        if let Some(dy) = dy {
            adjoints.add(g, y, dy)?;
        }
    }
    for i in (first..last).rev() {
        let inst = g.insts()[i].clone();
        let dy: SmallVec<[Option<Val>; 2]> = inst.results().map(|v| adjoints.get(v)).collect();
        let wanted = |v: &Val| depends(*v) && g.dtype(*v).is_differentiable();
        let need: SmallVec<[bool; 4]> = inst.operands.iter().map(wanted).collect();
        if !need.contains(&true) || dy.iter().all(Option::is_none) || matches!(inst.prim, Prim::Parameter(..))
        {
            continue;
        }
        let results: SmallVec<[Val; 2]> = inst.results().collect();
        let dx = operand_adjoints(g, &inst.prim, &inst.operands, &results, &dy)?;
        for ((&x, dx), need) in inst.operands.iter().zip(dx).zip(need) {
            if let (Some(dx), true) = (dx, need) {
                adjoints.add(g, x, dx)?;
            }
        }
    }
    Ok(xs.iter().map(|&x| adjoints.get(x)).collect())
}

fn operand_adjoints(
    g: &mut Graph,
    prim: &Prim,
    x: &[Val],
    y: &[Val],
    dy: &[Option<Val>],
) -> Result<Adjoints> {
    match prim {
        Prim::Elementwise(e) => match (e.row().vjp, dy[0]) {
            (Some(rule), Some(dy)) => rule(g, x, y[0], dy),
            _ => Ok(Adjoints::from_elem(None, x.len())),
        },
        Prim::Composite(_)
        | Prim::Case(_)
        | Prim::Scan(_)
        | Prim::While(_)
        | Prim::CustomCall(_)
        | Prim::OptimizationBarrier => structure::adjoints(g, prim, x, y, dy),
        Prim::Attention(a) => Ok(attention::adjoints(g, a, x, y[0], dy[0])?.into()),
        Prim::AttentionQueries(a) | Prim::AttentionKeys(a) => {
            let specs: Vec<Spec> = x.iter().map(|&v| g.spec(v).clone()).collect();
            structure::of_body(g, &attention::plain(prim, a, &specs)?, x, dy)
        }
        Prim::BitcastConvert(_) if g.is_complex(x[0]) || g.is_complex(y[0]) => {
            let to = g.dtype(x[0]);
            Ok(smallvec::smallvec![dy[0].map(|dy| g.bitcast_convert(dy, to)).transpose()?])
        }
        Prim::TopK { .. } | Prim::Sort { .. } => heavy::sorted(g, prim, x, y, dy),
        _ => match dy[0] {
            None => Ok(Adjoints::from_elem(None, x.len())),
            Some(dy) if is_view(prim) => index::adjoints(g, prim, x, y[0], dy),
            Some(dy) => heavy::adjoints(g, prim, x, y[0], dy),
        },
    }
}

fn is_view(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Convert(_)
            | Prim::Reshape(_)
            | Prim::BroadcastInDim { .. }
            | Prim::Transpose { .. }
            | Prim::Reverse { .. }
            | Prim::Slice { .. }
            | Prim::Pad { .. }
            | Prim::Concatenate { .. }
            | Prim::DynamicSlice { .. }
            | Prim::DynamicUpdateSlice
            | Prim::Gather { .. }
            | Prim::Scatter { .. }
    )
}

/// A test for values that depend on `xs` through instructions from `first` on.
fn dependents(g: &Graph, first: usize, base: usize, xs: &[Val]) -> impl Fn(Val) -> bool + use<> {
    let mut depends = vec![false; g.num_values() - base];
    let xs: Vec<Val> = xs.to_vec();
    for &x in &xs {
        if x.index() >= base {
            depends[x.index() - base] = true;
        }
    }
    let is = |depends: &[bool], v: Val| {
        depends.get(v.index().wrapping_sub(base)).copied().unwrap_or_else(|| xs.contains(&v))
    };
    for inst in &g.insts()[first..] {
        if inst.operands.iter().any(|&v| is(&depends, v)) {
            for v in inst.results() {
                depends[v.index() - base] = true;
            }
        }
    }
    move |v| depends.get(v.index().wrapping_sub(base)).copied().unwrap_or_else(|| xs.contains(&v))
}

/// Adjoints found so far: of values from `base` on by position, of older ones (some of `xs`) in a list.
struct AdjointMap {
    base: usize,
    recent: Vec<Option<Val>>,
    older: Vec<(Val, Option<Val>)>,
}

impl AdjointMap {
    fn new(n: usize, base: usize, xs: &[Val]) -> Self {
        let older = xs.iter().filter(|x| x.index() < base).map(|&x| (x, None)).collect();
        AdjointMap { base, recent: vec![None; n], older }
    }

    fn slot(&mut self, v: Val) -> Option<&mut Option<Val>> {
        match v.index().checked_sub(self.base) {
            Some(i) => self.recent.get_mut(i),
            None => self.older.iter_mut().find(|(x, _)| *x == v).map(|(_, d)| d),
        }
    }

    fn get(&self, v: Val) -> Option<Val> {
        match v.index().checked_sub(self.base) {
            Some(i) => self.recent.get(i).copied().flatten(),
            None => self.older.iter().find(|(x, _)| *x == v).and_then(|(_, d)| *d),
        }
    }

    fn add(&mut self, g: &mut Graph, v: Val, d: Val) -> Result<()> {
        let Some(old) = self.slot(v).map(|s| *s) else { return Ok(()) };
        let sum = match old {
            Some(old) => loops::sum(g, old, d)?,
            None => d,
        };
        if let Some(slot) = self.slot(v) {
            *slot = Some(sum);
        }
        Ok(())
    }
}
