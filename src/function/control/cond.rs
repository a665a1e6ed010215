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

/// Function number `branch_index`; where there is none `default`, else the last (`tf.switch_case`).
///
/// ```
/// # use wgflow::{IntoTensor, switch_case};
/// let (three, four) = (|| 3.into_tensor(None), || 4.into_tensor(None));
/// assert_eq!(switch_case(0, &[&three, &four], None)?.item::<i32>()?, 3);
/// assert_eq!(switch_case(7, &[&three, &four], None)?.item::<i32>()?, 4);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `branch_index` is no integer scalar, there are no functions, or the results differ in number, dtype or shape; what
/// the functions return.
pub fn switch_case<R: Nest>(
    branch_index: impl IntoTensor,
    branch_fns: &[&dyn Fn() -> Result<R>],
    default: Option<&dyn Fn() -> Result<R>>,
) -> Result<R> {
    let index = branch_index.into_tensor(Some(DType::Int32))?;
    check_scalar("switch_case", "branch_index", &index)?;
    if !index.dtype().is_int() {
        return Err(Error::invalid("switch_case", "branch_index", "an integer", index.dtype()));
    }
    let Some(last) = branch_fns.last() else {
        return Err(Error::invalid("switch_case", "branch_fns", "at least one function", 0));
    };
    if !index.is_symbolic() {
        let k = scalar("switch_case", "branch_index", &index)?;
        return match usize::try_from(k).ok().and_then(|k| branch_fns.get(k)) {
            Some(f) => f(),
            None => default.map_or_else(last, |f| f()),
        };
    }
    let n = branch_fns.len();
    // Numbers of no branch go to the default, which stands last, or to the last branch.
    let index = math::cast(&index, DType::Int32)?;
    let other = number(if default.is_some() { n } else { n - 1 })?;
    let known = math::logical_and(math::greater_equal(&index, 0)?, math::less(&index, number(n)?)?)?;
    let position = array::where_(&known, &index, &other)?;
    let mut regions = vec![];
    for (number, f) in branch_fns.iter().enumerate() {
        regions.push(region(&format!("switch_case.branch_fns[{number}]"), &[], |_| f())?);
    }
    if let Some(f) = default {
        regions.push(region("switch_case.default", &[], |_| f())?);
    }
    let named = |k: usize| if k < n { format!("branch_fns[{k}]") } else { "default".into() };
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
    pred_fn_pairs: &[(Tensor, &dyn Fn() -> Result<R>)],
    default: Option<&dyn Fn() -> Result<R>>,
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
    pairs: &[(Tensor, &dyn Fn() -> Result<R>)],
    default: Option<&dyn Fn() -> Result<R>>,
    exclusive: bool,
) -> Result<R> {
    let n = pairs.len();
    let preds: Vec<Tensor> = pairs.iter().map(|(p, _)| p.clone()).collect();
    let flags = math::cast(array::stack(&preds, 0)?, DType::Int32)?;
    let count = math::reduce_sum(&flags, None, false)?;
    // The first true one; argmax of all false is 0.
    let first = math::cast(math::argmax(&flags, 0, DType::Int64)?, DType::Int32)?;
    let any = math::greater(&count, 0)?;
    let index = array::where_(&any, &first, &number(n)?)?;
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

fn number(n: usize) -> Result<Tensor> {
    (n as i32).into_tensor(None)
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
