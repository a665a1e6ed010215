//! Functions along the first dimension: map, scan and folds.

use super::region::{Surroundings, emit, region};
use crate::error::{Error, Result};
use crate::function::Nest;
use crate::hlo::{ById, Graph, Prim, ScanBody, Spec, Val};
use crate::ops::array;
use crate::tensor::{Tensor, is_tracing};
use std::any::Any;
use std::sync::Arc;

/// `fn` of each slice of `elems` along the first dimension, stacked (`tf.map_fn`).
///
/// ```
/// # use wgflow::{IntoTensor, Tensor, map_fn, math};
/// let x = [[1.0, 2.0], [3.0, 4.0]].into_tensor(None)?;
/// let sums = map_fn(|row: &Tensor| math::reduce_sum(row, None, false), &x)?;
/// assert_eq!(sums.to_vec::<f32>()?, [3.0, 7.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `elems` are scalars or differ in their first dimension, or the results' shapes differ; what `fn` returns.
pub fn map_fn<E: Nest, R: Nest>(f: impl Fn(&E) -> Result<R>, elems: &E) -> Result<R> {
    along("map_fn", |_: &(), e| Ok(((), f(e)?)), (), elems, false).map(|(_, r)| r)
}

/// Results of `fn(accumulated, slice)` for each slice of `elems` along the first dimension, from the last to the first if `reverse`; each
/// result is accumulated, and they are stacked (`tf.scan`). Without an `initializer` the first slice is the first result.
///
/// ```
/// # use wgflow::{IntoTensor, Tensor, math, scan};
/// let x = [1, 2, 3, 4].into_tensor(None)?;
/// let sums = scan(|a: &Tensor, x: &Tensor| math::add(a, x), &x, None, false)?;
/// assert_eq!(sums.to_vec::<i32>()?, [1, 3, 6, 10]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `elems` are scalars or differ in their first dimension, when there is neither a slice nor an initializer, or
/// `fn` changes dtype or shape of what it accumulates; what `fn` returns.
pub fn scan<E: Nest, A: Nest>(
    f: impl Fn(&A, &E) -> Result<A>,
    elems: &E,
    initializer: impl Into<Option<A>>,
    reverse: bool,
) -> Result<A> {
    let step = |a: &A, e: &E| f(a, e).map(|a| (a.clone(), a));
    match initializer.into() {
        Some(start) => along("scan", step, start, elems, reverse).map(|(_, r)| r),
        None => {
            let (first, rest): (A, E) = first_and_rest("scan", elems, reverse)?;
            let (_, r) = along("scan", step, first.clone(), &rest, reverse)?;
            let (first, rest) = (first.flatten()?, r.flatten()?);
            let mut joined = vec![];
            for (f, r) in first.iter().zip(&rest) {
                let f = array::expand_dims(f, 0)?;
                joined.push(array::concat(&if reverse { [r.clone(), f] } else { [f, r.clone()] }, 0)?);
            }
            r.pack_as(&mut joined.into_iter())
        }
    }
}

/// `fn(accumulated, slice)` for each slice of `elems` from the first to the last (`tf.foldl`). Without an `initializer` the first slice
/// is the start.
///
/// # Errors
/// As [`scan`].
pub fn foldl<E: Nest, A: Nest>(
    f: impl Fn(&A, &E) -> Result<A>,
    elems: &E,
    initializer: impl Into<Option<A>>,
) -> Result<A> {
    fold("foldl", f, elems, initializer.into(), false)
}

/// As [`foldl`], from the last slice to the first (`tf.foldr`).
///
/// # Errors
/// As [`scan`].
pub fn foldr<E: Nest, A: Nest>(
    f: impl Fn(&A, &E) -> Result<A>,
    elems: &E,
    initializer: impl Into<Option<A>>,
) -> Result<A> {
    fold("foldr", f, elems, initializer.into(), true)
}

fn fold<E: Nest, A: Nest>(
    op: &str,
    f: impl Fn(&A, &E) -> Result<A>,
    elems: &E,
    initializer: Option<A>,
    reverse: bool,
) -> Result<A> {
    let step = |a: &A, e: &E| Ok((f(a, e)?, ()));
    match initializer {
        Some(start) => along(op, step, start, elems, reverse).map(|(a, ())| a),
        None => {
            let (first, rest): (A, E) = first_and_rest(op, elems, reverse)?;
            along(op, step, first, &rest, reverse).map(|(a, ())| a)
        }
    }
}

/// The slice that stands where an initializer is missing, and the others.
fn first_and_rest<E: Nest, A: Nest>(op: &str, elems: &E, reverse: bool) -> Result<(A, E)> {
    let all = elems.flatten()?;
    let n = length(op, &all)?;
    if n == 0 {
        return Err(Error::invalid(op, "elems", "a slice, as there is no initializer", "none"));
    }
    let (mut firsts, mut rests) = (vec![], vec![]);
    for t in &all {
        let at = |from: usize, to: usize| {
            let mut begin = vec![0i64; t.rank()];
            let mut size = vec![-1i64; t.rank()];
            (begin[0], size[0]) = (from as i64, (to - from) as i64);
            array::slice(t, begin, size)
        };
        let (one, others) = if reverse { ((n - 1, n), (0, n - 1)) } else { ((0, 1), (1, n)) };
        firsts.push(array::squeeze(at(one.0, one.1)?, 0)?);
        rests.push(at(others.0, others.1)?);
    }
    let first = elems.pack_as(&mut firsts.into_iter())?;
    let rest = elems.pack_as(&mut rests.into_iter())?;
    match (&first as &dyn Any).downcast_ref::<A>() {
        Some(a) => Ok((a.clone(), rest)),
        None => {
            let wanted = "one, as the accumulated structure is another than that of elems";
            Err(Error::invalid(op, "initializer", wanted, "none"))
        }
    }
}

