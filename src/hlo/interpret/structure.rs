//! Composites, branches, loops, calls and effects.

use super::{Effects, Results, evaluate_with};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::literal::{Literal, Values};
use crate::hlo::prim::{Prim, ScanBody, WhileBody};
use crate::shape::Shape;

pub(super) fn apply(prim: &Prim, x: &[&Literal], effects: &mut dyn Effects) -> Result<Results> {
    let owned = |x: &[&Literal]| x.iter().map(|&l| l.clone()).collect::<Vec<_>>();
    match prim {
        Prim::Composite(c) => Ok(evaluate_with(c.body(), &owned(x), effects)?.into()),
        Prim::OptimizationBarrier => Ok(owned(x).into()),
        Prim::CustomCall(c) | Prim::HostCall(c) => Ok(c.host(&owned(x))?.into()),
        Prim::Case(branches) => {
            let k = x[0].i64_at(0).clamp(0, branches.len() as i64 - 1) as usize;
            Ok(evaluate_with(&branches[k], &owned(&x[1..]), effects)?.into())
        }
        Prim::Check(text) => {
            if let Some(i) = (0..x[0].len()).find(|&i| x[0].i64_at(i) == 0) {
                effects.check_failed(text, i, x[1].i64_at(i))?;
            }
            Ok(Results::new())
        }
        Prim::Print(text) => {
            if let Some(line) = text.line(&owned(x)) {
                effects.print(&line);
            }
            Ok(Results::new())
        }
        Prim::Scan(s) => scan(s, x, effects),
        Prim::While(w) => while_(w, x, effects),
        _ => Err(Error::internal(prim.name(), "no structure")),
    }
}

fn scan(s: &ScanBody, x: &[&Literal], effects: &mut dyn Effects) -> Result<Results> {
    let whole = s.consts + s.carries;
    let consts: Vec<Literal> = x[..s.consts].iter().map(|&l| l.clone()).collect();
    let mut carried: Vec<Literal> = x[s.consts..whole].iter().map(|&l| l.clone()).collect();
    let specs = s.body.output_specs();
    let mut stacked: Vec<Vec<Option<Literal>>> = vec![vec![None; s.trips]; specs.len() - s.carries];
    for t in 0..s.trips {
        let at = if s.reverse { s.trips - 1 - t } else { t };
        let mut args = consts.clone();
        args.append(&mut carried);
        args.extend(x[whole..].iter().map(|l| slice(l, at)));
        let mut outs = evaluate_with(&s.body, &args, effects)?;
        for (k, o) in outs.split_off(s.carries).into_iter().enumerate() {
            stacked[k][at] = Some(o);
        }
        carried = outs;
    }
    let stacks = stacked
        .into_iter()
        .zip(&specs[s.carries..])
        .map(|(parts, spec)| stack(spec, parts.into_iter().flatten().collect()));
    Ok(carried.into_iter().chain(stacks).collect())
}

fn while_(w: &WhileBody, x: &[&Literal], effects: &mut dyn Effects) -> Result<Results> {
    let (lead, specs) = (w.lead(), w.body.output_specs());
    let counted = if lead == 1 { Some(x[0].i64_at(0).max(0) as usize) } else { None };
    let x = &x[lead..];
    let whole = w.consts + w.carries;
    let consts: Vec<Literal> = x[..w.consts].iter().map(|&l| l.clone()).collect();
    let mut carried: Vec<Literal> = x[w.consts..whole].iter().map(|&l| l.clone()).collect();
    let mut lists: Vec<Vec<Literal>> = vec![vec![]; specs.len() - w.carries];
    let mut t = 0;
    while w.limit.is_none_or(|limit| t < limit) {
        let goes_on = match (&w.cond, counted) {
            (Some(cond), _) => {
                let args: Vec<Literal> = consts.iter().chain(&carried).cloned().collect();
                evaluate_with(cond, &args, effects)?[0].i64_at(0) != 0
            }
            (None, n) => n.is_some_and(|n| t < n),
        };
        if !goes_on {
            break;
        }
        let at = counted.filter(|_| w.reverse).map_or(t, |n| n - 1 - t);
        let mut args = consts.clone();
        args.append(&mut carried);
        args.extend(x[whole..].iter().map(|l| slice(l, at)));
        let mut outs = evaluate_with(&w.body, &args, effects)?;
        lists.iter_mut().zip(outs.split_off(w.carries)).for_each(|(list, o)| list.push(o));
        (carried, t) = (outs, t + 1);
    }
    let count = w.cond.iter().map(|_| Literal::scalar(DType::Int32, t as f64));
    let lists = lists.into_iter().zip(&specs[w.carries..]).map(|(mut parts, spec)| {
        if w.reverse {
            parts.reverse();
        }
        stack(spec, padded(parts))
    });
    Ok(carried.into_iter().chain(count).chain(lists).collect())
}

/// Lists of different lengths, as loops inside of loops make them, with zeros behind the shorter ones.
fn padded(mut parts: Vec<Literal>) -> Vec<Literal> {
    let Some(longest) = parts.iter().max_by_key(|p| p.len()).map(|p| p.shape.clone()) else { return parts };
    for p in parts.iter_mut().filter(|p| p.shape != longest) {
        p.shape = longest.clone();
        match &mut p.values {
            Values::Ints(v) => v.resize(longest.size(), 0),
            Values::Floats(v) => v.resize(longest.size() * numbers(p.dtype), 0.0),
            Values::Strings(v) => v.resize(longest.size(), vec![]),
        }
    }
    parts
}

/// How many numbers an element is.
fn numbers(d: DType) -> usize {
    if d == DType::Complex64 { 2 } else { 1 }
}

fn slice(l: &Literal, at: usize) -> Literal {
    let shape = Shape::from(&l.shape[1..]);
    let range = at * shape.size()..(at + 1) * shape.size();
    let values = match &l.values {
        Values::Ints(v) => Values::Ints(v[range].to_vec()),
        Values::Floats(v) => {
            let each = numbers(l.dtype);
            Values::Floats(v[range.start * each..range.end * each].to_vec())
        }
        Values::Strings(v) => Values::Strings(v[range].to_vec()),
    };
    Literal { dtype: l.dtype, shape, values }
}

fn stack(spec: &crate::hlo::Spec, parts: Vec<Literal>) -> Literal {
    let slice = parts.first().map_or(&spec.shape, |p| &p.shape);
    let shape: Shape = std::iter::once(parts.len()).chain(slice.iter().copied()).collect();
    let values = if spec.dtype.is_exact() {
        Values::Ints(parts.iter().flat_map(Literal::to_i64s).collect())
    } else {
        Values::Floats(parts.iter().flat_map(Literal::to_f64s).collect())
    };
    Literal { dtype: spec.dtype, shape, values }
}
