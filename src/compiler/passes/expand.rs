//! Primitives without a kernel of their own, said in those that have one; and dtypes that kernels do not write, widened.

use super::{scatter, split, window};
use crate::compiler::fuse::FuseRules;
use crate::compiler::lower::is_wide;
use crate::compiler::scalar::Ty;
use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::attention::plain;
use crate::hlo::rewrite::{Results, Rewriter, rewrite};
use crate::hlo::{Attention, ById, Ew, GatherMode, Graph, Literal, Prim, ReduceKind, ScanBody, Spec, Val};
use crate::shape::{Dims, Shape};
use smallvec::smallvec;
use std::sync::Arc;

pub(super) fn run(g: &Graph, rules: &FuseRules) -> Result<Graph> {
    rewrite(g, true, &|rw, prim, x| rule(rw, prim, x, rules))
}

pub(super) fn one(v: Val) -> Option<Results> {
    Some([v].into_iter().collect())
}

/// Short names for what rules emit.
impl Rewriter<'_> {
    pub(super) fn ew(&mut self, e: Ew, x: &[Val]) -> Result<Val> {
        self.emit(Prim::Elementwise(e), x)
    }

    pub(super) fn fill(&mut self, spec: &Spec, v: f64) -> Result<Val> {
        let s = self.emit(Prim::Constant(Literal::scalar(spec.dtype, v)), &[])?;
        self.emit(Prim::BroadcastInDim { shape: spec.shape.clone(), dims: Dims::new() }, &[s])
    }

    pub(super) fn iota(&mut self, shape: impl Into<Shape>, dim: usize) -> Result<Val> {
        self.emit(Prim::Iota { spec: Spec::new(DType::Int32, shape), dim }, &[])
    }

    pub(super) fn reshape(&mut self, x: Val, shape: impl Into<Shape>) -> Result<Val> {
        let shape = shape.into();
        if *self.graph().shape(x) == shape { Ok(x) } else { self.emit(Prim::Reshape(shape), &[x]) }
    }

    pub(super) fn spec(&self, v: Val) -> Spec {
        self.graph().spec(v).clone()
    }
}

/// Operands that one kernel joins: an element is looked for in each of them.
const MAX_JOINED: usize = 8;

fn joined_in_groups(rw: &mut Rewriter<'_>, x: &[Val], dim: usize, most: usize) -> Result<Option<Results>> {
    if x.len() <= most {
        return Ok(None);
    }
    let each = x.len().div_ceil(x.len().div_ceil(most));
    let groups: Result<Vec<Val>> =
        x.chunks(each).map(|group| rw.emit(Prim::Concatenate { dim }, group)).collect();
    Ok(one(rw.emit(Prim::Concatenate { dim }, &groups?)?))
}

fn rule(rw: &mut Rewriter<'_>, prim: &Prim, x: &[Val], rules: &FuseRules) -> Result<Option<Results>> {
    if let Some(r) = widened(rw, prim, x)? {
        return Ok(Some(r));
    }
    match prim {
        // Bools have no order in shaders.
        Prim::ArgReduce { .. } if rw.graph().dtype(x[0]) == DType::Bool => {
            let words = rw.emit(Prim::Convert(DType::Int32), x)?;
            Ok(one(rw.emit(prim.clone(), &[words])?))
        }
        Prim::Concatenate { dim } => joined_in_groups(rw, x, *dim, MAX_JOINED.min(rules.max_buffers - 1)),
        Prim::Sort { dim, descending } => sort(rw, x, *dim, *descending),
        Prim::TopK { k } => top_k(rw, x[0], *k),
        // The number is known, or the host will look at it.
        Prim::Case(branches) => match &rw.graph().def(x[0]).prim {
            Prim::Constant(index) => {
                let taken = index.i64_at(0).clamp(0, branches.len() as i64 - 1) as usize;
                Ok(Some(rw.copy(&branches[taken], &x[1..])?.into()))
            }
            _ if prim.is_chosen_by_host() => Ok(None),
            _ => all_branches(rw, branches, x),
        },
        Prim::Scatter { kind, axes, batch } => scatter::expand(rw, *kind, axes, *batch, x),
        Prim::SelectAndScatter { max, window } => window::select_and_scatter(rw, *max, window, x),
        Prim::ReduceWindow { kind, window } => window::reduce(rw, *kind, window, x[0]),
        Prim::Convolution(c) => window::depthwise(rw, c, x),
        Prim::Reduce { kind, dims } => split::reduce(rw, *kind, dims, x[0], rules),
        Prim::Cumulative { kind, dim, exclusive, reverse } => {
            split::cumulative(rw, *kind, *dim, *exclusive, *reverse, x[0], rules)
        }
        Prim::DotGeneral(d) => split::dot(rw, d, x, rules),
        Prim::Attention(a) | Prim::AttentionQueries(a) | Prim::AttentionKeys(a) => {
            attention(rw, prim, a, x, rules)
        }
        Prim::Scan(s) => scan_in_words(rw, s, x),
        _ => Ok(None),
    }
}

