//! Models.

use super::functional::Functional;
use super::sequential::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::keras::base::{AnyLayer, Call, KerasInputs, KerasSpec, KerasTensor, Named};
use crate::keras::training::Training;
use crate::shape::PartialShape;
use crate::tensor::Tensor;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// A layer that is trained, evaluated and saved as a whole (`keras.Model`). Clones are the same model.
///
/// Made of a layer of one's own ([`Model::new`]), of a graph between symbols ([`Model::functional`]), or of a list of layers
/// ([`Sequential`](crate::keras::Sequential)).
///
/// ```
/// use wgflow::keras::{Call, Layer, Model, Node, layers::Dense};
/// use wgflow::{Result, Tensor, ops::nn};
///
/// #[derive(Debug)]
/// struct Net { hidden: Node<Dense>, out: Node<Dense> }
///
/// impl Layer for Net {
///     fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
///         let h = c.run(&self.hidden, x)?;
///         c.run(&self.out, &nn::relu(&h)?)
///     }
/// }
///
/// let model = Model::new(Net { hidden: Dense::new(8).into(), out: Dense::new(2).into() });
/// model.build([None, Some(4)])?;
/// assert_eq!(model.count_params()?, 4 * 8 + 8 + 8 * 2 + 2);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Model(Rc<Inner>);

struct Inner {
    layer: AnyLayer,
    training: Training,
}

impl Model {
    /// A model of a layer: usually one of one's own with layers in it.
    pub fn new(layer: impl Into<AnyLayer>) -> Self {
        Model(Rc::new(Inner { layer: layer.into(), training: Training::default() }))
    }

    /// A model of the layers between symbols (`keras.Model(inputs, outputs)`).
    ///
    /// ```
    /// use wgflow::keras::{self, Layer, Model, layers::{Concatenate, Dense}};
    /// let (a, b) = (keras::input([4]), keras::input([2]));
    /// let both = Concatenate::new().apply([&a, &b])?;
    /// let (y, z) = (Dense::new(1).apply(&both)?, Dense::new(3).apply(&both)?);
    /// let model = Model::functional([&a, &b], [&y, &z])?;
    /// assert_eq!(model.layers().len(), 5);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for outputs that cannot be computed from the inputs, and for layers of the same name.
    pub fn functional(inputs: impl KerasInputs, outputs: impl KerasInputs) -> Result<Self> {
        Ok(Model::new(Functional::new(inputs.symbols(), outputs.symbols())?.into_layer(None)))
    }

    /// As [`Model::functional`], under a name.
    ///
    /// # Errors
    /// As there.
    pub fn functional_named(
        name: impl Into<String>,
        inputs: impl KerasInputs,
        outputs: impl KerasInputs,
    ) -> Result<Self> {
        Ok(Model::new(Functional::new(inputs.symbols(), outputs.symbols())?.into_layer(Some(name.into()))))
    }

    /// The model as a layer, for use in other models.
    pub fn as_layer(&self) -> &AnyLayer {
        &self.0.layer
    }

    /// Runs the model on one input.
    ///
    /// # Errors
    /// What a layer refuses; `InvalidArgument` where the model has several outputs.
    pub fn call(&self, x: &Tensor, training: bool) -> Result<Tensor> {
        let mut all = self.call_many(std::slice::from_ref(x), training)?;
        let n = all.len();
        all.pop().filter(|_| n == 1).ok_or_else(|| {
            Error::invalid(self.class_name(), "outputs", "one output; use `call_many` for more", n)
        })
    }

    /// Runs the model on any number of inputs.
    ///
    /// # Errors
    /// What a layer refuses.
    pub fn call_many(&self, xs: &[Tensor], training: bool) -> Result<Vec<Tensor>> {
        run_model(self, &mut Call::new(training), xs)
    }

    /// What it keeps for training.
    pub(crate) fn training(&self) -> &Training {
        &self.0.training
    }

    /// Makes the weights for inputs of a shape, with the batch, of which sizes may be unknown: `model.build([None, Some(784)])`.
    ///
    /// # Errors
    /// What a layer refuses; `InvalidArgument` for weights whose shape depends on an unknown size.
    pub fn build(&self, input_shape: impl Into<PartialShape>) -> Result<()> {
        self.build_many(&[input_shape.into()])
    }

    /// As [`Model::build`], for several inputs.
    ///
    /// # Errors
    /// As there.
    pub fn build_many(&self, input_shapes: &[PartialShape]) -> Result<()> {
        let dtype = self.dtype_policy().compute_dtype();
        let specs: Vec<KerasSpec> =
            input_shapes.iter().map(|s| KerasSpec { shape: s.clone(), dtype }).collect();
        self.build_for(&specs)
    }

