//! Branches.

use super::region::{Region, Surroundings, emit, region};
use super::{check_scalar, scalar};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::function::Nest;
use crate::hlo::{ById, CheckText, Graph, Prim, Spec, Val};
use crate::ops::{array, math};
use crate::tensor::{IntoTensor, Tensor, is_tracing};
use std::sync::Arc;

/// A branch of [`switch_case`] or [`case`].
type Branch<'a, R> = dyn Fn() -> Result<R> + 'a;

/// `true_fn()` if `pred` is true, else `false_fn()` (`tf.cond`).
///
/// While a function is traced, both are traced, and must return tensors of equal dtypes and shapes; when the graph runs, prints, checks and
/// assignments happen only in the branch that is taken.
///
/// ```
/// # use wgflow::{Tensor, cond, function, math};
/// let f = function(|x: &[Tensor]| {
///     let positive = math::greater(&x[0], 0.0)?;
///     cond(&positive, || math::sqrt(&x[0]), || math::negative(&x[0]))
/// });
/// assert_eq!(f.call([9.0f32][0])?.item::<f32>()?, 3.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `pred` is no scalar, or the branches' results differ in number, dtype or shape; what the branches return.
pub fn cond<R: Nest>(
    pred: impl IntoTensor,
    true_fn: impl FnOnce() -> Result<R>,
    false_fn: impl FnOnce() -> Result<R>,
) -> Result<R> {
    let pred = pred.into_tensor(Some(DType::Bool))?;
    check_scalar("cond", "pred", &pred)?;
    if !pred.is_symbolic() && !(is_tracing() && pred.host_value().is_none()) {
        return if scalar("cond", "pred", &pred)? != 0 { true_fn() } else { false_fn() };
    }
    let yes = region("cond.true_fn", &[], |_| true_fn())?;
    let no = region("cond.false_fn", &[], |_| false_fn())?;
    let pred = if pred.dtype() == DType::Bool { pred } else { math::not_equal(&pred, 0)? };
    let index = math::cast(&pred, DType::Int32)?;
    branch("cond", &index, vec![no, yes], |k| ["false_fn", "true_fn"][k].into(), 1)
}

/// The functions of [`switch_case`]: a list, numbered from 0, or pairs of a number and a function.
pub trait Branches<'a, R> {
    /// Each with its number.
    fn numbered(&self) -> Vec<(i64, &'a Branch<'a, R>)>;
}

impl<'a, R> Branches<'a, R> for &'a [&'a Branch<'a, R>] {
    fn numbered(&self) -> Vec<(i64, &'a Branch<'a, R>)> {
        self.iter().enumerate().map(|(i, f)| (i as i64, *f)).collect()
    }
}

impl<'a, R, const N: usize> Branches<'a, R> for &'a [&'a Branch<'a, R>; N] {
    fn numbered(&self) -> Vec<(i64, &'a Branch<'a, R>)> {
        self.as_slice().numbered()
    }
}

impl<'a, R> Branches<'a, R> for &'a [(i64, &'a Branch<'a, R>)] {
    fn numbered(&self) -> Vec<(i64, &'a Branch<'a, R>)> {
        self.to_vec()
    }
}

impl<'a, R, const N: usize> Branches<'a, R> for &'a [(i64, &'a Branch<'a, R>); N] {
    fn numbered(&self) -> Vec<(i64, &'a Branch<'a, R>)> {
        self.to_vec()
    }
}