/// Branches that are all computed, of whose results one is chosen.
fn all_branches(rw: &mut Rewriter<'_>, branches: &[ById<Graph>], x: &[Val]) -> Result<Option<Results>> {
    let mut results: Option<Vec<Val>> = None;
    for (k, b) in branches.iter().enumerate() {
        let outs = if b.insts().iter().any(|i| i.prim.needs_guard()) {
            let mut operands = x.to_vec();
            operands[0] = is_taken(rw, x[0], k, branches.len())?;
            rw.copy(&b.guarded()?, &operands)?
        } else {
            rw.copy(b, &x[1..])?
        };
        results = Some(match results {
            None => outs,
            Some(before) => {
                let index = rw.spec(x[0]);
                let k = rw.fill(&index, k as f64)?;
                // The index is clamped: the last branch takes all that is not below it, the first all that is.
                let taken = rw.ew(Ew::Ge, &[x[0], k])?;
                let mut chosen = vec![];
                for (old, new) in before.into_iter().zip(outs) {
                    let shape = rw.spec(new).shape;
                    let taken = rw.emit(Prim::BroadcastInDim { shape, dims: Dims::new() }, &[taken])?;
                    chosen.push(rw.ew(Ew::Select, &[taken, new, old])?);
                }
                chosen
            }
        });
    }
    Ok(results.map(Results::from))
}

/// Most features of a query that an invocation keeps; of a value too, where it keeps values.
const MAX_FEATURES: usize = 128;

/// Most keys, or queries, that an invocation walks.
const MAX_KEYS: usize = 1 << 17;

/// Products of adjoints of attention up to which launches count more than how fast a software adapter goes through products. On lavapipe,
/// over 64 queries and keys with 16 features in 32 heads (2^22 products) the adjoints' kernels take 3.5 ms and products of whole
/// matrices 4.0; over 128 with 32 features in 16 heads (2^24) they take 7.1 and 4.3.
const FEW_PRODUCTS: usize = 1 << 23;

/// Attention or one of its adjoints in other primitives where there is nothing to attend to, more than a kernel keeps or binds, or an
/// adapter on which that is faster.
fn attention(
    rw: &mut Rewriter<'_>,
    prim: &Prim,
    a: &Attention,
    x: &[Val],
    rules: &FuseRules,
) -> Result<Option<Results>> {
    let specs: Vec<Spec> = x.iter().map(|&v| rw.spec(v)).collect();
    let (adjoint, results) = match prim {
        Prim::Attention(_) => (false, 1),
        _ => (true, 2),
    };
    let empty = specs.iter().any(|s| s.shape.size() == 0);
    // A part of the work is four heads at least, which may lie in neighbouring samples.
    let bound = |s: &Spec| {
        let (bytes, batch) = (4 * s.shape.size() as u64, s.shape[0].max(1) as u64);
        bytes <= rules.max_binding || bytes / batch * (2 + 4 / s.shape[2].max(1) as u64) <= rules.max_binding
    };
    let fits = rules.max_buffers >= x.len() + results
        && specs.iter().filter(|s| s.dtype != DType::Bool).all(bound)
        && specs[0].shape[3] <= MAX_FEATURES
        && specs[1].shape[1] <= MAX_KEYS;
    // An adjoint's invocation keeps a value or its adjoint as well, and may walk the queries.
    let keeps = !adjoint || (specs[2].shape[3] <= MAX_FEATURES && specs[0].shape[1] <= MAX_KEYS);
    let scores = specs[0].shape[..3].iter().product::<usize>() * specs[1].shape[1];
    let products = scores * (specs[2].shape[3] + specs[0].shape[3]);
    let stored = adjoint && scores <= rules.stored_scores && products > FEW_PRODUCTS;
    if fits && keeps && !stored && !empty {
        return Ok(None);
    }
    Ok(Some(rw.copy(&plain(prim, a, &specs)?, x)?.into()))
}

