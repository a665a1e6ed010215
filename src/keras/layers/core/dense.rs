//! Dense layers.

use super::super::support::{float_input, want_positive};
use crate::error::{Error, Result};
use crate::keras::activations::Activation;
use crate::keras::base::{Call, KernelAndBias, Layer, configured, layer};
use crate::ops::array::reshape;
use crate::ops::{linalg, math};
use crate::shape::Shape;
use crate::tensor::Tensor;

layer! {
    /// A densely connected layer (`keras.layers.Dense`): `activation(x kernel + bias)` over the last dimension.
    ///
    /// Input `(batch, .., features)`, output `(batch, .., units)`. Weights: `kernel` `(features, units)`, `bias` `(units,)`.
    ///
    /// ```
    /// use wgflow::{IntoTensor, keras::{Layer, layers::Dense}};
    /// let layer = Dense::new(2).kernel_initializer("ones").activation("relu").node();
    /// let y = layer.call(&[[1.0, 2.0], [-3.0, 1.0]].into_tensor(None)?, false)?;
    /// assert_eq!(y.to_vec::<f32>()?, [3.0, 3.0, 0.0, 0.0]);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    Dense(
        /// Size of the output.
        units: plain usize,
    ) {
        /// Applied to the result.
        activation: into Activation = "linear",
        /// Whether there is a bias.
        use_bias: plain bool = true,
    } weights fixed { quantization_config: null }
}

impl Layer for Dense {
    configured!(with | s | want_positive("Dense", "units", s.units));

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let Some((&features, lead)) = x.shape().split_last().filter(|(_, lead)| !lead.is_empty()) else {
            let received = format!("ndim={}, full shape {}", x.rank(), x.shape());
            return Err(Error::invalid("Dense", "inputs", "expected min_ndim=2", received));
        };
        let kernel = c.weight_with(self.kernel_spec("kernel", [features, self.units].into()))?;
        let x = float_input(x, c.compute_dtype())?;
        let rows = if x.rank() == 2 { x.clone() } else { reshape(&x, [lead.iter().product(), features])? };
        let mut y = linalg::matmul(rows, &kernel)?;
        if x.rank() != 2 {
            let shape: Shape = lead.iter().copied().chain([self.units]).collect();
            y = reshape(y, shape)?;
        }
        if self.use_bias {
            let bias = c.weight_with(self.bias_spec("bias", [self.units].into()))?;
            y = math::add(y, bias)?;
        }
        self.activation.call(&y)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
