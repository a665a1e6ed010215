//! Masks from a value that stands for nothing.

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::math;
use crate::tensor::Tensor;

layer! {
    /// Masks time steps in which all features have one value (`keras.layers.Masking`), and sets them to 0.
    ///
    /// Input `(batch, time, features)`, output the same; mask `(batch, time)`.
    Masking() {
        /// The value that stands for nothing.
        mask_value: plain f64 = 0.0,
    }
}

impl Layer for Masking {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        let some = math::reduce_any(math::not_equal(x, self.mask_value)?, -1, true)?;
        math::multiply(x, some.cast(x.dtype())?)
    }

    fn supports_masking(&self) -> bool {
        true
    }

    fn compute_mask(&self, _: &mut Call, xs: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        let Some(x) = xs.first() else { return Ok(None) };
        let mask = math::reduce_any(math::not_equal(x, self.mask_value)?, -1, false)?;
        Ok(Some(mask.cast(DType::Bool)?))
    }
}
