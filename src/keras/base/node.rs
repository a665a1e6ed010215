//! The identity of layers: name, weights, sublayers, and whether they are trained.

use super::arg::RegularizerArg;
use super::args::CallArgs;
use super::call::Call;
use super::layer::Layer;
use super::loops::Loops;
use super::policy::{DTypePolicy, dtype_policy};
use super::symbolic::Invocation;
use super::weight::Weight;
use crate::error::{Error, Result};
use crate::keras::object::auto_name;
use crate::ops::array;
use crate::ops::random::Generator;
use crate::shape::PartialShape;
use crate::tensor::{Tensor, Variable};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};

/// A layer of any kind with its identity. Clones are the same layer.
#[derive(Clone)]
pub struct AnyLayer(Rc<Core>);

/// A layer with its identity: what a model or a larger layer holds (`hidden: Node<Dense>`). Clones are the same layer, with the same
/// weights.
///
/// ```
/// # use wgflow::keras::{Layer, Node, layers::Dense};
/// let hidden: Node<Dense> = Dense::new(10).into();
/// let out = Dense::new(10).named("out");
/// assert_eq!((hidden.layer().units, out.name().as_str()), (10, "out"));
/// ```
pub struct Node<L> {
    any: AnyLayer,
    layer: Rc<L>,
}

pub(crate) struct Core {
    id: u64,
    layer: Rc<dyn Layer>,
    name: RefCell<String>,
    trainable: Cell<bool>,
    policy: Cell<DTypePolicy>,
    activity_regularizer: RefCell<Option<RegularizerArg>>,
    input_shape: RefCell<Option<PartialShape>>,
    pub(super) validated: Cell<bool>,
    pub(super) built: Cell<bool>,
    /// Where it was first called, and so what its weights are called.
    pub(super) path: OnceCell<String>,
    /// Shapes at the first call.
    pub(super) shapes: RefCell<Option<Shapes>>,
    pub(super) weights: RefCell<Vec<Rc<Weight>>>,
    pub(super) sublayers: RefCell<Vec<AnyLayer>>,
    pub(super) generator: OnceCell<Generator>,
    pub(super) loops: Loops,
    /// What it keeps from call to call beside its weights.
    pub(super) kept: RefCell<Vec<Variable>>,
    pub(super) invocations: RefCell<Vec<Weak<Invocation>>>,
    pub(super) calls: Cell<usize>,
    pub(super) losses: RefCell<Vec<Tensor>>,
}

/// Shapes of the inputs and outputs of a layer.
#[derive(Clone, Debug)]
pub(crate) struct Shapes {
    pub(crate) inputs: Vec<PartialShape>,
    pub(crate) outputs: Vec<PartialShape>,
}

impl<L: Layer> Node<L> {
    /// The layer with an identity: under `name`, or one made of its class.
    pub(super) fn with_name(layer: L, name: Option<String>) -> Self {
        let layer = Rc::new(layer);
        Node { any: AnyLayer::new(layer.clone(), name), layer }
    }

    /// The layer's configuration.
    pub fn layer(&self) -> &L {
        &self.layer
    }

    /// Gives the layer a name. Weights that it has already keep theirs.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.any.0.name.replace(name.into());
        self
    }

    /// Sets whether it is trained.
    #[must_use]
    pub fn trainable(self, trainable: bool) -> Self {
        self.set_trainable(trainable);
        self
    }

    /// Sets its dtypes.
    #[must_use]
    pub fn dtype(self, policy: impl Into<DTypePolicy>) -> Self {
        self.any.0.policy.set(policy.into());
        self
    }

    /// Sets a penalty on what it computes, divided by the size of the batch.
    #[must_use]
    pub fn activity_regularizer(self, regularizer: impl Into<RegularizerArg>) -> Self {
        self.any.0.activity_regularizer.replace(Some(regularizer.into()));
        self
    }

    /// Says what inputs look like, without the batch: the first layer of a [`Sequential`](crate::keras::Sequential) model that has it is
    /// built at once.
    #[must_use]
    pub fn input_shape(self, shape: impl Into<PartialShape>) -> Self {
        self.any.0.input_shape.replace(Some(shape.into()));
        self
    }
}

