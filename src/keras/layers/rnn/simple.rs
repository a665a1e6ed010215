//! Plain recurrent layers.

use super::super::support::want_positive;
use super::declare::recurrent;
use super::gates::{gates, projected};
use crate::error::Result;
use crate::keras::base::{Call, Layer, RnnCell, configured};
use crate::ops::math;
use crate::shape::Shape;
use crate::tensor::Tensor;

recurrent! {
    gates 1, separate false;
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

impl Layer for SimpleRNNCell {
    configured!(with | s | want_positive("SimpleRNNCell", "units", s.units));

    fn build(&self, c: &mut Call, inputs: &[Shape]) -> Result<()> {
        let features = inputs.first().and_then(|s| s.last()).copied().unwrap_or(0);
        self.kernel(c, features)?;
        self.recurrent_kernel(c)?;
        self.bias(c, [self.units], &self.bias_initializer).map(|_| ())
    }

    fn cell(&self) -> Option<&dyn RnnCell> {
        Some(self)
    }
}

impl RnnCell for SimpleRNNCell {
    fn state_size(&self) -> Vec<Shape> {
        vec![[self.units].into()]
    }

    fn constants(&self, c: &mut Call, input: &Shape) -> Result<Vec<Tensor>> {
        self.dropouts().draw(c, input, self.units)
    }

    fn project(&self, c: &mut Call, inputs: &Tensor, constants: &[Tensor]) -> Result<Tensor> {
        let kernel = self.kernel(c, inputs.dim(-1)?)?;
        let bias = self.bias(c, [self.units], &self.bias_initializer)?;
        projected(inputs, self.dropouts().of_inputs(c, constants), &kernel, bias.as_ref())
    }

    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        constants: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let kernel = self.recurrent_kernel(c)?;
        let inner = gates(&states[0], self.dropouts().of_states(c, constants), &kernel, Self::GATES)?;
        let y = self.activation.call(&math::add(x, &inner[0])?)?;
        Ok((y.clone(), vec![y]))
    }
}
