//! Result specs of primitives: the one place where shapes and dtypes are checked.

mod heavy;
mod index;

use super::prim::{Prim, Spec};
use super::rows::Outcome;
use crate::dtype::DType;
use crate::error::{Error, Result};
use smallvec::SmallVec;

pub(super) type Specs = SmallVec<[Spec; 1]>;

fn one(spec: Spec) -> Result<Specs> {
    Ok([spec].into_iter().collect())
}

fn want(
    prim: &Prim,
    ok: bool,
    arg: &str,
    wanted: impl std::fmt::Display,
    received: impl std::fmt::Display,
) -> Result<()> {
    if ok { Ok(()) } else { Err(Error::invalid(prim.name(), arg, wanted, received)) }
}

fn same_dtype(prim: &Prim, x: &[&Spec]) -> Result<()> {
    let same = x.windows(2).all(|w| w[0].dtype == w[1].dtype);
    want(prim, same, "operands", "equal dtypes", format_args!("{x:?}"))
}

fn arity(prim: &Prim, n: usize, x: &[&Spec]) -> Result<()> {
    want(prim, x.len() == n, "operands", n, x.len())
}

/// Result specs of `prim` for operand specs `x`.
///
/// # Errors
/// `InvalidArgument` when they do not fit the primitive; `Unimplemented` for dtypes it does not support.
pub fn infer(prim: &Prim, x: &[&Spec]) -> Result<Specs> {
    match prim {
        Prim::Parameter(_, spec) | Prim::Iota { spec, .. } => one(spec.clone()),
        Prim::Constant(l) => one(Spec::new(l.dtype, l.shape.clone())),
        Prim::Elementwise(e) => {
            let row = e.row();
            arity(prim, row.arity, x)?;
            let (first, rest) = (x[row.leading_bools], &x[row.leading_bools..]);
            same_dtype(prim, rest)?;
            let same = x.iter().all(|s| s.shape == first.shape);
            want(prim, same, "operands", "equal shapes", format_args!("{x:?}"))?;
            let bools = x[..row.leading_bools].iter().all(|s| s.dtype == DType::Bool);
            want(prim, bools, "operands", "a bool condition", format_args!("{x:?}"))?;
            want(prim, row.on.has(first.dtype), "dtype", row.on, first.dtype)?;
            one(match row.outcome {
                Outcome::Bool => first.with_dtype(DType::Bool),
                _ => first.clone(),
            })
        }
        Prim::Convert(d) => {
            arity(prim, 1, x)?;
            if [*d, x[0].dtype].contains(&DType::String) {
                return Err(Error::unimplemented(prim.name(), format_args!("{} to {d}", x[0].dtype)));
            }
            one(x[0].with_dtype(*d))
        }
        Prim::BitcastConvert(d) => {
            arity(prim, 1, x)?;
            // A complex element is a pair.
            match (x[0].dtype, *d) {
                (DType::Complex64, DType::Float32) => {
                    return one(Spec::new(
                        *d,
                        x[0].shape.iter().copied().chain([2]).collect::<crate::Shape>(),
                    ));
                }
                (DType::Float32, DType::Complex64) => {
                    let pairs = x[0].shape.last() == Some(&2);
                    want(prim, pairs, "operand", "pairs in the last dimension", x[0])?;
                    return one(Spec::new(*d, &x[0].shape[..x[0].shape.rank() - 1]));
                }
                _ => {}
            }
            let width = |d: DType| d.storage().map(|s| s.bytes());
            let same = width(*d)? == width(x[0].dtype)?;
            want(prim, same, "dtype", format_args!("one as wide as {} on the device", x[0].dtype), d)?;
            one(x[0].with_dtype(*d))
        }
        Prim::OptimizationBarrier => Ok(x.iter().map(|&s| s.clone()).collect()),
        Prim::Composite(c) => {
            let body = c.body();
            let params = body.param_specs();
            let fits = params.len() == x.len() && params.iter().zip(x).all(|(a, b)| a == *b);
            want(prim, fits, "operands", format_args!("{params:?}"), format_args!("{x:?}"))?;
            Ok(body.output_specs().into_iter().collect())
        }
        Prim::CustomCall(c) | Prim::HostCall(c) => {
            let x: Vec<Spec> = x.iter().map(|&s| s.clone()).collect();
            Ok(c.infer(&x)?.into_iter().collect())
        }
        Prim::Check(_) => {
            arity(prim, 2, x)?;
            want(
                prim,
                x[0].dtype == DType::Bool && x[1].dtype == DType::Int32,
                "operands",
                "bool and int32",
                format_args!("{x:?}"),
            )?;
            want(prim, x[0].shape == x[1].shape, "operands", "equal shapes", format_args!("{x:?}"))?;
            Ok(Specs::new())
        }
        Prim::Print(text) => {
            let guard = x.first().is_some_and(|s| s.dtype == DType::Bool && s.shape.rank() == 0);
            want(prim, guard || !text.guarded, "operands", "a bool scalar first", format_args!("{x:?}"))?;
            want(
                prim,
                text.texts.len() == x.len() + usize::from(!text.guarded),
                "texts",
                "one more than values",
                text.texts.len(),
            )?;
            Ok(Specs::new())
        }
        Prim::Case(branches) => {
            want(prim, !branches.is_empty(), "branches", "at least one", 0)?;
            let index = x.first().is_some_and(|s| s.dtype == DType::Int32 && s.shape.rank() == 0);
            want(prim, index, "index", "an int32 scalar", format_args!("{:?}", x.first()))?;
            let outs = branches[0].output_specs();
            for b in branches {
                let (params, o) = (b.param_specs(), b.output_specs());
                let fits = params.len() + 1 == x.len() && params.iter().zip(&x[1..]).all(|(a, b)| a == *b);
                want(prim, fits, "operands", format_args!("{params:?}"), format_args!("{:?}", &x[1..]))?;
                want(
                    prim,
                    o == outs,
                    "branches",
                    format_args!("results {outs:?} from every branch"),
                    format_args!("{o:?}"),
                )?;
            }
            Ok(outs.into_iter().collect())
        }
        Prim::Scan(s) => scan(prim, s, x),
        Prim::While(w) => while_(prim, w, x),
        Prim::Reshape(_)
        | Prim::BroadcastInDim { .. }
        | Prim::Transpose { .. }
        | Prim::Reverse { .. }
        | Prim::Slice { .. }
        | Prim::Pad { .. }
        | Prim::Concatenate { .. }
        | Prim::DynamicSlice { .. }
        | Prim::DynamicUpdateSlice
        | Prim::Gather { .. }
        | Prim::Scatter { .. } => index::infer(prim, x),
        _ => heavy::infer(prim, x),
    }
}