/// The function whose number is `branch_index`; where there is none `default`, else the one with the highest number
/// (`tf.switch_case`).
///
/// ```
/// # use wgflow::{IntoTensor, Result, Tensor, switch_case};
/// let three = || -> Result<Tensor> { 3.into_tensor(None) };
/// let four = || -> Result<Tensor> { 4.into_tensor(None) };
/// assert_eq!(switch_case(1, &[&three as _, &four as _], None)?.item::<i32>()?, 4);
/// assert_eq!(switch_case(7, &[(1, &four as _), (0, &three as _)], None)?.item::<i32>()?, 4);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `branch_index` is no integer scalar, the numbers are not 0 to n - 1, or the results differ in number,
/// dtype or shape; what the branches return.
pub fn switch_case<'a, R: Nest>(
    branch_index: impl IntoTensor,
    branch_fns: impl Branches<'a, R>,
    default: Option<&Branch<'_, R>>,
) -> Result<R> {
    let index = branch_index.into_tensor(Some(DType::Int32))?;
    check_scalar("switch_case", "branch_index", &index)?;
    if !index.dtype().is_int() {
        return Err(Error::invalid("switch_case", "branch_index", "an integer", index.dtype()));
    }
    let mut branches = branch_fns.numbered();
    branches.sort_by_key(|b| b.0);
    if branches.iter().enumerate().any(|(i, b)| b.0 != i as i64) {
        let numbers: Vec<i64> = branches.iter().map(|b| b.0).collect();
        let wanted = format!("numbers that form the range [0, {})", branches.len());
        return Err(Error::invalid("switch_case", "branch_fns", wanted, format_args!("{numbers:?}")));
    }
    let Some(&(_, last)) = branches.last() else {
        return Err(Error::invalid("switch_case", "branch_fns", "at least one function", 0));
    };
    if !index.is_symbolic() {
        let k = scalar("switch_case", "branch_index", &index)?;
        return match branches.iter().find(|b| b.0 == k) {
            Some((_, f)) => f(),
            None => default.map_or_else(last, |f| f()),
        };
    }
    let n = branches.len() as i64;
    // Numbers of no branch go to the default, which stands last, or to the last branch.
    let index = math::cast(&index, DType::Int32)?;
    let other = math::add(array::zeros_like(&index)?, if default.is_some() { n } else { n - 1 })?;
    let known = math::logical_and(math::greater_equal(&index, 0)?, math::less(&index, n)?)?;
    let position = array::where_(&known, &index, &other)?;
    let mut regions = vec![];
    for (number, f) in &branches {
        regions.push(region(&format!("switch_case.branch_fns[{number}]"), &[], |_| f())?);
    }
    if let Some(f) = default {
        regions.push(region("switch_case.default", &[], |_| f())?);
    }
    let named = |k: usize| if (k as i64) < n { format!("branch_fns[{k}]") } else { "default".into() };
    branch("switch_case", &position, regions, named, 0)
}

/// The first function whose predicate is true, else `default` (`tf.case`).
///
/// With `exclusive`, more than one true predicate is an error.
///
/// # Errors
/// `InvalidArgument` when no predicate is true and there is no default, when several are true with `exclusive`, or when the results differ
/// in number, dtype or shape; what the functions return.
pub fn case<R: Nest>(
    pred_fn_pairs: &[(Tensor, &Branch<'_, R>)],
    default: Option<&Branch<'_, R>>,
    exclusive: bool,
) -> Result<R> {
    for (pred, _) in pred_fn_pairs {
        check_scalar("case", "pred_fn_pairs", pred)?;
        if pred.dtype() != DType::Bool {
            return Err(Error::invalid("case", "pred_fn_pairs", "bool predicates", pred.dtype()));
        }
    }
    if pred_fn_pairs.is_empty() && default.is_none() {
        return Err(Error::invalid("case", "pred_fn_pairs", "at least one pair", 0));
    }
    if pred_fn_pairs.iter().any(|(p, _)| p.is_symbolic()) {
        return traced_case(pred_fn_pairs, default, exclusive);
    }
    let mut taken = None;
    let mut count = 0;
    for (pred, f) in pred_fn_pairs {
        if scalar("case", "pred_fn_pairs", pred)? != 0 {
            count += 1;
            taken = taken.or(Some(f));
        }
    }
    let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidArgument, "case", what));
    match (taken, default) {
        _ if exclusive && count > 1 => refuse(&several(count)),
        (Some(f), _) => f(),
        (None, Some(f)) => f(),
        (None, None) => refuse(NONE_TRUE),
    }
}

const NONE_TRUE: &str = "None of conditions evaluated as True, and there is no default";

fn several(n: i64) -> String {
    format!("pred_fn_pairs: wanted at most one true condition. Received: {n}")
}

