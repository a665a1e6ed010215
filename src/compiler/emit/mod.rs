//! From graph values to scalar programs: what element `at` of a value is, in loads of materialised values.

mod parts;

use super::index::{Index, Source, Term};
use super::scalar::{Body, BufferSource, BufferUse, SInst, SOp, SVal, Shared, Ty};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Ew, Graph, Prim, Val};
use crate::shape::Shape;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::fmt;

/// Why a value cannot be computed inside a kernel.
#[derive(Debug)]
pub enum Stop {
    /// A value that the same kernel produces is needed at another place than its own.
    Elsewhere(Val),
    /// A value that must be materialised first.
    Materialise(Val),
    /// A broken invariant.
    Bug(Error),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Stop::Bug(e)
    }
}

type Emitted<T> = std::result::Result<T, Stop>;

/// What an emitter knows of the values around it.
pub trait Leaves {
    /// Whether a value is in memory before the kernel runs.
    fn is_materialised(&self, v: Val) -> bool;
    /// Whether a materialised value is a run-time scalar rather than a buffer.
    fn is_scalar(&self, v: Val) -> bool;
    /// Whether a materialised value is one slice of a buffer in which a loop's trips stack theirs.
    fn is_stacked(&self, v: Val) -> bool;
}

/// A value that the kernel itself produces, at the place where it is being produced.
#[derive(Clone, Debug)]
pub struct Produced {
    /// Its row-major position in loop variables.
    pub at: Index,
    /// It, at that place.
    pub value: SVal,
}

/// Writes a scalar program.
pub struct Emitter<'a> {
    graph: &'a Graph,
    leaves: &'a dyn Leaves,
    /// What has been written.
    pub body: Body,
    /// Buffers and run-time scalars used so far by the kernel's programs.
    pub shared: Shared,
    /// Values that the kernel produces.
    pub produced: HashMap<Val, Produced>,
    memo: HashMap<(Val, Vec<Index>, Option<SVal>), SVal>,
    seen: HashMap<(SOp, SmallVec<[SVal; 3]>, Ty), SVal>,
    mask: Option<SVal>,
}

impl fmt::Debug for Emitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter").field("body", &self.body).finish_non_exhaustive()
    }
}

impl<'a> Emitter<'a> {
    /// An empty program over values of `graph`.
    pub fn new(graph: &'a Graph, leaves: &'a dyn Leaves, shared: Shared) -> Self {
        let (body, produced) = (Body::default(), HashMap::new());
        Emitter {
            graph,
            leaves,
            body,
            shared,
            produced,
            memo: HashMap::new(),
            seen: HashMap::new(),
            mask: None,
        }
    }

    /// Adds an operation, or finds the equal one.
    pub fn push(&mut self, op: SOp, args: &[SVal], ty: Ty) -> SVal {
        let key = (op, SmallVec::from(args), ty);
        if let Some(&v) = self.seen.get(&key) {
            return v;
        }
        let (op, args, ty) = key.clone();
        let mut vars = args.iter().fold(0, |bits, a| bits | self.body.inst(*a).vars);
        vars |= match &op {
            SOp::Index(i) | SOp::Philox { index: i } => self.body.index_vars(i),
            SOp::Load { index, mask, .. } => {
                self.body.index_vars(index) | mask.map_or(0, |m| self.body.inst(m).vars)
            }
            // Reductions are of a row, a contraction's sum of a place in its result.
            SOp::Reduced(_) => 0b1,
            SOp::Accumulator => 0b111,
            _ => 0,
        };
        self.body.insts.push(SInst { op, args, ty, vars });
        let v = SVal(self.body.insts.len() as u32 - 1);
        self.seen.insert(key, v);
        v
    }

    /// A constant.
    pub fn constant(&mut self, ty: Ty, v: f64) -> SVal {
        self.push(SOp::Constant(ty.bits(v)), &[], ty)
    }

    /// An index as a value.
    pub fn index(&mut self, i: &Index) -> SVal {
        match i.terms.as_slice() {
            [] => self.constant(Ty::I32, i.constant as f64),
            [t] if i.constant == 0 && t.coef == 1 && t.stride == 1 && t.top => match t.source {
                Source::Value(v) => v,
                Source::Var(_) => self.push(SOp::Index(i.clone()), &[], Ty::I32),
            },
            _ => self.push(SOp::Index(i.clone()), &[], Ty::I32),
        }
    }

