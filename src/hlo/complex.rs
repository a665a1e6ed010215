//! Complex values: what a graph does with them is work on real pairs.
//!
//! A complex64 value of shape `s` has the bytes of a float32 value of shape `s + [2]`: `bitcast_convert` goes from one to the other. An
//! instruction on complex values is replaced by its real parts when it is added to a graph, so nothing but parameters, constants,
//! bit casts and structure (branches, loops, composites) is ever complex. Adjoints of real parts, as a complex number, are TensorFlow's
//! gradients: those of holomorphic functions are multiplied by the conjugate of the derivative.

use super::graph::{Graph, Val};
use super::literal::{Literal, Values};
use super::prim::{DotDims, Prim, ReduceKind, ScatterKind};
use super::rewrite::Results;
use super::rows::Ew;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Dims, Shape};

/// Complex values and their parts.
impl Graph {
    /// Whether a value is complex.
    pub fn is_complex(&self, x: Val) -> bool {
        self.dtype(x) == DType::Complex64
    }

    /// The complex value of two float32 values of one shape.
    pub fn complex(&mut self, re: Val, im: Val) -> Result<Val> {
        for v in [re, im] {
            if self.dtype(v) != DType::Float32 || self.shape(v) != self.shape(re) {
                let wanted = "float32 values of one shape";
                return Err(Error::invalid("complex", "real, imag", wanted, self.spec(v)));
            }
        }
        let rank = self.rank(re);
        let (re, im) = (self.expand_dims(re, &[rank])?, self.expand_dims(im, &[rank])?);
        let pairs = self.concatenate(&[re, im], rank)?;
        self.of_pairs(pairs)
    }

    /// The real part; of a real value, itself.
    pub fn real(&mut self, x: Val) -> Result<Val> {
        if self.is_complex(x) { self.part(x, 0) } else { Ok(x) }
    }

    /// The imaginary part; of a real value, zeros.
    pub fn imag(&mut self, x: Val) -> Result<Val> {
        if self.is_complex(x) { self.part(x, 1) } else { self.zeros_like(x) }
    }

    /// The conjugate; of a real value, itself.
    pub fn conj(&mut self, x: Val) -> Result<Val> {
        if !self.is_complex(x) {
            return Ok(x);
        }
        let (re, im) = self.parts(x)?;
        let im = self.neg(im)?;
        self.complex(re, im)
    }

    /// The absolute value of a complex value; its gradient at 0 is 0.
    pub fn complex_abs(&mut self, x: Val) -> Result<Val> {
        let (re, im) = self.parts(x)?;
        // Scaled by the larger part, since a square may overflow.
        let (a, b) = (self.abs(re)?, self.abs(im)?);
        let scale = self.max(a, b)?;
        let (zero, one) = (self.zeros_like(scale)?, self.ones_like(scale)?);
        let infinite = self.is_inf(scale)?;
        let is_zero = self.eq(scale, zero)?;
        let odd = self.or(infinite, is_zero)?;
        let by = self.select(odd, one, scale)?;
        let (re, im) = (self.div(re, by)?, self.div(im, by)?);
        let (re, im) = (self.mul(re, re)?, self.mul(im, im)?);
        let sum = self.add(re, im)?;
        let sum = self.select(odd, one, sum)?;
        let root = self.sqrt(sum)?;
        let root = self.mul(root, by)?;
        self.select(odd, scale, root)
    }

    /// A complex value as float32 pairs in a last dimension.
    pub fn pairs(&mut self, x: Val) -> Result<Val> {
        let inst = self.def(x);
        match inst.prim {
            Prim::BitcastConvert(DType::Complex64) => Ok(inst.operands[0]),
            _ => self.bitcast_convert(x, DType::Float32),
        }
    }

    /// The complex value of float32 pairs in the last dimension.
    pub fn of_pairs(&mut self, pairs: Val) -> Result<Val> {
        self.bitcast_convert(pairs, DType::Complex64)
    }

    fn parts(&mut self, x: Val) -> Result<(Val, Val)> {
        Ok((self.part(x, 0)?, self.part(x, 1)?))
    }

    fn part(&mut self, x: Val, k: usize) -> Result<Val> {
        let pairs = self.pairs(x)?;
        let shape = self.shape(x).clone();
        let one = self.slice_of_parts(pairs, shape.rank(), k, k + 1)?;
        let inst = self.def(one);
        // What was put together is not taken apart again.
        if matches!(inst.prim, Prim::Reshape(_)) && *self.shape(inst.operands[0]) == shape {
            return Ok(inst.operands[0]);
        }
        self.reshape(one, shape)
    }

