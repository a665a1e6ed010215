//! From a cluster of graph values to a kernel.

mod attention;
mod lines;

use super::cluster::{Cluster, ClusterKind};
use super::emit::{Emitter, Leaves, Stop, place};
use super::fuse::{FuseRules, Inputs};
use super::index::Index;
use super::kernel::{
    CaseKernel, ContractKernel, Fold, Function, Kernel, KernelCheck, KernelKind, LoopKernel, Reduction,
    RowsKernel, Split, Store, phase_of,
};
use super::plan::Plan;
use super::scalar::{BufferSource, BufferUse, SOp, SVal, Shared, Ty};
use super::{scan, while_loop};
use crate::dtype::DType;
use crate::error::Error;
use crate::hlo::{ById, Conv, DotDims, Ew, Graph, Prim, ReduceKind, Val};
use crate::shape::{Dims, Shape};
use std::fmt;
use std::sync::Arc;

type Lowered<T> = std::result::Result<T, Stop>;

/// Loop variables by part.
const G: u8 = 0;
const M: u8 = 1;
const N: u8 = 2;
const K: u8 = 3;

/// Lowers clusters of one graph.
pub struct Lowering<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// What is in memory before a cluster runs, from outside of it.
    pub leaves: &'a dyn Leaves,
    /// Whether a value of a cluster is needed after it.
    pub escapes: &'a dyn Fn(Val) -> bool,
    /// What bodies of loops are compiled by.
    pub rules: FuseRules,
}

/// Where a row kernel puts values that are not reductions: by number of elements.
struct Places {
    rows: usize,
    full: Index,
    size: usize,
}

