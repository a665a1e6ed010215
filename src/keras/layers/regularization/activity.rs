//! Penalties on what passes through.

use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::math;
use crate::tensor::Tensor;

layer! {
    /// Gives its input back and adds a penalty on it to the loss, divided by the size of the batch
    /// (`keras.layers.ActivityRegularization`).
    ActivityRegularization() {
        /// Factor of the sum of absolute values.
        l1: plain f64 = 0.0,
        /// Factor of the sum of squares.
        l2: plain f64 = 0.0,
    }
}

impl Layer for ActivityRegularization {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let l1 = math::multiply(math::reduce_sum(math::abs(x)?, None, false)?, self.l1)?;
        let l2 = math::multiply(math::reduce_sum(math::square(x)?, None, false)?, self.l2)?;
        let n = x.shape().first().copied().unwrap_or(1).max(1);
        c.add_loss(math::divide(math::add(l1, l2)?, n as f64)?)?;
        Ok(x.clone())
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