/// Whether branch `k` of `n` is taken for a clamped index.
fn is_taken(rw: &mut Rewriter<'_>, index: Val, k: usize, n: usize) -> Result<Val> {
    let spec = rw.spec(index);
    if n == 1 {
        return rw.fill(&spec.with_dtype(DType::Bool), 1.0);
    }
    let at = rw.fill(&spec, k as f64)?;
    let row = if k == 0 {
        Ew::Le
    } else if k + 1 == n {
        Ew::Ge
    } else {
        Ew::Eq
    };
    rw.ew(row, &[index, at])
}

/// Heavy work on dtypes narrower than a word is done in words; floats then add up in float32.
fn widened(rw: &mut Rewriter<'_>, prim: &Prim, x: &[Val]) -> Result<Option<Results>> {
    let heavy = matches!(
        prim,
        Prim::DotGeneral(_)
            | Prim::Convolution(_)
            | Prim::Reduce { .. }
            | Prim::ReduceWindow { .. }
            | Prim::SelectAndScatter { .. }
            | Prim::Cumulative { .. }
            | Prim::Scatter { .. }
    );
    let Some(&first) = x.first().filter(|_| heavy) else { return Ok(None) };
    let narrow = rw.graph().dtype(first);
    let wide = match narrow {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        DType::Int8 | DType::Int16 => DType::Int32,
        DType::UInt8 | DType::UInt16 => DType::UInt32,
        DType::Bool => DType::Int32,
        _ => return Ok(None),
    };
    let mut args = vec![];
    for &v in x {
        // Indices of a scatter are what they are.
        args.push(if rw.graph().dtype(v) == narrow { rw.emit(Prim::Convert(wide), &[v])? } else { v });
    }
    let logical = |k: ReduceKind| match k {
        ReduceKind::And => ReduceKind::Min,
        ReduceKind::Or => ReduceKind::Max,
        k => k,
    };
    let prim = match prim {
        Prim::Reduce { kind, dims } if narrow == DType::Bool => {
            Prim::Reduce { kind: logical(*kind), dims: dims.clone() }
        }
        Prim::ReduceWindow { kind, window } if narrow == DType::Bool => {
            Prim::ReduceWindow { kind: logical(*kind), window: window.clone() }
        }
        Prim::Cumulative { kind, dim, exclusive, reverse } if narrow == DType::Bool => {
            Prim::Cumulative { kind: logical(*kind), dim: *dim, exclusive: *exclusive, reverse: *reverse }
        }
        Prim::Reduce { .. } if bounded_by_identity(prim, narrow) => {
            return reduce_narrow(rw, prim, narrow, &args);
        }
        p => p.clone(),
    };
    let r = rw.emit(prim, &args)?;
    // int8 contractions are int32 already.
    let out = if narrow == DType::Int8
        && rw.graph().dtype(r) == DType::Int32
        && matches!(rw.graph().def(r).prim, Prim::DotGeneral(_))
    {
        r
    } else {
        rw.emit(Prim::Convert(narrow), &[r])?
    };
    Ok(one(out))
}

