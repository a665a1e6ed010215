//! Norms, traces and normalisation.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, ReduceKind, Val};
use crate::ops::Axes;
use crate::ops::args::dims_of;
use crate::shape::{Dims, resolve_axis};
use crate::tensor::{Attr, AttrType, IntoTensor, Row, Tensor, row, run_one};
use std::hash::{Hash, Hasher};

/// Which norm [`norm`] takes: `ord` of `tf.norm`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ord {
    /// `"euclidean"`: root of the sum of squares, of vectors and matrices.
    Euclidean,
    /// `"fro"`: the same of matrices.
    Fro,
    /// A positive number `p`, infinity included: of vectors the p-norm, of matrices (1 and infinity) the operator norm.
    P(f64),
}

impl AttrType for Ord {
    fn type_name() -> String {
        "euclidean, fro or a number".into()
    }
    fn read(a: &Attr) -> Option<Self> {
        match a {
            Attr::Str(s) if s == "euclidean" => Some(Ord::Euclidean),
            Attr::Str(s) if s == "fro" => Some(Ord::Fro),
            a => f64::read(a).map(Ord::P),
        }
    }
    fn write(&self) -> Attr {
        match self {
            Ord::Euclidean => Attr::Str("euclidean".into()),
            Ord::Fro => Attr::Str("fro".into()),
            Ord::P(p) => Attr::Float(*p),
        }
    }
    fn hash_to<H: Hasher>(&self, h: &mut H) {
        match self {
            Ord::Euclidean => 0u64.hash(h),
            Ord::Fro => 1u64.hash(h),
            Ord::P(p) => p.to_bits().hash(h),
        }
    }
}

crate::op! {
    /// The norm of vectors (one axis, or all elements) or matrices (two axes).
    Norm as "norm" in api "tf.norm" (tensor) { ord: Ord = Ord::Euclidean, axis: Option<Vec<i64>> = None, keepdims: bool = false }
    build |s, g| build_norm(g, s, tensor);
    cases [
        case().f32([2, 3]),
        case().with("axis", 1).f32([2, 3]),
        case().with("axis", [-2, -1]).f32([2, 3, 4]),
        case().with("ord", "fro").with("axis", [0, 1]).with("keepdims", true).f32([2, 3]),
        case().with("ord", 1.0).with("axis", 0).distinct([2, 3]),
        case().with("ord", 1.0).with("axis", [0, 1]).f32([2, 3]),
        case().with("ord", 2.0).with("axis", 1).with("keepdims", true).f32([2, 3]),
        case().with("ord", 3.0).with("axis", -1).distinct([2, 3]),
        case().with("ord", f64::INFINITY).distinct([2, 3]),
        case().with("ord", f64::INFINITY).with("axis", [1, 0]).f32([2, 3]),
        case().f32([0]),
    ]
    errors [
        case().with("ord", 0.0).f32([2, 3]),
        case().with("ord", "fro").with("axis", 1).f32([2, 3]),
        case().with("ord", 3.0).with("axis", [0, 1]).f32([2, 3]),
        case().with("axis", [0, 0]).f32([2, 3]),
        case().with("axis", [0, 1, 2]).f32([2, 3, 1]),
        case().with("axis", 2).f32([2, 3]),
    ]
}

fn build_norm(g: &mut Graph, s: &Norm, x: Val) -> Result<Val> {
    let rank = g.rank(x);
    let axes: Dims = match &s.axis {
        None => (0..rank).collect(),
        Some(a) => a.iter().map(|&a| resolve_axis("norm", "axis", a, rank)).collect::<Result<_>>()?,
    };
    let matrix = s.axis.as_ref().is_some_and(|a| a.len() == 2);
    if s.axis.is_some() && (axes.is_empty() || axes.len() > 2 || (matrix && axes[0] == axes[1])) {
        let wanted = "nothing, one axis, or two different ones";
        return Err(Error::invalid("norm", "axis", wanted, format_args!("{:?}", s.axis)));
    }
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    let received = || AttrType::write(&s.ord);
    let size = g.abs(x)?;
    let result = match (s.ord, matrix) {
        (Ord::Euclidean, _) | (Ord::Fro, true) => root_of_squares(g, x, &sorted)?,
        (Ord::P(p), false) if p > 0.0 => p_norm(g, size, p, &sorted)?,
        (Ord::P(p), true) if p == 1.0 || p == f64::INFINITY => {
            // The largest sum of a column, or of a row.
            let (inner, outer) = if p == 1.0 { (axes[0], axes[1]) } else { (axes[1], axes[0]) };
            let sums = g.reduce_keep(ReduceKind::Sum, size, &[inner])?;
            g.reduce_keep(ReduceKind::Max, sums, &[outer])?
        }
        (Ord::P(2.0), true) => {
            return Err(Error::unimplemented(
                "norm",
                "the spectral norm of matrices (ord=2), which needs singular values",
            ));
        }
        (_, true) => {
            return Err(Error::invalid("norm", "ord", "a matrix norm: euclidean, fro, 1 or inf", received()));
        }
        _ => {
            return Err(Error::invalid(
                "norm",
                "ord",
                "a vector norm: euclidean or a positive number",
                received(),
            ));
        }
    };
    let shape = g.shape(x).reduced(&sorted, s.keepdims);
    g.reshape(result, shape)
}

