//! Scatter into rows of a matrix, the one form that kernels know.

use super::expand::one;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::rewrite::{Results, Rewriter};
use crate::hlo::{Ew, Prim, ScatterKind, Spec, Val};
use crate::shape::{Dims, Shape};
use smallvec::smallvec;

pub(super) fn expand(
    rw: &mut Rewriter<'_>,
    kind: ScatterKind,
    axes: &[usize],
    batch: usize,
    x: &[Val],
) -> Result<Option<Results>> {
    if x.len() == 4 {
        return Ok(None);
    }
    let operand = rw.spec(x[0]);
    let (indices, updates) = (rw.spec(x[1]), rw.spec(x[2]));
    if updates.shape.size() == 0 || operand.shape.size() == 0 {
        return Ok(one(x[0]));
    }
    let rank = operand.shape.rank();
    let rest = (batch..rank).filter(|d| !axes.contains(d));
    let perm: Dims = (0..batch).chain(axes.iter().copied()).chain(rest).collect();
    let lead = indices.shape.rank() - 1;
    let at: Shape = indices.shape[..lead].into();
    let (n, leading) = (at.size(), batch + axes.len());
    let turned: Shape = perm.iter().map(|&d| operand.shape[d]).collect();
    let rows: usize = turned[..leading].iter().product();
    let slice = turned.size() / rows;

    let target = row_numbers(rw, &operand.shape, axes, batch, x[1], &at)?;
    let flat = rw.reshape(target, [n])?;
    let order = rw.emit(Prim::ArgSort { dim: 0, descending: false }, &[flat])?;
    let target = rw.reshape(target, [n, 1])?;
    let moved = rw.emit(Prim::Transpose { perm: perm.clone() }, &[x[0]])?;
    let matrix = rw.reshape(moved, [rows, slice])?;
    let rows_of_updates = rw.reshape(x[2], [n, slice])?;
    let r = rw.emit(
        Prim::Scatter { kind, axes: smallvec![0], batch: 0 },
        &[matrix, target, rows_of_updates, order],
    )?;
    let r = rw.reshape(r, turned)?;
    let mut inverse: Dims = smallvec![0; rank];
    perm.iter().enumerate().for_each(|(i, &p)| inverse[p] = i);
    Ok(one(rw.emit(Prim::Transpose { perm: inverse }, &[r])?))
}

/// The row of the matrix that each index vector means; -1 where it is out of range.
fn row_numbers(
    rw: &mut Rewriter<'_>,
    shape: &Shape,
    axes: &[usize],
    batch: usize,
    indices: Val,
    at: &Shape,
) -> Result<Val> {
    let spec = Spec::new(DType::Int32, at.clone());
    let mut row: Option<Val> = None;
    let mut inside: Option<Val> = None;
    let append = |rw: &mut Rewriter<'_>, row: Option<Val>, part: Val, n: usize| -> Result<Val> {
        let Some(row) = row else { return Ok(part) };
        let n = rw.fill(&spec, n as f64)?;
        let scaled = rw.ew(Ew::Mul, &[row, n])?;
        rw.ew(Ew::Add, &[scaled, part])
    };
    for d in 0..batch {
        let part = rw.iota(at.clone(), d)?;
        row = Some(append(rw, row, part, shape[d])?);
    }
    for (k, &axis) in axes.iter().enumerate() {
        let mut start: Dims = smallvec![0; at.rank() + 1];
        let mut limit: Dims = at.iter().copied().chain([k + 1]).collect();
        start[at.rank()] = k;
        limit[at.rank()] = k + 1;
        let component =
            rw.emit(Prim::Slice { start, limit, stride: Dims::from_elem(1, at.rank() + 1) }, &[indices])?;
        let component = rw.reshape(component, at.clone())?;
        let (zero, n) = (rw.fill(&spec, 0.0)?, rw.fill(&spec, shape[axis] as f64)?);
        let (low, high) = (rw.ew(Ew::Ge, &[component, zero])?, rw.ew(Ew::Lt, &[component, n])?);
        let here = rw.ew(Ew::And, &[low, high])?;
        inside = Some(match inside {
            None => here,
            Some(before) => rw.ew(Ew::And, &[before, here])?,
        });
        row = Some(append(rw, row, component, shape[axis])?);
    }
    let row = match row {
        Some(row) => row,
        None => rw.fill(&spec, 0.0)?,
    };
    match inside {
        None => Ok(row),
        Some(inside) => {
            let none = rw.fill(&spec, -1.0)?;
            rw.ew(Ew::Select, &[inside, row, none])
        }
    }
}
