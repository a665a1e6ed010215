//! What may stand where a tensor is wanted: tensors, variables, Rust numbers and strings, arrays and vectors of them.

use super::{Tensor, Variable};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::hlo::{Literal, Spec, Values};
use crate::shape::Shape;
use num_complex::Complex;

/// Anything that converts to a tensor as `tf.convert_to_tensor` does.
///
/// Rust's `f64` and integer literals take the dtype that the op wants (that of its other operand), as Python's numbers do; without a
/// wish floats become float32 and integers int32.
pub trait IntoTensor {
    /// The dtype it has of itself; `None` for plain numbers, which adapt.
    fn own_dtype(&self) -> Option<DType>;
    /// The tensor; plain numbers become `dtype` if one is given.
    ///
    /// # Errors
    /// `InvalidArgument` for ragged nesting or numbers that do not fit `dtype`.
    fn into_tensor(self, dtype: Option<DType>) -> Result<Tensor>;
}

impl IntoTensor for Tensor {
    fn own_dtype(&self) -> Option<DType> {
        Some(self.dtype())
    }
    fn into_tensor(self, _: Option<DType>) -> Result<Tensor> {
        Ok(self)
    }
}

impl IntoTensor for &Tensor {
    fn own_dtype(&self) -> Option<DType> {
        Some(self.dtype())
    }
    fn into_tensor(self, _: Option<DType>) -> Result<Tensor> {
        Ok(self.clone())
    }
}

impl IntoTensor for &Variable {
    fn own_dtype(&self) -> Option<DType> {
        Some(self.dtype())
    }
    fn into_tensor(self, _: Option<DType>) -> Result<Tensor> {
        self.value()
    }
}

impl IntoTensor for &&Tensor {
    fn own_dtype(&self) -> Option<DType> {
        Some(self.dtype())
    }
    fn into_tensor(self, _: Option<DType>) -> Result<Tensor> {
        Ok((*self).clone())
    }
}

impl IntoTensor for Literal {
    fn own_dtype(&self) -> Option<DType> {
        Some(self.dtype)
    }
    fn into_tensor(self, _: Option<DType>) -> Result<Tensor> {
        Tensor::from_literal(self, &crate::config::current_device()?)
    }
}

/// A Rust type that elements of tensors are read as: every [`Element`], `Complex<f32>`, `String`, and `Vec<u8>` for strings that are no text.
pub trait HostElement: Sized {
    /// The dtype of such elements.
    const DTYPE: DType;
    /// The elements of a value of this class.
    ///
    /// # Errors
    /// `InvalidArgument` for a `String` that is not UTF-8.
    fn of(l: Literal) -> Result<Vec<Self>>;
}

impl<T: Element> HostElement for T {
    const DTYPE: DType = T::DTYPE;
    fn of(l: Literal) -> Result<Vec<T>> {
        Ok(l.to_vec())
    }
}

impl HostElement for Complex<f32> {
    const DTYPE: DType = DType::Complex64;
    fn of(l: Literal) -> Result<Vec<Self>> {
        let pairs = l.to_f64s();
        Ok(pairs.as_chunks::<2>().0.iter().map(|&[re, im]| Complex::new(re as f32, im as f32)).collect())
    }
}

impl HostElement for Vec<u8> {
    const DTYPE: DType = DType::String;
    fn of(l: Literal) -> Result<Vec<Self>> {
        match l.values {
            Values::Strings(v) => Ok(v),
            _ => Err(Error::internal("Tensor.to_vec", "a string tensor without strings")),
        }
    }
}

impl HostElement for String {
    const DTYPE: DType = DType::String;
    fn of(l: Literal) -> Result<Vec<Self>> {
        let text = |v: Vec<u8>| {
            let wanted = "UTF-8; read other strings as Vec<u8>";
            String::from_utf8(v)
                .map_err(|e| Error::invalid("Tensor.to_vec", "T", wanted, format_args!("{:?}", e.as_bytes())))
        };
        Vec::<u8>::of(l)?.into_iter().map(text).collect()
    }
}

/// What stands in nested arrays at the end: numbers and strings.
trait Leaf: Clone {
    /// The dtype without a wish, and whether it adapts to one.
    fn default_dtype() -> (DType, bool);
    fn build(shape: Shape, v: &[Self], dtype: Option<DType>) -> Result<Tensor>;
}

