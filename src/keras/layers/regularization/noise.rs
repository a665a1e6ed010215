//! Normal noise.

use crate::error::{Error, Result};
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{math, random};
use crate::tensor::Tensor;

layer! {
    /// In training, adds normal noise of mean 0 (`keras.layers.GaussianNoise`).
    GaussianNoise(
        /// The noise's standard deviation.
        stddev: plain f64,
    ) {
        /// Starts the layer's stream of random numbers.
        seed: maybe i64,
    }
}

impl Layer for GaussianNoise {
    configured!(
        with | s
            | if s.stddev >= 0.0 {
                Ok(())
            } else {
                Err(Error::invalid("GaussianNoise", "stddev", "a number of at least 0", s.stddev))
            }
    );

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        if !c.training() || self.stddev == 0.0 {
            return Ok(x.clone());
        }
        let seed = c.seed(self.seed)?;
        math::add(x, random::stateless_normal(x.shape(), seed, 0.0, self.stddev, x.dtype())?)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

layer! {
    /// In training, multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`
    /// (`keras.layers.GaussianDropout`).
    GaussianDropout(
        /// As that of [`Dropout`](super::Dropout), in [0, 1).
        rate: plain f64,
    ) {
        /// Starts the layer's stream of random numbers.
        seed: maybe i64,
    }
}

impl Layer for GaussianDropout {
    configured!(
        with | s
            | if (0.0..1.0).contains(&s.rate) {
                Ok(())
            } else {
                Err(Error::invalid("GaussianDropout", "rate", "a number in [0, 1)", s.rate))
            }
    );

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        if !c.training() || self.rate == 0.0 {
            return Ok(x.clone());
        }
        let (seed, stddev) = (c.seed(self.seed)?, (self.rate / (1.0 - self.rate)).sqrt());
        math::multiply(x, random::stateless_normal(x.shape(), seed, 1.0, stddev, x.dtype())?)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