    /// As [`Graph::slice_in_dim`]; of a concatenation, the operand that is it.
    fn slice_of_parts(&mut self, x: Val, dim: usize, start: usize, limit: usize) -> Result<Val> {
        let inst = self.def(x);
        if matches!(inst.prim, Prim::Concatenate { dim: d } if d == dim) {
            let mut at = 0;
            for &part in &inst.operands {
                let n = self.shape(part)[dim];
                if (at, at + n) == (start, limit) {
                    return Ok(part);
                }
                at += n;
            }
        }
        self.slice_in_dim(x, dim, start, limit)
    }
}

/// Whether an instruction may have complex operands and results as it is.
fn passes(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Parameter(..)
            | Prim::Constant(_)
            | Prim::BitcastConvert(_)
            | Prim::Composite(_)
            | Prim::Case(_)
            | Prim::Scan(_)
            | Prim::While(_)
            | Prim::OptimizationBarrier
            | Prim::CustomCall(_)
            | Prim::HostCall(_)
    )
}

/// What an instruction on complex values is in real ones; `None` where nothing is complex.
pub(super) fn expand(g: &mut Graph, prim: &Prim, x: &[Val]) -> Result<Option<Results>> {
    let makes = match prim {
        Prim::Convert(d) => *d == DType::Complex64,
        Prim::Iota { spec, .. } => spec.dtype == DType::Complex64,
        _ => false,
    };
    if passes(prim) || !(makes || x.iter().any(|&v| g.is_complex(v))) {
        return Ok(None);
    }
    Ok(Some([expanded(g, prim, x)?].into_iter().collect()))
}

fn refused(prim: &Prim) -> Error {
    Error::invalid(prim.name(), "dtype", "a real dtype", DType::Complex64)
}

fn expanded(g: &mut Graph, prim: &Prim, x: &[Val]) -> Result<Val> {
    match prim {
        Prim::Elementwise(e) => elementwise(g, *e, prim, x),
        Prim::Convert(DType::Complex64) => {
            let re = g.convert(x[0], DType::Float32)?;
            let im = g.zeros_like(re)?;
            g.complex(re, im)
        }
        Prim::Convert(d) => {
            let re = g.real(x[0])?;
            g.convert(re, *d)
        }
        Prim::Iota { spec, dim } => {
            let re = g.iota(DType::Float32, spec.shape.clone(), *dim)?;
            g.convert(re, DType::Complex64)
        }
        Prim::DotGeneral(d) => dot(g, d, x),
        Prim::Pad { low, high, interior } => {
            let mut padded = vec![];
            for k in 0..2 {
                let (part, value) = (g.part(x[0], k)?, g.part(x[1], k)?);
                padded.push(g.pad(part, value, low, high, interior)?);
            }
            g.complex(padded[0], padded[1])
        }
        _ => {
            let real = on_pairs(g, prim, x)?;
            let rest: Vec<bool> = x.iter().map(|&v| g.is_complex(v)).collect();
            let mut operands = vec![];
            for (&v, complex) in x.iter().zip(rest) {
                operands.push(if complex { g.pairs(v)? } else { v });
            }
            // The start of a slice has one number more.
            if let (Prim::DynamicSlice { .. } | Prim::DynamicUpdateSlice, Some(start)) =
                (prim, operands.last_mut())
            {
                let zero = g.i32_vector(&[0])?;
                *start = g.concatenate(&[*start, zero], 0)?;
            }
            let y = g.push(real, &operands)?;
            g.of_pairs(y)
        }
    }
}

/// The instruction that does with pairs what `prim` does with complex elements.
fn on_pairs(g: &Graph, prim: &Prim, x: &[Val]) -> Result<Prim> {
    let rank = g.rank(x[0]);
    let with = |d: &Dims, n: usize| d.iter().copied().chain([n]).collect::<Dims>();
    let pairs = |s: &Shape| Shape(with(&s.0, 2));
    Ok(match prim {
        Prim::Reshape(s) => Prim::Reshape(pairs(s)),
        Prim::BroadcastInDim { shape, dims } => {
            Prim::BroadcastInDim { shape: pairs(shape), dims: with(dims, shape.rank()) }
        }
        Prim::Transpose { perm } => Prim::Transpose { perm: with(perm, rank) },
        Prim::Slice { start, limit, stride } => {
            Prim::Slice { start: with(start, 0), limit: with(limit, 2), stride: with(stride, 1) }
        }
        Prim::DynamicSlice { sizes } => Prim::DynamicSlice { sizes: with(sizes, 2) },
        Prim::Scatter { kind: ScatterKind::Set | ScatterKind::Combine(ReduceKind::Sum), .. }
        | Prim::Reduce { kind: ReduceKind::Sum, .. }
        | Prim::Cumulative { kind: ReduceKind::Sum, .. }
        | Prim::Reverse { .. }
        | Prim::Concatenate { .. }
        | Prim::DynamicUpdateSlice
        | Prim::Gather { .. } => prim.clone(),
        _ => return Err(refused(prim)),
    })
}