    /// The row-major position of coordinates in `shape`, where an index that became a value on the way and is whole again is that index.
    fn flat(&self, at: &[Index], shape: &Shape) -> Index {
        let flat = Index::ravel(at, shape);
        let whole = |t: &Term| match t.source {
            Source::Value(v) if t.stride == 1 && t.top => match &self.body.inst(v).op {
                SOp::Index(i) => Some(i.times(t.coef)),
                _ => None,
            },
            _ => None,
        };
        if !flat.terms.iter().any(|t| whole(t).is_some()) {
            return flat;
        }
        let start = Index::constant(flat.constant);
        flat.terms.iter().fold(start, |sum, t| {
            sum.plus(&whole(t).unwrap_or_else(|| Index { constant: 0, terms: [*t].into_iter().collect() }))
        })
    }

    /// A row of the table on values of one register type.
    pub fn row(&mut self, row: Ew, args: &[SVal]) -> SVal {
        let facts = row.row();
        let ty = match facts.outcome {
            crate::hlo::rows::Outcome::Bool => Ty::Bool,
            _ => self.body.inst(args[facts.leading_bools]).ty,
        };
        self.push(SOp::Row(row), args, ty)
    }

    fn both(&mut self, a: Option<SVal>, b: SVal) -> SVal {
        match a {
            Some(a) if a != b => self.row(Ew::And, &[a, b]),
            _ => b,
        }
    }

    /// The number of a buffer, added if it is new.
    pub fn buffer(
        &mut self,
        source: BufferSource,
        storage: crate::Storage,
        len: usize,
        written: bool,
    ) -> u16 {
        if let Some(k) = self.shared.buffers.iter().position(|b| b.source == source) {
            self.shared.buffers[k].written |= written;
            return k as u16;
        }
        self.shared.buffers.push(BufferUse { source, storage, len, written, stacked: false, before: None });
        self.shared.buffers.len() as u16 - 1
    }

    /// The buffer of a value of the graph.
    pub fn value_buffer(&mut self, v: Val, written: bool) -> Emitted<u16> {
        let spec = self.graph.spec(v);
        let n = self.buffer(BufferSource::Value(v), spec.dtype.storage()?, spec.shape.size(), written);
        self.shared.buffers[n as usize].stacked = self.leaves.is_stacked(v);
        Ok(n)
    }

    /// Element `at` of a materialised value.
    fn load(&mut self, v: Val, at: &[Index]) -> Emitted<SVal> {
        let spec = self.graph.spec(v);
        let ty = Ty::of(spec.dtype);
        if self.leaves.is_scalar(v) {
            let n = self.shared.scalars.iter().position(|s| *s == v).unwrap_or_else(|| {
                self.shared.scalars.push(v);
                self.shared.scalars.len() - 1
            });
            return Ok(self.push(SOp::Scalar(n as u16), &[], ty));
        }
        let buffer = self.value_buffer(v, false)?;
        let index = self.flat(at, &spec.shape);
        let mask = self.needed_mask(&index, spec.shape.size());
        Ok(self.push(SOp::Load { buffer, index, mask }, &[], ty))
    }

    /// The mask for a load: none where the index is inside of the buffer whatever the mask says.
    fn needed_mask(&self, index: &Index, len: usize) -> Option<SVal> {
        let of_loops = index.terms.iter().all(|t| matches!(t.source, Source::Var(_)));
        let inside = of_loops && index.min() >= 0 && index.max() < len as i64;
        self.mask.filter(|_| !inside)
    }

    /// Element `at` of a value.
    ///
    /// # Errors
    /// [`Stop`] where the kernel cannot compute it.
    pub fn value(&mut self, v: Val, at: &[Index]) -> Emitted<SVal> {
        let shape = self.graph.shape(v);
        if let Some(p) = self.produced.get(&v) {
            return if self.flat(at, shape) == p.at { Ok(p.value) } else { Err(Stop::Elsewhere(v)) };
        }
        if self.leaves.is_materialised(v) {
            return self.load(v, at);
        }
        let key = (v, at.to_vec(), self.mask);
        if let Some(&s) = self.memo.get(&key) {
            return Ok(s);
        }
        let s = self.compute(v, at)?;
        self.memo.insert(key, s);
        Ok(s)
    }

