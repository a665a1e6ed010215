//! Models that are chains of layers.

use super::config::{sequential_arguments, sequential_from};
use super::functional::fitted;
use super::{Model, auto};
use crate::error::{Error, ErrorKind, Result};
use crate::keras::base::{AnyLayer, Call, KerasTensor, Layer, Named};
use crate::keras::layers::InputLayer;
use crate::keras::object::Config;
use crate::shape::PartialShape;
use crate::tensor::Tensor;
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// A chain of layers with one input and one output each (`keras.Sequential`).
///
/// With an [`InputLayer`] or [`input`](crate::keras::input) first, or a first layer with [`Node::input_shape`](crate::keras::Node::input_shape), it is
/// built at once, else with the first data. It is a [`Model`].
///
/// ```
/// use wgflow::keras::{Sequential, input, layers::{Dense, Flatten}};
/// let model = Sequential::new(wgflow::layers![
///     input([28, 28, 1]),
///     Flatten::new(),
///     Dense::new(128).activation("relu"),
///     Dense::new(10),
/// ])?;
/// assert_eq!(model.count_params()?, 101_770);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Sequential(Model);

/// The chain as a layer.
pub(crate) struct Chain {
    /// The layers, the input layer first where there is one.
    layers: RefCell<Vec<AnyLayer>>,
    /// Input and output, where it is built on symbols.
    symbols: RefCell<Option<(KerasTensor, KerasTensor)>>,
}

impl Sequential {
    /// A model of layers.
    ///
    /// # Errors
    /// As [`Sequential::add`].
    pub fn new(layers: Vec<AnyLayer>) -> Result<Self> {
        Self::of(layers, None)
    }

    /// A model of layers under a name.
    ///
    /// # Errors
    /// As [`Sequential::add`].
    pub fn named(name: impl Into<String>, layers: Vec<AnyLayer>) -> Result<Self> {
        Self::of(layers, Some(name.into()))
    }

    fn of(layers: Vec<AnyLayer>, name: Option<String>) -> Result<Self> {
        let any = Chain::empty(name);
        if let Some(chain) = Chain::of(&any) {
            layers.iter().try_for_each(|l| chain.push(&any, l))?;
            chain.rebuild(&any)?;
        }
        Ok(Sequential(Model::new(any)))
    }

    /// Puts a layer on top.
    ///
    /// # Errors
    /// `InvalidArgument` for a second layer of the same name, an input layer in the midst, and what the layer refuses when it is built.
    pub fn add(&self, layer: impl Into<AnyLayer>) -> Result<()> {
        match Chain::of(&self.0) {
            Some(chain) => {
                let layer = layer.into();
                chain.push(&self.0, &layer)?;
                chain.extend(&self.0, &layer)
            }
            None => Err(Error::internal("Sequential", "is no chain")),
        }
    }

    /// Takes the last layer away.
    ///
    /// # Errors
    /// `FailedPrecondition` where there is none.
    pub fn pop(&self) -> Result<AnyLayer> {
        let missing = || {
            Error::new(ErrorKind::FailedPrecondition, "Sequential.pop", "there are no layers in the model")
        };
        let chain = Chain::of(&self.0).ok_or_else(missing)?;
        let last = chain.layers.borrow_mut().pop().ok_or_else(missing)?;
        self.0.set_sublayers(chain.layers.borrow().clone());
        chain.shorten(&self.0)?;
        Ok(last)
    }
}

impl Deref for Sequential {
    type Target = Model;
    fn deref(&self) -> &Model {
        &self.0
    }
}

impl From<Sequential> for Model {
    fn from(model: Sequential) -> Self {
        model.0
    }
}

impl From<&Sequential> for AnyLayer {
    fn from(model: &Sequential) -> Self {
        AnyLayer::clone(&model.0)
    }
}

