//! Elements of datasets, and the Rust values that they are made of and taken apart into.

use super::array::Array;
use super::spec::ElementSpec;
use super::structure::Structure;
use crate::config;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::{IntoTensor, Tensor, init_scope, without_recorders};
use std::collections::BTreeMap;

/// One element of a dataset: arrays in a nested structure.
///
/// ```
/// # use wgflow::{data::Dataset, Tensor};
/// let element = Dataset::from_tensors(([1.0, 2.0], 3))?.into_iter().next().unwrap()?;
/// assert_eq!(element.to_string(), "([1. 2.], 3)");
/// let (x, y): (Tensor, Tensor) = element.unpack()?;
/// assert_eq!((x.rank(), y.item::<i32>()?), (1, 3));
/// # Ok::<(), wgflow::Error>(())
/// ```
pub type Element = Structure<Array>;

impl Element {
    /// The parts as Rust values: a tensor, an array, a tuple or vector of such, a map; what `for x, y in dataset` does in Python. Tensors
    /// are put on the current device.
    ///
    /// # Errors
    /// `InvalidArgument` when the element has another structure; as [`Array::tensor`].
    pub fn unpack<T: FromElement>(&self) -> Result<T> {
        T::from_element(self)
    }

    /// The value of an element of one component, on the current device.
    ///
    /// # Errors
    /// `InvalidArgument` for a tuple or a map; as [`Array::tensor`].
    pub fn tensor(&self) -> Result<Tensor> {
        self.leaf()?.tensor()
    }

    /// All components in the order of [`Structure::flatten`], on the current device.
    ///
    /// # Errors
    /// As [`Array::tensor`].
    pub fn tensors(&self) -> Result<Vec<Tensor>> {
        self.flatten().into_iter().map(Array::tensor).collect()
    }

    /// dtype and shape of each component.
    pub fn spec(&self) -> ElementSpec {
        super::spec::spec_of(self)
    }
}

/// Runs host work of a pipeline: on the CPU, and apart from tapes and traces of whoever iterates.
pub(super) fn apart<R>(f: impl FnOnce() -> Result<R>) -> Result<R> {
    init_scope(|| without_recorders(|| config::with_device("/CPU:0", f)?))
}

/// What an element can be made of: anything that becomes a tensor, arrays, tuples of up to six, vectors of elements, maps, and arrays of
/// `(name, value)`.
pub trait IntoElement {
    /// The element; plain numbers take the dtypes of `spec` where it is given.
    ///
    /// # Errors
    /// As [`IntoTensor::into_tensor`].
    fn into_element(self, spec: Option<&ElementSpec>) -> Result<Element>;
}

impl<T: IntoTensor> IntoElement for T {
    fn into_element(self, spec: Option<&ElementSpec>) -> Result<Element> {
        let dtype: Option<DType> = match spec {
            Some(Structure::Leaf(s)) => Some(s.dtype),
            _ => None,
        };
        Ok(Structure::Leaf(Array::from_tensor(&self.into_tensor(dtype)?)?))
    }
}

impl IntoElement for Element {
    fn into_element(self, _: Option<&ElementSpec>) -> Result<Element> {
        Ok(self)
    }
}

impl IntoElement for Array {
    fn into_element(self, _: Option<&ElementSpec>) -> Result<Element> {
        Ok(Structure::Leaf(self))
    }
}

macro_rules! tuples {
    ($($n:literal: $($x:ident $i:tt),+);+ $(;)?) => { $(
        impl<$($x: IntoElement),+> IntoElement for ($($x,)+) {
            fn into_element(self, spec: Option<&ElementSpec>) -> Result<Element> {
                Ok(Structure::Tuple(vec![$(self.$i.into_element(spec.and_then(|s| s.get($i).ok()))?),+]))
            }
        }

        impl<$($x: FromElement),+> FromElement for ($($x,)+) {
            fn from_element(e: &Element) -> Result<Self> {
                match e {
                    Structure::Tuple(items) if items.len() == $n => Ok(($($x::from_element(&items[$i])?,)+)),
                    other => Err(unlike(concat!("a tuple of ", $n, " items"), other)),
                }
            }
        }
    )+ };
}
tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
}

impl<K: Into<String>, V: IntoElement, const N: usize> IntoElement for [(K, V); N] {
    fn into_element(self, spec: Option<&ElementSpec>) -> Result<Element> {
        named(self, spec)
    }
}

impl<K: Into<String>, V: IntoElement> IntoElement for BTreeMap<K, V> {
    fn into_element(self, spec: Option<&ElementSpec>) -> Result<Element> {
        named(self, spec)
    }
}

fn named<K: Into<String>, V: IntoElement>(
    items: impl IntoIterator<Item = (K, V)>,
    spec: Option<&ElementSpec>,
) -> Result<Element> {
    let mut all: Vec<(String, Element)> = vec![];
    for (k, v) in items {
        let k = k.into();
        if all.iter().any(|(other, _)| *other == k) {
            return Err(Error::invalid("Dataset", "element", "each name once", format_args!("'{k}' twice")));
        }
        let v = v.into_element(spec.and_then(|s| s.named(&k).ok()))?;
        all.push((k, v));
    }
    Ok(Structure::Map(all))
}

/// What an element can be taken apart into. Functions of `map`, `filter` and the like name it as the type of their argument.
pub trait FromElement: Sized {
    /// The value.
    ///
    /// # Errors
    /// As [`Element::unpack`].
    fn from_element(e: &Element) -> Result<Self>;
}

fn unlike(wanted: &str, e: &Element) -> Error {
    Error::invalid("Dataset", "element", wanted, e.kind())
}

impl FromElement for Element {
    fn from_element(e: &Element) -> Result<Self> {
        Ok(e.clone())
    }
}

impl FromElement for Array {
    fn from_element(e: &Element) -> Result<Self> {
        e.leaf().cloned().map_err(|_| unlike("a single component", e))
    }
}

impl FromElement for Tensor {
    fn from_element(e: &Element) -> Result<Self> {
        e.leaf().map_err(|_| unlike("a single component", e))?.tensor()
    }
}

/// The items of a tuple, however many.
impl<T: FromElement> FromElement for Vec<T> {
    fn from_element(e: &Element) -> Result<Self> {
        match e {
            Structure::Tuple(items) => items.iter().map(T::from_element).collect(),
            other => Err(unlike("a tuple", other)),
        }
    }
}

impl<T: FromElement> FromElement for BTreeMap<String, T> {
    fn from_element(e: &Element) -> Result<Self> {
        match e {
            Structure::Map(items) => {
                items.iter().map(|(k, v)| Ok((k.clone(), T::from_element(v)?))).collect()
            }
            other => Err(unlike("a map", other)),
        }
    }
}
