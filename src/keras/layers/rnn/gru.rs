//! Gated recurrent units.

use super::super::support::want_positive;
use super::declare::recurrent;
use super::gates::{gates, projected};
use crate::error::Result;
use crate::keras::activations::Activation;
use crate::keras::base::{Call, Layer, RnnCell, configured};
use crate::ops::{array, linalg, math};
use crate::shape::Shape;
use crate::tensor::Tensor;

recurrent! {
    gates 3, separate true;
    /// One step of gated recurrent units (`keras.layers.GRUCell`): input `(batch, features)` and state `(batch, units)` to output and next
    /// state.
    ///
    /// Weights: `kernel` `(features, 3 units)`, `recurrent_kernel` `(units, 3 units)`, `bias` `(2, 3 units)` for inputs and states, or, without
    /// `reset_after`, `(3 units,)`; gates in the order update, reset, candidate.
    GRUCell;
    /// Gated recurrent units over a sequence (`keras.layers.GRU`).
    ///
    /// Input `(batch, time, features)`, then, if the first state is not zeros, `(batch, units)`. Output `(batch, units)`, or `(batch, time, units)`
    /// with `return_sequences`; with `return_state`, the last state behind. Weights: those of [`GRUCell`].
    GRU;
    {
        /// Applied to the gates.
        recurrent_activation: into Activation = "sigmoid",
        /// Whether the reset gate acts on the product of state and recurrent kernel, rather than on the state.
        reset_after: plain bool = true,
    }
}

impl GRUCell {
    /// The biases of inputs and of states.
    fn biases(&self, c: &mut Call) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let n = self.units * Self::GATES;
        if !self.reset_after {
            return Ok((self.bias(c, [n], &self.bias_initializer)?, None));
        }
        let Some(both) = self.bias(c, [2, n], &self.bias_initializer)? else { return Ok((None, None)) };
        let both = array::unstack(both, 0)?;
        Ok((both.first().cloned(), both.get(1).cloned()))
    }

    /// The candidate's part of the states.
    fn candidate(&self, c: &mut Call, h: &Tensor, mask: Option<&Tensor>, reset: &Tensor) -> Result<Tensor> {
        let kernel = self.recurrent_kernel(c)?;
        let own = array::slice(kernel, [0, 2 * self.units as i64], [-1, -1])?;
        let h = mask.map_or(Ok(h.clone()), |m| math::multiply(h, m))?;
        linalg::matmul(math::multiply(reset, h)?, own)
    }
}

impl Layer for GRUCell {
    configured!(with | s | want_positive("GRUCell", "units", s.units));

    fn build(&self, c: &mut Call, inputs: &[Shape]) -> Result<()> {
        let features = inputs.first().and_then(|s| s.last()).copied().unwrap_or(0);
        self.kernel(c, features)?;
        self.recurrent_kernel(c)?;
        self.biases(c).map(|_| ())
    }

    fn cell(&self) -> Option<&dyn RnnCell> {
        Some(self)
    }
}

impl RnnCell for GRUCell {
    fn state_size(&self) -> Vec<Shape> {
        vec![[self.units].into()]
    }

    fn constants(&self, c: &mut Call, input: &Shape) -> Result<Vec<Tensor>> {
        self.dropouts().draw(c, input, self.units)
    }

    fn project(&self, c: &mut Call, inputs: &Tensor, constants: &[Tensor]) -> Result<Tensor> {
        let (kernel, (bias, _)) = (self.kernel(c, inputs.dim(-1)?)?, self.biases(c)?);
        projected(inputs, self.dropouts().of_inputs(c, constants), &kernel, bias.as_ref())
    }

    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        constants: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let (h, dropouts) = (&states[0], self.dropouts());
        let masks = dropouts.of_states(c, constants);
        let x = array::split(x, Self::GATES, 1)?;
        let kernel = self.recurrent_kernel(c)?;
        let mut inner = if self.reset_after {
            gates(h, masks, &kernel, Self::GATES)?
        } else {
            let outer = array::slice(kernel, [0, 0], [-1, 2 * self.units as i64])?;
            gates(h, masks.get(..2).unwrap_or(masks), &outer, 2)?
        };
        if let (true, (_, Some(bias))) = (self.reset_after, self.biases(c)?) {
            let biases = array::split(bias, Self::GATES, 0)?;
            inner = inner.iter().zip(&biases).map(|(g, b)| math::add(g, b)).collect::<Result<_>>()?;
        }
        let gate = |k: usize| self.recurrent_activation.call(&math::add(&x[k], &inner[k])?);
        let (update, reset) = (gate(0)?, gate(1)?);
        let recurrent = if self.reset_after {
            math::multiply(&reset, &inner[2])?
        } else {
            self.candidate(c, h, masks.last(), &reset)?
        };
        let candidate = self.activation.call(&math::add(&x[2], recurrent)?)?;
        let kept = math::multiply(&update, h)?;
        let next = math::add(kept, math::multiply(math::subtract(1.0, &update)?, candidate)?)?;
        Ok((next.clone(), vec![next]))
    }
}
