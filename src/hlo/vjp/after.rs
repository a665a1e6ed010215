//! Adjoints of what is the same in all trips of a loop, by one instruction over all trips after the loop in the place of one in each.

use crate::error::Result;
use crate::hlo::graph::{Graph, Val};
use crate::hlo::prim::{DotDims, Prim, ReduceKind};
use crate::hlo::rows::Ew;
use crate::shape::{Dims, Shape};

/// The sum over all trips of a value of the loop back.
pub(super) enum After {
    /// A contraction of two stacked values, over the trips too.
    Dot(DotDims, Val, Val),
    /// A sum of a stacked value over dimensions and trips.
    Sum(Dims, Val),
    /// Something linear of such sums.
    Of(Prim, Vec<After>),
}

impl After {
    /// How to sum `v` over the trips after the loop; `None` where only adding it up trip by trip does.
    pub(super) fn of(h: &Graph, v: Val) -> Option<After> {
        let inst = h.def(v);
        let x = &inst.operands;
        let all = || x.iter().map(|&x| After::of(h, x)).collect::<Option<Vec<_>>>();
        match &inst.prim {
            Prim::DotGeneral(d) => Some(After::Dot(d.clone(), x[0], x[1])),
            Prim::Reduce { kind: ReduceKind::Sum, dims } => Some(After::Sum(dims.clone(), x[0])),
            Prim::Reshape(_)
            | Prim::Transpose { .. }
            | Prim::Slice { .. }
            | Prim::Reverse { .. }
            | Prim::Concatenate { .. }
            | Prim::BroadcastInDim { .. }
            | Prim::Elementwise(Ew::Add | Ew::Sub | Ew::Neg) => Some(After::Of(inst.prim.clone(), all()?)),
            Prim::Convert(d) if d.is_float() && h.dtype(x[0]).is_float() => {
                Some(After::Of(inst.prim.clone(), all()?))
            }
            _ => None,
        }
    }

    /// The values of a trip that must be stacked.
    pub(super) fn stacked(&self, all: &mut Vec<Val>) {
        match self {
            After::Dot(_, a, b) => all.extend([a, b]),
            After::Sum(_, x) => all.push(*x),
            After::Of(_, parts) => parts.iter().for_each(|p| p.stacked(all)),
        }
    }

    /// Adds the sum to `g`, where `stack` gives the stacked form of a trip's value.
    pub(super) fn build(&self, g: &mut Graph, stack: &dyn Fn(Val) -> Result<Val>) -> Result<Val> {
        // The trips stand first.
        let shifted = |dims: &Dims| dims.iter().map(|d| d + 1).collect::<Dims>();
        let with_trips = |dims: &Dims| std::iter::once(0).chain(dims.iter().map(|d| d + 1)).collect::<Dims>();
        match self {
            After::Dot(d, a, b) => {
                let dims = DotDims {
                    lhs_batch: shifted(&d.lhs_batch),
                    rhs_batch: shifted(&d.rhs_batch),
                    lhs_contract: with_trips(&d.lhs_contract),
                    rhs_contract: with_trips(&d.rhs_contract),
                };
                let (a, b) = (stack(*a)?, stack(*b)?);
                g.dot_general(a, b, dims)
            }
            After::Sum(dims, x) => {
                let x = stack(*x)?;
                g.reduce(ReduceKind::Sum, x, &with_trips(dims))
            }
            After::Of(prim, parts) => {
                let parts = parts.iter().map(|p| p.build(g, stack)).collect::<Result<Vec<_>>>()?;
                g.push(prim.clone(), &parts)
            }
        }
    }
}

/// What was carried into each trip, from what was carried out of it: stacked values of the trips before, and the first.
pub(super) fn carried_in(g: &mut Graph, first: Val, out: Val, reverse: bool) -> Result<Val> {
    let trips = g.shape(out)[0];
    if trips == 0 {
        return Ok(out);
    }
    let shape: Shape = std::iter::once(1).chain(g.shape(first).iter().copied()).collect();
    let first = g.reshape(first, shape)?;
    if reverse {
        let rest = g.slice_in_dim(out, 0, 1, trips)?;
        g.concatenate(&[rest, first], 0)
    } else {
        let rest = g.slice_in_dim(out, 0, 0, trips - 1)?;
        g.concatenate(&[first, rest], 0)
    }
}
