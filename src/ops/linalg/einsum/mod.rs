//! Einstein summation.

mod equation;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{DotDims, GatherMode, Graph, ReduceKind, Val};
use crate::shape::{Dims, Shape};
use crate::tensor::{Row, Tensor, row, run_one};
use equation::{Equation, Label, Labels};

crate::op! {
    /// Contracts tensors as an equation such as `"bij,bjk->bik"` says: equal letters are multiplied, those missing on the right summed.
    Einsum in "tf.einsum" (; inputs) { equation: String }
    build |s, g| {
        if inputs.is_empty() {
            return Err(Error::invalid("Einsum", "inputs", "at least one tensor", 0));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|&v| g.shape(v).clone()).collect();
        let eq = Equation::parse(&s.equation, &shapes.iter().collect::<Vec<_>>())?;
        contract(g, &eq, inputs)
    };
    cases [
        case().with("equation", "ij,jk->ik").f32([3, 4]).f32([4, 2]),
        case().with("equation", "bij,bjk->bik").f32([2, 3, 4]).f32([2, 4, 2]),
        case().with("equation", "...ij,...jk->...ik").f32([2, 1, 3, 4]).f32([5, 4, 2]),
        case().with("equation", "...ij,jk->i...k").f32([2, 3, 4]).f32([4, 2]),
        case().with("equation", "i,j->ij").f32([3]).f32([2]),
        case().with("equation", "i,i->").f32([3]).f32([3]),
        case().with("equation", "ijk,kl->jil").f32([2, 3, 4]).f32([4, 2]),
        case().with("equation", "abc,cd->b").f32([2, 3, 4]).f32([4, 2]),
        case().with("equation", "ii->").f32([3, 3]),
        case().with("equation", "ii->i").f32([3, 3]),
        case().with("equation", "iji->ji").f32([2, 3, 2]),
        case().with("equation", "i->ii").f32([3]),
        case().with("equation", "ij->ji").f32([2, 3]),
        case().with("equation", "ijk->").f32([2, 3, 2]),
        case().with("equation", "...->...").f32([2, 3]),
        case().with("equation", "...i,...i->...").f32([2, 1, 3]).f32([4, 3]),
        case().with("equation", "iij,jk->ik").f32([2, 2, 3]).f32([3, 4]),
        case().with("equation", ",ij->ij").f32([]).f32([2, 3]),
        case().with("equation", "Ab,bA->A").f32([2, 3]).f32([3, 2]),
        case().with("equation", "ij,jk->ik").f32([3, 0]).f32([0, 2]),
        case().with("equation", "ij,jk->ik").ints([3, 4], -9, 9).ints([4, 2], -9, 9),
    ]
    errors [
        case().with("equation", "ij,jk->ik").f32([3, 1]).f32([4, 2]),
        case().with("equation", "ij->i").f32([3, 1, 2]),
        case().with("equation", "ij,jk->ik").f32([3, 4]),
        case().with("equation", "...i->i").f32([3, 4]),
        case().with("equation", "i->i->i").f32([3]),
    ]
}

/// Contracts tensors as an equation says (`tf.einsum`): `"ij,jk->ik"` is a matrix product, `"ii->"` a trace, `"...ij->...ji"` a transpose.
/// Without `->` the result has the letters that stand once, in alphabetical order.
///
/// ```
/// # use wgflow::{ops::linalg, IntoTensor};
/// let x = [[1.0, 2.0], [3.0, 4.0]].into_tensor(None)?;
/// assert_eq!(linalg::einsum("ij,kj->ik", &[&x, &x])?.to_vec::<f32>()?, [5.0, 11.0, 11.0, 25.0]);
/// assert_eq!(linalg::einsum("ii", &[&x])?.item::<f32>()?, 5.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an equation that cannot be read or does not fit the operands' shapes, and for different dtypes.
pub fn einsum(equation: &str, inputs: &[&Tensor]) -> Result<Tensor> {
    run_one(&Einsum { equation: equation.into() }, inputs)
}

/// A value with the labels of its dimensions, each once.
struct Operand {
    val: Val,
    labels: Labels,
}

fn contract(g: &mut Graph, eq: &Equation, inputs: &[Val]) -> Result<Val> {
    let mut rest: Vec<Operand> = vec![];
    for (&val, labels) in inputs.iter().zip(&eq.inputs) {
        rest.push(diagonal(g, val, labels)?);
    }
    while rest.len() > 1 {
        let (i, j) = cheapest(&rest, eq);
        let (rhs, lhs) = (rest.remove(j), rest.remove(i));
        let needed = |l: &Label| eq.output.contains(l) || rest.iter().any(|o| o.labels.contains(l));
        let next = pair(g, lhs, rhs, &needed)?;
        rest.push(next);
    }
    match rest.pop() {
        Some(last) => finish(g, last, eq),
        None => Err(Error::internal("Einsum", "no operand is left")),
    }
}

/// Takes the diagonal over dimensions of one label.
fn diagonal(g: &mut Graph, val: Val, labels: &[Label]) -> Result<Operand> {
    let mut x = Operand { val, labels: labels.to_vec() };
    while let Some(label) = x.labels.iter().copied().find(|l| x.labels.iter().filter(|o| *o == l).count() > 1)
    {
        let axes: Dims = (0..x.labels.len()).filter(|&d| x.labels[d] == label).collect();
        let n = g.shape(x.val)[axes[0]];
        let indices = g.iota(DType::Int32, [n, axes.len()], 0)?;
        x.val = g.gather(x.val, indices, &axes, 0, GatherMode::Clip)?;
        x.labels.retain(|l| *l != label);
        x.labels.insert(0, label);
    }
    Ok(x)
}

