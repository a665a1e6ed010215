//! Algebra that is exact: views of views, neutral elements, constants.

use super::fold;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::rewrite::{Results, Rewriter, rewrite};
use crate::hlo::{Ew, Graph, Literal, Prim, Val};
use crate::shape::Dims;

/// Most passes over the graph; each finds what the one before uncovered.
const MAX_ROUNDS: usize = 4;

pub(super) fn run(g: &Graph) -> Result<Graph> {
    let mut g = g.clone();
    for _ in 0..MAX_ROUNDS {
        let next = rewrite(&g, true, &rule)?;
        let done = next.insts().len() == g.insts().len();
        g = next;
        if done {
            break;
        }
    }
    Ok(g)
}

fn one(v: Val) -> Option<Results> {
    Some([v].into_iter().collect())
}

fn rule(rw: &mut Rewriter<'_>, prim: &Prim, x: &[Val]) -> Result<Option<Results>> {
    if let Some(l) = fold::folded(rw.graph(), prim, x)? {
        return Ok(one(rw.emit(Prim::Constant(l), &[])?));
    }
    match prim {
        Prim::Elementwise(e) => elementwise(rw, *e, x),
        Prim::Convert(to) => Ok(convert(rw.graph(), *to, x[0])),
        Prim::Reshape(shape) => reshape(rw, shape, x[0]),
        Prim::BroadcastInDim { shape, dims } => {
            let source = rw.graph().shape(x[0]);
            if source == shape && dims.iter().copied().eq(0..shape.rank()) {
                return Ok(one(x[0]));
            }
            let inner = rw.graph().def(x[0]).clone();
            if let Prim::BroadcastInDim { dims: first, .. } = &inner.prim {
                let dims: Dims = first.iter().map(|&d| dims[d]).collect();
                return Ok(one(
                    rw.emit(Prim::BroadcastInDim { shape: shape.clone(), dims }, &inner.operands)?
                ));
            }
            // Where only ones are added it is a reshape, which later passes see through more easily.
            let ascending = dims.windows(2).all(|w| w[0] < w[1]);
            if source.size() == shape.size() && ascending {
                return Ok(one(rw.emit(Prim::Reshape(shape.clone()), x)?));
            }
            Ok(None)
        }
        Prim::Transpose { perm } => {
            let inner = rw.graph().def(x[0]).clone();
            if perm.iter().copied().eq(0..perm.len()) {
                return Ok(one(x[0]));
            }
            if let Prim::Transpose { perm: first } = &inner.prim {
                let perm: Dims = perm.iter().map(|&d| first[d]).collect();
                return Ok(one(rw.emit(Prim::Transpose { perm }, &inner.operands)?));
            }
            // Moving dimensions of size 1 moves nothing.
            let shape = rw.graph().shape(x[0]).clone();
            if perm.iter().filter(|&&d| shape[d] != 1).is_sorted() {
                let to = perm.iter().map(|&d| shape[d]).collect();
                return Ok(one(rw.emit(Prim::Reshape(to), x)?));
            }
            Ok(None)
        }
        Prim::Reverse { dims } => {
            let shape = rw.graph().shape(x[0]).clone();
            let kept: Dims = dims.iter().copied().filter(|&d| shape[d] > 1).collect();
            Ok(match kept.len() {
                0 => one(x[0]),
                n if n < dims.len() => one(rw.emit(Prim::Reverse { dims: kept }, x)?),
                _ => None,
            })
        }
        Prim::Slice { start, limit, stride } => {
            let whole = start.iter().all(|&s| s == 0)
                && limit[..] == rw.graph().shape(x[0])[..]
                && stride.iter().all(|&s| s == 1);
            Ok(if whole { one(x[0]) } else { None })
        }
        Prim::Pad { low, high, interior } => {
            let none = low.iter().chain(high).all(|&p| p == 0) && interior.iter().all(|&p| p == 0);
            Ok(if none { one(x[0]) } else { None })
        }
        Prim::Concatenate { dim } => {
            let filled: Vec<Val> = x.iter().copied().filter(|&v| rw.graph().shape(v)[*dim] > 0).collect();
            Ok(match filled.len() {
                1 => one(filled[0]),
                n if n > 0 && n < x.len() => one(rw.emit(prim.clone(), &filled)?),
                _ => None,
            })
        }
        Prim::DotGeneral(d) => dot(rw, d, x),
        Prim::Reduce { dims, .. } => {
            let shape = rw.graph().shape(x[0]).clone();
            let single = dims.iter().all(|&d| shape[d] == 1);
            let to = shape.reduced(dims, false);
            Ok(if single { one(rw.emit(Prim::Reshape(to), x)?) } else { None })
        }
        _ => Ok(None),
    }
}

