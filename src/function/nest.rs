//! Structures of tensors: what loops carry and branches return (`tf.nest`).

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// A tensor, or a tuple, array or list of such structures, or a [`TensorArray`](super::TensorArray): what loops carry and branches return.
pub trait Nest: Clone + 'static {
    /// Its tensors in order (`tf.nest.flatten`).
    ///
    /// # Errors
    /// `InvalidArgument` for a [`TensorArray`](super::TensorArray) whose elements have no known shape.
    fn flatten(&self) -> Result<Vec<Tensor>>;

    /// The same structure with other tensors in their places (`tf.nest.pack_sequence_as`).
    ///
    /// # Errors
    /// `Internal` when there are too few tensors.
    fn pack_as(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self>;

    /// How each tensor is reached from the whole, such as `[1][0]`.
    fn paths(&self) -> Vec<String>;

    /// What it becomes before a loop of at most `trips` trips carries it, where `after` is what one trip makes of it.
    ///
    /// # Errors
    /// What making it ready meets.
    fn carried(&self, _trips: Option<usize>, _after: Option<&Self>) -> Result<Self> {
        Ok(self.clone())
    }

    /// Whether one trip must be tried to know what it holds.
    fn is_open(&self) -> bool {
        false
    }
}

impl Nest for Tensor {
    fn flatten(&self) -> Result<Vec<Tensor>> {
        Ok(vec![self.clone()])
    }
    fn pack_as(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
        tensors.next().ok_or_else(|| Error::internal("nest", "too few tensors"))
    }
    fn paths(&self) -> Vec<String> {
        vec![String::new()]
    }
}

impl<T: Nest> Nest for Vec<T> {
    fn flatten(&self) -> Result<Vec<Tensor>> {
        let mut all = vec![];
        for part in self {
            all.extend(part.flatten()?);
        }
        Ok(all)
    }
    fn pack_as(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
        self.iter().map(|part| part.pack_as(tensors)).collect()
    }
    fn paths(&self) -> Vec<String> {
        self.iter().enumerate().flat_map(|(i, part)| below(i, part)).collect()
    }
    fn carried(&self, trips: Option<usize>, after: Option<&Self>) -> Result<Self> {
        self.iter().enumerate().map(|(i, part)| part.carried(trips, after.and_then(|a| a.get(i)))).collect()
    }
    fn is_open(&self) -> bool {
        self.iter().any(Nest::is_open)
    }
}

impl<T: Nest, const N: usize> Nest for [T; N] {
    fn flatten(&self) -> Result<Vec<Tensor>> {
        let mut all = vec![];
        for part in self {
            all.extend(part.flatten()?);
        }
        Ok(all)
    }
    fn pack_as(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
        fixed(self.iter().map(|part| part.pack_as(tensors)).collect::<Result<Vec<T>>>()?)
    }
    fn paths(&self) -> Vec<String> {
        self.iter().enumerate().flat_map(|(i, part)| below(i, part)).collect()
    }
    fn carried(&self, trips: Option<usize>, after: Option<&Self>) -> Result<Self> {
        let parts = self.iter().enumerate().map(|(i, part)| part.carried(trips, after.map(|a| &a[i])));
        fixed(parts.collect::<Result<Vec<T>>>()?)
    }
    fn is_open(&self) -> bool {
        self.iter().any(Nest::is_open)
    }
}

fn fixed<T, const N: usize>(parts: Vec<T>) -> Result<[T; N]> {
    parts.try_into().map_err(|_| Error::internal("nest", "an array of another length"))
}

fn below<T: Nest>(i: usize, part: &T) -> Vec<String> {
    part.paths().into_iter().map(|p| format!("[{i}]{p}")).collect()
}

macro_rules! tuples {
    ($(($($x:ident $i:tt),+)),+ $(,)?) => { $(impl<$($x: Nest),+> Nest for ($($x,)+) {
        fn flatten(&self) -> Result<Vec<Tensor>> {
            let mut all = vec![];
            $(all.extend(self.$i.flatten()?);)+
            Ok(all)
        }
        fn pack_as(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
            Ok(($(self.$i.pack_as(tensors)?,)+))
        }
        fn paths(&self) -> Vec<String> {
            let mut all = vec![];
            $(all.extend(below($i, &self.$i));)+
            all
        }
        fn carried(&self, trips: Option<usize>, after: Option<&Self>) -> Result<Self> {
            Ok(($(self.$i.carried(trips, after.map(|a| &a.$i))?,)+))
        }
        fn is_open(&self) -> bool {
            $(self.$i.is_open())||+
        }
    })+ };
}
tuples!((A 0), (A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3), (A 0, B 1, C 2, D 3, E 4), (A 0, B 1, C 2, D 3, E 4, F 5));

impl Nest for () {
    fn flatten(&self) -> Result<Vec<Tensor>> {
        Ok(vec![])
    }
    fn pack_as(&self, _: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
        Ok(())
    }
    fn paths(&self) -> Vec<String> {
        vec![]
    }
}
