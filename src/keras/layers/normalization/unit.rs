//! Normalisation to a length.

use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{Axes, linalg, math};
use crate::shape::{Shape, resolve_axes};
use crate::tensor::Tensor;

layer! {
    /// Scales samples to Euclidean length 1 over some axes (`keras.layers.UnitNormalization`).
    UnitNormalization() {
        /// The axis or axes.
        axis: into Axes = -1,
    }
}

/// The least squared length that is divided by.
const EPSILON: f64 = 1e-12;

impl Layer for UnitNormalization {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        linalg::l2_normalize(x, self.axis.clone(), EPSILON)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

layer! {
    /// Scales samples to a root mean square of 1 over some axes, then by `scale` (`keras.layers.RMSNormalization`).
    ///
    /// Weight of the sizes of the axes: `scale`.
    RMSNormalization() {
        /// The axis or axes.
        axis: into Axes = -1,
        /// Added to the mean square, so that nothing is divided by 0.
        epsilon: plain f64 = 1e-6,
    }
}

impl Layer for RMSNormalization {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let axes: Vec<i64> = self.axis.0.clone().unwrap_or_else(|| (1..x.rank() as i64).collect());
        let dims = resolve_axes("RMSNormalization", "axis", &axes, x.rank())?;
        let sizes: Shape = dims.iter().map(|&d| x.shape()[d]).collect();
        let scale = c.weight("scale", sizes, "ones")?;
        let mean = math::reduce_mean(math::square(x)?, axes, true)?;
        let normal = math::multiply(x, math::rsqrt(math::add(mean, self.epsilon)?)?)?;
        math::multiply(normal, scale)
    }
}