/// The common first dimension.
fn length(op: &str, elems: &[Tensor]) -> Result<usize> {
    let mut found = None;
    for t in elems {
        let Some(&n) = t.shape().first() else {
            return Err(Error::invalid(op, "elems", "tensors of rank 1 or more", t.spec()));
        };
        if *found.get_or_insert(n) != n {
            return Err(Error::invalid(
                op,
                "elems",
                "equal first dimensions",
                format_args!("{found:?} and {n}"),
            ));
        }
    }
    found.ok_or_else(|| Error::invalid(op, "elems", "at least one tensor", 0))
}

/// `step(carried, slice)` gives what is carried on, and a result; results are stacked.
fn along<A: Nest, E: Nest, R: Nest>(
    op: &str,
    step: impl Fn(&A, &E) -> Result<(A, R)>,
    start: A,
    elems: &E,
    reverse: bool,
) -> Result<(A, R)> {
    let all = elems.flatten()?;
    let n = length(op, &all)?;
    // Without a slice only a trace tells what would come out.
    if is_tracing() || n == 0 {
        return traced(op, step, &start, elems, &all, n, reverse);
    }
    let columns = all.iter().map(|t| array::unstack(t, 0)).collect::<Result<Vec<_>>>()?;
    let (mut carried, mut results): (A, Vec<Option<R>>) = (start, vec![None; n]);
    for t in 0..n {
        let at = if reverse { n - 1 - t } else { t };
        let slice = elems.pack_as(&mut columns.iter().map(|c| c[at].clone()))?;
        let (next, result) = step(&carried, &slice)?;
        (carried, results[at]) = (next, Some(result));
    }
    let results: Vec<R> = results.into_iter().flatten().collect();
    let flat = results.iter().map(R::flatten).collect::<Result<Vec<_>>>()?;
    let stacked = (0..flat[0].len())
        .map(|k| array::stack(&flat.iter().map(|r| r[k].clone()).collect::<Vec<_>>(), 0))
        .collect::<Result<Vec<_>>>()?;
    Ok((carried, results[0].pack_as(&mut stacked.into_iter())?))
}

fn traced<A: Nest, E: Nest, R: Nest>(
    op: &str,
    step: impl Fn(&A, &E) -> Result<(A, R)>,
    start: &A,
    elems: &E,
    stacks: &[Tensor],
    trips: usize,
    reverse: bool,
) -> Result<(A, R)> {
    let first = start.flatten()?;
    let mut specs: Vec<Spec> = first.iter().map(|t| t.spec().clone()).collect();
    specs.extend(stacks.iter().map(|t| Spec::new(t.dtype(), &t.shape()[1..])));
    let body = region(op, &specs, |x| {
        let mut x = x.iter().cloned();
        step(&start.pack_as(&mut x)?, &elems.pack_as(&mut x)?)
    })?;
    let results = body.specs();
    let wanted = specs[..first.len()].iter().zip(start.paths());
    for ((w, path), r) in wanted.zip(&results) {
        if w != r {
            let arg = format!("fn's result{path}");
            return Err(Error::invalid(op, &arg, format_args!("{w}, as of the accumulated value"), r));
        }
    }
    let around = Surroundings::of(std::iter::once(&body.traced));
    let values = around.values()?;
    let (fixed, assigned) = around.split();
    // Parameters: constants, carried values and variables, slices. Results: carried values and variables, then what is stacked.
    let mut g = Graph::new();
    let parameter = |g: &mut Graph, t: &Tensor| g.parameter(t.spec().clone());
    let consts: Vec<Val> = fixed.iter().map(|&i| parameter(&mut g, &values[i])).collect();
    let mut own: Vec<Val> = first.iter().map(|t| parameter(&mut g, t)).collect();
    let vars: Vec<Val> = assigned.iter().map(|&i| parameter(&mut g, &values[i])).collect();
    own.extend(specs[first.len()..].iter().map(|s| g.parameter(s.clone())));
    let mut x: Vec<(usize, Val)> = fixed.iter().copied().zip(consts).collect();
    x.extend(assigned.iter().copied().zip(vars));
    x.sort_unstable();
    let x: Vec<Val> = x.into_iter().map(|(_, v)| v).collect();
    let mut outputs = around.inline(&mut g, &body.traced, &own, &x)?;
    let new = outputs.split_off(results.len());
    outputs.splice(first.len()..first.len(), new);
    g.set_outputs(outputs);
    let carries = first.len() + assigned.len();
    let s = ScanBody { body: Arc::new(g), trips, consts: fixed.len(), carries, reverse, primal: None };

    let consts = fixed.iter().map(|&i| &values[i]);
    let carried = first.iter().chain(assigned.iter().map(|&i| &values[i]));
    let inputs: Vec<&Tensor> = consts.chain(carried).chain(stacks).collect();
    let mut g = Graph::new();
    let x: Vec<Val> = inputs.iter().map(|t| g.parameter(t.spec().clone())).collect();
    let outputs = g.push_multi(Prim::Scan(ById(Arc::new(s))), &x)?;
    g.set_outputs(outputs.to_vec());
    let mut found = emit(op, g, &inputs)?;
    let new: Vec<Tensor> = found.splice(first.len()..carries, []).collect();
    around.assign(new)?;
    body.result.pack_as(&mut found.into_iter())
}