    fn compute(&mut self, v: Val, at: &[Index]) -> Emitted<SVal> {
        let graph = self.graph;
        let inst = graph.def(v);
        let spec = graph.spec(v);
        let ty = Ty::of(spec.dtype);
        let x = &inst.operands;
        match &inst.prim {
            Prim::Constant(l) => match l.splat() {
                Some(c) => Ok(self.constant(ty, c)),
                None => {
                    let buffer = self.buffer(
                        BufferSource::Constant(Box::new(l.clone())),
                        l.dtype.storage()?,
                        l.len(),
                        false,
                    );
                    let index = self.flat(at, &l.shape);
                    Ok(self.push(SOp::Load { buffer, index, mask: self.mask }, &[], ty))
                }
            },
            Prim::Iota { dim, .. } => {
                let i = self.index(&at[*dim]);
                Ok(self.convert(i, DType::Int32, spec.dtype))
            }
            Prim::Elementwise(e) => {
                let args = x.iter().map(|&x| self.value(x, at)).collect::<Emitted<SmallVec<[SVal; 3]>>>()?;
                let y = self.row(*e, &args);
                // Moving a narrow value about, or testing it, leaves it narrow.
                let narrow = spec.dtype != DType::Bool && *e != Ew::Select;
                Ok(if narrow { self.narrow(y, spec.dtype) } else { y })
            }
            Prim::Convert(to) => {
                let from = graph.dtype(x[0]);
                let value = self.value(x[0], at)?;
                Ok(self.convert(value, from, *to))
            }
            Prim::BitcastConvert(_) => {
                let value = self.value(x[0], at)?;
                self.bitcast(value, graph.dtype(x[0]), spec.dtype)
            }
            Prim::RngBitGenerator(shape) => {
                // Key and counter are the same for all elements, whichever of them are masked off.
                let mask = self.mask.take();
                let mut words = SmallVec::<[SVal; 6]>::new();
                for (v, n) in [(x[0], 2), (x[1], 4)] {
                    for k in 0..n {
                        words.push(self.value(v, &[Index::constant(k)])?);
                    }
                }
                self.mask = mask;
                let index = self.flat(at, shape);
                Ok(self.push(SOp::Philox { index }, &words, Ty::U32))
            }
            _ => self.view(v, at),
        }
    }

    /// Conversion between dtypes, in registers.
    pub fn convert(&mut self, v: SVal, from: DType, to: DType) -> SVal {
        let wide = |d: DType| {
            matches!(
                d,
                DType::Float32 | DType::Float64 | DType::Int32 | DType::Int64 | DType::UInt32 | DType::UInt64
            )
        };
        if Ty::of(from) == Ty::of(to) {
            return if wide(to) || from == to { v } else { self.narrow(v, to) };
        }
        let c = self.push(SOp::Convert { from, to }, &[v], Ty::of(to));
        if from == DType::Bool { c } else { self.narrow(c, to) }
    }

    fn narrow(&mut self, v: SVal, d: DType) -> SVal {
        match d {
            DType::Float16 | DType::BFloat16 | DType::Int8 | DType::UInt8 | DType::Int16 | DType::UInt16 => {
                self.push(SOp::Narrow(d), &[v], Ty::of(d))
            }
            _ => v,
        }
    }

    fn bitcast(&mut self, v: SVal, from: DType, to: DType) -> Emitted<SVal> {
        let (f, t) = (from.storage()?, to.storage()?);
        if f.is_packed() && f != t && from.is_int() && to.is_int() && f.bytes() == t.bytes() {
            let word = if Ty::of(from) == Ty::of(to) { v } else { self.push(SOp::Bitcast, &[v], Ty::of(to)) };
            return Ok(self.narrow(word, to));
        }
        if f.is_packed() && f != t && Ty::of(from) != Ty::of(to) {
            return Err(Error::unimplemented("bitcast_convert", format_args!("{from} to {to}")).into());
        }
        let (a, b) = (Ty::of(from), Ty::of(to));
        if a == b { Ok(self.narrow(v, to)) } else { Ok(self.push(SOp::Bitcast, &[v], b)) }
    }