impl<L> Clone for Node<L> {
    fn clone(&self) -> Self {
        Node { any: self.any.clone(), layer: self.layer.clone() }
    }
}

impl<L> Deref for Node<L> {
    type Target = AnyLayer;
    fn deref(&self) -> &AnyLayer {
        &self.any
    }
}

impl<L> AsRef<AnyLayer> for Node<L> {
    fn as_ref(&self) -> &AnyLayer {
        &self.any
    }
}

impl<L: Layer> From<L> for Node<L> {
    fn from(layer: L) -> Self {
        Node::with_name(layer, None)
    }
}

impl<L> fmt::Debug for Node<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.any, f)
    }
}

impl AsRef<AnyLayer> for AnyLayer {
    fn as_ref(&self) -> &AnyLayer {
        self
    }
}

impl<L: Layer> From<L> for AnyLayer {
    fn from(layer: L) -> Self {
        AnyLayer::new(Rc::new(layer), None)
    }
}

impl<L> From<Node<L>> for AnyLayer {
    fn from(node: Node<L>) -> Self {
        node.any
    }
}

impl<L> From<&Node<L>> for AnyLayer {
    fn from(node: &Node<L>) -> Self {
        node.any.clone()
    }
}

impl From<&AnyLayer> for AnyLayer {
    fn from(layer: &AnyLayer) -> Self {
        layer.clone()
    }
}

/// As Keras prints a layer: `<Dense name=dense, built=True>`.
impl fmt::Debug for AnyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let built = if self.built() { "True" } else { "False" };
        write!(f, "<{} name={}, built={built}>", self.class_name(), self.name())
    }
}

/// Same layer.
impl PartialEq for AnyLayer {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for AnyLayer {}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl AnyLayer {
    pub(crate) fn new(layer: Rc<dyn Layer>, name: Option<String>) -> Self {
        let name = name.unwrap_or_else(|| auto_name(layer.summary_name()));
        let sublayers = layer.sublayers();
        AnyLayer(Rc::new(Core {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            layer,
            name: RefCell::new(name),
            trainable: Cell::new(true),
            policy: Cell::new(dtype_policy()),
            activity_regularizer: RefCell::default(),
            input_shape: RefCell::default(),
            validated: Cell::new(false),
            built: Cell::new(false),
            path: OnceCell::new(),
            shapes: RefCell::default(),
            weights: RefCell::default(),
            sublayers: RefCell::new(sublayers),
            generator: OnceCell::new(),
            loops: Loops::default(),
            kept: RefCell::default(),
            invocations: RefCell::default(),
            calls: Cell::new(0),
            losses: RefCell::default(),
        }))
    }

    pub(super) fn core(&self) -> &Core {
        &self.0
    }

    /// What it computes and how it is configured.
    pub(crate) fn layer(&self) -> &Rc<dyn Layer> {
        &self.0.layer
    }

    /// A number that no other layer has.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.0.name.borrow().clone()
    }

    pub(crate) fn set_name(&self, name: &str) {
        self.0.name.replace(name.into());
    }

