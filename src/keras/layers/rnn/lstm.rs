//! Long short-term memory.

use super::declare::recurrent;
use super::gates::{UnitForgetBias, gates, remembered};
use crate::error::Result;
use crate::keras::activations::Activation;
use crate::keras::base::{Call, KernelAndBias};
use crate::ops::{array, linalg, math};
use crate::tensor::Tensor;

recurrent! {
    gates 4, states 2, separate true;
    /// One step of long short-term memory (`keras.layers.LSTMCell`): input `(batch, features)` and states `h`, `c`, each `(batch, units)`, to
    /// output and next states.
    ///
    /// Weights: `kernel` `(features, 4 units)`, `recurrent_kernel` `(units, 4 units)`, `bias` `(4 units,)`; gates in the order input, forget,
    /// candidate, output.
    LSTMCell;
    /// Long short-term memory over a sequence (`keras.layers.LSTM`).
    ///
    /// Input `(batch, time, features)`, then, if the first states are not zeros, `h` and `c`, each `(batch, units)`. Output `(batch, units)`, or
    /// `(batch, time, units)` with `return_sequences`; with `return_state`, the last states behind. Weights: those of [`LSTMCell`].
    ///
    /// ```
    /// use wgflow::{ones, DType, keras::{Layer, layers::LSTM}};
    /// let layer = LSTM::new(4).return_sequences(true).node();
    /// let y = layer.call(&ones([2, 5, 3], DType::Float32)?, false)?;
    /// assert_eq!(y.shape().to_string(), "(2, 5, 4)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    LSTM;
    {
        /// Applied to the gates.
        recurrent_activation: into Activation = "sigmoid",
        /// Whether the first bias of the forget gate is 1.
        unit_forget_bias: plain bool = true,
    }
}

impl LSTMCell {
    fn biases(&self, c: &mut Call) -> Result<(Option<Tensor>, Option<Tensor>)> {
        if !self.use_bias {
            return Ok((None, None));
        }
        let mut spec = self.bias_spec("bias", [self.units * Self::GATES].into());
        if self.unit_forget_bias {
            spec =
                spec.initializer(UnitForgetBias { units: self.units, others: self.bias_initializer.clone() });
        }
        Ok((Some(c.weight_with(spec)?), None))
    }

    /// The next states, the first of which is the output.
    fn at(&self, c: &mut Call, x: &Tensor, states: &[Tensor], masks: &[Tensor]) -> Result<[Tensor; 2]> {
        let kernel = self.recurrent_kernel(c)?;
        let x = match masks {
            [] => array::split(math::add(x, linalg::matmul(&states[0], kernel)?)?, Self::GATES, 1)?,
            each => {
                let (x, inner) =
                    (array::split(x, Self::GATES, 1)?, gates(&states[0], each, &kernel, Self::GATES)?);
                x.iter().zip(&inner).map(|(x, h)| math::add(x, h)).collect::<Result<_>>()?
            }
        };
        remembered(&x, &states[1], &self.recurrent_activation, &self.activation)
    }
}
