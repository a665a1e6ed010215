//! Inference for contractions, reductions, windows, sorts and random bits.

use super::{Specs, arity, one, same_dtype, want};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::prim::{Conv, DotDims, Prim, ReduceKind, Spec, WindowDim};
use crate::shape::Shape;

pub(super) fn infer(prim: &Prim, x: &[&Spec]) -> Result<Specs> {
    if matches!(prim, Prim::Attention(_) | Prim::AttentionQueries(_) | Prim::AttentionKeys(_)) {
        return attention(prim, x);
    }
    let n = match prim {
        Prim::DotGeneral(_)
        | Prim::Convolution(_)
        | Prim::SelectAndScatter { .. }
        | Prim::RngBitGenerator(_) => 2,
        Prim::Sort { .. } => x.len().max(1),
        _ => 1,
    };
    arity(prim, n, x)?;
    let s = x[0];
    let rank = s.shape.rank();
    let dim_ok = |dim: usize| want(prim, dim < rank, "dim", format_args!("a value below {rank}"), dim);
    match prim {
        Prim::DotGeneral(d) => dot(prim, d, x),
        Prim::Convolution(c) => convolution(prim, c, x),
        Prim::Reduce { kind, dims } => {
            reducible(prim, *kind, s)?;
            let ok = dims.windows(2).all(|w| w[0] < w[1]) && dims.iter().all(|&d| d < rank);
            want(prim, ok, "dims", format_args!("ascending values below {rank}"), format_args!("{dims:?}"))?;
            one(Spec::new(s.dtype, s.shape.reduced(dims, false)))
        }
        Prim::ArgReduce { dim, .. } => {
            dim_ok(*dim)?;
            want(prim, s.dtype.is_float() || s.dtype.is_exact(), "operand", "numbers", s.dtype)?;
            want(
                prim,
                s.shape[*dim] > 0,
                "operand",
                format_args!("a dimension {dim} that is not empty"),
                &s.shape,
            )?;
            one(Spec::new(DType::Int32, s.shape.reduced(&[*dim], false)))
        }
        Prim::ReduceWindow { kind, window } => {
            reducible(prim, *kind, s)?;
            one(Spec::new(s.dtype, windowed(prim, window, s)?))
        }
        Prim::SelectAndScatter { window, .. } => {
            same_dtype(prim, x)?;
            let wanted = windowed(prim, window, s)?;
            want(prim, x[1].shape == wanted, "source", &wanted, &x[1].shape)?;
            one(s.clone())
        }
        Prim::Cumulative { kind, dim, .. } => {
            reducible(prim, *kind, s)?;
            dim_ok(*dim)?;
            one(s.clone())
        }
        Prim::Sort { dim, .. } => {
            dim_ok(*dim)?;
            let same = x.iter().all(|o| o.shape == s.shape);
            want(prim, same, "operands", "equal shapes", format_args!("{x:?}"))?;
            Ok(x.iter().map(|&s| s.clone()).collect())
        }
        Prim::ArgSort { dim, .. } => {
            dim_ok(*dim)?;
            one(s.with_dtype(DType::Int32))
        }
        Prim::TopK { k } => {
            want(prim, rank > 0, "operand", "at least one dimension", &s.shape)?;
            want(prim, *k <= s.shape[rank - 1], "k", format_args!("at most {}", s.shape[rank - 1]), k)?;
            let mut shape = s.shape.clone();
            shape[rank - 1] = *k;
            Ok([Spec::new(s.dtype, shape.clone()), Spec::new(DType::Int32, shape)].into_iter().collect())
        }
        Prim::RngBitGenerator(shape) => {
            let is = |s: &Spec, n: usize| s.dtype == DType::UInt32 && *s.shape == [n];
            want(
                prim,
                is(x[0], 2) && is(x[1], 4),
                "operands",
                "uint32[2] and uint32[4]",
                format_args!("{x:?}"),
            )?;
            one(Spec::new(DType::UInt32, shape.clone()))
        }
        _ => Err(Error::internal(prim.name(), "no inference rule")),
    }
}

