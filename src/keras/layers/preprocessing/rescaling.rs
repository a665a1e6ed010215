//! Other ranges of numbers.

use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::math;
use crate::tensor::Tensor;

layer! {
    /// `x * scale + offset` (`keras.layers.Rescaling`), in the layer's dtype: pixels from 0 to 255 become numbers from 0 to 1 with a scale
    /// of `1.0 / 255.0`.
    Rescaling(
        /// What it multiplies by.
        scale: plain f64,
    ) {
        /// What it adds.
        offset: plain f64 = 0.0,
    }
}

impl Layer for Rescaling {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        math::add(math::multiply(x.cast(c.compute_dtype())?, self.scale)?, self.offset)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
