//! Inference for index maps: views, gather and scatter.

use super::{Specs, arity, one, same_dtype, want};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::prim::{Prim, Spec};
use crate::shape::{Dims, Shape};

fn distinct_dims(prim: &Prim, arg: &str, dims: &[usize], rank: usize) -> Result<()> {
    let ok = dims.iter().enumerate().all(|(i, d)| *d < rank && !dims[..i].contains(d));
    want(prim, ok, arg, format_args!("distinct values below {rank}"), format_args!("{dims:?}"))
}

fn start_vector(prim: &Prim, s: &Spec, rank: usize) -> Result<()> {
    let ok = s.dtype == DType::Int32 && *s.shape == [rank];
    want(prim, ok, "start", format_args!("int32[{rank}]"), s)
}

pub(super) fn infer(prim: &Prim, x: &[&Spec]) -> Result<Specs> {
    let joined = matches!(prim, Prim::Concatenate { .. });
    if !joined {
        let n = match prim {
            Prim::Pad { .. } | Prim::DynamicSlice { .. } | Prim::Gather { .. } => 2,
            // A scatter may be told the order of its targets.
            Prim::Scatter { .. } if x.len() == 4 => 4,
            Prim::DynamicUpdateSlice | Prim::Scatter { .. } => 3,
            _ => 1,
        };
        arity(prim, n, x)?;
    }
    want(prim, !x.is_empty(), "operands", "at least one", 0)?;
    let s = x[0];
    let rank = s.shape.rank();
    let like = |shape: Shape| one(Spec::new(s.dtype, shape));
    match prim {
        Prim::Reshape(shape) => {
            want(
                prim,
                shape.size() == s.shape.size(),
                "shape",
                format_args!("one of {} elements", s.shape.size()),
                shape,
            )?;
            like(shape.clone())
        }
        Prim::BroadcastInDim { shape, dims } => {
            want(
                prim,
                dims.len() == rank,
                "dims",
                format_args!("{rank} dimensions"),
                format_args!("{dims:?}"),
            )?;
            distinct_dims(prim, "dims", dims, shape.rank())?;
            let ok = dims.iter().zip(s.shape.iter()).all(|(&d, &n)| n == shape[d] || n == 1);
            want(prim, ok, "shape", format_args!("one that {} broadcasts to over {dims:?}", s.shape), shape)?;
            like(shape.clone())
        }
        Prim::Transpose { perm } => {
            want(
                prim,
                perm.len() == rank,
                "perm",
                format_args!("a permutation of {rank} dimensions"),
                format_args!("{perm:?}"),
            )?;
            distinct_dims(prim, "perm", perm, rank)?;
            like(perm.iter().map(|&d| s.shape[d]).collect())
        }
        Prim::Reverse { dims } => {
            distinct_dims(prim, "dims", dims, rank)?;
            one(s.clone())
        }
        Prim::Slice { start, limit, stride } => {
            let ok = start.len() == rank && limit.len() == rank && stride.len() == rank;
            want(prim, ok, "start, limit, stride", format_args!("{rank} values each"), start.len())?;
            let mut shape = Shape::default();
            for d in 0..rank {
                let ok = start[d] <= limit[d] && limit[d] <= s.shape[d] && stride[d] > 0;
                let text = format!("{}:{}:{}", start[d], limit[d], stride[d]);
                want(
                    prim,
                    ok,
                    "slice",
                    format_args!("start <= limit <= {} with a positive stride in dimension {d}", s.shape[d]),
                    text,
                )?;
                shape.0.push((limit[d] - start[d]).div_ceil(stride[d]));
            }
            like(shape)
        }
        Prim::Pad { low, high, interior } => {
            same_dtype(prim, x)?;
            want(prim, x[1].shape.rank() == 0, "value", "a scalar", &x[1].shape)?;
            let ok = low.len() == rank && high.len() == rank && interior.len() == rank;
            want(prim, ok, "low, high, interior", format_args!("{rank} values each"), low.len())?;
            let mut shape = Shape::default();
            for d in 0..rank {
                let inner = s.shape[d] + s.shape[d].saturating_sub(1) * interior[d];
                let n = inner as i64 + low[d] + high[d];
                want(
                    prim,
                    n >= 0,
                    "low, high",
                    "a padded size of at least 0",
                    format_args!("{n} in dimension {d}"),
                )?;
                shape.0.push(n as usize);
            }
            like(shape)
        }
        Prim::Concatenate { dim } => {
            same_dtype(prim, x)?;
            want(prim, *dim < rank, "dim", format_args!("a value below {rank}"), dim)?;
            let fits =
                |o: &Spec| o.shape.rank() == rank && (0..rank).all(|d| d == *dim || o.shape[d] == s.shape[d]);
            if let Some(bad) = x.iter().find(|o| !fits(o)) {
                let wanted = format!("shapes equal to {} but in dimension {dim}", s.shape);
                return Err(Error::invalid(prim.name(), "operands", wanted, &bad.shape));
            }
            let mut shape = s.shape.clone();
            shape[*dim] = x.iter().map(|o| o.shape[*dim]).sum();
            like(shape)
        }
        Prim::DynamicSlice { sizes } => {
            start_vector(prim, x[1], rank)?;
            let ok = sizes.len() == rank && sizes.iter().zip(s.shape.iter()).all(|(a, b)| a <= b);
            want(prim, ok, "sizes", format_args!("sizes within {}", s.shape), format_args!("{sizes:?}"))?;
            like(Shape(sizes.clone()))
        }
        Prim::DynamicUpdateSlice => {
            start_vector(prim, x[2], rank)?;
            same_dtype(prim, &x[..2])?;
            let ok = x[1].shape.rank() == rank && x[1].shape.iter().zip(s.shape.iter()).all(|(a, b)| a <= b);
            want(prim, ok, "update", format_args!("a shape within {}", s.shape), &x[1].shape)?;
            one(s.clone())
        }
        Prim::Gather { axes, batch, .. } => {
            let (at, rest) = gather_dims(prim, x[0], x[1], axes, *batch)?;
            like(at.iter().chain(rest.iter()).copied().collect())
        }
        Prim::Scatter { axes, batch, .. } => {
            same_dtype(prim, &[x[0], x[2]])?;
            let (at, rest) = gather_dims(prim, x[0], x[1], axes, *batch)?;
            let wanted: Shape = at.iter().chain(rest.iter()).copied().collect();
            want(prim, x[2].shape == wanted, "updates", &wanted, &x[2].shape)?;
            one(s.clone())
        }
        _ => Err(Error::internal(prim.name(), "not an index map")),
    }
}

/// The leading (batch and index) and trailing (remaining operand) dimensions of a gather's result.
fn gather_dims(prim: &Prim, s: &Spec, indices: &Spec, axes: &[usize], batch: usize) -> Result<(Dims, Dims)> {
    want(prim, indices.dtype == DType::Int32, "indices", "int32", indices.dtype)?;
    let rank = s.shape.rank();
    distinct_dims(prim, "axes", axes, rank)?;
    want(
        prim,
        axes.iter().all(|&a| a >= batch),
        "axes",
        format_args!("dimensions after the {batch} batch dimensions"),
        format_args!("{axes:?}"),
    )?;
    let ir = indices.shape.rank();
    let ok = ir > batch && indices.shape[ir - 1] == axes.len() && batch <= rank;
    want(prim, ok, "indices", format_args!("a shape [batch.., at.., {}]", axes.len()), &indices.shape)?;
    let same = indices.shape[..batch] == s.shape[..batch];
    want(prim, same, "indices", format_args!("batch dimensions {:?}", &s.shape[..batch]), &indices.shape)?;
    let at = indices.shape[..ir - 1].into();
    let rest = (batch..rank).filter(|d| !axes.contains(d)).map(|d| s.shape[d]).collect();
    Ok((at, rest))
}