    fn view(&mut self, v: Val, at: &[Index]) -> Emitted<SVal> {
        let graph = self.graph;
        let inst = graph.def(v);
        let x = &inst.operands;
        let Some(&first) = x.first() else { return Err(Stop::Materialise(v)) };
        let source = graph.shape(first).clone();
        match &inst.prim {
            Prim::OptimizationBarrier => {
                let k = v.index() - inst.first_value();
                self.value(x[k], at)
            }
            Prim::Reshape(shape) => {
                let flat = self.flat(at, shape);
                let at = flat.unravel(&source, &mut |i| self.push(SOp::Index(i.clone()), &[], Ty::I32));
                self.value(first, &at)
            }
            Prim::BroadcastInDim { dims, .. } => {
                let pick =
                    |(d, &n): (usize, &usize)| if n == 1 { Index::default() } else { at[dims[d]].clone() };
                let at: Vec<Index> = source.iter().enumerate().map(pick).collect();
                self.value(first, &at)
            }
            Prim::Transpose { perm } => {
                let mut of = vec![Index::default(); perm.len()];
                perm.iter().zip(at).for_each(|(&p, i)| of[p] = i.clone());
                self.value(first, &of)
            }
            Prim::Reverse { dims } => {
                let flip = |(d, i): (usize, &Index)| {
                    if dims.contains(&d) { i.times(-1).offset(source[d] as i64 - 1) } else { i.clone() }
                };
                let at: Vec<Index> = at.iter().enumerate().map(flip).collect();
                self.value(first, &at)
            }
            Prim::Slice { start, stride, .. } => {
                let at: Vec<Index> = at
                    .iter()
                    .enumerate()
                    .map(|(d, i)| i.times(stride[d] as i64).offset(start[d] as i64))
                    .collect();
                self.value(first, &at)
            }
            Prim::Pad { low, interior, .. } => self.pad(x, &source, at, low, interior),
            Prim::Concatenate { dim } => self.concatenate(x, *dim, at),
            Prim::DynamicSlice { sizes } => {
                let mut of = vec![];
                for (d, i) in at.iter().enumerate() {
                    of.push(i.plus(&self.start(x[1], d, source[d] - sizes[d])?));
                }
                self.value(first, &of)
            }
            Prim::DynamicUpdateSlice => {
                let update = graph.shape(x[1]).clone();
                let mut of = vec![];
                let mut inside = None;
                for (d, i) in at.iter().enumerate() {
                    let start = self.start(x[2], d, source[d] - update[d])?;
                    let shifted = i.plus(&start.times(-1));
                    let within = self.within(&shifted, update[d]);
                    inside = within.map(|w| self.both(inside, w)).or(inside);
                    of.push(shifted);
                }
                let old = self.value(first, at)?;
                let new = self.masked(inside, |e| e.value(x[1], &of))?;
                Ok(inside.map_or(new, |inside| self.row(Ew::Select, &[inside, new, old])))
            }
            Prim::Gather { axes, batch, mode } => self.gather(v, at, &source, axes, *batch, *mode),
            _ => Err(Stop::Materialise(v)),
        }
    }

    /// Runs `f` where `mask` holds, beside the mask that holds already.
    fn masked<T>(&mut self, mask: Option<SVal>, f: impl FnOnce(&mut Self) -> Emitted<T>) -> Emitted<T> {
        let Some(mask) = mask else { return f(self) };
        let outer = self.mask;
        self.mask = Some(self.both(outer, mask));
        let r = f(self);
        self.mask = outer;
        r
    }

    /// `0 <= i < n` as a value, or nothing where it always holds.
    fn within(&mut self, i: &Index, n: usize) -> Option<SVal> {
        let mut test = None;
        if i.min() < 0 {
            let (i, zero) = (self.index(i), self.constant(Ty::I32, 0.0));
            test = Some(self.row(Ew::Ge, &[i, zero]));
        }
        if i.max() >= n as i64 {
            // The bound is an index so that it is a run-time size like all others.
            let (i, n) = (self.index(i), self.push(SOp::Index(Index::constant(n as i64)), &[], Ty::I32));
            let below = self.row(Ew::Lt, &[i, n]);
            test = Some(self.both(test, below));
        }
        test
    }

