//! Batch normalisation.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::{
    Call, ConstraintArg, InitializerArg, Layer, RegularizerArg, WeightSpec, configured, layer,
};
use crate::ops::{array, math, nn};
use crate::shape::resolve_axis;
use crate::tensor::Tensor;

layer! {
    /// Brings each channel to mean 0 and variance 1, then scales and shifts it (`keras.layers.BatchNormalization`).
    ///
    /// In training by the statistics of the batch, which also move the moving ones: `moving * momentum + batch * (1 - momentum)`. Else, or
    /// when the layer is frozen, by the moving ones. Weights, each `(channels,)`: `gamma`, `beta`, and, not trained, `moving_mean` and
    /// `moving_variance`.
    BatchNormalization() {
        /// The axis of the channels.
        axis: plain i64 = -1,
        /// How much of the moving statistics stays at each step.
        momentum: plain f64 = 0.99,
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
        /// First value of `moving_mean`.
        moving_mean_initializer: into InitializerArg = "zeros",
        /// First value of `moving_variance`.
        moving_variance_initializer: into InitializerArg = "ones",
        /// Penalty on `beta`.
        beta_regularizer: maybe RegularizerArg,
        /// Penalty on `gamma`.
        gamma_regularizer: maybe RegularizerArg,
        /// What `beta` must satisfy.
        beta_constraint: maybe ConstraintArg,
        /// What `gamma` must satisfy.
        gamma_constraint: maybe ConstraintArg,
    } fixed { synchronized: false, renorm: false, renorm_clipping: null, renorm_momentum: 0.99 }
}

/// Added where the number of counted elements may be 0.
const COUNT_EPSILON: f64 = 1e-7;

impl Layer for BatchNormalization {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let dim = resolve_axis("BatchNormalization", "axis", self.axis, x.rank())?;
        let n = x.shape()[dim];
        let gamma = if self.scale {
            let w = WeightSpec::of(
                "gamma",
                [n],
                &self.gamma_initializer,
                &self.gamma_regularizer,
                &self.gamma_constraint,
            );
            Some(c.weight_with(w.autocast(false))?)
        } else {
            None
        };
        let beta = if self.center {
            let w = WeightSpec::of(
                "beta",
                [n],
                &self.beta_initializer,
                &self.beta_regularizer,
                &self.beta_constraint,
            );
            Some(c.weight_with(w.autocast(false))?)
        } else {
            None
        };
        let mut moving = |name: &str, initializer: &InitializerArg| {
            let w = WeightSpec::new(name, [n]).initializer(initializer.clone());
            c.weight_with(w.trainable(false).autocast(false))
        };
        let moving_mean = moving("moving_mean", &self.moving_mean_initializer)?;
        let moving_variance = moving("moving_variance", &self.moving_variance_initializer)?;
        // Half-width floats are too coarse for the sums.
        let dtype = if x.dtype() == DType::Float64 { DType::Float64 } else { DType::Float32 };
        let wide = x.cast(dtype)?;
        let (moving_mean, moving_variance) = (moving_mean.cast(dtype)?, moving_variance.cast(dtype)?);
        let (mean, variance) = if c.training() && c.trainable() {
            let axes: Vec<usize> = (0..x.rank()).filter(|d| *d != dim).collect();
            let (mean, variance) = match c.mask(x) {
                Some(mask) => masked_moments(&wide, &mask, &axes)?,
                None => nn::moments(&wide, axes, false)?,
            };
            for (name, old, new) in
                [("moving_mean", &moving_mean, &mean), ("moving_variance", &moving_variance, &variance)]
            {
                let kept = math::multiply(old, self.momentum)?;
                c.assign(name, math::add(kept, math::multiply(new, 1.0 - self.momentum)?)?)?;
            }
            (mean, variance)
        } else {
            (moving_mean, moving_variance)
        };
        // Along another axis than the last, statistics and weights get dimensions behind.
        let mut along = vec![1; x.rank() - dim];
        along[0] = n;
        let spread = |t: Tensor| -> Result<Tensor> {
            let t = t.cast(dtype)?;
            if dim + 1 == x.rank() { Ok(t) } else { array::reshape(t, &along) }
        };
        let (gamma, beta) = (gamma.map(spread).transpose()?, beta.map(spread).transpose()?);
        let y = nn::batch_normalization(
            wide,
            spread(mean)?,
            spread(variance)?,
            beta.as_ref(),
            gamma.as_ref(),
            self.epsilon,
        )?;
        y.cast(c.compute_dtype())
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

/// Mean and variance of what is not masked. The mask lacks the last dimension.
fn masked_moments(x: &Tensor, mask: &Tensor, axes: &[usize]) -> Result<(Tensor, Tensor)> {
    if mask.rank() + 1 != x.rank() {
        let received = format!("mask of shape {} for inputs of shape {}", mask.shape(), x.shape());
        return Err(Error::invalid(
            "BatchNormalization",
            "mask",
            "one dimension less than the inputs",
            received,
        ));
    }
    let counted = array::broadcast_to(array::expand_dims(mask, -1)?.cast(x.dtype())?, x.shape())?;
    let count = math::add(math::reduce_sum(&counted, axes, true)?, COUNT_EPSILON)?;
    let mean = math::divide(math::reduce_sum(math::multiply(x, &counted)?, axes, true)?, &count)?;
    let off = math::multiply(math::subtract(x, &mean)?, &counted)?;
    let variance = math::divide(math::reduce_sum(math::square(off)?, axes, true)?, &count)?;
    Ok((array::squeeze(mean, axes)?, array::squeeze(variance, axes)?))
}
