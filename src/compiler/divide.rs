//! Heavy work over values larger than an adapter binds, as work on parts of them.

use crate::error::Result;
use crate::hlo::{Conv, DotDims, Ew, Graph, Prim, Spec, Val, infer};
use crate::shape::Shape;
use smallvec::{SmallVec, smallvec};

/// What of an instruction is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Operand number `.0`.
    Operand(usize),
    /// The result.
    Result,
}

/// A way to divide work: dimensions of operands that are cut alike.
struct Way {
    /// Operand, dimension.
    slices: SmallVec<[(usize, usize); 2]>,
    /// Along which dimension the results join; the sum of the results where there is none.
    join: Option<usize>,
}

impl Way {
    fn joined(operand: usize, dim: usize, result: usize) -> Self {
        Way { slices: smallvec![(operand, dim)], join: Some(result) }
    }

    fn summed(lhs: usize, rhs: usize) -> Self {
        Way { slices: smallvec![(0, lhs), (1, rhs)], join: None }
    }

    fn of_both(lhs: usize, rhs: usize, result: usize) -> Self {
        Way { slices: smallvec![(0, lhs), (1, rhs)], join: Some(result) }
    }

    fn makes_smaller(&self, role: Role) -> bool {
        match role {
            Role::Operand(k) => self.slices.iter().any(|(operand, _)| *operand == k),
            Role::Result => self.join.is_some(),
        }
    }
}

fn ways(prim: &Prim, shapes: &[Shape]) -> Vec<Way> {
    match prim {
        Prim::Cumulative { dim, .. } | Prim::ArgSort { dim, .. } => {
            (0..shapes[0].rank()).filter(|d| d != dim).map(|d| Way::joined(0, d, d)).collect()
        }
        // Of rows: the targets are shifted where the rows are cut.
        Prim::Scatter { .. } => {
            vec![Way::joined(0, 0, 0), Way { slices: smallvec![(0, 1), (2, 1)], join: Some(1) }]
        }
        Prim::DotGeneral(dims) => of_dot(dims, &shapes[0], &shapes[1]),
        Prim::Convolution(conv) => of_convolution(conv),
        _ => vec![],
    }
}

fn of_dot(d: &DotDims, lhs: &Shape, rhs: &Shape) -> Vec<Way> {
    let free = |s: &Shape, batch: &[usize], contract: &[usize]| -> Vec<usize> {
        (0..s.rank()).filter(|k| !batch.contains(k) && !contract.contains(k)).collect()
    };
    let (l, r) = (free(lhs, &d.lhs_batch, &d.lhs_contract), free(rhs, &d.rhs_batch, &d.rhs_contract));
    let batch = d.lhs_batch.len();
    let batches = d.lhs_batch.iter().zip(&d.rhs_batch).enumerate();
    let mut ways: Vec<Way> = batches.map(|(k, (l, r))| Way::of_both(*l, *r, k)).collect();
    ways.extend(l.iter().enumerate().map(|(k, &dim)| Way::joined(0, dim, batch + k)));
    ways.extend(r.iter().enumerate().map(|(k, &dim)| Way::joined(1, dim, batch + l.len() + k)));
    ways.extend(d.lhs_contract.iter().zip(&d.rhs_contract).map(|(l, r)| Way::summed(*l, *r)));
    ways
}

fn of_convolution(c: &Conv) -> Vec<Way> {
    let mut ways = vec![];
    if c.batch_groups == 1 {
        ways.push(Way::joined(0, c.lhs.major, c.out.major));
    }
    if c.feature_groups == 1 && c.batch_groups == 1 {
        ways.push(Way::joined(1, c.rhs.minor, c.out.minor));
        ways.push(Way::summed(c.lhs.minor, c.rhs.major));
    }
    ways
}

/// An instruction on operands `x` as several on parts of them, so that what `role` says is small enough; `None` where there is no such way.
pub(super) fn divide(
    h: &mut Graph,
    prim: &Prim,
    x: &[Val],
    role: Role,
    max_binding: u64,
) -> Result<Option<Val>> {
    let shapes: Vec<Shape> = x.iter().map(|v| h.shape(*v).clone()).collect();
    let extent = |w: &Way| shapes[w.slices[0].0][w.slices[0].1];
    let ways = ways(prim, &shapes);
    let Some(way) = ways.iter().filter(|w| w.makes_smaller(role)).max_by_key(|w| extent(w)) else {
        return Ok(None);
    };
    let spec = match role {
        Role::Operand(k) => h.spec(x[k]).clone(),
        Role::Result => {
            let specs: SmallVec<[&Spec; 4]> = x.iter().map(|v| h.spec(*v)).collect();
            infer(prim, &specs)?[0].clone()
        }
    };
    let bytes = (spec.shape.size() * spec.dtype.storage()?.bytes()) as u64;
    let each = extent(way).div_ceil(bytes.div_ceil(max_binding / 2) as usize);
    let mut pieces: SmallVec<[Val; 8]> = smallvec![];
    for start in (0..extent(way)).step_by(each) {
        let end = (start + each).min(extent(way));
        let mut own = x.to_vec();
        for &(k, dim) in &way.slices {
            own[k] = h.slice_in_dim(x[k], dim, start, end)?;
        }
        if matches!(prim, Prim::Scatter { .. }) && way.slices[0] == (0, 0) {
            // Targets before and after the part are out of range, and dropped.
            let shift = h.full_like(x[1], start as f64)?;
            own[1] = h.push(Prim::Elementwise(Ew::Sub), &[x[1], shift])?;
        }
        pieces.push(h.push(prim.clone(), &own)?);
    }
    if let Some(dim) = way.join {
        return h.concatenate(&pieces, dim).map(Some);
    }
    let mut sum = pieces[0];
    for piece in &pieces[1..] {
        sum = h.push(Prim::Elementwise(Ew::Add), &[sum, *piece])?;
    }
    Ok(Some(sum))
}