/// Whether the conversion `from` to `to` and back gives every value back.
fn keeps(from: DType, to: DType) -> bool {
    let wide = |d: DType| matches!(d, DType::Float32 | DType::Float64);
    from == to
        || (wide(to) && from.is_float())
        || (matches!(to, DType::Int32 | DType::Int64)
            && from.is_exact()
            && !matches!(from, DType::UInt32 | DType::UInt64))
}

fn convert(g: &Graph, to: DType, x: Val) -> Option<Results> {
    let from = g.dtype(x);
    if from == to {
        return one(x);
    }
    let inner = g.def(x);
    match inner.prim {
        Prim::Convert(_) if g.dtype(inner.operands[0]) == to && keeps(to, from) => one(inner.operands[0]),
        _ => None,
    }
}

fn reshape(rw: &mut Rewriter<'_>, shape: &crate::Shape, x: Val) -> Result<Option<Results>> {
    if rw.graph().shape(x) == shape {
        return Ok(one(x));
    }
    let inner = rw.graph().def(x).clone();
    match &inner.prim {
        Prim::Reshape(_) => Ok(one(rw.emit(Prim::Reshape(shape.clone()), &inner.operands)?)),
        Prim::BroadcastInDim { .. } if rw.graph().shape(inner.operands[0]).size() == 1 => {
            let scalar = rw.emit(Prim::Reshape(crate::Shape::scalar()), &inner.operands)?;
            Ok(one(rw.emit(Prim::BroadcastInDim { shape: shape.clone(), dims: Dims::new() }, &[scalar])?))
        }
        _ => Ok(None),
    }
}

/// A transpose of a contraction's operand is another order of its dimensions.
fn dot(rw: &mut Rewriter<'_>, d: &crate::hlo::DotDims, x: &[Val]) -> Result<Option<Results>> {
    let mut dims = d.clone();
    let mut operands = [x[0], x[1]];
    for (side, operand) in operands.iter_mut().enumerate() {
        let inner = rw.graph().def(*operand).clone();
        let Prim::Transpose { perm } = &inner.prim else { continue };
        let (batch, contract) = if side == 0 {
            (&mut dims.lhs_batch, &mut dims.lhs_contract)
        } else {
            (&mut dims.rhs_batch, &mut dims.rhs_contract)
        };
        // Free dimensions appear in the result in the operand's order, so that order must stay.
        let free: Vec<usize> = (0..perm.len())
            .filter(|k| !batch.contains(k) && !contract.contains(k))
            .map(|k| perm[k])
            .collect();
        if !free.is_sorted() {
            continue;
        }
        batch.iter_mut().chain(contract.iter_mut()).for_each(|k| *k = perm[*k]);
        *operand = inner.operands[0];
    }
    if operands[..] == *x { Ok(None) } else { Ok(one(rw.emit(Prim::DotGeneral(dims), &operands)?)) }
}

/// The one value of a constant, through broadcasts.
fn splat(g: &Graph, v: Val) -> Option<f64> {
    let inst = g.def(v);
    match &inst.prim {
        Prim::Constant(l) => l.splat(),
        Prim::BroadcastInDim { .. } | Prim::Reshape(_) => splat(g, inst.operands[0]),
        _ => None,
    }
}

