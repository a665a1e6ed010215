//! Short names for building graphs: one method a primitive, and the few compounds that everything uses.

use super::graph::{Graph, Val};
use super::literal::Literal;
use super::prim::{CheckText, Conv, DotDims, GatherMode, Prim, ReduceKind, ScatterKind, Spec, WindowDim};
use super::rows::Ew;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::{Dims, Shape, broadcast};
use smallvec::{SmallVec, smallvec};

macro_rules! rows {
    ($($f:ident($($x:ident),+) = $ew:ident;)+) => {
        /// Elementwise primitives. Operands have equal shapes; see [`Ew`] for each row's facts.
        #[expect(missing_docs, reason = "each is the row of the same name")]
        impl Graph {
            $(pub fn $f(&mut self, $($x: Val),+) -> Result<Val> {
                self.push(Prim::Elementwise(Ew::$ew), &[$($x),+])
            })+
        }
    };
}

rows! {
    neg(x) = Neg; abs(x) = Abs; sign(x) = Sign; floor(x) = Floor; ceil(x) = Ceil; round(x) = Round;
    add(x, y) = Add; sub(x, y) = Sub; mul(x, y) = Mul; div(x, y) = Div; rem(x, y) = Rem; max(x, y) = Max; min(x, y) = Min;
    pow(x, y) = Pow; clamp(lo, x, hi) = Clamp; next_after(x, y) = NextAfter;
    exp(x) = Exp; expm1(x) = Expm1; log(x) = Log; log1p(x) = Log1p; sqrt(x) = Sqrt; rsqrt(x) = Rsqrt; cbrt(x) = Cbrt;
    logistic(x) = Logistic; tanh(x) = Tanh;
    sin(x) = Sin; cos(x) = Cos; tan(x) = Tan; asin(x) = Asin; acos(x) = Acos; atan(x) = Atan; atan2(y, x) = Atan2;
    sinh(x) = Sinh; cosh(x) = Cosh; asinh(x) = Asinh; acosh(x) = Acosh; atanh(x) = Atanh;
    erf(x) = Erf; erfc(x) = Erfc; erf_inv(x) = ErfInv; lgamma(x) = Lgamma; digamma(x) = Digamma; zeta(x, q) = Zeta;
    and(x, y) = And; or(x, y) = Or; xor(x, y) = Xor; not(x) = Not;
    shift_left(x, y) = ShiftLeft; shift_right_arithmetic(x, y) = ShiftRightArithmetic; shift_right_logical(x, y) = ShiftRightLogical;
    popcount(x) = Popcount; count_leading_zeros(x) = CountLeadingZeros;
    eq(x, y) = Eq; ne(x, y) = Ne; lt(x, y) = Lt; le(x, y) = Le; gt(x, y) = Gt; ge(x, y) = Ge;
    is_finite(x) = IsFinite; is_inf(x) = IsInf; is_nan(x) = IsNan; select(condition, x, y) = Select;
}

/// Constants.
impl Graph {
    /// A value known now.
    pub fn constant(&mut self, l: Literal) -> Result<Val> {
        self.push(Prim::Constant(l), &[])
    }

    /// A scalar.
    pub fn scalar(&mut self, dtype: DType, v: f64) -> Result<Val> {
        self.constant(Literal::scalar(dtype, v))
    }

    /// A shape filled with one value.
    pub fn full(&mut self, dtype: DType, shape: impl Into<Shape>, v: f64) -> Result<Val> {
        let s = self.scalar(dtype, v)?;
        self.broadcast_in_dim(s, shape, &[])
    }

    /// `v` in the shape and dtype of `like`.
    pub fn full_like(&mut self, like: Val, v: f64) -> Result<Val> {
        let Spec { dtype, shape } = self.spec(like).clone();
        self.full(dtype, shape, v)
    }

    /// Zeros in the shape and dtype of `like`.
    pub fn zeros_like(&mut self, like: Val) -> Result<Val> {
        self.full_like(like, 0.0)
    }

    /// Ones in the shape and dtype of `like`.
    pub fn ones_like(&mut self, like: Val) -> Result<Val> {
        self.full_like(like, 1.0)
    }

    /// `0, 1, 2 ...` along `dim`.
    pub fn iota(&mut self, dtype: DType, shape: impl Into<Shape>, dim: usize) -> Result<Val> {
        self.push(Prim::Iota { spec: Spec::new(dtype, shape), dim }, &[])
    }