fn attention(prim: &Prim, x: &[&Spec]) -> Result<Specs> {
    let n = match prim {
        Prim::Attention(_) => 3,
        _ => 5,
    };
    want(prim, x.len() == n || x.len() == n + 1, "operands", format_args!("{n} or {}", n + 1), x.len())?;
    let (q, k, v) = (&x[0].shape, &x[1].shape, &x[2].shape);
    same_dtype(prim, &x[..n])?;
    let dtype = x[0].dtype;
    let wide = matches!(dtype, DType::Float32 | DType::Float64);
    want(prim, wide, "operands", "float32 or float64", dtype)?;
    let ranks = [q, k, v].iter().all(|s| s.rank() == 4);
    let fits = ranks && q[0] == k[0] && q[2..] == k[2..] && k[..3] == v[..3];
    let wanted = "queries (b, t, n, h), keys (b, s, n, h) and values (b, s, n, v)";
    want(prim, fits, "operands", wanted, format_args!("{x:?}"))?;
    if let Some(m) = x.get(n) {
        let wanted = Spec::new(DType::Bool, [q[0], q[2], q[1], k[1]]);
        want(prim, **m == wanted, "mask", &wanted, m)?;
    }
    let out = Shape::from([q[0], q[1], q[2], v[3]]);
    let rows = Shape::from([q[0], q[2], 3, q[1]]);
    let others = match prim {
        Prim::Attention(_) => return one(Spec::new(dtype, out)),
        Prim::AttentionQueries(_) => [&out, &out],
        _ => [&out, &rows],
    };
    for (spec, wanted) in x[3..5].iter().zip(others) {
        want(prim, spec.shape == *wanted, "operands", wanted, &spec.shape)?;
    }
    let results = match prim {
        Prim::AttentionQueries(_) => [q, &rows],
        _ => [k, v],
    };
    Ok(results.into_iter().map(|s| Spec::new(dtype, s.clone())).collect())
}

fn reducible(prim: &Prim, kind: ReduceKind, s: &Spec) -> Result<()> {
    let logical = matches!(kind, ReduceKind::And | ReduceKind::Or);
    let ok = if logical { s.dtype == DType::Bool } else { s.dtype.is_float() || s.dtype.is_int() };
    want(prim, ok, "operand", if logical { "bool" } else { "numbers" }, s.dtype)
}

fn windowed(prim: &Prim, window: &[WindowDim], s: &Spec) -> Result<Shape> {
    let rank = s.shape.rank();
    want(prim, window.len() == rank, "window", format_args!("{rank} dimensions"), window.len())?;
    for w in window {
        let ok = w.size > 0 && w.stride > 0 && w.dilation > 0;
        want(prim, ok, "window", "sizes, strides and dilations above 0", format_args!("{w:?}"))?;
    }
    Ok(window.iter().zip(s.shape.iter()).map(|(w, &n)| w.count(n)).collect())
}

fn dot(prim: &Prim, d: &DotDims, x: &[&Spec]) -> Result<Specs> {
    same_dtype(prim, x)?;
    let (l, r) = (x[0], x[1]);
    let numeric = l.dtype.is_float() || l.dtype.is_int();
    want(prim, numeric, "operands", "numbers", l.dtype)?;
    let valid = |s: &Spec, a: &[usize], b: &[usize]| {
        let all: Vec<_> = a.iter().chain(b).collect();
        all.iter().enumerate().all(|(i, &&d)| d < s.shape.rank() && !all[..i].contains(&&d))
    };
    let ok = valid(l, &d.lhs_batch, &d.lhs_contract) && valid(r, &d.rhs_batch, &d.rhs_contract);
    want(prim, ok, "dims", "distinct dimensions of each operand", format_args!("{d:?}"))?;
    let sizes = |s: &Spec, d: &[usize]| d.iter().map(|&d| s.shape[d]).collect::<Shape>();
    let agree = sizes(l, &d.lhs_batch) == sizes(r, &d.rhs_batch)
        && sizes(l, &d.lhs_contract) == sizes(r, &d.rhs_contract);
    let wanted = "equal sizes in batch and contracted dimensions";
    let contracted = format_args!(
        "{:?} of the first against {:?} of the second",
        &d.lhs_contract[..],
        &d.rhs_contract[..]
    );
    want(
        prim,
        agree,
        "operands",
        wanted,
        format_args!("{l} and {r}, contracted over dimensions {contracted}"),
    )?;
    let free = |s: &Spec, a: &[usize], b: &[usize]| {
        (0..s.shape.rank())
            .filter(|d| !a.contains(d) && !b.contains(d))
            .map(|d| s.shape[d])
            .collect::<Shape>()
    };
    let (b, m, n) = (
        sizes(l, &d.lhs_batch),
        free(l, &d.lhs_batch, &d.lhs_contract),
        free(r, &d.rhs_batch, &d.rhs_contract),
    );
    let dtype = if l.dtype == DType::Int8 { DType::Int32 } else { l.dtype };
    one(Spec::new(dtype, b.iter().chain(m.iter()).chain(n.iter()).copied().collect::<Shape>()))
}

