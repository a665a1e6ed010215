//! What graphs mean: a plain evaluator in f64 and exact integers.
//!
//! It is the oracle of the tests, computes the host mirror's small integer tensors, and folds constants. It knows nothing of devices.

mod attention;
mod contract;
mod elementwise;
mod index;
mod random;
mod reduce;
mod sort;
mod structure;

pub use random::philox;
pub(crate) use random::skip;

use super::graph::Graph;
use super::literal::{Literal, Values};
use super::prim::Prim;
use crate::dtype::DType;
use crate::error::{Error, Result};
use smallvec::SmallVec;

/// What effects do while a graph is evaluated.
pub trait Effects {
    /// An element of a check is false: the check's text, the element's row-major position, the value beside it.
    ///
    /// # Errors
    /// Usually the check's own error.
    fn check_failed(&mut self, text: &super::CheckText, index: usize, value: i64) -> Result<()>;
    /// A line to print.
    fn print(&mut self, line: &str);
}

/// Effects of a plain evaluation: a failed check is an error, prints go nowhere.
#[derive(Debug, Default)]
pub struct Strict;

/// The error of a failed check.
pub fn check_error(text: &super::CheckText, index: usize, value: i64) -> Error {
    Error::invalid(&text.op, &format!("{}[{index}]", text.what), &text.wanted, value)
}

impl Effects for Strict {
    fn check_failed(&mut self, text: &super::CheckText, index: usize, value: i64) -> Result<()> {
        Err(check_error(text, index, value))
    }

    fn print(&mut self, _: &str) {}
}

/// Evaluates a graph. Floats are f64 throughout: no rounding to the dtype but where `float16` or `bfloat16` is written.
///
/// # Errors
/// `InvalidArgument` from a failed check; what a host function refuses; `Internal` when `args` do not fit.
pub fn evaluate(g: &Graph, args: &[Literal]) -> Result<Vec<Literal>> {
    evaluate_with(g, args, &mut Strict)
}

/// As [`evaluate`], with a say over effects.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_with(g: &Graph, args: &[Literal], effects: &mut dyn Effects) -> Result<Vec<Literal>> {
    if args.len() != g.params().len() {
        return Err(Error::internal(
            "evaluate",
            format_args!("wanted {} arguments. Received: {}", g.params().len(), args.len()),
        ));
    }
    let live = g.live();
    let mut values: Vec<Option<Literal>> = vec![None; g.num_values()];
    for inst in g.insts() {
        if !inst.prim.has_effect() && !inst.results().any(|v| live[v.index()]) {
            continue;
        }
        let missing =
            || Error::internal("evaluate", format_args!("{}: an operand was not computed", inst.prim.name()));
        let results: Results = match &inst.prim {
            Prim::Parameter(i, _) => [args[*i].clone()].into_iter().collect(),
            prim => {
                let operands: Option<SmallVec<[&Literal; 4]>> =
                    inst.operands.iter().map(|v| values[v.index()].as_ref()).collect();
                let specs = inst.results().map(|v| g.spec(v).clone()).collect();
                step(g, prim, specs, &operands.ok_or_else(missing)?, effects)?
            }
        };
        for (v, r) in inst.results().zip(results) {
            // Of lists only the values' shape is known.
            let may_be_list = matches!(inst.prim, Prim::While(_) | Prim::Parameter(..) | Prim::Composite(_));
            debug_assert!(
                may_be_list || (r.dtype, &r.shape, r.len()) == (g.dtype(v), g.shape(v), g.shape(v).size()),
                "{}",
                inst.prim.name()
            );
            values[v.index()] = Some(r);
        }
    }
    let missing = || Error::internal("evaluate", "an output was not computed");
    g.outputs().iter().map(|v| values[v.index()].clone().ok_or_else(missing)).collect()
}

type Results = SmallVec<[Literal; 2]>;
type Specs = SmallVec<[super::Spec; 2]>;

fn step(g: &Graph, prim: &Prim, specs: Specs, x: &[&Literal], effects: &mut dyn Effects) -> Result<Results> {
    let one = |l: Literal| -> Result<Results> { Ok([l].into_iter().collect()) };
    match prim {
        Prim::Constant(l) => one(l.clone()),
        Prim::Elementwise(e) => one(elementwise::apply(*e, &specs[0], x)?),
        Prim::Convert(d) => one(elementwise::convert(x[0], *d)),
        Prim::BitcastConvert(_) => one(elementwise::bitcast(x[0], &specs[0])?),
        Prim::DotGeneral(_) | Prim::Convolution(_) => one(contract::apply(prim, &specs[0], x)),
        Prim::Reduce { .. }
        | Prim::ArgReduce { .. }
        | Prim::ReduceWindow { .. }
        | Prim::SelectAndScatter { .. }
        | Prim::Cumulative { .. } => one(reduce::apply(prim, &specs[0], x)),
        Prim::Attention(a) => Ok(attention::apply(a, &specs, x)),
        Prim::AttentionQueries(a) => Ok(attention::queries(a, &specs, x)),
        Prim::AttentionKeys(a) => Ok(attention::keys(a, &specs, x)),
        Prim::Sort { .. } | Prim::ArgSort { .. } | Prim::TopK { .. } => Ok(sort::apply(prim, &specs, x)),
        Prim::RngBitGenerator(_) => one(random::bits(&specs[0], x)),
        Prim::Composite(_)
        | Prim::Case(_)
        | Prim::Scan(_)
        | Prim::While(_)
        | Prim::OptimizationBarrier
        | Prim::Check(_)
        | Prim::Print(_)
        | Prim::HostCall(_)
        | Prim::CustomCall(_) => structure::apply(prim, x, effects),
        Prim::Parameter(..) => Err(Error::internal(g.to_text("evaluate"), "a parameter is no step")),
        _ => one(index::apply(prim, &specs[0], x)),
    }
}

/// A literal whose values are computed by position, as integers or floats by dtype.
fn build(
    dtype: DType,
    shape: &crate::Shape,
    ints: impl Fn(usize) -> i64,
    floats: impl Fn(usize) -> f64,
) -> Literal {
    let n = shape.size();
    let values = if dtype.is_exact() {
        Values::Ints((0..n).map(|i| dtype.wrap(ints(i))).collect())
    } else {
        Values::Floats((0..n).map(|i| half_round(dtype, floats(i))).collect())
    };
    Literal { dtype, shape: shape.clone(), values }
}

/// Rounds what the half-width dtypes cannot hold; wider floats stay in f64.
fn half_round(dtype: DType, v: f64) -> f64 {
    if matches!(dtype, DType::Float16 | DType::BFloat16) { dtype.round(v) } else { v }
}
