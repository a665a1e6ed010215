//! Values that are not random.

use super::Initializer;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::keras::object::{Class, Config, class, classes};
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, init_scope};

/// One value everywhere. What a trace is open for does not matter: a first value is a value.
fn filled(shape: &Shape, dtype: DType, value: f64) -> Result<Tensor> {
    init_scope(|| array::fill(shape, Literal::scalar(dtype, value)))
}

class! {
    /// Zeros.
    #[derive(Clone)]
    Zeros () {} {} []
}

impl Initializer for Zeros {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        filled(shape, dtype, 0.0)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// Ones.
    #[derive(Clone)]
    Ones () {} {} []
}

impl Initializer for Ones {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        filled(shape, dtype, 1.0)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// One value everywhere.
    #[derive(Clone)]
    Constant () {
        /// The value.
        value: f64 = 0.0,
    } {} []
}

impl Initializer for Constant {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        filled(shape, dtype, self.value)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// A matrix with `gain` on the diagonal and zeros elsewhere; it need not be square.
    #[derive(Clone)]
    Identity () {
        /// The value on the diagonal.
        gain: f64 = 1.0,
    } {} []
}

impl Initializer for Identity {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        let &[rows, columns] = &shape[..] else {
            return Err(Error::invalid("Identity", "shape", "two dimensions", shape));
        };
        let value = |i: usize| if i / columns == i % columns { self.gain } else { 0.0 };
        let values: Vec<f64> = (0..rows * columns).map(value).collect();
        let l = if dtype.is_exact() {
            Literal::ints(dtype, shape.clone(), values.iter().map(|&v| v as i64).collect())
        } else {
            Literal::floats(dtype, shape.clone(), values)
        };
        l.into_tensor(None)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn Initializer>] = classes! {
    Zeros ["zeros", "zero"],
    Ones ["ones", "one"],
    Constant ["constant"],
    Identity ["identity", "IdentityInitializer"],
};