/// The pair whose product grows the least over its factors.
fn cheapest(x: &[Operand], eq: &Equation) -> (usize, usize) {
    let size = |labels: &mut dyn Iterator<Item = &Label>| labels.map(|l| eq.sizes[l] as f64).product::<f64>();
    let growth = |&(i, j): &(usize, usize)| {
        let needed = |l: &&Label| {
            eq.output.contains(l)
                || x.iter().enumerate().any(|(k, o)| k != i && k != j && o.labels.contains(l))
        };
        let (a, b) = (&x[i].labels, &x[j].labels);
        let mut kept = a.iter().chain(b.iter().filter(|l| !a.contains(l))).filter(needed);
        size(&mut kept) - size(&mut a.iter()) - size(&mut b.iter())
    };
    let pairs = (0..x.len()).flat_map(|i| (i + 1..x.len()).map(move |j| (i, j)));
    pairs.min_by(|a, b| growth(a).total_cmp(&growth(b))).unwrap_or((0, 1))
}

/// The product of two operands, summed over what is not needed after it.
fn pair(g: &mut Graph, lhs: Operand, rhs: Operand, needed: &dyn Fn(&Label) -> bool) -> Result<Operand> {
    let stays = |other: &Operand| {
        let labels = other.labels.clone();
        move |l: &Label| labels.contains(l) || needed(l)
    };
    let (in_rhs, in_lhs) = (stays(&rhs), stays(&lhs));
    let (lhs, rhs) = (summed(g, lhs, &in_rhs)?, summed(g, rhs, &in_lhs)?);
    // A dimension of size 1 that stands for a longer one of the other operand is left to it.
    let longer = |g: &Graph, o: &Operand, l: &Label| {
        o.labels.iter().position(|x| x == l).is_some_and(|d| g.shape(o.val)[d] != 1)
    };
    let lhs_drops: Labels = lhs.labels.iter().copied().filter(|l| longer(g, &rhs, l)).collect();
    let rhs_drops: Labels = rhs.labels.iter().copied().filter(|l| longer(g, &lhs, l)).collect();
    let (lhs, rhs) = (without_ones(g, lhs, &lhs_drops)?, without_ones(g, rhs, &rhs_drops)?);
    let common: Labels = lhs.labels.iter().copied().filter(|l| rhs.labels.contains(l)).collect();
    let at = |o: &Operand, keep: bool| -> Dims {
        let of = common.iter().filter(|l| needed(l) == keep);
        of.filter_map(|l| o.labels.iter().position(|x| x == l)).collect()
    };
    let dims = DotDims {
        lhs_batch: at(&lhs, true),
        rhs_batch: at(&rhs, true),
        lhs_contract: at(&lhs, false),
        rhs_contract: at(&rhs, false),
    };
    let batch = common.iter().filter(|l| needed(l));
    let free = |o: &Operand| o.labels.clone().into_iter().filter(|l| !common.contains(l)).collect::<Labels>();
    let labels = batch.copied().chain(free(&lhs)).chain(free(&rhs)).collect();
    Ok(Operand { val: g.dot_general(lhs.val, rhs.val, dims)?, labels })
}

/// Sums the dimensions whose labels nobody needs.
fn summed(g: &mut Graph, x: Operand, needed: &dyn Fn(&Label) -> bool) -> Result<Operand> {
    let dims: Dims = (0..x.labels.len()).filter(|&d| !needed(&x.labels[d])).collect();
    let labels = x.labels.iter().copied().filter(|l| needed(l)).collect();
    Ok(Operand { val: g.reduce(ReduceKind::Sum, x.val, &dims)?, labels })
}

/// Removes the given labels where their dimension has size 1.
fn without_ones(g: &mut Graph, x: Operand, drops: &[Label]) -> Result<Operand> {
    let shape = g.shape(x.val).clone();
    let keeps = |d: &usize| shape[*d] != 1 || !drops.contains(&x.labels[*d]);
    let kept: Vec<usize> = (0..shape.rank()).filter(keeps).collect();
    let val = g.reshape(x.val, kept.iter().map(|&d| shape[d]).collect::<Shape>())?;
    Ok(Operand { val, labels: kept.iter().map(|&d| x.labels[d]).collect() })
}

/// Sums what the output does not name, and puts the rest in its order; a repeated letter makes a diagonal.
fn finish(g: &mut Graph, x: Operand, eq: &Equation) -> Result<Val> {
    let x = summed(g, x, &|l| eq.output.contains(l))?;
    let mut distinct: Labels = vec![];
    eq.output.iter().for_each(|l| {
        if !distinct.contains(l) {
            distinct.push(*l);
        }
    });
    let perm: Dims = distinct.iter().filter_map(|l| x.labels.iter().position(|o| o == l)).collect();
    let val = g.transpose(x.val, &perm)?;
    let shape: Shape = eq.output.iter().map(|l| eq.sizes[l]).collect();
    // Where each dimension stands first in the output.
    let firsts: Dims = distinct.iter().filter_map(|l| eq.output.iter().position(|o| o == l)).collect();
    let mut val = g.broadcast_in_dim(val, shape.clone(), &firsts)?;
    for (d, label) in eq.output.iter().enumerate() {
        let first = eq.output.iter().position(|l| l == label).unwrap_or(d);
        if first != d {
            let (a, b) =
                (g.iota(DType::Int32, shape.clone(), first)?, g.iota(DType::Int32, shape.clone(), d)?);
            let on = g.eq(a, b)?;
            let zero = g.zeros_like(val)?;
            val = g.select(on, val, zero)?;
        }
    }
    Ok(val)
}

pub(super) const OPS: &[Row] = &[row::<Einsum>()];
