//! Random values of a given spread.

use super::Initializer;
use crate::config::current_device;
use crate::dtype::{DType, Storage};
use crate::error::{Error, Result};
use crate::hlo::{Literal, Spec};
use crate::keras::object::{Class, Config, class, classes};
use crate::keras::utils::next_seed;
use crate::ops::random::host;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// How values are spread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spread {
    Normal {
        mean: f64,
        stddev: f64,
    },
    /// Nothing beyond two standard deviations.
    Truncated {
        mean: f64,
        stddev: f64,
    },
    Uniform {
        minval: f64,
        maxval: f64,
    },
}

/// The seed of an object: the one that it was given, or one that is drawn when the object is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn(i64);

impl Drawn {
    pub(super) fn new() -> Self {
        Drawn(next_seed())
    }

    pub(super) fn or(self, seed: Option<i64>) -> i64 {
        seed.unwrap_or(self.0)
    }
}

/// Numbers as TensorFlow's stateless functions give them for the seed `[seed, 0]`, which is what Keras asks for.
pub(super) fn draw(seed: i64, n: usize, spread: Spread) -> Vec<f32> {
    let (seed, scaled) =
        ([seed, 0], |v: Vec<f32>, factor: f32, term: f32| v.into_iter().map(|v| v * factor + term).collect());
    match spread {
        Spread::Normal { mean, stddev } => scaled(host::normal(seed, n), stddev as f32, mean as f32),
        Spread::Truncated { mean, stddev } => {
            scaled(host::truncated_normal(seed, n), stddev as f32, mean as f32)
        }
        Spread::Uniform { minval, maxval } => {
            let (lo, hi) = (minval as f32, maxval as f32);
            scaled(host::uniform(seed, n), hi - lo, lo)
        }
    }
}

/// Floats of the host as a tensor of a float dtype.
pub(super) fn tensor(op: &str, values: &[f32], shape: &Shape, dtype: DType) -> Result<Tensor> {
    if !dtype.is_float() {
        return Err(Error::invalid(op, "dtype", "a float dtype", dtype));
    }
    let spec = Spec::new(dtype, shape.clone());
    let bytes = match dtype.storage()? {
        Storage::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        _ => {
            let wide = values.iter().map(|&v| f64::from(v)).collect();
            Literal::floats(dtype, shape.clone(), wide).to_storage(op)?
        }
    };
    Tensor::from_storage(spec, bytes, &current_device()?)
}

/// Random numbers as a tensor.
pub(super) fn drawn(op: &str, seed: i64, shape: &Shape, dtype: DType, spread: Spread) -> Result<Tensor> {
    tensor(op, &draw(seed, shape.size(), spread), shape, dtype)
}

class! {
    /// Normal numbers.
    #[derive(Clone)]
    RandomNormal () {
        /// Their mean.
        mean: f64 = 0.0,
        /// Their standard deviation.
        stddev: f64 = 0.05,
    } {
        /// The seed; without it the object draws one when it is made.
        seed: i64,
    } [drawn: Drawn = Drawn::new()]
}

impl Initializer for RandomNormal {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        let spread = Spread::Normal { mean: self.mean, stddev: self.stddev };
        drawn(Self::NAME, self.drawn.or(self.seed), shape, dtype, spread)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// Normal numbers, those beyond two standard deviations drawn again.
    #[derive(Clone)]
    TruncatedNormal () {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation before numbers are refused.
        stddev: f64 = 0.05,
    } {
        /// The seed; without it the object draws one when it is made.
        seed: i64,
    } [drawn: Drawn = Drawn::new()]
}

impl Initializer for TruncatedNormal {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        let spread = Spread::Truncated { mean: self.mean, stddev: self.stddev };
        drawn(Self::NAME, self.drawn.or(self.seed), shape, dtype, spread)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// Numbers uniform in `[minval, maxval)`.
    #[derive(Clone)]
    RandomUniform () {
        /// The lower bound.
        minval: f64 = -0.05,
        /// The upper bound, which is not drawn.
        maxval: f64 = 0.05,
    } {
        /// The seed; without it the object draws one when it is made.
        seed: i64,
    } [drawn: Drawn = Drawn::new()]
}

impl Initializer for RandomUniform {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        let spread = Spread::Uniform { minval: self.minval, maxval: self.maxval };
        drawn(Self::NAME, self.drawn.or(self.seed), shape, dtype, spread)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn Initializer>] = classes! {
    RandomNormal ["random_normal", "normal"],
    TruncatedNormal ["truncated_normal"],
    RandomUniform ["random_uniform", "uniform"],
};