/// The sizes of a convolution's spatial dimensions after dilating the input.
pub(super) fn dilated(n: usize, dilation: usize) -> usize {
    if n == 0 { 0 } else { (n - 1) * dilation + 1 }
}

fn convolution(prim: &Prim, c: &Conv, x: &[&Spec]) -> Result<Specs> {
    same_dtype(prim, x)?;
    let (l, r) = (x[0], x[1]);
    want(prim, l.dtype.is_float(), "operands", "floats", l.dtype)?;
    let n = c.window.len();
    let rank_ok = l.shape.rank() == n + 2 && r.shape.rank() == n + 2;
    want(prim, rank_ok, "operands", format_args!("rank {}", n + 2), format_args!("{l} and {r}"))?;
    for layout in [&c.lhs, &c.rhs, &c.out] {
        let mut all: Vec<usize> =
            layout.spatial.iter().copied().chain([layout.major, layout.minor]).collect();
        all.sort_unstable();
        let ok = all.iter().copied().eq(0..n + 2);
        want(
            prim,
            ok,
            "layout",
            format_args!("each of {} dimensions once", n + 2),
            format_args!("{layout:?}"),
        )?;
    }
    let (batch, features) = (l.shape[c.lhs.major], l.shape[c.lhs.minor]);
    let (per_group, out_features) = (r.shape[c.rhs.major], r.shape[c.rhs.minor]);
    let groups_ok =
        c.feature_groups >= 1 && c.batch_groups >= 1 && (c.feature_groups == 1 || c.batch_groups == 1);
    want(
        prim,
        groups_ok,
        "groups",
        "feature or batch groups",
        format_args!("{} and {}", c.feature_groups, c.batch_groups),
    )?;
    let fits = per_group * c.feature_groups == features;
    let wanted = format_args!("{features} input features = {} groups of the kernel's", c.feature_groups);
    want(prim, fits, "kernel", wanted, format_args!("{per_group} in {}", r.shape))?;
    let divides = out_features.is_multiple_of(c.feature_groups * c.batch_groups)
        && batch.is_multiple_of(c.batch_groups);
    want(
        prim,
        divides,
        "groups",
        "a divisor of output features and batch",
        format_args!("{} and {}", c.feature_groups, c.batch_groups),
    )?;
    let mut shape = Shape(smallvec::SmallVec::from_elem(0, n + 2));
    shape[c.out.major] = batch / c.batch_groups;
    shape[c.out.minor] = out_features;
    for (d, w) in c.window.iter().enumerate() {
        let (k, size) = (r.shape[c.rhs.spatial[d]], l.shape[c.lhs.spatial[d]]);
        want(
            prim,
            w.size == k && w.stride > 0 && w.dilation > 0,
            "window",
            format_args!("the kernel's {k} positions"),
            format_args!("{w:?}"),
        )?;
        shape[c.out.spatial[d]] = w.count(dilated(size, c.lhs_dilation[d]));
    }
    one(Spec::new(l.dtype, shape))
}