    /// An int32 vector.
    pub fn i32_vector(&mut self, v: &[i64]) -> Result<Val> {
        self.constant(Literal::ints(DType::Int32, [v.len()], v.to_vec()))
    }
}

/// Views.
impl Graph {
    /// Numeric conversion; nothing where the dtype is right.
    pub fn convert(&mut self, x: Val, dtype: DType) -> Result<Val> {
        if self.dtype(x) == dtype { Ok(x) } else { self.push(Prim::Convert(dtype), &[x]) }
    }

    /// The same bits as another dtype of equal width.
    pub fn bitcast_convert(&mut self, x: Val, dtype: DType) -> Result<Val> {
        if self.dtype(x) == dtype { Ok(x) } else { self.push(Prim::BitcastConvert(dtype), &[x]) }
    }

    /// The same elements under another shape; nothing where the shape is right.
    pub fn reshape(&mut self, x: Val, shape: impl Into<Shape>) -> Result<Val> {
        let shape = shape.into();
        if *self.shape(x) == shape { Ok(x) } else { self.push(Prim::Reshape(shape), &[x]) }
    }

    /// Operand dimension `i` becomes result dimension `dims[i]`; nothing where that changes nothing.
    pub fn broadcast_in_dim(&mut self, x: Val, shape: impl Into<Shape>, dims: &[usize]) -> Result<Val> {
        let shape = shape.into();
        if *self.shape(x) == shape && dims.iter().copied().eq(0..shape.rank()) {
            return Ok(x);
        }
        self.push(Prim::BroadcastInDim { shape, dims: dims.into() }, &[x])
    }

    /// Broadcasts by NumPy's rules: trailing dimensions match.
    pub fn broadcast_to(&mut self, x: Val, shape: &Shape) -> Result<Val> {
        let skip = shape.rank().saturating_sub(self.rank(x));
        let dims: Dims = (skip..skip + self.rank(x)).collect();
        self.broadcast_in_dim(x, shape.clone(), &dims)
    }

    /// Both operands in the shape that they broadcast to.
    pub fn broadcast_pair(&mut self, op: &str, x: Val, y: Val) -> Result<(Val, Val)> {
        let shape = broadcast(op, self.shape(x), self.shape(y))?;
        Ok((self.broadcast_to(x, &shape)?, self.broadcast_to(y, &shape)?))
    }

    /// Result dimension `i` is operand dimension `perm[i]`; nothing for the identity.
    pub fn transpose(&mut self, x: Val, perm: &[usize]) -> Result<Val> {
        if perm.iter().copied().eq(0..self.rank(x)) {
            return Ok(x);
        }
        self.push(Prim::Transpose { perm: perm.into() }, &[x])
    }

    /// Reads `dims` from the last element to the first.
    pub fn reverse(&mut self, x: Val, dims: &[usize]) -> Result<Val> {
        if dims.is_empty() { Ok(x) } else { self.push(Prim::Reverse { dims: dims.into() }, &[x]) }
    }

    /// `x[start : limit : stride]` in each dimension; nothing where that is all of `x`.
    pub fn slice(&mut self, x: Val, start: &[usize], limit: &[usize], stride: &[usize]) -> Result<Val> {
        let whole =
            start.iter().all(|&s| s == 0) && limit == &self.shape(x)[..] && stride.iter().all(|&s| s == 1);
        if whole {
            return Ok(x);
        }
        self.push(Prim::Slice { start: start.into(), limit: limit.into(), stride: stride.into() }, &[x])
    }

    /// `x[start : limit]` in one dimension.
    pub fn slice_in_dim(&mut self, x: Val, dim: usize, start: usize, limit: usize) -> Result<Val> {
        let rank = self.rank(x);
        let mut starts: Dims = smallvec![0; rank];
        let mut limits = self.shape(x).0.clone();
        (starts[dim], limits[dim]) = (start, limit);
        self.slice(x, &starts, &limits, &Dims::from_elem(1, rank))
    }

    /// Pads with a scalar before, after and between elements.
    pub fn pad(&mut self, x: Val, value: Val, low: &[i64], high: &[i64], interior: &[usize]) -> Result<Val> {
        if low.iter().chain(high).all(|&p| p == 0) && interior.iter().all(|&p| p == 0) {
            return Ok(x);
        }
        self.push(Prim::Pad { low: low.into(), high: high.into(), interior: interior.into() }, &[x, value])
    }

    /// Pads with zeros before and after.
    pub fn pad_zeros(&mut self, x: Val, low: &[i64], high: &[i64]) -> Result<Val> {
        let zero = self.scalar(self.dtype(x), 0.0)?;
        let interior = Dims::from_elem(0, self.rank(x));
        self.pad(x, zero, low, high, &interior)
    }