impl<T: Element> Leaf for T {
    fn default_dtype() -> (DType, bool) {
        default_dtype::<T>()
    }
    fn build(shape: Shape, v: &[T], dtype: Option<DType>) -> Result<Tensor> {
        build(shape, v, dtype)
    }
}

impl Leaf for Complex<f32> {
    fn default_dtype() -> (DType, bool) {
        (DType::Complex64, false)
    }
    fn build(shape: Shape, v: &[Self], _: Option<DType>) -> Result<Tensor> {
        let pairs = v.iter().flat_map(|c| [f64::from(c.re), f64::from(c.im)]).collect();
        Tensor::from_literal(
            Literal::floats(DType::Complex64, shape, pairs),
            &crate::config::current_device()?,
        )
    }
}

impl Leaf for Vec<u8> {
    fn default_dtype() -> (DType, bool) {
        (DType::String, false)
    }
    fn build(shape: Shape, v: &[Vec<u8>], _: Option<DType>) -> Result<Tensor> {
        Tensor::from_literal(Literal::strings(shape, v.to_vec()), &crate::config::current_device()?)
    }
}

/// Elements of nested arrays: numbers, strings, or arrays of the same.
trait Nested {
    type Leaf: Leaf;
    fn shape(&self, dims: &mut Vec<usize>) -> Result<()>;
    fn collect(&self, out: &mut Vec<Self::Leaf>);
}

fn list_shape<N: Nested>(items: &[N], dims: &mut Vec<usize>) -> Result<()> {
    dims.push(items.len());
    let mut inner: Option<Vec<usize>> = None;
    for item in items {
        let mut d = vec![];
        item.shape(&mut d)?;
        if inner.as_ref().is_some_and(|i| *i != d) {
            return Err(Error::invalid(
                "convert_to_tensor",
                "value",
                "a rectangular sequence",
                "rows of different lengths",
            ));
        }
        inner = Some(d);
    }
    dims.extend(inner.unwrap_or_default());
    Ok(())
}

macro_rules! nested_list {
    ($([$($g:tt)*] $t:ty),+) => { $(impl<N: Nested, $($g)*> Nested for $t {
        type Leaf = N::Leaf;
        fn shape(&self, dims: &mut Vec<usize>) -> Result<()> { list_shape(&self[..], dims) }
        fn collect(&self, out: &mut Vec<Self::Leaf>) { self.iter().for_each(|i| i.collect(out)); }
    })+ };
}
nested_list!([] Vec<N>, [] &[N], [const K: usize] [N; K]);

/// The dtype that a Rust number gets without a wish, and whether it adapts to one.
fn default_dtype<T: Element>() -> (DType, bool) {
    match T::DTYPE {
        DType::Float64 => (DType::Float32, true),
        DType::Int32 => (DType::Int32, true),
        DType::Float32 => (DType::Float32, true),
        d => (d, false),
    }
}

/// Whether a number of class `from` may stand where `to` is wanted: integers for floats, but not floats for integers.
fn adapts(from: DType, to: DType) -> bool {
    match (from.is_float(), to) {
        (_, d) if d.is_differentiable() => from != DType::Bool,
        (false, d) if d.is_int() => from.is_int(),
        _ => from == to,
    }
}

fn build<T: Element>(shape: Shape, v: &[T], dtype: Option<DType>) -> Result<Tensor> {
    let (own, free) = default_dtype::<T>();
    let dtype = match dtype {
        Some(d) if d == own => d,
        Some(d) if free && adapts(T::DTYPE, d) => d,
        Some(d) if free => {
            return Err(Error::invalid(
                "convert_to_tensor",
                "value",
                format_args!("{d} numbers"),
                format_args!("{}", T::DTYPE),
            ));
        }
        _ => own,
    };
    let device = crate::config::current_device()?;
    if dtype.is_exact()
        && let Some(bad) = v.iter().map(|v| v.to_i64()).find(|&i| dtype.wrap(i) != i)
    {
        let wanted = format_args!("numbers that fit {dtype}");
        return Err(Error::invalid("convert_to_tensor", "value", wanted, bad));
    }
    // Long lists of floats go to the device as they are.
    if dtype == DType::Float32 && v.len() > 1 {
        let bytes = v.iter().flat_map(|v| (v.to_f64() as f32).to_le_bytes()).collect();
        return Tensor::from_storage(Spec::new(dtype, shape), bytes, &device);
    }
    let l = if dtype == DType::Complex64 {
        Literal::floats(dtype, shape, v.iter().flat_map(|v| [v.to_f64(), 0.0]).collect())
    } else if dtype.is_exact() {
        Literal::ints(dtype, shape, v.iter().map(|v| v.to_i64()).collect())
    } else {
        Literal::floats(dtype, shape, v.iter().map(|v| v.to_f64()).collect())
    };
    Tensor::from_literal(l, &device)
}