fn elementwise(g: &mut Graph, e: Ew, prim: &Prim, x: &[Val]) -> Result<Val> {
    if e == Ew::Select {
        let (a, b) = (g.pairs(x[1])?, g.pairs(x[2])?);
        let shape = g.shape(a).clone();
        let dims: Dims = (0..g.rank(x[0])).collect();
        let condition = g.broadcast_in_dim(x[0], shape, &dims)?;
        let y = g.select(condition, a, b)?;
        return g.of_pairs(y);
    }
    if x.iter().any(|&v| g.spec(v) != g.spec(x[0])) {
        let received = format!("{:?}", x.iter().map(|&v| g.spec(v)).collect::<Vec<_>>());
        return Err(Error::invalid(prim.name(), "operands", "equal dtypes and shapes", received));
    }
    match e {
        // Part by part.
        Ew::Add | Ew::Sub | Ew::Neg => {
            let mut pairs = vec![];
            for &v in x {
                pairs.push(g.pairs(v)?);
            }
            let y = g.push(prim.clone(), &pairs)?;
            g.of_pairs(y)
        }
        Ew::Mul => {
            let ((a, b), (c, d)) = (g.parts(x[0])?, g.parts(x[1])?);
            product(g, a, b, c, d)
        }
        Ew::Div => {
            let ((a, b), (c, d)) = (g.parts(x[0])?, g.parts(x[1])?);
            // Scaled by the larger part of the divisor, since a square may overflow.
            let (sc, sd) = (g.abs(c)?, g.abs(d)?);
            let by = g.max(sc, sd)?;
            let (c, d) = (g.div(c, by)?, g.div(d, by)?);
            let (cc, dd) = (g.mul(c, c)?, g.mul(d, d)?);
            let square = g.add(cc, dd)?;
            let by = g.mul(square, by)?;
            let (c, d) = (g.div(c, by)?, g.div(d, by)?);
            let d = g.neg(d)?;
            product(g, a, b, c, d)
        }
        Ew::Exp => {
            let (a, b) = g.parts(x[0])?;
            let (size, cos, sin) = (g.exp(a)?, g.cos(b)?, g.sin(b)?);
            let (re, im) = (g.mul(size, cos)?, g.mul(size, sin)?);
            g.complex(re, im)
        }
        Ew::Log => {
            let size = g.complex_abs(x[0])?;
            let (a, b) = g.parts(x[0])?;
            let (re, im) = (g.log(size)?, g.atan2(b, a)?);
            g.complex(re, im)
        }
        Ew::Eq | Ew::Ne => {
            let ((a, b), (c, d)) = (g.parts(x[0])?, g.parts(x[1])?);
            let (re, im) = (g.push(prim.clone(), &[a, c])?, g.push(prim.clone(), &[b, d])?);
            if e == Ew::Eq { g.and(re, im) } else { g.or(re, im) }
        }
        _ => Err(refused(prim)),
    }
}

/// `(a + bi) (c + di)`.
fn product(g: &mut Graph, a: Val, b: Val, c: Val, d: Val) -> Result<Val> {
    let (ac, bd) = (g.mul(a, c)?, g.mul(b, d)?);
    let (ad, bc) = (g.mul(a, d)?, g.mul(b, c)?);
    let (re, im) = (g.sub(ac, bd)?, g.add(ad, bc)?);
    g.complex(re, im)
}

fn dot(g: &mut Graph, dims: &DotDims, x: &[Val]) -> Result<Val> {
    if g.dtype(x[0]) != g.dtype(x[1]) {
        let received = format!("{} and {}", g.dtype(x[0]), g.dtype(x[1]));
        return Err(Error::invalid("dot_general", "operands", "equal dtypes", received));
    }
    let ((a, b), (c, d)) = (g.parts(x[0])?, g.parts(x[1])?);
    let mut of = |x: Val, y: Val| g.dot_general(x, y, dims.clone());
    let (ac, bd, ad, bc) = (of(a, c)?, of(b, d)?, of(a, d)?, of(b, c)?);
    let (re, im) = (g.sub(ac, bd)?, g.add(ad, bc)?);
    g.complex(re, im)
}

