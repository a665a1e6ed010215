//! Plain recurrent layers.

use super::declare::recurrent;
use super::gates::gates;
use crate::error::Result;
use crate::keras::base::{Call, KernelAndBias};
use crate::ops::math;
use crate::tensor::Tensor;

recurrent! {
    gates 1, states 1, separate false;
    /// One step of a plain recurrent layer (`keras.layers.SimpleRNNCell`): `activation(x kernel + h recurrent_kernel + bias)` is output and
    /// next state.
    ///
    /// Weights: `kernel` `(features, units)`, `recurrent_kernel` `(units, units)`, `bias` `(units,)`.
    SimpleRNNCell;
    /// A recurrent layer whose output is its state (`keras.layers.SimpleRNN`).
    ///
    /// Input `(batch, time, features)`, then, if the first state is not zeros, `(batch, units)`. Output `(batch, units)`, or `(batch, time, units)`
    /// with `return_sequences`; with `return_state`, the last state behind. Weights: those of [`SimpleRNNCell`].
    SimpleRNN;
    {}
}

impl SimpleRNNCell {
    fn biases(&self, c: &mut Call) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let bias = self.use_bias.then(|| c.weight_with(self.bias_spec("bias", [self.units].into())));
        Ok((bias.transpose()?, None))
    }

    /// The next states, the first of which is the output.
    fn at(&self, c: &mut Call, x: &Tensor, states: &[Tensor], masks: &[Tensor]) -> Result<[Tensor; 1]> {
        let kernel = self.recurrent_kernel(c)?;
        let inner = gates(&states[0], masks, &kernel, Self::GATES)?;
        Ok([self.activation.call(&math::add(x, &inner[0])?)?])
    }
}