    /// The place in `n` elements that stand `step` apart, for place `i` in the spread-out sequence. What must hold for it to be one is
    /// added to `inside`.
    pub fn undilated(&mut self, mut i: Index, step: usize, n: usize, inside: &mut Option<SVal>) -> Index {
        if step > 1 {
            let v = self.index(&i);
            let (n, zero) = (self.constant(Ty::I32, step as f64), self.constant(Ty::I32, 0.0));
            let rest = self.row(Ew::Rem, &[v, n]);
            let on = self.row(Ew::Eq, &[rest, zero]);
            *inside = Some(self.both(*inside, on));
            if i.min() < 0 {
                let low = self.row(Ew::Ge, &[v, zero]);
                *inside = Some(self.both(*inside, low));
            }
            let size = (i.max().max(0) as usize / step) + 1;
            let digit =
                super::index::Term { source: Source::Value(v), stride: step, size, top: true, coef: 1 };
            i = Index { constant: 0, terms: [digit].into_iter().collect() };
        }
        if let Some(w) = self.within(&i, n) {
            *inside = Some(self.both(*inside, w));
        }
        i
    }

    /// Element `at` of `v` where `inside` holds, else `outside`.
    pub fn guarded(&mut self, v: Val, at: &[Index], inside: Option<SVal>, outside: f64) -> Emitted<SVal> {
        let value = self.masked(inside, |e| e.value(v, at))?;
        let Some(inside) = inside else { return Ok(value) };
        let whole = self.both(self.mask, inside);
        let inst = self.body.inst(value);
        // A masked load gives zero where it is not read, so zero padding needs no choice.
        let masked_load = matches!(inst.op, SOp::Load { mask: Some(m), .. } if m == whole);
        if masked_load && outside == 0.0 && inst.ty != Ty::Bool {
            return Ok(value);
        }
        let outside = self.constant(inst.ty, outside);
        Ok(self.row(Ew::Select, &[inside, value, outside]))
    }

    /// The element at position `at_k` of window `at`, or `outside` in the padding.
    pub fn windowed(
        &mut self,
        x: Val,
        at: &[Index],
        at_k: &[Index],
        window: &[crate::hlo::WindowDim],
        outside: f64,
    ) -> Emitted<SVal> {
        let shape = self.graph.shape(x).clone();
        let (mut of, mut inside) = (vec![], None);
        for (d, w) in window.iter().enumerate() {
            let i = at[d].times(w.stride as i64).plus(&at_k[d].times(w.dilation as i64)).offset(-w.low);
            of.push(self.undilated(i, 1, shape[d], &mut inside));
        }
        self.guarded(x, &of, inside, outside)
    }
}

/// Whether values of a primitive can be computed inside the kernel that needs them.
pub fn is_fusible(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Constant(_)
            | Prim::Iota { .. }
            | Prim::Elementwise(_)
            | Prim::Convert(_)
            | Prim::BitcastConvert(_)
            | Prim::RngBitGenerator(_)
            | Prim::Reshape(_)
            | Prim::BroadcastInDim { .. }
            | Prim::Transpose { .. }
            | Prim::Reverse { .. }
            | Prim::Slice { .. }
            | Prim::Pad { .. }
            | Prim::Concatenate { .. }
            | Prim::DynamicSlice { .. }
            | Prim::DynamicUpdateSlice
            | Prim::Gather { .. }
            | Prim::OptimizationBarrier
    )
}

/// Places of a whole result: row-major position `flat` taken apart.
pub fn place(e: &mut Emitter<'_>, flat: &Index, shape: &Shape) -> Vec<Index> {
    flat.unravel(shape, &mut |i| e.push(SOp::Index(i.clone()), &[], Ty::I32))
}

/// Turns a stop into an error, where the caller knows that nothing can stop it.
pub fn must<T>(r: Emitted<T>) -> Result<T> {
    r.map_err(|s| match s {
        Stop::Bug(e) => e,
        Stop::Elsewhere(v) | Stop::Materialise(v) => {
            Error::internal("compiler", format_args!("v{} was to be computed in place", v.index()))
        }
    })
}