fn traced_case<R: Nest>(
    pairs: &[(Tensor, &Branch<'_, R>)],
    default: Option<&Branch<'_, R>>,
    exclusive: bool,
) -> Result<R> {
    let n = pairs.len();
    let preds: Vec<Tensor> = pairs.iter().map(|(p, _)| p.clone()).collect();
    let flags = math::cast(array::stack(&preds, 0)?, DType::Int32)?;
    let count = math::reduce_sum(&flags, None, false)?;
    // The first true one; argmax of all false is 0.
    let first = math::cast(math::argmax(&flags, 0, DType::Int64)?, DType::Int32)?;
    let any = math::greater(&count, 0)?;
    let index = array::where_(&any, &first, math::add(array::zeros_like(&first)?, n as i64)?)?;
    if exclusive {
        check(&math::less_equal(&count, 1)?, &count, "pred_fn_pairs", "at most one true condition")?;
    }
    if default.is_none() {
        check(&any, &count, "pred_fn_pairs", "a true condition, as there is no default")?;
    }
    let mut regions = vec![];
    for (k, (_, f)) in pairs.iter().enumerate() {
        regions.push(region(&format!("case.pred_fn_pairs[{k}]"), &[], |_| f())?);
    }
    if let Some(f) = default {
        regions.push(region("case.default", &[], |_| f())?);
    }
    let named = |k: usize| if k < n { format!("pred_fn_pairs[{k}]") } else { "default".into() };
    branch("case", &index, regions, named, 0)
}

/// An error where `ok` is false when the graph runs.
fn check(ok: &Tensor, value: &Tensor, what: &str, wanted: &str) -> Result<()> {
    let text = CheckText { op: "case".into(), what: what.into(), wanted: wanted.into() };
    crate::tensor::emit(Prim::Check(Box::new(text)), &[ok, value]).map(|_| ())
}

/// The results of the region with number `index`, clamped. Errors compare the others with number `model`.
fn branch<R: Nest>(
    op: &str,
    index: &Tensor,
    regions: Vec<Region<R>>,
    named: impl Fn(usize) -> String,
    model: usize,
) -> Result<R> {
    let wanted = regions[model].specs();
    for (k, r) in regions.iter().enumerate() {
        agree(op, &named(model), &wanted, &named(k), &r.specs(), &r.result.paths())?;
    }
    let around = Surroundings::of(regions.iter().map(|r| &r.traced));
    let values = around.values()?;
    let mut branches = vec![];
    for r in &regions {
        let mut g = Graph::new();
        let x: Vec<Val> = values.iter().map(|t| g.parameter(t.spec().clone())).collect();
        let outputs = around.inline(&mut g, &r.traced, &[], &x)?;
        g.set_outputs(outputs);
        branches.push(ById(Arc::new(g)));
    }
    let inputs: Vec<&Tensor> = std::iter::once(index).chain(&values).collect();
    let mut g = Graph::new();
    let x: Vec<Val> = inputs.iter().map(|t| g.parameter(t.spec().clone())).collect();
    let outputs = g.push_multi(Prim::Case(branches), &x)?;
    g.set_outputs(outputs.to_vec());
    let mut results = emit(op, g, &inputs)?;
    around.assign(results.split_off(wanted.len()))?;
    regions[model].result.pack_as(&mut results.into_iter())
}

/// That two branches return the same specs.
fn agree(
    op: &str,
    model: &str,
    wanted: &[Spec],
    name: &str,
    received: &[Spec],
    paths: &[String],
) -> Result<()> {
    if wanted.len() != received.len() {
        return Err(Error::invalid(
            op,
            name,
            format_args!("{} results, as of {model}", wanted.len()),
            received.len(),
        ));
    }
    for ((w, r), path) in wanted.iter().zip(received).zip(paths) {
        if w != r {
            let arg =
                format!("{name}{}", if path.is_empty() { String::new() } else { format!(" result{path}") });
            return Err(Error::invalid(op, &arg, format_args!("{w}, as of {model}"), r));
        }
    }
    Ok(())
}
