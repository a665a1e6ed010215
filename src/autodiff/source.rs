//! What gradients are taken in.

use crate::tensor::{Tensor, Variable};

/// What the gradient in an unconnected source is (`tf.UnconnectedGradients`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unconnected {
    /// `None`.
    #[default]
    None,
    /// Zeros in the source's shape.
    Zero,
}

/// One thing to differentiate in.
#[derive(Clone, Debug)]
pub enum Source {
    /// A watched tensor.
    Tensor(Tensor),
    /// A variable.
    Variable(Variable),
}

impl Source {
    /// A tensor of the source's shape and dtype.
    pub(super) fn value(&self) -> crate::Result<Tensor> {
        match self {
            Source::Tensor(t) => Ok(t.clone()),
            Source::Variable(v) => v.value(),
        }
    }
}

impl From<&Tensor> for Source {
    fn from(t: &Tensor) -> Self {
        Source::Tensor(t.clone())
    }
}

impl From<&Variable> for Source {
    fn from(v: &Variable) -> Self {
        Source::Variable(v.clone())
    }
}

/// A structure of sources and the structure of gradients that belongs to it: one for one, a list for a list.
pub trait Gradients {
    /// One gradient a source, in the structure of the sources; `None` where unconnected.
    type Of<T>;
    /// The sources in order.
    fn sources(&self) -> Vec<Source>;
    /// Gradients back in structure. The iterator gives one item a source.
    fn collect<T>(&self, found: impl Iterator<Item = T>) -> Self::Of<T>;
}

macro_rules! single {
    ($($t:ty),+) => { $(impl Gradients for &$t {
        type Of<T> = T;
        fn sources(&self) -> Vec<Source> { vec![Source::from(*self)] }
        fn collect<T>(&self, mut found: impl Iterator<Item = T>) -> T {
            found.next().expect("one gradient a source")
        }
    })+ };
}
single!(Tensor, Variable);

macro_rules! many {
    ($($t:ty),+) => { $(
        impl Gradients for &[$t] {
            type Of<T> = Vec<T>;
            fn sources(&self) -> Vec<Source> { self.iter().map(|s| Source::from(&*s)).collect() }
            fn collect<T>(&self, found: impl Iterator<Item = T>) -> Vec<T> { found.collect() }
        }
        impl Gradients for &Vec<$t> {
            type Of<T> = Vec<T>;
            fn sources(&self) -> Vec<Source> { self.iter().map(|s| Source::from(&*s)).collect() }
            fn collect<T>(&self, found: impl Iterator<Item = T>) -> Vec<T> { found.collect() }
        }
        impl<const N: usize> Gradients for [&$t; N] {
            type Of<T> = [T; N];
            fn sources(&self) -> Vec<Source> { self.iter().map(|s| Source::from(*s)).collect() }
            fn collect<T>(&self, mut found: impl Iterator<Item = T>) -> [T; N] {
                std::array::from_fn(|_| found.next().expect("one gradient a source"))
            }
        }
        impl<const N: usize> Gradients for &[$t; N] {
            type Of<T> = [T; N];
            fn sources(&self) -> Vec<Source> { self.iter().map(Source::from).collect() }
            fn collect<T>(&self, mut found: impl Iterator<Item = T>) -> [T; N] {
                std::array::from_fn(|_| found.next().expect("one gradient a source"))
            }
        }
    )+ };
}
many!(Tensor, Variable);

macro_rules! tuple {
    ($($name:ident $at:tt $same:ident),+) => {
        impl<'a, $($name),+> Gradients for ($(&'a $name,)+)
        where
            $(Source: From<&'a $name>),+
        {
            type Of<T> = ($($same<T>,)+);
            fn sources(&self) -> Vec<Source> { vec![$(Source::from(self.$at)),+] }
            fn collect<T>(&self, mut found: impl Iterator<Item = T>) -> Self::Of<T> {
                ($({ let _ = self.$at; found.next().expect("one gradient a source") },)+)
            }
        }
    };
}
/// One gradient, whatever the source is.
type Same<T> = T;
tuple!(A 0 Same, B 1 Same);
tuple!(A 0 Same, B 1 Same, C 2 Same);
tuple!(A 0 Same, B 1 Same, C 2 Same, D 3 Same);

impl Gradients for &[Source] {
    type Of<T> = Vec<T>;
    fn sources(&self) -> Vec<Source> {
        self.to_vec()
    }
    fn collect<T>(&self, found: impl Iterator<Item = T>) -> Vec<T> {
        found.collect()
    }
}