impl fmt::Debug for Lowering<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lowering").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Lowering<'_> {
    fn emitter(&self, shared: Shared) -> Emitter<'_> {
        Emitter::new(self.graph, self.leaves, shared)
    }

    /// The kernel of a cluster.
    ///
    /// # Errors
    /// [`Stop`] where the cluster's values cannot be computed together.
    pub fn kernel(&self, c: &Cluster) -> Lowered<Kernel> {
        let (kind, shared) = match &c.kind {
            ClusterKind::Loop { n } => self.loop_kernel(c, *n)?,
            ClusterKind::Rows { source, dims } => self.rows_kernel(c, source, dims)?,
            ClusterKind::Window(v) | ClusterKind::Products(v) => self.products_kernel(c, *v)?,
            ClusterKind::Contract(v) => self.contract_kernel(c, *v)?,
            ClusterKind::Attention(v) => self.attention_kernel(*v)?,
            ClusterKind::Cumulative(v) => self.cumulative_kernel(*v)?,
            ClusterKind::ArgSort(v) => self.argsort_kernel(*v)?,
            ClusterKind::Scatter(v) => self.scatter_kernel(*v)?,
            ClusterKind::Call(i) => self.call(*i)?,
        };
        let specs = match c.kind {
            ClusterKind::Call(i) => {
                let inst = &self.graph.insts()[i];
                inst.operands
                    .iter()
                    .copied()
                    .chain(inst.results())
                    .map(|v| self.graph.spec(v).clone())
                    .collect()
            }
            _ => vec![],
        };
        Ok(Kernel { kind, buffers: shared.buffers, scalars: shared.scalars, label: self.label(c), specs })
    }

    fn label(&self, c: &Cluster) -> String {
        let of = |v: &Val| self.graph.def(*v).prim.name().to_string();
        match c.kind {
            ClusterKind::Call(i) => self.graph.insts()[i].prim.name().to_string(),
            _ => c.values.iter().map(of).collect::<Vec<_>>().join("+"),
        }
    }

    pub(super) fn store(&self, e: &mut Emitter<'_>, v: Val, index: Index, value: SVal) -> Lowered<Store> {
        Ok(Store { buffer: e.value_buffer(v, true)?, index, value })
    }

    fn loop_kernel(&self, c: &Cluster, n: usize) -> Lowered<(KernelKind, Shared)> {
        let mut e = self.emitter(Shared::default());
        let flat = Index::var(0, n);
        let mut stores = vec![];
        for &v in &c.values {
            if self.graph.shape(v).size() != n {
                stores.extend(self.stores_of_parts(&mut e, v, &flat)?);
                continue;
            }
            let at = place(&mut e, &flat, self.graph.shape(v));
            let value = e.value(v, &at)?;
            e.produced.insert(v, super::emit::Produced { at: flat.clone(), value });
            if (self.escapes)(v) {
                stores.push(self.store(&mut e, v, flat.clone(), value)?);
            }
        }
        let checks = self.checks(c, &mut e, &flat)?;
        Ok((KernelKind::Loop(LoopKernel { n, body: e.body, stores, checks }), e.shared))
    }

    /// The checks of a cluster, at a row-major position.
    fn checks(&self, c: &Cluster, e: &mut Emitter<'_>, flat: &Index) -> Lowered<Vec<KernelCheck>> {
        let mut checks = vec![];
        for &i in &c.checks {
            let inst = &self.graph.insts()[i];
            let at = place(e, flat, self.graph.shape(inst.operands[0]));
            let (ok, value) = (e.value(inst.operands[0], &at)?, e.value(inst.operands[1], &at)?);
            if let Prim::Check(text) = &inst.prim {
                checks.push(KernelCheck { ok, value, text: Arc::new((**text).clone()) });
            }
        }
        Ok(checks)
    }

    fn rows_kernel(&self, c: &Cluster, source: &Shape, dims: &Dims) -> Lowered<(KernelKind, Shared)> {
        let mut e = self.emitter(Shared::default());
        let kept: Vec<usize> = (0..source.rank()).filter(|d| !dims.contains(d)).collect();
        let (row_shape, k_shape): (Shape, Shape) =
            (kept.iter().map(|&d| source[d]).collect(), dims.iter().map(|&d| source[d]).collect());
        let (rows, k) = (row_shape.size(), k_shape.size());
        let (row, position) = (Index::var(0, rows), Index::var(1, k));
        let mut at = vec![Index::default(); source.rank()];
        let (at_row, at_k) = (place(&mut e, &row, &row_shape), place(&mut e, &position, &k_shape));
        kept.iter().zip(at_row).for_each(|(&d, i)| at[d] = i);
        dims.iter().zip(at_k).for_each(|(&d, i)| at[d] = i);
        let places = Places { rows, full: Index::ravel(&at, source), size: rows * k };
        let element = |e: &mut Emitter<'_>, v: Val| -> Lowered<Option<(Fold, SVal)>> {
            let inst = self.graph.def(v);
            let fold = match &inst.prim {
                Prim::Reduce { kind, .. } => Fold::Kind(*kind),
                Prim::ArgReduce { max, .. } => Fold::Arg { max: *max },
                _ => return Ok(None),
            };
            Ok(Some((fold, e.value(inst.operands[0], &at)?)))
        };
        self.finish_rows(c, e, places, k, element)
    }

    /// A row of `k` elements for each place of the root's result.
    fn products_kernel(&self, c: &Cluster, root: Val) -> Lowered<(KernelKind, Shared)> {
        let mut e = self.emitter(Shared::default());
        let inst = self.graph.def(root);
        let out = self.graph.shape(root).clone();
        let row = Index::var(0, out.size());
        let at = place(&mut e, &row, &out);
        let k_shape = self.inner_shape(root);
        let k = k_shape.size();
        let at_k = place(&mut e, &Index::var(1, k), &k_shape);
        let places = Places { rows: out.size(), full: Index::default(), size: usize::MAX };
        let element = |e: &mut Emitter<'_>, v: Val| -> Lowered<Option<(Fold, SVal)>> {
            if v != root {
                return Ok(None);
            }
            let (x, y) = match &inst.prim {
                Prim::ReduceWindow { kind, window } => {
                    let value = e.windowed(
                        inst.operands[0],
                        &at,
                        &at_k,
                        window,
                        kind.identity(self.graph.dtype(root)),
                    )?;
                    return Ok(Some((Fold::Kind(*kind), value)));
                }
                Prim::DotGeneral(d) => {
                    let (lhs, rhs) =
                        dot_places(d, self.graph, inst.operands[0], inst.operands[1], &at, &at_k);
                    (e.value(inst.operands[0], &lhs)?, e.value(inst.operands[1], &rhs)?)
                }
                Prim::Convolution(conv) => self.conv_operands(e, conv, &inst.operands, &at, &at_k)?,
                _ => return Err(Stop::Materialise(root)),
            };
            let ty = Ty::of(self.graph.dtype(root));
            let (x, y) = (self.widened(e, x, ty), self.widened(e, y, ty));
            Ok(Some((Fold::Kind(ReduceKind::Sum), e.row(Ew::Mul, &[x, y]))))
        };
        self.finish_rows(c, e, places, k, element)
    }

    /// int8 operands of an int32 contraction.
    fn widened(&self, e: &mut Emitter<'_>, v: SVal, ty: Ty) -> SVal {
        let own = e.body.inst(v).ty;
        if own == ty { v } else { e.convert(v, own.dtype(), ty.dtype()) }
    }

    /// The dimensions summed for each element of a window, contraction or convolution.
    fn inner_shape(&self, root: Val) -> Shape {
        let inst = self.graph.def(root);
        let shape = |i: usize| self.graph.shape(inst.operands[i]);
        match &inst.prim {
            Prim::ReduceWindow { window, .. } => window.iter().map(|w| w.size).collect(),
            Prim::DotGeneral(d) => d.lhs_contract.iter().map(|&k| shape(0)[k]).collect(),
            Prim::Convolution(c) => {
                c.rhs.spatial.iter().chain([&c.rhs.major]).map(|&d| shape(1)[d]).collect()
            }
            _ => Shape::scalar(),
        }
    }

    fn finish_rows(
        &self,
        c: &Cluster,
        mut e: Emitter<'_>,
        places: Places,
        k: usize,
        element: impl Fn(&mut Emitter<'_>, Val) -> Lowered<Option<(Fold, SVal)>>,
    ) -> Lowered<(KernelKind, Shared)> {
        let row = Index::var(0, places.rows);
        let (mut reductions, mut stores, mut row_stores): (Vec<Reduction>, Vec<Store>, Vec<Store>) =
            (vec![], vec![], vec![]);
        for &v in &c.values {
            let (at, value) = match element(&mut e, v)? {
                Some((fold, element)) => {
                    let phase = phase_of(&e.body, &reductions, element);
                    let ty = Ty::of(self.graph.dtype(v));
                    let value = e.push(SOp::Reduced(reductions.len() as u16), &[], ty);
                    reductions.push(Reduction { fold, element, phase });
                    (row.clone(), value)
                }
                None => {
                    let size = self.graph.shape(v).size();
                    let flat = if size == places.rows { row.clone() } else { places.full.clone() };
                    if size != places.rows && size != places.size {
                        return Err(Stop::Materialise(v));
                    }
                    let at = place(&mut e, &flat, self.graph.shape(v));
                    let value = e.value(v, &at)?;
                    (flat, value)
                }
            };
            e.produced.insert(v, super::emit::Produced { at: at.clone(), value });
            if (self.escapes)(v) {
                if self.graph.dtype(v).storage()?.is_packed() {
                    return Err(Stop::Materialise(v));
                }
                let store = self.store(&mut e, v, at.clone(), value)?;
                if at.depends_on(1) { stores.push(store) } else { row_stores.push(store) }
            }
        }
        let checks = self.checks(c, &mut e, &row)?;
        let kernel =
            RowsKernel { rows: places.rows, k, body: e.body, reductions, stores, row_stores, checks };
        Ok((KernelKind::Rows(kernel), e.shared))
    }

    fn conv_operands(
        &self,
        e: &mut Emitter<'_>,
        c: &Conv,
        x: &[Val],
        at: &[Index],
        at_k: &[Index],
    ) -> Lowered<(SVal, SVal)> {
        let (xs, ks) = (self.graph.shape(x[0]).clone(), self.graph.shape(x[1]).clone());
        let out_batch = xs[c.lhs.major] / c.batch_groups;
        let per_group = ks[c.rhs.major];
        let groups = c.feature_groups.max(c.batch_groups);
        let features = ks[c.rhs.minor] / groups;
        let o = &at[c.out.minor];
        // The group of an output feature, where there are several.
        let group =
            if groups > 1 { place(e, o, &[groups, features].into())[0].clone() } else { Index::default() };
        let lhs = self.conv_lhs(
            e,
            c,
            x[0],
            &xs,
            &ConvPlace { batch: &at[c.out.major], group: &group, out_batch, per_group, at, at_k },
        )?;
        let mut kernel = vec![Index::default(); ks.rank()];
        c.rhs.spatial.iter().zip(at_k).for_each(|(&d, i)| kernel[d] = i.clone());
        kernel[c.rhs.major] = at_k[c.rhs.spatial.len()].clone();
        kernel[c.rhs.minor] = o.clone();
        Ok((lhs, e.value(x[1], &kernel)?))
    }

    fn conv_lhs(
        &self,
        e: &mut Emitter<'_>,
        c: &Conv,
        x: Val,
        xs: &Shape,
        p: &ConvPlace<'_>,
    ) -> Lowered<SVal> {
        let n = c.lhs.spatial.len();
        let mut of = vec![Index::default(); xs.rank()];
        let (batch_step, feature_step) = if c.batch_groups > 1 { (p.out_batch, 0) } else { (0, p.per_group) };
        of[c.lhs.major] = p.batch.plus(&p.group.times(batch_step as i64));
        of[c.lhs.minor] = p.at_k[n].plus(&p.group.times(feature_step as i64));
        let mut inside = None;
        for d in 0..n {
            let w = &c.window[d];
            let y = p.at[c.out.spatial[d]]
                .times(w.stride as i64)
                .plus(&p.at_k[d].times(w.dilation as i64))
                .offset(-w.low);
            of[c.lhs.spatial[d]] = e.undilated(y, c.lhs_dilation[d], xs[c.lhs.spatial[d]], &mut inside);
        }
        e.guarded(x, &of, inside, 0.0)
    }

    fn contract_kernel(&self, c: &Cluster, root: Val) -> Lowered<(KernelKind, Shared)> {
        let inst = self.graph.def(root);
        let shape = |i: usize| self.graph.shape(inst.operands[i]);
        let k_shape = self.inner_shape(root);
        let out = self.graph.shape(root).clone();
        // Which result dimensions are g, m and n. For convolutions g is part of the output features.
        let (g_dims, m_dims, n_dims, groups): (Dims, Dims, Dims, usize) = match &inst.prim {
            Prim::DotGeneral(d) => {
                let b = d.lhs_batch.len();
                let m = shape(0).rank() - b - d.lhs_contract.len();
                ((0..b).collect(), (b..b + m).collect(), (b + m..out.rank()).collect(), 1)
            }
            Prim::Convolution(conv) => {
                let m = (0..out.rank()).filter(|d| *d != conv.out.minor).collect();
                (
                    Dims::new(),
                    m,
                    [conv.out.minor].into_iter().collect(),
                    conv.feature_groups.max(conv.batch_groups),
                )
            }
            _ => return Err(Stop::Materialise(root)),
        };
        let of = |dims: &Dims| -> Shape { dims.iter().map(|&d| out[d]).collect() };
        let (g_shape, m_shape, mut n_shape) = (of(&g_dims), of(&m_dims), of(&n_dims));
        let g_size = g_shape.size() * groups;
        if groups > 1 {
            n_shape[0] /= groups;
        }
        let sizes = [g_size, m_shape.size(), n_shape.size(), k_shape.size()];
        let places = |e: &mut Emitter<'_>| {
            let mut at = vec![Index::default(); out.rank()];
            let g = Index::var(G, g_size);
            if groups == 1 {
                let parts = place(e, &g, &g_shape);
                g_dims.iter().zip(parts).for_each(|(&d, i)| at[d] = i);
            }
            let parts = place(e, &Index::var(M, sizes[1]), &m_shape);
            m_dims.iter().zip(parts).for_each(|(&d, i)| at[d] = i);
            let parts = place(e, &Index::var(N, sizes[2]), &n_shape);
            n_dims.iter().zip(parts).for_each(|(&d, i)| at[d] = i);
            if groups > 1 {
                at[n_dims[0]] = at[n_dims[0]].plus(&g.times(n_shape[0] as i64));
            }
            (at, place(e, &Index::var(K, sizes[3]), &k_shape))
        };
        let ty = Ty::of(self.graph.dtype(root));
        let side = |which: usize, shared: Shared| -> Lowered<(Function, Shared)> {
            let mut e = self.emitter(shared);
            let (at, at_k) = places(&mut e);
            let result = match &inst.prim {
                Prim::DotGeneral(d) => {
                    let both = dot_places(d, self.graph, inst.operands[0], inst.operands[1], &at, &at_k);
                    e.value(inst.operands[which], if which == 0 { &both.0 } else { &both.1 })?
                }
                Prim::Convolution(conv) => {
                    let (xs, ks) = (shape(0).clone(), shape(1).clone());
                    if which == 0 {
                        let group = Index::var(G, if groups > 1 { groups } else { 1 });
                        let (out_batch, per_group) =
                            (xs[conv.lhs.major] / conv.batch_groups, ks[conv.rhs.major]);
                        let p = ConvPlace {
                            batch: &at[conv.out.major],
                            group: &group,
                            out_batch,
                            per_group,
                            at: &at,
                            at_k: &at_k,
                        };
                        self.conv_lhs(&mut e, conv, inst.operands[0], &xs, &p)?
                    } else {
                        let mut kernel = vec![Index::default(); ks.rank()];
                        conv.rhs.spatial.iter().zip(&at_k).for_each(|(&d, i)| kernel[d] = i.clone());
                        kernel[conv.rhs.major] = at_k[conv.rhs.spatial.len()].clone();
                        kernel[conv.rhs.minor] = at[conv.out.minor].clone();
                        e.value(inst.operands[1], &kernel)?
                    }
                }
                _ => return Err(Stop::Materialise(root)),
            };
            let result = self.widened(&mut e, result, ty);
            Ok((Function { body: e.body, result }, e.shared))
        };
        let (lhs, shared) = side(0, Shared::default())?;
        let (rhs, shared) = side(1, shared)?;
        let mut e = self.emitter(shared);
        let flat = Index::ravel(&places(&mut e).0, &out);
        let value = e.push(SOp::Accumulator, &[], ty);
        let mut stores = vec![];
        for &v in &c.values {
            let value = if v == root {
                value
            } else {
                if self.graph.shape(v).size() != out.size() {
                    return Err(Stop::Materialise(v));
                }
                let at = place(&mut e, &flat, self.graph.shape(v));
                e.value(v, &at)?
            };
            e.produced.insert(v, super::emit::Produced { at: flat.clone(), value });
            if (self.escapes)(v) {
                if self.graph.dtype(v).storage()?.is_packed() {
                    return Err(Stop::Materialise(v));
                }
                stores.push(self.store(&mut e, v, flat.clone(), value)?);
            }
        }
        let window = match &inst.prim {
            Prim::Convolution(conv) => conv.rhs.spatial.iter().map(|&d| shape(1)[d]).product(),
            _ => 1,
        };
        let split = self.rules.parts_of(sizes, window).map(|parts| {
            let len = parts * sizes[0] * sizes[1] * sizes[2];
            Split { parts, scratch: e.buffer(BufferSource::Scratch(0), ty.storage(), len, true) }
        });
        let kernel = ContractKernel { sizes, lhs, rhs, body: e.body, stores, split };
        Ok((KernelKind::Contract(Box::new(kernel)), e.shared))
    }

    fn call(&self, i: usize) -> Lowered<(KernelKind, Shared)> {
        let inst = &self.graph.insts()[i];
        let mut e = self.emitter(Shared::default());
        // Operands may repeat, so each has a number of its own.
        let mut buffers = vec![];
        for (v, written) in inst.operands.iter().map(|&v| (v, false)).chain(inst.results().map(|v| (v, true)))
        {
            let k = e.value_buffer(v, written)?;
            buffers.push(BufferUse { written, ..e.shared.buffers[k as usize].clone() });
        }
        let operands = inst.operands.len();
        let kind = match &inst.prim {
            Prim::Scan(s) => KernelKind::Scan(Box::new(scan::kernel(s, &self.rules)?)),
            Prim::While(w) => KernelKind::While(Box::new(while_loop::kernel(w, &self.rules)?)),
            Prim::Case(branches) => {
                let plan = |b: &ById<Graph>| Plan::new(b, &self.rules, &Inputs::default()).map(Arc::new);
                KernelKind::Case(CaseKernel {
                    branches: branches.iter().map(plan).collect::<crate::error::Result<_>>()?,
                })
            }
            Prim::CustomCall(op) | Prim::HostCall(op) => KernelKind::Custom { op: op.clone(), operands },
            Prim::Print(text) => KernelKind::Print { text: text.clone(), operands },
            p => return Err(Error::internal("compiler", format_args!("{} is no call", p.name())).into()),
        };
        Ok((kind, Shared { buffers, scalars: vec![] }))
    }
}