impl From<Sequential> for AnyLayer {
    fn from(model: Sequential) -> Self {
        AnyLayer::clone(&model.0)
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Chain {
    fn empty(name: Option<String>) -> AnyLayer {
        let chain = Chain { layers: RefCell::default(), symbols: RefCell::default() };
        AnyLayer::new(Rc::new(chain), name)
    }

    /// What a layer is, where it is a chain.
    pub(super) fn of(layer: &AnyLayer) -> Option<&Chain> {
        (layer.layer().as_ref() as &dyn Any).downcast_ref()
    }

    /// The layer of a configuration.
    pub(super) fn from_config(config: &Config) -> Result<AnyLayer> {
        let (name, layers, build) = sequential_from(config)?;
        let any = Self::empty(name);
        if let Some(chain) = Chain::of(&any) {
            layers.iter().try_for_each(|l| chain.push(&any, l))?;
            chain.rebuild(&any)?;
            if let Some(shape) = build
                && !any.built()
            {
                chain.build(&any, &shape)?;
            }
        }
        Ok(any)
    }

    /// The layers as Keras lists them: without the input layer.
    pub(super) fn visible(&self) -> Vec<AnyLayer> {
        let all = self.layers.borrow();
        let from = usize::from(all.first().is_some_and(|l| l.input_symbol().is_some()));
        all[from..].to_vec()
    }

    /// All layers, the input layer among them.
    pub(super) fn all(&self) -> Vec<AnyLayer> {
        self.layers.borrow().clone()
    }

    pub(super) fn symbols(&self) -> Option<(KerasTensor, KerasTensor)> {
        self.symbols.borrow().clone()
    }

    fn push(&self, any: &AnyLayer, layer: &AnyLayer) -> Result<()> {
        let all = self.all();
        let refuse =
            |wanted: &str, received: String| Err(Error::invalid("Sequential.add", "layer", wanted, received));
        if all.iter().any(|l| l.name() == layer.name() && l != layer) {
            return refuse("a name that no other layer of the model has", format!("{:?}", layer.name()));
        }
        if layer.input_symbol().is_some() && !all.is_empty() {
            return refuse(
                "an input layer as the first layer only",
                format!("{layer:?} behind {:?}", all[all.len() - 1]),
            );
        }
        layer
            .layer()
            .validate()
            .map_err(|e| e.context(format!("layer {} ({})", layer.name(), layer.class_name())))?;
        if all.is_empty()
            && let Some(shape) = layer.declared_input_shape()
        {
            self.layers.borrow_mut().push(InputLayer::new(shape).into());
        }
        self.layers.borrow_mut().push(layer.clone());
        any.set_sublayers(self.all());
        Ok(())
    }

    /// Builds the chain again where its input is known.
    fn rebuild(&self, any: &AnyLayer) -> Result<()> {
        self.symbols.replace(None);
        any.set_built(false);
        match self.all().first().and_then(AnyLayer::input_symbol) {
            Some(input) if self.layers.borrow().len() > 1 => self.connect(any, input),
            _ => Ok(()),
        }
    }

    /// Calls the last layer on what the others give, where they are built already: symbols that the program holds stay those of the model.
    fn extend(&self, any: &AnyLayer, last: &AnyLayer) -> Result<()> {
        let Some((input, x)) = self.symbols() else { return self.rebuild(any) };
        auto::take_functional_name();
        let y = one_output(last, last.apply_under(std::slice::from_ref(any), vec![x], Named::default())?)?;
        let (a, b) = (input.shape().clone(), y.shape().clone());
        self.symbols.replace(Some((input, y)));
        any.set_built(false);
        any.note_built(|| vec![a], || vec![b]);
        Ok(())
    }

    /// Goes back to what the last call took, after its layer was taken away.
    fn shorten(&self, any: &AnyLayer) -> Result<()> {
        let before =
            self.symbols().and_then(|(input, x)| Some((input, x.invocation().inputs.first()?.clone())));
        match before {
            Some((input, x)) if self.layers.borrow().len() > 1 => {
                let (a, b) = (input.shape().clone(), x.shape().clone());
                self.symbols.replace(Some((input, x)));
                any.set_built(false);
                any.note_built(|| vec![a], || vec![b]);
                Ok(())
            }
            _ => self.rebuild(any),
        }
    }

    /// Builds the chain for inputs of a shape.
    pub(super) fn build(&self, any: &AnyLayer, shape: &PartialShape) -> Result<()> {
        let all = self.all();
        let Some(first) = all.first() else {
            let text = format!("model {} has no layers; add some", any.name());
            return Err(Error::new(ErrorKind::FailedPrecondition, "Sequential.build", text));
        };
        if let Some(input) = first.input_symbol() {
            if input.shape() != shape {
                let wanted = format!("{}, which the model was configured with", input.shape());
                return Err(Error::invalid("Sequential.build", "input_shape", wanted, shape));
            }
            return self.connect(any, input);
        }
        let dtype = first.dtype_policy().compute_dtype();
        let input = AnyLayer::from(InputLayer::of_batch(shape.clone()).dtype(dtype));
        self.layers.borrow_mut().insert(0, input.clone());
        any.set_sublayers(self.all());
        match input.input_symbol() {
            Some(symbol) => self.connect(any, symbol),
            None => Err(Error::internal("Sequential.build", "an input layer without a symbol")),
        }
    }

    /// Calls the layers on symbols.
    fn connect(&self, any: &AnyLayer, input: KerasTensor) -> Result<()> {
        // Keras makes a functional model here, which takes a name.
        auto::take_functional_name();
        let mut x = input.clone();
        for layer in self.visible() {
            let ys = layer.apply_under(std::slice::from_ref(any), vec![x], Named::default())?;
            x = one_output(&layer, ys)?;
        }
        let (a, b) = (input.shape().clone(), x.shape().clone());
        self.symbols.replace(Some((input, x)));
        any.note_built(|| vec![a], || vec![b]);
        Ok(())
    }
}

fn one_output<T>(layer: &AnyLayer, ys: Vec<T>) -> Result<T> {
    let n = ys.len();
    ys.into_iter().next().filter(|_| n == 1).ok_or_else(|| {
        let received = format!("layer {} with {n}", layer.name());
        Error::invalid("Sequential", "layers", "layers with one output", received)
    })
}

impl Layer for Chain {
    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let mut xs = xs.to_vec();
        let all = self.all();
        if all.is_empty() {
            return Err(Error::new(
                ErrorKind::FailedPrecondition,
                "Sequential",
                "the model has no layers; add some",
            ));
        }
        if let (Some(input), [x]) = (all[0].input_symbol(), &xs[..]) {
            xs = vec![fitted(c, &all[0].name(), input.shape(), input.dtype(), x)?];
        }
        for layer in self.visible() {
            let ys = c.run_many(&layer, &xs)?;
            xs = vec![one_output(&layer, ys)?];
        }
        Ok(xs)
    }

    fn class_name(&self) -> &'static str {
        "Sequential"
    }

    fn config(&self) -> Result<Config> {
        sequential_arguments(self)
    }

    fn supports_masking(&self) -> bool {
        true
    }

    /// Masks are set by the layers in it.
    fn compute_mask(&self, _: &mut Call, _: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(None)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}