    /// Joins along a dimension; nothing for one operand.
    pub fn concatenate(&mut self, x: &[Val], dim: usize) -> Result<Val> {
        if x.len() == 1 { Ok(x[0]) } else { self.push(Prim::Concatenate { dim }, x) }
    }

    /// Inserts dimensions of size 1 so that they stand at `dims` of the result.
    pub fn expand_dims(&mut self, x: Val, dims: &[usize]) -> Result<Val> {
        let rank = self.rank(x) + dims.len();
        let mut rest = self.shape(x).0.clone().into_iter();
        let shape: Shape =
            (0..rank).map(|d| if dims.contains(&d) { 1 } else { rest.next().unwrap_or(1) }).collect();
        self.reshape(x, shape)
    }

    /// A slice of static size at an int32 vector of start indices, clamped.
    pub fn dynamic_slice(&mut self, x: Val, start: Val, sizes: &[usize]) -> Result<Val> {
        self.push(Prim::DynamicSlice { sizes: sizes.into() }, &[x, start])
    }

    /// `x` with a part replaced, at an int32 vector of start indices, clamped.
    pub fn dynamic_update_slice(&mut self, x: Val, update: Val, start: Val) -> Result<Val> {
        self.push(Prim::DynamicUpdateSlice, &[x, update, start])
    }

    /// See [`Prim::Gather`].
    pub fn gather(
        &mut self,
        x: Val,
        indices: Val,
        axes: &[usize],
        batch: usize,
        mode: GatherMode,
    ) -> Result<Val> {
        self.push(Prim::Gather { axes: axes.into(), batch, mode }, &[x, indices])
    }

    /// See [`Prim::Scatter`].
    pub fn scatter(
        &mut self,
        kind: ScatterKind,
        x: Val,
        indices: Val,
        updates: Val,
        axes: &[usize],
        batch: usize,
    ) -> Result<Val> {
        self.push(Prim::Scatter { kind, axes: axes.into(), batch }, &[x, indices, updates])
    }
}

/// Contractions, reductions, windows and sorts.
impl Graph {
    /// See [`Prim::DotGeneral`].
    pub fn dot_general(&mut self, x: Val, y: Val, dims: DotDims) -> Result<Val> {
        self.push(Prim::DotGeneral(dims), &[x, y])
    }

    /// `[m, k] x [k, n]`.
    pub fn matmul(&mut self, x: Val, y: Val) -> Result<Val> {
        self.dot_general(
            x,
            y,
            DotDims { lhs_contract: smallvec![1], rhs_contract: smallvec![0], ..DotDims::default() },
        )
    }

    /// See [`Prim::Convolution`].
    pub fn convolution(&mut self, x: Val, kernel: Val, conv: Conv) -> Result<Val> {
        self.push(Prim::Convolution(Box::new(conv)), &[x, kernel])
    }

    /// Reduces and removes dimensions; nothing for none.
    pub fn reduce(&mut self, kind: ReduceKind, x: Val, dims: &[usize]) -> Result<Val> {
        if dims.is_empty() {
            return Ok(x);
        }
        self.push(Prim::Reduce { kind, dims: dims.into() }, &[x])
    }

    /// Reduces dimensions to size 1.
    pub fn reduce_keep(&mut self, kind: ReduceKind, x: Val, dims: &[usize]) -> Result<Val> {
        let kept = self.shape(x).reduced(dims, true);
        let r = self.reduce(kind, x, dims)?;
        self.reshape(r, kept)
    }

    /// Reduces dimensions and repeats the result over them, in the shape of `x`.
    pub fn reduce_over(&mut self, kind: ReduceKind, x: Val, dims: &[usize]) -> Result<Val> {
        let shape = self.shape(x).clone();
        let r = self.reduce(kind, x, dims)?;
        self.repeat_over(r, &shape, dims)
    }

    /// Repeats the result of a reduction over the reduced dimensions of `shape`.
    pub fn repeat_over(&mut self, r: Val, shape: &Shape, dims: &[usize]) -> Result<Val> {
        let kept: Dims = (0..shape.rank()).filter(|d| !dims.contains(d)).collect();
        self.broadcast_in_dim(r, shape.clone(), &kept)
    }