fn while_(prim: &Prim, w: &super::prim::WhileBody, x: &[&Spec]) -> Result<Specs> {
    let trips = Spec::new(DType::Int32, ());
    if w.cond.is_none() {
        want(prim, x.first() == Some(&&trips), "trips", &trips, format_args!("{:?}", x.first()))?;
    }
    let x = x.get(w.lead()..).unwrap_or_default();
    let (params, outs) = (w.body.param_specs(), w.body.output_specs());
    let whole = w.consts + w.carries;
    want(prim, params.len() == x.len(), "operands", params.len(), x.len())?;
    want(prim, w.cond.is_none() || x.len() == whole, "operands", whole, x.len())?;
    want(prim, outs.len() >= w.carries, "body", format_args!("at least {} results", w.carries), outs.len())?;
    for (i, (p, o)) in params.iter().zip(x).enumerate() {
        let wanted = if i < whole { p.clone() } else { stacked(p, 1) };
        want(prim, wanted == **o, "operands", format_args!("{wanted} as number {i}"), o)?;
    }
    for (i, (p, o)) in params[w.consts..whole].iter().zip(&outs).enumerate() {
        want(prim, p == o, "body", format_args!("{p} as carried result {i}"), o)?;
    }
    if let Some(c) = &w.cond {
        let (c_params, c_outs) = (c.param_specs(), c.output_specs());
        want(prim, c_params == params, "cond", format_args!("{params:?}"), format_args!("{c_params:?}"))?;
        let bool = Spec::new(DType::Bool, ());
        want(prim, c_outs == [bool.clone()], "cond", format_args!("[{bool}]"), format_args!("{c_outs:?}"))?;
    }
    let carried = outs[..w.carries].iter().cloned();
    let count = w.cond.iter().map(|_| trips.clone());
    Ok(carried.chain(count).chain(outs[w.carries..].iter().map(|o| stacked(o, 1))).collect())
}

fn scan(prim: &Prim, s: &super::prim::ScanBody, x: &[&Spec]) -> Result<Specs> {
    let (params, outs) = (s.body.param_specs(), s.body.output_specs());
    want(prim, params.len() == x.len(), "operands", params.len(), x.len())?;
    want(prim, outs.len() >= s.carries, "body", format_args!("at least {} results", s.carries), outs.len())?;
    let whole = s.consts + s.carries;
    for (i, (p, o)) in params.iter().zip(x).enumerate() {
        let wanted = if i < whole { p.clone() } else { stacked(p, s.trips) };
        want(prim, wanted == **o, "operands", format_args!("{wanted} as number {i}"), o)?;
    }
    for (i, (p, o)) in params[s.consts..whole].iter().zip(&outs).enumerate() {
        want(prim, p == o, "body", format_args!("{p} as carried result {i}"), o)?;
    }
    Ok(outs
        .iter()
        .enumerate()
        .map(|(i, o)| if i < s.carries { o.clone() } else { stacked(o, s.trips) })
        .collect())
}

fn stacked(s: &Spec, trips: usize) -> Spec {
    Spec::new(s.dtype, std::iter::once(trips).chain(s.shape.iter().copied()).collect::<crate::Shape>())
}
