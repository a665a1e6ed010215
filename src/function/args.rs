//! Arguments of functions, and what of them decides which trace is used.

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::hlo::{Literal, Spec};
use crate::shape::PartialShape;
use crate::tensor::{IntoTensor, Tensor, Variable};
use std::fmt;

/// dtype and partly known shape of an argument (`tf.TensorSpec`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TensorSpec {
    /// Shape; `None` sizes are any.
    pub shape: PartialShape,
    /// Element type.
    pub dtype: DType,
}

impl TensorSpec {
    /// A spec from its parts.
    pub fn new(shape: impl Into<PartialShape>, dtype: DType) -> Self {
        TensorSpec { shape: shape.into(), dtype }
    }
}

impl fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TensorSpec(shape={}, dtype={})", self.shape, self.dtype)
    }
}

impl fmt::Debug for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An argument of a function.
#[derive(Clone, Debug)]
pub enum FunctionArg {
    /// A tensor: its dtype and shape are part of the signature.
    Tensor(Tensor),
    /// A plain number: its value is part of the signature.
    Number(Literal),
    /// A tensor that is not there yet, for [`get_concrete_function`](super::Function::get_concrete_function).
    Spec(Spec),
}

impl FunctionArg {
    pub(super) fn into_tensor(self) -> Result<Tensor> {
        match self {
            FunctionArg::Tensor(t) => Ok(t),
            FunctionArg::Number(l) => l.into_tensor(None),
            FunctionArg::Spec(s) => Err(Error::invalid("function", "arguments", "tensors", s)),
        }
    }

    /// The tensor, where it is one.
    pub(super) fn tensor(self) -> Option<Tensor> {
        match self {
            FunctionArg::Tensor(t) => Some(t),
            FunctionArg::Number(_) | FunctionArg::Spec(_) => None,
        }
    }

    pub(super) fn conform(self, name: &str, spec: &TensorSpec) -> Result<FunctionArg> {
        let t = match self {
            FunctionArg::Spec(s) if s.dtype == spec.dtype && spec.shape.accepts(&s.shape) => {
                return Ok(FunctionArg::Spec(s));
            }
            FunctionArg::Number(l) if l.dtype.is_exact() || spec.dtype.is_float() => {
                let l = if spec.dtype.is_exact() {
                    Literal::ints(spec.dtype, l.shape.clone(), l.to_i64s())
                } else {
                    Literal::floats(spec.dtype, l.shape.clone(), l.to_f64s())
                };
                l.into_tensor(None)?
            }
            other => other.into_tensor()?,
        };
        if t.dtype() != spec.dtype || !spec.shape.accepts(t.shape()) {
            return Err(Error::invalid(name, "arguments", format_args!("{spec:?}"), format_args!("{t:?}")));
        }
        Ok(FunctionArg::Tensor(t))
    }
}

/// What decides which trace serves a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(Vec<KeyPart>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum KeyPart {
    Tensor(Spec),
    Number(Literal),
}

impl Key {
    pub(super) fn of(args: &[FunctionArg]) -> Self {
        let part = |a: &FunctionArg| match a {
            FunctionArg::Tensor(t) => KeyPart::Tensor(t.spec().clone()),
            FunctionArg::Number(l) => KeyPart::Number(l.clone()),
            FunctionArg::Spec(s) => KeyPart::Tensor(s.clone()),
        };
        Key(args.iter().map(part).collect())
    }

    /// Whether the two are the same but for sizes of dimensions.
    pub(super) fn differs_in_sizes(&self, other: &Key) -> bool {
        let alike = |(a, b): (&KeyPart, &KeyPart)| match (a, b) {
            (KeyPart::Tensor(a), KeyPart::Tensor(b)) => {
                a.dtype == b.dtype && a.shape.rank() == b.shape.rank()
            }
            (a, b) => a == b,
        };
        self != other && self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(alike)
    }
}

/// Something that may be an argument: a tensor, a variable's value, a plain number, or an array, which becomes a tensor.
pub trait IntoFunctionArg {
    /// As an argument.
    ///
    /// # Errors
    /// `InvalidArgument` for arrays that are no tensors.
    fn into_arg(self) -> Result<FunctionArg>;
}