    /// The mean over dimensions, which are removed; NaN of floats over nothing.
    pub fn mean(&mut self, x: Val, dims: &[usize]) -> Result<Val> {
        if self.is_complex(x) {
            let pairs = self.pairs(x)?;
            let mean = self.mean(pairs, dims)?;
            return self.of_pairs(mean);
        }
        let n: usize = dims.iter().map(|&d| self.shape(x)[d]).product();
        let sum = self.reduce(ReduceKind::Sum, x, dims)?;
        if n == 0 && self.dtype(x).is_float() {
            // Said outright: not every driver keeps 0 / 0. The sum is named so that a gradient finds its way.
            let (nan, never) =
                (self.full_like(sum, f64::NAN)?, self.full(DType::Bool, self.shape(sum).clone(), 0.0)?);
            return self.select(never, sum, nan);
        }
        let n = self.full_like(sum, n as f64)?;
        self.div(sum, n)
    }

    /// int32 index of the first maximum (or minimum).
    pub fn arg_reduce(&mut self, x: Val, max: bool, dim: usize) -> Result<Val> {
        self.push(Prim::ArgReduce { max, dim }, &[x])
    }

    /// See [`Prim::ReduceWindow`].
    pub fn reduce_window(&mut self, kind: ReduceKind, x: Val, window: &[WindowDim]) -> Result<Val> {
        self.push(Prim::ReduceWindow { kind, window: window.into() }, &[x])
    }

    /// See [`Prim::SelectAndScatter`].
    pub fn select_and_scatter(
        &mut self,
        x: Val,
        source: Val,
        max: bool,
        window: &[WindowDim],
    ) -> Result<Val> {
        self.push(Prim::SelectAndScatter { max, window: window.into() }, &[x, source])
    }

    /// See [`Prim::Cumulative`].
    pub fn cumulative(
        &mut self,
        kind: ReduceKind,
        x: Val,
        dim: usize,
        exclusive: bool,
        reverse: bool,
    ) -> Result<Val> {
        self.push(Prim::Cumulative { kind, dim, exclusive, reverse }, &[x])
    }

    /// Sorts operands together by the first.
    pub fn sort(&mut self, x: &[Val], dim: usize, descending: bool) -> Result<SmallVec<[Val; 2]>> {
        self.push_multi(Prim::Sort { dim, descending }, x)
    }

    /// Positions along a dimension in sorted order.
    pub fn arg_sort(&mut self, x: Val, dim: usize, descending: bool) -> Result<Val> {
        self.push(Prim::ArgSort { dim, descending }, &[x])
    }

    /// The `k` largest along the last dimension and their indices.
    pub fn top_k(&mut self, x: Val, k: usize) -> Result<(Val, Val)> {
        let r = self.push_multi(Prim::TopK { k }, &[x])?;
        Ok((r[0], r[1]))
    }

    /// Random bits from a Philox key and counter.
    pub fn rng_bits(&mut self, key: Val, counter: Val, shape: impl Into<Shape>) -> Result<Val> {
        self.push(Prim::RngBitGenerator(shape.into()), &[key, counter])
    }
}

/// Effects.
impl Graph {
    /// Makes an element of `ok` (bool) that is false an error, which says the int32 beside it.
    pub fn check(&mut self, ok: Val, value: Val, text: CheckText) -> Result<()> {
        self.push_multi(Prim::Check(Box::new(text)), &[ok, value]).map(|_| ())
    }

    /// Makes an element of `indices` (int32) outside of `[0, bound)` an error of `op` about its argument `what`.
    pub fn check_indices(&mut self, op: &str, what: &str, indices: Val, bound: usize) -> Result<()> {
        let (zero, end) = (self.zeros_like(indices)?, self.full_like(indices, bound as f64)?);
        let (low, high) = (self.ge(indices, zero)?, self.lt(indices, end)?);
        let ok = self.and(low, high)?;
        self.check(
            ok,
            indices,
            CheckText { op: op.into(), what: what.into(), wanted: format!("a value in [0, {bound})") },
        )
    }
}

/// The primitives that a later version will have. They answer by name.
impl Graph {
    /// The sum over all replicas.
    ///
    /// # Errors
    /// Always `Unimplemented`.
    pub fn all_reduce(&mut self, _x: Val) -> Result<Val> {
        Err(crate::Error::unimplemented("all_reduce", "replicas are not supported yet"))
    }

    /// The values of all replicas.
    ///
    /// # Errors
    /// Always `Unimplemented`.
    pub fn all_gather(&mut self, _x: Val) -> Result<Val> {
        Err(crate::Error::unimplemented("all_gather", "replicas are not supported yet"))
    }
}