/// A place in a convolution's result, and what follows from it.
struct ConvPlace<'a> {
    batch: &'a Index,
    group: &'a Index,
    out_batch: usize,
    per_group: usize,
    at: &'a [Index],
    at_k: &'a [Index],
}

/// Places of both operands for a place of a contraction's result and one of the contracted dimensions.
fn dot_places(
    d: &DotDims,
    g: &Graph,
    x: Val,
    y: Val,
    at: &[Index],
    at_k: &[Index],
) -> (Vec<Index>, Vec<Index>) {
    let mut lhs = vec![Index::default(); g.rank(x)];
    let mut rhs = vec![Index::default(); g.rank(y)];
    let b = d.lhs_batch.len();
    for (i, (&l, &r)) in d.lhs_batch.iter().zip(&d.rhs_batch).enumerate() {
        (lhs[l], rhs[r]) = (at[i].clone(), at[i].clone());
    }
    for (i, (&l, &r)) in d.lhs_contract.iter().zip(&d.rhs_contract).enumerate() {
        (lhs[l], rhs[r]) = (at_k[i].clone(), at_k[i].clone());
    }
    let mut next = b;
    for l in (0..lhs.len()).filter(|l| !d.lhs_batch.contains(l) && !d.lhs_contract.contains(l)) {
        lhs[l] = at[next].clone();
        next += 1;
    }
    for r in (0..rhs.len()).filter(|r| !d.rhs_batch.contains(r) && !d.rhs_contract.contains(r)) {
        rhs[r] = at[next].clone();
        next += 1;
    }
    (lhs, rhs)
}

/// Whether the dtype's elements are stored one a word.
pub fn is_wide(d: DType) -> bool {
    d.storage().is_ok_and(|s| !s.is_packed())
}
