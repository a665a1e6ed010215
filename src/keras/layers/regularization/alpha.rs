//! Dropout that keeps mean and variance.

use super::super::support::want_rate;
use super::dropout::NoiseShape;
use crate::dtype::DType;
use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{array, math, random};
use crate::tensor::Tensor;

/// What selu tends to for small numbers: the product of its two constants, negative.
const SATURATED: f64 = -1.673_263_242_354_377_2 * 1.050_700_987_355_480_5;

layer! {
    /// In training, sets a part of its input to the value that selu tends to, and scales and shifts the result so that mean and variance
    /// of normalised inputs stay (`keras.layers.AlphaDropout`).
    AlphaDropout(
        /// Which part, in [0, 1].
        rate: plain f64,
    ) {
        /// Shape of the noise: along sizes of 1, elements are dropped together.
        noise_shape: maybe NoiseShape,
        /// Starts the layer's stream of random numbers.
        seed: maybe i64,
    }
}

impl Layer for AlphaDropout {
    configured!(with | s | want_rate("AlphaDropout", s.rate));

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        if !c.training() || self.rate == 0.0 {
            return Ok(x.clone());
        }
        let shape = match &self.noise_shape {
            Some(noise) => noise.of(x.shape()),
            None => x.shape().to_vec(),
        };
        let drawn = random::stateless_uniform(shape, c.seed(self.seed)?, 0.0, 1.0, DType::Float32)?;
        let kept = math::greater_equal(drawn, self.rate)?;
        let a = 1.0 / ((1.0 - self.rate) * (1.0 + self.rate * SATURATED * SATURATED)).sqrt();
        let b = -a * SATURATED * self.rate;
        let x = array::where_(kept, x, math::add(array::zeros_like(x)?, SATURATED)?)?;
        math::add(math::multiply(x, a)?, b)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