    pub(crate) fn build_for(&self, specs: &[KerasSpec]) -> Result<()> {
        if self.built() && Functional::of(self).is_some() {
            return Ok(());
        }
        match (Chain::of(self), specs) {
            (Some(chain), [one]) => chain.build(self, &one.shape),
            _ => self.as_layer().infer(&[], specs, &Named::default()).map(|_| ()),
        }
    }

    /// The layers of the model, without those in them. In a sequential model the input layer is not listed, as in Keras. Those of a
    /// layer of one's own are known after it was called or built.
    pub fn layers(&self) -> Vec<AnyLayer> {
        Chain::of(self).map_or_else(|| self.sublayers(), Chain::visible)
    }

    /// The layer of a name.
    ///
    /// # Errors
    /// `NotFound`, naming those that there are.
    pub fn get_layer(&self, name: &str) -> Result<AnyLayer> {
        let layers = self.layers();
        let found = layers.iter().find(|l| l.name() == name).cloned();
        found.ok_or_else(|| {
            let names: Vec<String> = layers.iter().map(AnyLayer::name).collect();
            let text = format!("no such layer: {name:?}. Existing layers are: {}", names.join(", "));
            Error::new(ErrorKind::NotFound, "Model.get_layer", text)
        })
    }

    /// The layer at a position in [`Model::layers`].
    ///
    /// # Errors
    /// `OutOfRange` past the end.
    pub fn get_layer_at(&self, index: usize) -> Result<AnyLayer> {
        let layers = self.layers();
        layers.get(index).cloned().ok_or_else(|| {
            let text = format!("wanted the layer at index {index}, the model has {} layers", layers.len());
            Error::new(ErrorKind::OutOfRange, "Model.get_layer", text)
        })
    }

    /// The symbols that go in, of a functional model or a sequential one that is built for an input shape.
    ///
    /// # Errors
    /// `FailedPrecondition` for other models.
    pub fn inputs(&self) -> Result<Vec<KerasTensor>> {
        self.symbols("inputs").map(|(i, _)| i)
    }

    /// The symbols that come out; see [`Model::inputs`].
    ///
    /// # Errors
    /// As there.
    pub fn outputs(&self) -> Result<Vec<KerasTensor>> {
        self.symbols("outputs").map(|(_, o)| o)
    }

    fn symbols(&self, what: &str) -> Result<(Vec<KerasTensor>, Vec<KerasTensor>)> {
        if let Some(f) = Functional::of(self) {
            return Ok((f.graph.inputs.clone(), f.graph.outputs.clone()));
        }
        let known = Chain::of(self).and_then(Chain::symbols);
        known.map(|(i, o)| (vec![i], vec![o])).ok_or_else(|| {
            let text = format!(
                "model {} has no symbols: wanted a functional model, or a sequential one with an input shape",
                self.name()
            );
            Error::new(ErrorKind::FailedPrecondition, format!("Model.{what}"), text)
        })
    }

    /// Names of the inputs, where they have any.
    pub(crate) fn input_names(&self) -> Option<Vec<String>> {
        let f = Functional::of(self)?;
        Some(f.graph.input_layers.iter().map(AnyLayer::name).collect())
    }

    /// Names of the outputs, where they have any.
    pub(crate) fn output_names(&self) -> Option<Vec<String>> {
        output_names(self)
    }

    /// The shapes of the outputs at the first call.
    pub fn output_shapes(&self) -> Option<Vec<PartialShape>> {
        self.shapes().map(|s| s.outputs)
    }
}

/// Runs the layer of a model, which is built first if it is not.
pub(crate) fn run_model(layer: &AnyLayer, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
    if !layer.built()
        && let Some(chain) = Chain::of(layer)
        && let [x] = xs
    {
        chain.build(layer, &x.shape().into())?;
    }
    c.run_many(layer, xs)
}

/// Names of the outputs of a model's layer, where they have any: those of the layers that make them.
pub(crate) fn output_names(layer: &AnyLayer) -> Option<Vec<String>> {
    if let Some(f) = Functional::of(layer) {
        return Some(f.graph.output_names());
    }
    Chain::of(layer).and_then(Chain::symbols).map(|(_, o)| vec![o.layer().name()])
}

impl Deref for Model {
    type Target = AnyLayer;
    fn deref(&self) -> &AnyLayer {
        &self.0.layer
    }
}

impl From<&Model> for AnyLayer {
    fn from(model: &Model) -> Self {
        model.0.layer.clone()
    }
}

impl From<Model> for AnyLayer {
    fn from(model: Model) -> Self {
        model.0.layer.clone()
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.layer.fmt(f)
    }
}
