//! Gated recurrent units.

use super::declare::recurrent;
use super::gates::gates;
use crate::error::Result;
use crate::keras::activations::Activation;
use crate::keras::base::{Call, KernelAndBias};
use crate::ops::{array, linalg, math};
use crate::tensor::Tensor;

recurrent! {
    gates 3, states 1, separate true;
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
        if !self.use_bias {
            return Ok((None, None));
        }
        let n = self.units * Self::GATES;
        if !self.reset_after {
            return Ok((Some(c.weight_with(self.bias_spec("bias", [n].into()))?), None));
        }
        let both = array::unstack(c.weight_with(self.bias_spec("bias", [2, n].into()))?, 0)?;
        Ok((both.first().cloned(), both.get(1).cloned()))
    }

    /// The candidate's part of the states.
    fn candidate(&self, c: &mut Call, h: &Tensor, mask: Option<&Tensor>, reset: &Tensor) -> Result<Tensor> {
        let kernel = self.recurrent_kernel(c)?;
        let own = array::slice(kernel, [0, 2 * self.units as i64], [-1, -1])?;
        let h = mask.map_or(Ok(h.clone()), |m| math::multiply(h, m))?;
        linalg::matmul(math::multiply(reset, h)?, own)
    }

    /// The next states, the first of which is the output.
    fn at(&self, c: &mut Call, x: &Tensor, states: &[Tensor], masks: &[Tensor]) -> Result<[Tensor; 1]> {
        let h = &states[0];
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
        Ok([math::add(kept, math::multiply(math::subtract(1.0, &update)?, candidate)?)?])
    }
}
