//! Cells: what a recurrent layer does at one time step.

use super::call::Call;
use super::layer::Layer;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What a recurrent layer does at one time step, for [`RNN`](crate::keras::layers::RNN) layers: a [`Layer`] says by
/// [`Layer::cell`] that it is one.
///
/// ```
/// use wgflow::keras::{Call, Layer, RnnCell, layers::RNN};
/// use wgflow::ops::{linalg, math};
/// use wgflow::{IntoTensor, Result, Shape, Tensor};
///
/// #[derive(Debug)]
/// struct Minimal { units: usize }
///
/// impl Layer for Minimal {
///     fn cell(&self) -> Option<&dyn RnnCell> {
///         Some(self)
///     }
/// }
///
/// impl RnnCell for Minimal {
///     fn state_size(&self, _: &Shape) -> Vec<Shape> {
///         vec![[self.units].into()]
///     }
///     fn step(&self, c: &mut Call, x: &Tensor, states: &[Tensor], _: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
///         let kernel = c.weight("kernel", [x.dim(-1)?, self.units], "ones")?;
///         let y = math::add(linalg::matmul(x, &kernel)?, &states[0])?;
///         Ok((y.clone(), vec![y]))
///     }
/// }
///
/// let layer = RNN::new(Minimal { units: 1 }).node();
/// let y = layer.call(&[[[1.0], [2.0], [4.0]]].into_tensor(None)?, false)?;
/// assert_eq!(y.to_vec::<f32>()?, [7.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait RnnCell: Layer {
    /// Shapes of the states of one sample; `input` is the shape of a step's input, `(batch, ..)`.
    fn state_size(&self, input: &Shape) -> Vec<Shape>;

    /// Shape of the output of one sample; by default that of the first state.
    fn output_size(&self, input: &Shape) -> Shape {
        self.state_size(input).into_iter().next().unwrap_or_default()
    }

    /// The states before the first step, each `(batch, ..)`; by default zeros.
    ///
    /// # Errors
    /// `Internal` only.
    fn get_initial_state(&self, input: &Shape, dtype: DType) -> Result<Vec<Tensor>> {
        let zeros = |size: Shape| array::zeros(batch_of(input, &size), dtype);
        self.state_size(input).into_iter().map(zeros).collect()
    }

    /// Tensors that are the same at all steps of a call, such as masks of dropout; `input` is the shape of a step's input, `(batch, ..)`.
    ///
    /// # Errors
    /// Whatever the cell refuses.
    fn constants(&self, c: &mut Call, input: &Shape) -> Result<Vec<Tensor>> {
        let _ = (c, input);
        Ok(vec![])
    }

    /// What of the inputs of all steps, `(time, batch, ..)`, can be computed before the first: [`RnnCell::step`] gets its slices. By default
    /// the inputs as they are.
    ///
    /// # Errors
    /// Whatever the cell refuses.
    fn project(&self, c: &mut Call, inputs: &Tensor, constants: &[Tensor]) -> Result<Tensor> {
        let _ = (c, constants);
        Ok(inputs.clone())
    }

    /// One step: from the projected input and the states to the output and the next states. It may be called once for all steps of a call:
    /// what it does must not depend on anything but its arguments and the weights.
    ///
    /// # Errors
    /// Whatever the cell refuses.
    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        constants: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)>;
}

/// `size` for each sample of an input.
pub(crate) fn batch_of(input: &Shape, size: &Shape) -> Shape {
    input.first().into_iter().chain(size.iter()).copied().collect()
}

/// A call of a cell as a layer: input and states to output and next states.
pub(super) fn call_once(cell: &dyn RnnCell, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
    let Some((x, states)) = xs.split_first().filter(|(x, s)| s.len() == cell.state_size(x.shape()).len())
    else {
        let wanted = "the input and the cell's states";
        return Err(Error::invalid(cell.class_name(), "inputs", wanted, format_args!("{} inputs", xs.len())));
    };
    let constants = cell.constants(c, x.shape())?;
    let projected = cell.project(c, &array::expand_dims(x, 0)?, &constants)?;
    let (y, next) = cell.step(c, &array::squeeze(projected, 0)?, states, &constants)?;
    Ok(std::iter::once(y).chain(next).collect())
}