/// The graph with float32 pairs in the place of complex inputs, results and constants: the same bytes. Composites must be inlined.
///
/// # Errors
/// `Unimplemented` for a call of the host on complex values.
pub(crate) fn in_pairs(g: &Graph) -> Result<Graph> {
    let complex = |v: Val| g.dtype(v) == DType::Complex64;
    if !g.insts().iter().flat_map(|i| i.results()).any(complex) {
        return Ok(g.clone());
    }
    let mut out = Graph::new();
    let mut map: Vec<Val> = Vec::with_capacity(g.num_values());
    for inst in g.insts() {
        let x: Vec<Val> = inst.operands.iter().map(|v| map[v.index()]).collect();
        match &inst.prim {
            Prim::Parameter(_, spec) if spec.dtype == DType::Complex64 => {
                let shape: Shape = spec.shape.iter().copied().chain([2]).collect();
                map.push(out.parameter(super::prim::Spec::new(DType::Float32, shape)));
            }
            Prim::Parameter(_, spec) => map.push(out.parameter(spec.clone())),
            Prim::Constant(l) if l.dtype == DType::Complex64 => map.push(out.constant(pairs_of(l))?),
            Prim::BitcastConvert(DType::Complex64) => map.push(x[0]),
            Prim::BitcastConvert(_) if complex(inst.operands[0]) => map.push(x[0]),
            Prim::Slice { start, limit, stride } if stride.iter().all(|&s| s == 1) => {
                map.push(slice(&mut out, x[0], start, limit)?);
            }
            prim => {
                let prim = structure_in_pairs(prim)?;
                let calls = matches!(prim, Prim::CustomCall(_) | Prim::HostCall(_) | Prim::Print(_));
                if calls && inst.operands.iter().any(|&v| complex(v)) {
                    return Err(Error::unimplemented(
                        prim.name(),
                        "complex64 values for a function of the host",
                    ));
                }
                map.extend(out.push_multi(prim, &x)?);
            }
        }
    }
    out.set_outputs(g.outputs().iter().map(|v| map[v.index()]).collect::<Vec<_>>());
    Ok(out)
}

/// A slice; of a concatenation's one part, that part. Parts of a complex value that another op put together are found this way.
fn slice(g: &mut Graph, x: Val, start: &[usize], limit: &[usize]) -> Result<Val> {
    let shape = g.shape(x).clone();
    let cut: Vec<usize> = (0..shape.rank()).filter(|&d| (start[d], limit[d]) != (0, shape[d])).collect();
    match cut[..] {
        [dim] => g.slice_of_parts(x, dim, start[dim], limit[dim]),
        _ => g.slice(x, start, limit, &Dims::from_elem(1, shape.rank())),
    }
}

/// Branches and loops with pairs in the place of complex values.
fn structure_in_pairs(prim: &Prim) -> Result<Prim> {
    use super::prim::{ById, ScanBody, WhileBody};
    use std::sync::Arc;
    let of = |g: &Arc<Graph>| -> Result<Arc<Graph>> {
        let flat = g.flattened()?;
        let complex = |v: Val| flat.dtype(v) == DType::Complex64;
        if flat.params().iter().chain(flat.outputs()).any(|&v| complex(v)) {
            Ok(Arc::new(in_pairs(&flat)?))
        } else {
            Ok(g.clone())
        }
    };
    Ok(match prim {
        Prim::Case(branches) => {
            Prim::Case(branches.iter().map(|b| of(&b.0).map(ById)).collect::<Result<_>>()?)
        }
        Prim::Scan(s) => Prim::Scan(ById(Arc::new(ScanBody { body: of(&s.body)?, primal: None, ..**s }))),
        Prim::While(w) => Prim::While(ById(Arc::new(WhileBody {
            cond: w.cond.as_ref().map(of).transpose()?,
            body: of(&w.body)?,
            primal: None,
            ..**w
        }))),
        p => p.clone(),
    })
}

/// A complex literal as pairs.
fn pairs_of(l: &Literal) -> Literal {
    let values = match &l.values {
        Values::Floats(v) => Values::Floats(v.clone()),
        _ => Values::Floats(vec![]),
    };
    Literal { dtype: DType::Float32, shape: l.shape.iter().copied().chain([2]).collect(), values }
}