macro_rules! numbers {
    ($($t:ty),+) => { $(
        impl Nested for $t {
            type Leaf = $t;
            fn shape(&self, _: &mut Vec<usize>) -> Result<()> { Ok(()) }
            fn collect(&self, out: &mut Vec<$t>) { out.push(*self); }
        }
        impl IntoTensor for $t {
            fn own_dtype(&self) -> Option<DType> {
                let (d, free) = default_dtype::<$t>();
                (!free).then_some(d)
            }
            fn into_tensor(self, dtype: Option<DType>) -> Result<Tensor> { build(Shape::scalar(), &[self], dtype) }
        }
    )+ };
}
numbers!(f32, f64, half::f16, half::bf16, i8, i16, i32, i64, u8, u16, u32, u64, bool);

impl Nested for Complex<f32> {
    type Leaf = Self;
    fn shape(&self, _: &mut Vec<usize>) -> Result<()> {
        Ok(())
    }
    fn collect(&self, out: &mut Vec<Self>) {
        out.push(*self);
    }
}

impl IntoTensor for Complex<f32> {
    fn own_dtype(&self) -> Option<DType> {
        Some(DType::Complex64)
    }
    fn into_tensor(self, dtype: Option<DType>) -> Result<Tensor> {
        Leaf::build(Shape::scalar(), &[self], dtype)
    }
}

macro_rules! texts {
    ($($t:ty),+) => { $(
        impl Nested for $t {
            type Leaf = Vec<u8>;
            fn shape(&self, _: &mut Vec<usize>) -> Result<()> { Ok(()) }
            fn collect(&self, out: &mut Vec<Vec<u8>>) { out.push(self.as_bytes().to_vec()); }
        }
        impl IntoTensor for $t {
            fn own_dtype(&self) -> Option<DType> { Some(DType::String) }
            fn into_tensor(self, dtype: Option<DType>) -> Result<Tensor> {
                Leaf::build(Shape::scalar(), &[self.as_bytes().to_vec()], dtype)
            }
        }
    )+ };
}
texts!(&str, String, &String);

macro_rules! lists {
    ($([$($g:tt)*] $t:ty),+) => { $(
        impl<N: Nested, $($g)*> IntoTensor for $t {
            fn own_dtype(&self) -> Option<DType> {
                let (d, free) = N::Leaf::default_dtype();
                (!free).then_some(d)
            }
            fn into_tensor(self, dtype: Option<DType>) -> Result<Tensor> {
                let mut dims = vec![];
                list_shape(&self[..], &mut dims)?;
                let mut leaves = vec![];
                self.iter().for_each(|i| i.collect(&mut leaves));
                N::Leaf::build(dims.into(), &leaves, dtype)
            }
        }
    )+ };
}
lists!([] Vec<N>, [] &[N], [] &Vec<N>, [const K: usize] [N; K], [const K: usize] &[N; K]);

impl<T: IntoTensor> IntoTensor for Result<T> {
    fn own_dtype(&self) -> Option<DType> {
        self.as_ref().ok().and_then(IntoTensor::own_dtype)
    }
    fn into_tensor(self, dtype: Option<DType>) -> Result<Tensor> {
        self?.into_tensor(dtype)
    }
}

/// Two operands of which a plain number takes the other's dtype.
pub(crate) fn pair(x: impl IntoTensor, y: impl IntoTensor) -> Result<(Tensor, Tensor)> {
    let (dx, dy) = (x.own_dtype(), y.own_dtype());
    Ok((x.into_tensor(dy)?, y.into_tensor(dx)?))
}
