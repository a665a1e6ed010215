//! Rectifiers that learn their slope.

use crate::error::{Error, Result};
use crate::keras::activations::relu;
use crate::keras::base::{
    Call, ConstraintArg, InitializerArg, Layer, RegularizerArg, WeightSpec, configured, layer,
};
use crate::ops::math;
use crate::shape::Shape;
use crate::tensor::Tensor;

layer! {
    /// `x` where it is positive, else `alpha * x` with an `alpha` that is learnt (`keras.layers.PReLU`).
    ///
    /// Weight: `alpha`, of the shape of the input without the batch, with 1 for shared axes.
    PReLU() {
        /// First value of alpha.
        alpha_initializer: into InitializerArg = "zeros",
        /// Penalty on alpha.
        alpha_regularizer: maybe RegularizerArg,
        /// What alpha must satisfy.
        alpha_constraint: maybe ConstraintArg,
        /// Axes along which alpha is the same, such as `[1, 2]` for one value a channel of images.
        shared_axes: maybe Vec<i64>,
    }
}

impl Layer for PReLU {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let mut shape: Shape = x.shape().iter().skip(1).copied().collect();
        for &axis in self.shared_axes.iter().flatten() {
            match usize::try_from(axis - 1).ok().and_then(|a| shape.0.get_mut(a)) {
                Some(size) => *size = 1,
                None => {
                    let wanted = format!("axes in [1, {})", x.rank());
                    return Err(Error::invalid("PReLU", "shared_axes", wanted, axis));
                }
            }
        }
        let alpha = c.weight_with(WeightSpec::of(
            "alpha",
            shape,
            &self.alpha_initializer,
            &self.alpha_regularizer,
            &self.alpha_constraint,
        ))?;
        let above = relu(x, 0.0, None, 0.0)?;
        let below = relu(math::negative(x)?, 0.0, None, 0.0)?;
        math::subtract(above, math::multiply(alpha, below)?)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