/// Stacked results of narrow dtypes whose slices do not fill whole words are stacked as words.
fn scan_in_words(rw: &mut Rewriter<'_>, s: &ScanBody, x: &[Val]) -> Result<Option<Results>> {
    let specs = s.body.output_specs();
    let wide: Vec<Option<DType>> = specs
        .iter()
        .enumerate()
        .map(|(i, spec)| {
            let shares = i >= s.carries && !is_wide(spec.dtype) && !spec.shape.size().is_multiple_of(4);
            shares
                .then(|| Ty::of(spec.dtype))
                .map(|ty| if ty == Ty::Bool { DType::Int32 } else { ty.dtype() })
        })
        .collect();
    if s.trips == 0 || wide.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut body = (*s.body).clone();
    let outs = body.outputs().to_vec();
    let outs = outs
        .into_iter()
        .zip(&wide)
        .map(|(v, w)| w.map_or(Ok(v), |w| body.convert(v, w)))
        .collect::<Result<Vec<Val>>>()?;
    body.set_outputs(outs);
    let scan = ScanBody { body: Arc::new(body), primal: None, ..*s };
    let results = rw.emit_multi(&Prim::Scan(ById(Arc::new(scan))), x)?;
    let back = results.into_iter().zip(&specs).zip(&wide);
    Ok(Some(
        back.map(|((v, spec), w)| w.map_or(Ok(v), |_| rw.emit(Prim::Convert(spec.dtype), &[v])))
            .collect::<Result<Results>>()?,
    ))
}

/// Whether an empty reduction would show the wide dtype's bound instead of the narrow one's.
fn bounded_by_identity(prim: &Prim, narrow: DType) -> bool {
    matches!(prim, Prim::Reduce { kind: ReduceKind::Max | ReduceKind::Min, .. }) && narrow.is_int()
}

fn reduce_narrow(rw: &mut Rewriter<'_>, prim: &Prim, narrow: DType, x: &[Val]) -> Result<Option<Results>> {
    let r = rw.emit(prim.clone(), x)?;
    let spec = rw.spec(r);
    let (lo, hi) = (rw.fill(&spec, narrow.min())?, rw.fill(&spec, narrow.max())?);
    let r = rw.ew(Ew::Clamp, &[lo, r, hi])?;
    Ok(one(rw.emit(Prim::Convert(narrow), &[r])?))
}

/// Elements of `x` at the positions `places` along `dim`.
fn taken(rw: &mut Rewriter<'_>, x: Val, places: Val, dim: usize) -> Result<Val> {
    let rank = rw.graph().rank(x);
    let mut perm: Dims = (0..rank).filter(|&d| d != dim).collect();
    perm.push(dim);
    let mut inverse: Dims = smallvec![0; rank];
    perm.iter().enumerate().for_each(|(i, &p)| inverse[p] = i);
    let (x, places) = (
        rw.emit(Prim::Transpose { perm: perm.clone() }, &[x])?,
        rw.emit(Prim::Transpose { perm }, &[places])?,
    );
    let mut shape = rw.spec(places).shape;
    shape.0.push(1);
    let indices = rw.reshape(places, shape)?;
    let axes = smallvec![rank - 1];
    let r = rw.emit(Prim::Gather { axes, batch: rank - 1, mode: GatherMode::Clip }, &[x, indices])?;
    rw.emit(Prim::Transpose { perm: inverse }, &[r])
}

fn sort(rw: &mut Rewriter<'_>, x: &[Val], dim: usize, descending: bool) -> Result<Option<Results>> {
    if rw.graph().shape(x[0]).size() == 0 {
        return Ok(Some(x.iter().copied().collect()));
    }
    let places = rw.emit(Prim::ArgSort { dim, descending }, &[x[0]])?;
    Ok(Some(x.iter().map(|&v| taken(rw, v, places, dim)).collect::<Result<Results>>()?))
}

fn top_k(rw: &mut Rewriter<'_>, x: Val, k: usize) -> Result<Option<Results>> {
    let shape = rw.spec(x).shape;
    let dim = shape.rank() - 1;
    let places = rw.emit(Prim::ArgSort { dim, descending: true }, &[x])?;
    let mut limit = shape.0.clone();
    limit[dim] = k;
    let ones = Dims::from_elem(1, limit.len());
    let start = Dims::from_elem(0, limit.len());
    let first = rw.emit(Prim::Slice { start, limit, stride: ones }, &[places])?;
    if k == 0 {
        let empty = rw.emit(Prim::Convert(rw.graph().dtype(x)), &[first])?;
        return Ok(Some([empty, first].into_iter().collect()));
    }
    let values = taken(rw, x, first, dim)?;
    Ok(Some([values, first].into_iter().collect()))
}