fn root_of_squares(g: &mut Graph, x: Val, dims: &[usize]) -> Result<Val> {
    let square = g.mul(x, x)?;
    let sum = g.reduce_keep(ReduceKind::Sum, square, dims)?;
    g.sqrt(sum)
}

fn p_norm(g: &mut Graph, size: Val, p: f64, dims: &[usize]) -> Result<Val> {
    if p == f64::INFINITY {
        return g.reduce_keep(ReduceKind::Max, size, dims);
    }
    if p == 1.0 {
        return g.reduce_keep(ReduceKind::Sum, size, dims);
    }
    if p == 2.0 {
        return root_of_squares(g, size, dims);
    }
    let exponent = g.full_like(size, p)?;
    let powers = g.pow(size, exponent)?;
    let sum = g.reduce_keep(ReduceKind::Sum, powers, dims)?;
    let inverse = g.full_like(sum, 1.0 / p)?;
    g.pow(sum, inverse)
}

/// The norm of vectors or matrices (`tf.norm`): of all elements without `axis`, of vectors along one axis, of matrices over two.
///
/// # Errors
/// `InvalidArgument` for axes out of range or an `ord` that is none for the number of axes; `Unimplemented` for the spectral norm.
pub fn norm(tensor: impl IntoTensor, ord: Ord, axis: impl Into<Axes>, keepdims: bool) -> Result<Tensor> {
    run_one(&Norm { ord, axis: axis.into().0, keepdims }, &[&tensor.into_tensor(None)?])
}

crate::op! {
    /// `x` divided by its Euclidean length along axes, which counts as at least the root of `epsilon`.
    L2Normalize as "l2_normalize" in api "tf.math.l2_normalize" (x) { axis: Option<Vec<i64>> = None, epsilon: f64 = 1e-12 }
    build |s, g| {
        let rank = g.rank(x);
        let dims = dims_of("l2_normalize", s.axis.as_deref(), rank)?;
        let square = g.mul(x, x)?;
        let sum = g.reduce_over(ReduceKind::Sum, square, &dims)?;
        let least = g.full_like(sum, s.epsilon)?;
        let sum = g.max(sum, least)?;
        let inverse = g.rsqrt(sum)?;
        g.mul(x, inverse)
    };
    cases [
        case().with("axis", [1]).f32([2, 3]),
        case().with("axis", [0, -1]).f32([2, 3, 4]),
        case().f32([5]),
        case().with("axis", [0]).with("epsilon", 4.0).values([2], &[0.1, -0.2]),
        case().with("axis", [0]).values([3], &[0.0, 0.0, 0.0]),
    ]
    errors [case().with("axis", [2]).f32([2, 3])]
}

/// `x` scaled to Euclidean length 1 along axes, all where none are given (`tf.math.l2_normalize`; its default `epsilon` is 1e-12).
///
/// # Errors
/// `InvalidArgument` for axes out of range and for dtypes that are no floats.
pub fn l2_normalize(x: impl IntoTensor, axis: impl Into<Axes>, epsilon: f64) -> Result<Tensor> {
    run_one(&L2Normalize { axis: axis.into().0, epsilon }, &[&x.into_tensor(None)?])
}

crate::op! {
    /// The sum of the main diagonal of each innermost matrix.
    Trace as "trace" in api "tf.linalg.trace" (x) {}
    build |s, g| {
        let shape = g.shape(x).clone();
        let rank = shape.rank();
        if rank < 2 {
            return Err(Error::invalid("trace", "x", "at least two dimensions", format_args!("shape {shape}")));
        }
        let n = shape[rank - 2].min(shape[rank - 1]);
        let indices = g.iota(DType::Int32, [n, 2], 0)?;
        // The diagonal stands first.
        let diagonal = g.gather(x, indices, &[rank - 2, rank - 1], 0, GatherMode::Clip)?;
        g.reduce(ReduceKind::Sum, diagonal, &[0])
    };
    cases [case().f32([3, 3]), case().f32([2, 3, 4]), case().f32([2, 0, 4]), case().ints([2, 2], -9, 9)]
    errors [case().f32([3])]
}

/// The sum of the main diagonal of each innermost matrix (`tf.linalg.trace`).
///
/// # Errors
/// `InvalidArgument` for vectors and scalars.
pub fn trace(x: impl IntoTensor) -> Result<Tensor> {
    run_one(&Trace {}, &[&x.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<Norm>(), row::<L2Normalize>(), row::<Trace>()];
