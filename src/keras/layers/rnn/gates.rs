//! What cells have in common: projections of inputs, gates of states, masks of dropout.

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::activations::Activation;
use crate::keras::base::{Call, InitializerArg};
use crate::keras::initializers::{Initializer, Ones};
use crate::ops::{array, linalg, math, nn};
use crate::shape::Shape;
use crate::tensor::{Tensor, init_scope};

/// Dropout of a cell: the same masks at all steps.
#[derive(Debug)]
pub(crate) struct Dropouts {
    /// Which part of the inputs.
    pub(crate) inputs: f64,
    /// Which part of the states.
    pub(crate) states: f64,
    pub(crate) seed: Option<i64>,
    /// Number of masks of each: one for all gates, or one for each.
    pub(crate) masks: usize,
}

fn drops(c: &Call, rate: f64) -> bool {
    c.training() && rate > 0.0 && rate < 1.0
}

impl Dropouts {
    /// The masks of a call for inputs and states of these shapes: those of inputs, then those of states.
    pub(super) fn draw(&self, c: &mut Call, input: &Shape, state: &Shape) -> Result<Vec<Tensor>> {
        let mut all = vec![];
        for (rate, shape) in [(self.inputs, input), (self.states, state)] {
            for _ in 0..if drops(c, rate) { self.masks } else { 0 } {
                let ones = array::ones(shape, c.compute_dtype())?;
                all.push(nn::stateless_dropout(ones, rate, c.seed(self.seed)?, None)?);
            }
        }
        Ok(all)
    }

    /// What of the masks is for inputs.
    pub(super) fn of_inputs<'a>(&self, c: &Call, masks: &'a [Tensor]) -> &'a [Tensor] {
        if drops(c, self.inputs) { &masks[..self.masks.min(masks.len())] } else { &[] }
    }

    /// What of the masks is for states.
    pub(super) fn of_states<'a>(&self, c: &Call, masks: &'a [Tensor]) -> &'a [Tensor] {
        &masks[self.of_inputs(c, masks).len()..]
    }
}

/// The next states of long short-term memory, output and carry, from what goes into the gates: input, forget, candidate, output.
pub(super) fn remembered(
    x: &[Tensor],
    carry: &Tensor,
    gate: &Activation,
    activation: &Activation,
) -> Result<[Tensor; 2]> {
    let kept = math::multiply(gate.call(&x[1])?, carry)?;
    let candidate = activation.call(&x[2])?;
    let carry = math::add(kept, math::multiply(gate.call(&x[0])?, candidate)?)?;
    let h = math::multiply(gate.call(&x[3])?, activation.call(&carry)?)?;
    Ok([h, carry])
}

/// A first bias of 1 for the forget gate, and as configured for the others.
#[derive(Debug)]
pub(super) struct UnitForgetBias {
    pub(super) units: usize,
    pub(super) others: InitializerArg,
}

impl Initializer for UnitForgetBias {
    fn call(&self, _: &Shape, dtype: DType) -> Result<Tensor> {
        let others = self.others.get()?;
        let parts = [
            others.call(&[self.units].into(), dtype)?,
            Ones::new().call(&[self.units].into(), dtype)?,
            others.call(&[2 * self.units].into(), dtype)?,
        ];
        init_scope(|| array::concat(&parts, 0))
    }
}

/// `inputs kernel + bias` of all steps at once: `(time, batch, features)` to `(time, batch, gates * units)`.
pub(super) fn projected(
    inputs: &Tensor,
    masks: &[Tensor],
    kernel: &Tensor,
    bias: Option<&Tensor>,
) -> Result<Tensor> {
    let (steps, batch, features) = (inputs.dim(0)?, inputs.dim(1)?, inputs.dim(2)?);
    let product = |x: &Tensor, kernel: &Tensor| -> Result<Tensor> {
        let rows = array::reshape(x, [steps * batch, features])?;
        let y = linalg::matmul(rows, kernel)?;
        array::reshape(y, [steps, batch, kernel.dim(1)?])
    };
    let y = match masks {
        [] => product(inputs, kernel)?,
        [mask] => product(&math::multiply(inputs, mask)?, kernel)?,
        all => {
            let kernels = array::split(kernel, all.len(), 1)?;
            let parts = all.iter().zip(&kernels).map(|(m, k)| product(&math::multiply(inputs, m)?, k));
            array::concat(&parts.collect::<Result<Vec<_>>>()?, -1)?
        }
    };
    bias.map_or(Ok(y.clone()), |b| math::add(&y, b))
}

/// `state kernel`, one part a gate, each with its own mask where there are several.
pub(super) fn gates(state: &Tensor, masks: &[Tensor], kernel: &Tensor, count: usize) -> Result<Vec<Tensor>> {
    match masks {
        [] => array::split(linalg::matmul(state, kernel)?, count, 1),
        [mask] => array::split(linalg::matmul(math::multiply(state, mask)?, kernel)?, count, 1),
        all => {
            let kernels = array::split(kernel, count, 1)?;
            all.iter().zip(&kernels).map(|(m, k)| linalg::matmul(math::multiply(state, m)?, k)).collect()
        }
    }
}
