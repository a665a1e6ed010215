//! The layer that does nothing.

use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::tensor::Tensor;

layer! {
    /// Gives its inputs back (`keras.layers.Identity`).
    Identity() {}
}

impl Layer for Identity {
    configured!();

    fn call_many(&self, _: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(xs.to_vec())
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