macro_rules! tensors {
    ($([$($g:tt)*] $t:ty),+ $(,)?) => { $(impl<$($g)*> IntoFunctionArg for $t where $t: IntoTensor {
        fn into_arg(self) -> Result<FunctionArg> { Ok(FunctionArg::Tensor(self.into_tensor(None)?)) }
    })+ };
}
tensors!([] Tensor, ['a] &'a Tensor, ['a] &'a Variable, [T] Vec<T>, ['a, T] &'a [T], [T, const N: usize] [T; N]);

macro_rules! numbers {
    ($($t:ty => $d:ident),+) => { $(impl IntoFunctionArg for $t {
        fn into_arg(self) -> Result<FunctionArg> {
            let l = Literal::from_slice((), &[self]);
            let l = if l.dtype.is_float() { Literal::floats(DType::$d, (), l.to_f64s()) } else { l };
            Ok(FunctionArg::Number(l))
        }
    })+ };
}
numbers!(f32 => Float32, f64 => Float32, i32 => Int32, i64 => Int64, bool => Bool);

/// For [`get_concrete_function`](super::Function::get_concrete_function): all sizes must be known.
impl IntoFunctionArg for TensorSpec {
    fn into_arg(self) -> Result<FunctionArg> {
        match self.shape.known() {
            Some(shape) => Ok(FunctionArg::Spec(Spec::new(self.dtype, shape))),
            None => Err(Error::invalid(
                "function",
                "arguments",
                "known sizes, as each set of sizes is a graph of its own",
                self,
            )),
        }
    }
}

impl FunctionArgs for TensorSpec {
    fn into_args(self) -> Result<Vec<FunctionArg>> {
        Ok(vec![self.into_arg()?])
    }
}

impl IntoFunctionArg for FunctionArg {
    fn into_arg(self) -> Result<FunctionArg> {
        Ok(self)
    }
}

/// The arguments of a call: a list of tensors, an array of equal things, or a tuple of anything.
pub trait FunctionArgs {
    /// As a list.
    ///
    /// # Errors
    /// As [`IntoFunctionArg::into_arg`].
    fn into_args(self) -> Result<Vec<FunctionArg>>;
}

impl FunctionArgs for &[Tensor] {
    fn into_args(self) -> Result<Vec<FunctionArg>> {
        Ok(self.iter().cloned().map(FunctionArg::Tensor).collect())
    }
}

impl FunctionArgs for &Vec<Tensor> {
    fn into_args(self) -> Result<Vec<FunctionArg>> {
        self.as_slice().into_args()
    }
}

impl FunctionArgs for Vec<FunctionArg> {
    fn into_args(self) -> Result<Vec<FunctionArg>> {
        Ok(self)
    }
}

macro_rules! tuples {
    ($(($($x:ident),*)),+ $(,)?) => { $(impl<$($x: IntoFunctionArg),*> FunctionArgs for ($($x,)*) {
        #[expect(non_snake_case, reason = "one name for type and value")]
        fn into_args(self) -> Result<Vec<FunctionArg>> {
            let ($($x,)*) = self;
            Ok(vec![$($x.into_arg()?),*])
        }
    })+ };
}
tuples!((A), (A, B), (A, B, C), (A, B, C, D), (A, B, C, D, E), (A, B, C, D, E, F));

impl FunctionArgs for () {
    fn into_args(self) -> Result<Vec<FunctionArg>> {
        Ok(vec![])
    }
}

macro_rules! single {
    ($([$($g:tt)*] $t:ty),+ $(,)?) => { $(impl<$($g)*> FunctionArgs for $t where $t: IntoFunctionArg {
        fn into_args(self) -> Result<Vec<FunctionArg>> { Ok(vec![self.into_arg()?]) }
    })+ };
}
single!([] Tensor, ['a] &'a Tensor, ['a] &'a Variable, [] f32, [] f64, [] i32, [] i64, [] bool, [T: Element, const N: usize] [T; N]);

impl<const N: usize> FunctionArgs for [&Tensor; N] {
    fn into_args(self) -> Result<Vec<FunctionArg>> {
        Ok(self.into_iter().cloned().map(FunctionArg::Tensor).collect())
    }
}