fn elementwise(rw: &mut Rewriter<'_>, e: Ew, x: &[Val]) -> Result<Option<Results>> {
    let c: Vec<Option<f64>> = x.iter().map(|&v| splat(rw.graph(), v)).collect();
    let positive_zero = |v: Option<f64>| v.is_some_and(|v| v == 0.0 && v.is_sign_positive());
    let exact = rw.graph().dtype(x[0]).is_exact();
    let same = match e {
        // x + 0 is x but for -0 + 0; x - 0 is x always.
        Ew::Add if exact && c[1] == Some(0.0) => Some(x[0]),
        Ew::Add if exact && c[0] == Some(0.0) => Some(x[1]),
        Ew::Add if c[1].is_some_and(|v| v == 0.0 && v.is_sign_negative()) => Some(x[0]),
        Ew::Sub if positive_zero(c[1]) => Some(x[0]),
        Ew::Mul | Ew::Div | Ew::Pow if c[1] == Some(1.0) => Some(x[0]),
        Ew::Mul if c[0] == Some(1.0) => Some(x[1]),
        Ew::And if c[1] == Some(1.0) && rw.graph().dtype(x[0]) == DType::Bool => Some(x[0]),
        Ew::And if c[0] == Some(1.0) && rw.graph().dtype(x[0]) == DType::Bool => Some(x[1]),
        Ew::Or if c[1] == Some(0.0) => Some(x[0]),
        Ew::Or if c[0] == Some(0.0) => Some(x[1]),
        Ew::Select if c[0] == Some(1.0) => Some(x[1]),
        Ew::Select if c[0] == Some(0.0) => Some(x[2]),
        Ew::Select if x[1] == x[2] => Some(x[1]),
        Ew::Neg | Ew::Not => {
            let inner = rw.graph().def(x[0]);
            (inner.prim == Prim::Elementwise(e)).then(|| inner.operands[0])
        }
        _ => None,
    };
    if let Some(v) = same {
        return Ok(one(v));
    }
    if e == Ew::Pow && c[1] == Some(2.0) {
        return Ok(one(rw.emit(Prim::Elementwise(Ew::Mul), &[x[0], x[0]])?));
    }
    if e == Ew::Div {
        // A small power of two divides exactly by multiplication; larger ones are sizes, which must not decide over the text.
        if let Some(v) = c[1].filter(|v| {
            v.is_normal() && (v.to_bits() << 12) == 0 && (0.25..=4.0).contains(&v.abs()) && !exact
        }) {
            let spec = rw.graph().spec(x[1]).clone();
            let inverse = rw.emit(Prim::Constant(Literal::scalar(spec.dtype, 1.0 / v)), &[])?;
            let inverse =
                rw.emit(Prim::BroadcastInDim { shape: spec.shape, dims: Dims::new() }, &[inverse])?;
            return Ok(one(rw.emit(Prim::Elementwise(Ew::Mul), &[x[0], inverse])?));
        }
    }
    hoisted(rw, e, x)
}

/// A row on operands that are all repeated in the same way is computed once and then repeated.
fn hoisted(rw: &mut Rewriter<'_>, e: Ew, x: &[Val]) -> Result<Option<Results>> {
    let shape = rw.graph().shape(x[0]).clone();
    let mut common: Option<(Dims, crate::Shape)> = None;
    for &v in x {
        let inst = rw.graph().def(v);
        let Prim::BroadcastInDim { dims, .. } = &inst.prim else { return Ok(None) };
        let source = rw.graph().shape(inst.operands[0]);
        if splat(rw.graph(), v).is_some() {
            continue;
        }
        match &common {
            None => common = Some((dims.clone(), source.clone())),
            Some((d, s)) if d == dims && s == source => {}
            Some(_) => return Ok(None),
        }
    }
    let Some((dims, source)) = common else { return Ok(None) };
    if source.size() == shape.size() {
        return Ok(None);
    }
    let mut small = vec![];
    for &v in x {
        let inst = rw.graph().def(v).clone();
        small.push(match splat(rw.graph(), v) {
            Some(c) => {
                let scalar = rw.emit(Prim::Constant(Literal::scalar(rw.graph().dtype(v), c)), &[])?;
                rw.emit(Prim::BroadcastInDim { shape: source.clone(), dims: Dims::new() }, &[scalar])?
            }
            None => inst.operands[0],
        });
    }
    let r = rw.emit(Prim::Elementwise(e), &small)?;
    Ok(one(rw.emit(Prim::BroadcastInDim { shape, dims }, &[r])?))
}