    /// Keras' name of its class.
    pub fn class_name(&self) -> &'static str {
        self.0.layer.class_name()
    }

    /// Where it was first called: `model/block/dense`. Nothing before.
    pub fn path(&self) -> Option<String> {
        self.0.path.get().cloned()
    }

    /// Whether it has been called, so that its weights exist.
    pub fn built(&self) -> bool {
        self.0.built.get()
    }

    pub(crate) fn set_built(&self, built: bool) {
        self.0.built.set(built);
    }

    /// Its dtypes.
    pub fn dtype_policy(&self) -> DTypePolicy {
        self.0.policy.get()
    }

    pub(crate) fn set_dtype_policy(&self, policy: DTypePolicy) {
        self.0.policy.set(policy);
    }

    pub(crate) fn activity_regularizer(&self) -> Option<RegularizerArg> {
        self.0.activity_regularizer.borrow().clone()
    }

    pub(crate) fn set_activity_regularizer(&self, regularizer: Option<RegularizerArg>) {
        self.0.activity_regularizer.replace(regularizer);
    }

    /// What [`Node::input_shape`] says.
    pub(crate) fn declared_input_shape(&self) -> Option<PartialShape> {
        self.0.input_shape.borrow().clone()
    }

    /// Shapes of inputs and outputs at the first call.
    pub(crate) fn shapes(&self) -> Option<Shapes> {
        self.0.shapes.borrow().clone()
    }

    /// Whether it is trained.
    pub fn trainable(&self) -> bool {
        self.0.trainable.get()
    }

    /// Sets whether it is trained, with all layers in it. A model that is compiled already takes notice at the next `compile`.
    pub fn set_trainable(&self, trainable: bool) {
        for layer in self.flattened() {
            layer.0.trainable.set(trainable);
            for w in layer.own_weights() {
                w.trainable.set(trainable && w.variable.trainable());
            }
        }
    }

    /// Weights that are its own, trainable ones first, as Keras orders them.
    pub(crate) fn own_weights(&self) -> Vec<Rc<Weight>> {
        let all = self.0.weights.borrow().clone();
        let (mut first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|w| w.variable.trainable());
        first.extend(rest);
        first
    }

    /// The layers in it, in order.
    pub(crate) fn sublayers(&self) -> Vec<AnyLayer> {
        self.0.sublayers.borrow().clone()
    }

    pub(crate) fn set_sublayers(&self, layers: Vec<AnyLayer>) {
        self.0.sublayers.replace(layers);
    }

    /// It and all layers in it, each once, parents before children.
    pub(crate) fn flattened(&self) -> Vec<AnyLayer> {
        let (mut seen, mut all, mut todo) = (HashSet::new(), vec![], vec![self.clone()]);
        while let Some(layer) = todo.pop() {
            if seen.insert(layer.id()) {
                todo.extend(layer.sublayers().into_iter().rev());
                all.push(layer);
            }
        }
        all
    }

    /// Weights of it and of all layers in it, each once.
    pub(crate) fn all_weights(&self) -> Vec<Rc<Weight>> {
        self.flattened().iter().flat_map(AnyLayer::own_weights).collect()
    }

    /// The variables of its weights and those of the layers in it.
    pub fn weights(&self) -> Vec<Variable> {
        variables(self.all_weights())
    }

    /// The weights that training changes.
    pub fn trainable_weights(&self) -> Vec<Variable> {
        variables(self.trained())
    }

    pub(crate) fn trained(&self) -> Vec<Rc<Weight>> {
        if !self.trainable() {
            return vec![];
        }
        self.all_weights().into_iter().filter(|w| w.trainable.get()).collect()
    }

    /// The weights that training does not change by gradients.
    pub fn non_trainable_weights(&self) -> Vec<Variable> {
        let frozen = !self.trainable();
        variables(self.all_weights().into_iter().filter(|w| frozen || !w.trainable.get()).collect())
    }

    /// The weights, then the states of random number generators.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all = self.weights();
        all.extend(self.generators());
        all
    }

    /// The same as [`AnyLayer::trainable_weights`].
    pub fn trainable_variables(&self) -> Vec<Variable> {
        self.trainable_weights()
    }

    /// [`AnyLayer::non_trainable_weights`], then the states of random number generators.
    pub fn non_trainable_variables(&self) -> Vec<Variable> {
        let mut all = self.non_trainable_weights();
        all.extend(self.generators());
        all
    }

    fn generators(&self) -> Vec<Variable> {
        let state = |l: &AnyLayer| l.0.generator.get().map(|g| g.state_variable().clone());
        self.flattened().iter().filter_map(state).collect()
    }

    /// Sets what recurrent layers of it keep from call to call (`stateful`) to zeros (`reset_states`).
    ///
    /// # Errors
    /// `Internal` only.
    pub fn reset_states(&self) -> Result<()> {
        for layer in self.flattened() {
            for v in layer.0.kept.borrow().iter() {
                v.assign(array::zeros(v.shape(), v.dtype())?)?;
            }
        }
        Ok(())
    }

    /// How many numbers its weights are.
    ///
    /// # Errors
    /// `FailedPrecondition` before it is built.
    pub fn count_params(&self) -> Result<usize> {
        if !self.built() {
            return Err(Error::new(
                crate::ErrorKind::FailedPrecondition,
                format!("{}.count_params", self.class_name()),
                format!(
                    "layer {} has no weights yet: it is not built; call it, or build the model with an input shape",
                    self.name()
                ),
            ));
        }
        Ok(self.weights().iter().map(|w| w.shape().size()).sum())
    }

    /// The values of its weights.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn get_weights(&self) -> Result<Vec<Tensor>> {
        self.weights().iter().map(Variable::value).collect()
    }

    /// Gives its weights other values, in the order of [`AnyLayer::weights`].
    ///
    /// # Errors
    /// `InvalidArgument` for another number of values or other shapes; then no weight is changed.
    pub fn set_weights(&self, values: &[Tensor]) -> Result<()> {
        let (op, weights) = (format!("{}.set_weights", self.class_name()), self.weights());
        if weights.len() != values.len() {
            return Err(Error::invalid(
                op,
                "weights",
                format_args!("{} arrays for the weights of layer {}", weights.len(), self.name()),
                format_args!("{} arrays", values.len()),
            ));
        }
        let cast = |(w, v): (&Variable, &Tensor)| {
            if w.shape() != v.shape() {
                let wanted = format!("shape {} for {} of layer {}", w.shape(), w.name(), self.name());
                return Err(Error::invalid(&op, "weights", wanted, format_args!("shape {}", v.shape())));
            }
            v.cast(w.dtype())
        };
        let values = weights.iter().zip(values).map(cast).collect::<Result<Vec<_>>>()?;
        weights.iter().zip(values).try_for_each(|(w, v)| w.assign(v))
    }

    /// Runs it on one input, outside of any model.
    ///
    /// # Errors
    /// What the layer refuses.
    pub fn call(&self, x: &Tensor, training: bool) -> Result<Tensor> {
        Call::new(training).run(self, x)
    }

    /// Runs it on several inputs, outside of any model.
    ///
    /// # Errors
    /// What the layer refuses.
    pub fn call_many(&self, xs: &[Tensor], training: bool) -> Result<Vec<Tensor>> {
        Call::new(training).run_many(self, xs)
    }

    /// Runs it with arguments by name, outside of any model.
    ///
    /// # Errors
    /// What the layer refuses.
    pub fn call_with(&self, xs: &[Tensor], args: &CallArgs, training: bool) -> Result<Vec<Tensor>> {
        Call::new(training).run_with(self, xs, args)
    }

    /// Penalties of the last call ([`Call::add_loss`], activity regularizers), then those of the weights' regularizers.
    ///
    /// # Errors
    /// What a regularizer refuses.
    pub fn losses(&self) -> Result<Vec<Tensor>> {
        let mut all = self.0.losses.borrow().clone();
        all.extend(self.regularization_losses()?);
        Ok(all)
    }

    pub(crate) fn regularization_losses(&self) -> Result<Vec<Tensor>> {
        let mut all = vec![];
        for w in self.trained() {
            if let Some(r) = &w.regularizer {
                all.push(r.get()?.call(&w.variable.value()?)?);
            }
        }
        Ok(all)
    }
}

fn variables(weights: Vec<Rc<Weight>>) -> Vec<Variable> {
    weights.iter().map(|w| w.variable.clone()).collect()
}
