//! What a layer is.

use super::args::CallArgs;
use super::call::Call;
use super::cell::{RnnCell, call_once};
use super::node::{AnyLayer, Node};
use super::symbolic::{KerasInputs, KerasTensor};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use serde_json::{Map, Value};
use std::any::Any;
use std::fmt;

/// A layer (`keras.layers.Layer`): its configuration and what it computes.
///
/// A layer holds no weights. It asks the [`Call`] for them by name, and what it asks for is made at the first call and kept by the
/// [`Node`] that gives the layer its identity; so no weight and no sublayer can be forgotten.
///
/// ```
/// use wgflow::keras::{Call, Layer, Node};
/// use wgflow::ops::{linalg, math, nn};
/// use wgflow::{Result, Tensor, IntoTensor};
///
/// #[derive(Debug)]
/// struct Gated { units: usize }
///
/// impl Layer for Gated {
///     fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
///         let kernel = c.weight("kernel", [x.dim(-1)?, self.units], "glorot_uniform")?;
///         let gate = c.weight("gate", [self.units], "zeros")?;
///         math::multiply(linalg::matmul(x, &kernel)?, nn::sigmoid(&gate)?)
///     }
/// }
///
/// let layer: Node<Gated> = Gated { units: 3 }.into();
/// let y = layer.call(&[[1.0, 2.0]].into_tensor(None)?, false)?;
/// assert_eq!(y.shape().to_string(), "(1, 3)");
/// let names: Vec<String> = layer.weights().iter().map(|w| w.name().to_string()).collect();
/// assert_eq!(names, ["gated/kernel", "gated/gate"]);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait Layer: fmt::Debug + Any {
    /// What it computes of one input.
    ///
    /// # Errors
    /// Whatever the layer refuses; the framework adds the layer's name.
    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let _ = (c, x);
        Err(Error::unimplemented(self.class_name(), "neither `call` nor `call_many` is implemented"))
    }

    /// What it computes of any number of inputs; by default [`Layer::call`] of one, and of a cell one step: input and states to output and
    /// next states.
    ///
    /// # Errors
    /// As [`Layer::call`].
    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        if let Some(cell) = self.cell() {
            return call_once(cell, c, xs);
        }
        match xs {
            [x] => Ok(vec![self.call(c, x)?]),
            _ => Err(Error::invalid(
                self.class_name(),
                "inputs",
                "one input",
                format_args!("{} inputs", xs.len()),
            )),
        }
    }

    /// What it computes of its inputs and of arguments by name; by default [`Layer::call_many`], and no such argument is known.
    ///
    /// # Errors
    /// As [`Layer::call`]; `InvalidArgument` for arguments that it does not know.
    fn call_with(&self, c: &mut Call, xs: &[Tensor], args: &CallArgs) -> Result<Vec<Tensor>> {
        args.check(self.class_name(), &[], &[])?;
        self.call_many(c, xs)
    }

    /// Whether several inputs are arguments of their own, as Keras writes them, rather than one list.
    fn separate_inputs(&self) -> bool {
        false
    }

    /// Called once, before the first call, with the shapes of the inputs: the place to ask for weights in an order of one's own. Weights
    /// may as well be asked for in [`Layer::call`] alone.
    ///
    /// # Errors
    /// As [`Layer::call`].
    fn build(&self, c: &mut Call, input_shapes: &[Shape]) -> Result<()> {
        let _ = (c, input_shapes);
        Ok(())
    }

    /// Keras' name of the class, of which names of layers are made; by default that of the Rust type.
    fn class_name(&self) -> &'static str {
        let full = std::any::type_name::<Self>();
        let bare = full.split('<').next().unwrap_or(full);
        bare.rsplit("::").next().unwrap_or(bare)
    }

    /// The class as summaries name it.
    fn summary_name(&self) -> &'static str {
        self.class_name()
    }

    /// Checks what the layer was configured with. The framework calls it before the layer's first use.
    ///
    /// # Errors
    /// `InvalidArgument` for an argument that cannot be right.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// What makes such a layer again (`get_config`), without what every layer has (name, dtype, trainable).
    ///
    /// # Errors
    /// `Unimplemented` for layers that do not say.
    fn config(&self) -> Result<Map<String, Value>> {
        Err(Error::unimplemented(
            self.class_name(),
            "the layer cannot be saved with its configuration: implement `config`, and register the class with `register_layer`",
        ))
    }

    /// Layers that it holds, where they shall be known before the first call and in this order.
    fn sublayers(&self) -> Vec<AnyLayer> {
        vec![]
    }

    /// The layer as a cell of recurrent layers, where it is one.
    fn cell(&self) -> Option<&dyn RnnCell> {
        None
    }

    /// Whether inputs behind the first are first states (Keras' argument `initial_state`).
    fn takes_states(&self) -> bool {
        false
    }

    /// Whether a mask of the input means something for the output.
    fn supports_masking(&self) -> bool {
        false
    }

    /// The mask of the output, where masking is supported: by default that of the first input.
    ///
    /// # Errors
    /// As [`Layer::call`].
    fn compute_mask(&self, c: &mut Call, xs: &[Tensor], mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        let _ = (c, xs);
        Ok(mask.cloned())
    }

    /// The layer under a name of its own.
    fn named(self, name: impl Into<String>) -> Node<Self>
    where
        Self: Sized,
    {
        Node::with_name(self, Some(name.into()))
    }

    /// Calls the layer on symbols, for one output (the functional API); see [`AnyLayer::apply`].
    ///
    /// # Errors
    /// As there.
    fn apply(self, inputs: impl KerasInputs) -> Result<KerasTensor>
    where
        Self: Sized,
    {
        self.node().apply(inputs)
    }

    /// The layer with an identity: an automatic name, weights, a state of being trainable.
    fn node(self) -> Node<Self>
    where
        Self: Sized,
    {
        Node::with_name(self, None)
    }
}
