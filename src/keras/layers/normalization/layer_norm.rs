//! Layer normalisation.

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::base::{
    Call, ConstraintArg, InitializerArg, Layer, RegularizerArg, WeightSpec, configured, layer,
};
use crate::ops::{Axes, nn};
use crate::shape::{Shape, resolve_axes};
use crate::tensor::Tensor;

layer! {
    /// Brings each sample to mean 0 and variance 1 over some axes, then scales and shifts it (`keras.layers.LayerNormalization`).
    ///
    /// Weights of the sizes of the axes: `gamma`, `beta`.
    LayerNormalization() {
        /// The axis or axes.
        axis: into Axes = -1,
        /// Added to variances, so that nothing is divided by 0.
        epsilon: plain f64 = 1e-3,
        /// Whether there is a `beta`.
        center: plain bool = true,
        /// Whether there is a `gamma`.
        scale: plain bool = true,
        /// First value of `beta`.
        beta_initializer: into InitializerArg = "zeros",
        /// First value of `gamma`.
        gamma_initializer: into InitializerArg = "ones",
        /// Penalty on `beta`.
        beta_regularizer: maybe RegularizerArg,
        /// Penalty on `gamma`.
        gamma_regularizer: maybe RegularizerArg,
        /// What `beta` must satisfy.
        beta_constraint: maybe ConstraintArg,
        /// What `gamma` must satisfy.
        gamma_constraint: maybe ConstraintArg,
    } fixed { rms_scaling: false }
}

impl Layer for LayerNormalization {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let axes: Vec<i64> = self.axis.0.clone().unwrap_or_else(|| (1..x.rank() as i64).collect());
        let dims = resolve_axes("LayerNormalization", "axis", &axes, x.rank())?;
        let sizes: Shape = dims.iter().map(|&d| x.shape()[d]).collect();
        let dtype = if x.dtype() == DType::Float64 { DType::Float64 } else { DType::Float32 };
        let gamma = if self.scale {
            let w = WeightSpec::of(
                "gamma",
                &sizes,
                &self.gamma_initializer,
                &self.gamma_regularizer,
                &self.gamma_constraint,
            );
            Some(c.weight_with(w.autocast(false))?.cast(dtype)?)
        } else {
            None
        };
        let beta = if self.center {
            let w = WeightSpec::of(
                "beta",
                &sizes,
                &self.beta_initializer,
                &self.beta_regularizer,
                &self.beta_constraint,
            );
            Some(c.weight_with(w.autocast(false))?.cast(dtype)?)
        } else {
            None
        };
        let axes: Vec<usize> = dims.to_vec();
        let y = nn::layer_normalization(x.cast(dtype)?, gamma.as_ref(), beta.as_ref(), axes, self.epsilon)?;
        y.cast(c.compute_dtype())
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
