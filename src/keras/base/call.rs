//! A call of a layer: what travels with the data.

use super::args::CallArgs;
use super::node::AnyLayer;
use super::policy::DTypePolicy;
use super::symbolic::Sketch;
use super::weight::{Weight, WeightSpec};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::keras::initializers;
use crate::keras::utils::next_seed;
use crate::ops::math;
use crate::ops::random::Generator;
use crate::shape::{PartialShape, Shape};
use crate::tensor::{IntoTensor, Tensor, Variable, init_scope, is_tracing, without_recorders};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::arg::InitializerArg;

/// A call under way, as layers see it: it runs sublayers, gives weights, knows whether it trains, and collects losses and masks.
///
/// See [`Layer`](super::Layer) for an example.
#[derive(Debug)]
pub struct Call {
    training: bool,
    /// The layers that are running, outermost first.
    frames: Vec<AnyLayer>,
    losses: Vec<Tensor>,
    /// Masks by the id of the tensor that they belong to.
    masks: HashMap<u64, Tensor>,
    /// Set while only shapes are asked for.
    pub(super) sketch: Option<Sketch>,
}

impl Call {
    /// A call of the outermost layer.
    pub(crate) fn new(training: bool) -> Self {
        Call { training, frames: vec![], losses: vec![], masks: HashMap::new(), sketch: None }
    }

    /// A call that finds out shapes: it makes no weights.
    pub(super) fn sketching(path: Vec<AnyLayer>, sketch: Sketch) -> Self {
        Call { frames: path, sketch: Some(sketch), ..Call::new(false) }
    }

    /// Whether the model is being trained.
    pub fn training(&self) -> bool {
        self.training
    }

    /// Whether the running layer is trained: a frozen batch normalisation, for one, uses and keeps its moving statistics.
    pub fn trainable(&self) -> bool {
        self.frames.last().is_none_or(AnyLayer::trainable)
    }

    /// Runs `f` as if the model were being trained, or not.
    pub fn with_training<R>(&mut self, training: bool, f: impl FnOnce(&mut Call) -> R) -> R {
        let before = std::mem::replace(&mut self.training, training);
        let r = f(self);
        self.training = before;
        r
    }

    /// The dtypes of the running layer.
    pub(crate) fn dtype_policy(&self) -> DTypePolicy {
        self.frames.last().map(AnyLayer::dtype_policy).unwrap_or_default()
    }

    /// The dtype that the running layer computes in.
    pub fn compute_dtype(&self) -> DType {
        self.frames.last().map_or(DType::Float32, |l| l.dtype_policy().compute_dtype())
    }

    /// The dtype of the running layer's weights.
    pub fn variable_dtype(&self) -> DType {
        self.frames.last().map_or(DType::Float32, |l| l.dtype_policy().variable_dtype())
    }

    /// Runs a layer of one input and one output.
    ///
    /// # Errors
    /// What the layer refuses; `InvalidArgument` where it has several outputs.
    pub fn run(&mut self, layer: &impl AsRef<AnyLayer>, x: &Tensor) -> Result<Tensor> {
        self.run_on(layer, std::slice::from_ref(x))
    }

    /// Runs a layer of several inputs and one output, such as [`Concatenate`](crate::keras::layers::Concatenate).
    ///
    /// # Errors
    /// As [`Call::run`].
    pub fn run_on(&mut self, layer: &impl AsRef<AnyLayer>, xs: &[Tensor]) -> Result<Tensor> {
        let layer = layer.as_ref();
        let ys = self.run_many(layer, xs)?;
        let n = ys.len();
        ys.into_iter().next().filter(|_| n == 1).ok_or_else(|| {
            Error::invalid(layer.class_name(), "outputs", "one output; use `run_many` for more", n)
        })
    }

    /// Runs a layer of any number of inputs and outputs.
    ///
    /// # Errors
    /// What the layer refuses.
    pub fn run_many(&mut self, layer: &impl AsRef<AnyLayer>, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.run_with(layer, xs, &CallArgs::new())
    }

    /// Runs a layer with arguments by name.
    ///
    /// # Errors
    /// What the layer refuses.
    pub fn run_with(
        &mut self,
        layer: &impl AsRef<AnyLayer>,
        xs: &[Tensor],
        args: &CallArgs,
    ) -> Result<Vec<Tensor>> {
        let layer = layer.as_ref();
        let outermost = self.frames.is_empty();
        if let Some(parent) = self.frames.last() {
            parent.adopt(layer);
        }
        self.frames.push(layer.clone());
        let result = self.run_frame(layer, xs, args);
        self.frames.pop();
        if outermost && !is_tracing() && self.sketch.is_none() {
            layer.core().losses.replace(self.losses.clone());
        }
        result.map_err(|e| e.context(format!("layer {} ({})", layer.name(), layer.class_name())))
    }

    fn run_frame(&mut self, layer: &AnyLayer, xs: &[Tensor], args: &CallArgs) -> Result<Vec<Tensor>> {
        let core = layer.core();
        if !core.validated.get() {
            layer.layer().validate()?;
            core.validated.set(true);
        }
        let _ = core.path.get_or_init(|| self.path());
        let mask = xs.first().and_then(|x| self.mask(x));
        let xs = xs.iter().map(|x| self.autocast(x)).collect::<Result<Vec<_>>>()?;
        let args = args.map(|t| self.autocast(t))?;
        if !core.built.get() {
            let shapes: Vec<Shape> = xs.iter().map(|x| x.shape().clone()).collect();
            layer.layer().build(self, &shapes)?;
        }
        let ys = layer.layer().call_with(self, &xs, &args)?;
        match &mut self.sketch {
            Some(sketch) => {
                let shapes = |t: &[Tensor]| t.iter().map(|t| t.shape().clone()).collect();
                sketch.visit(layer, shapes(&xs), shapes(&ys));
            }
            None => layer.note_built(
                || xs.iter().map(|x| PartialShape::from(x.shape())).collect(),
                || ys.iter().map(|y| PartialShape::from(y.shape())).collect(),
            ),
        }
        if let Some(r) = layer.activity_regularizer() {
            for y in &ys {
                let loss = r.get()?.call(y)?;
                let n = y.shape().first().copied().unwrap_or(1).max(1);
                self.losses.push(math::divide(loss, n as f64)?);
            }
        }
        if layer.layer().supports_masking() {
            let known = ys.iter().all(|y| self.masks.contains_key(&y.id()));
            if !known && let Some(m) = layer.layer().compute_mask(self, &xs, mask.as_ref())? {
                for y in &ys {
                    self.masks.entry(y.id()).or_insert_with(|| m.clone());
                }
            }
        } else if mask.is_some() && self.sketch.is_none() {
            log::warn!(
                "layer {} ({}) was given an input with a mask, which it does not support: later layers will not see the mask",
                layer.name(),
                layer.class_name()
            );
        }
        Ok(ys)
    }

    /// Does a part of a layer's work as that layer, which is one in the running layer: its weights, seeds and dtype are at hand. `inputs` are
    /// the shapes that it is built for.
    pub(crate) fn inside<R>(
        &mut self,
        layer: &AnyLayer,
        inputs: &[Shape],
        f: impl FnOnce(&mut Call) -> Result<R>,
    ) -> Result<R> {
        if let Some(parent) = self.frames.last() {
            parent.adopt(layer);
        }
        self.frames.push(layer.clone());
        let core = layer.core();
        let _ = core.path.get_or_init(|| self.path());
        let built = if core.built.get() {
            Ok(())
        } else {
            layer.layer().validate().and_then(|()| layer.layer().build(self, inputs))
        };
        let result = built.and_then(|()| f(self));
        self.frames.pop();
        match &mut self.sketch {
            Some(sketch) => sketch.visit(layer, inputs.to_vec(), vec![]),
            None => layer.note_built(|| inputs.iter().map(PartialShape::from).collect(), Vec::new),
        }
        result.map_err(|e| e.context(format!("layer {} ({})", layer.name(), layer.class_name())))
    }

    /// A layer that the running layer holds.
    pub(crate) fn held(&self, k: usize) -> Result<AnyLayer> {
        let layer = self.current("Call.held")?;
        let found = layer.core().sublayers.borrow().get(k).cloned();
        found.ok_or_else(|| Error::internal(layer.class_name(), format_args!("has no layer {k} in it")))
    }

    /// What the running layer keeps from call to call beside its weights: made from `first` at the first call. Nothing while only shapes are
    /// asked for.
    pub(crate) fn kept(&mut self, first: impl FnOnce() -> Result<Vec<Tensor>>) -> Result<Vec<Variable>> {
        if self.sketch.is_some() {
            return Ok(vec![]);
        }
        let layer = self.current("Call.kept")?;
        let mut kept = layer.core().kept.borrow_mut();
        if kept.is_empty() {
            let path = self.path();
            let make = || -> Result<Vec<Variable>> {
                let named = |v: Tensor| Variable::named(v, format!("{path}/rnn_state"), false);
                first()?.into_iter().map(named).collect()
            };
            *kept = init_scope(|| without_recorders(make))?;
        }
        Ok(kept.clone())
    }

    /// Whether only shapes are asked for.
    pub(crate) fn is_sketch(&self) -> bool {
        self.sketch.is_some()
    }

    /// How many penalties were added so far, and what to do about those that came after: a step that is traced must not leave any.
    pub(crate) fn losses_since(&mut self, before: usize) -> usize {
        let added = self.losses.len().saturating_sub(before);
        self.losses.truncate(before);
        added
    }

    /// Inputs in the dtype that the running layer computes in. A mask stays with its tensor.
    fn autocast(&mut self, x: &Tensor) -> Result<Tensor> {
        let dtype = self.compute_dtype();
        if !x.dtype().is_float() || !dtype.is_float() || x.dtype() == dtype {
            return Ok(x.clone());
        }
        let cast = x.cast(dtype)?;
        if let Some(m) = self.mask(x) {
            self.set_mask(&cast, m);
        }
        Ok(cast)
    }

    /// Names of the running layers, joined.
    fn path(&self) -> String {
        let names: Vec<String> = self.frames.iter().map(AnyLayer::name).collect();
        names.join("/")
    }

    fn current(&self, what: &str) -> Result<AnyLayer> {
        self.frames.last().cloned().ok_or_else(|| Error::internal(what, "no layer is running"))
    }

    /// A trainable weight of the running layer, made at the first call.
    ///
    /// # Errors
    /// As [`Call::weight_with`].
    pub fn weight(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        initializer: impl Into<InitializerArg>,
    ) -> Result<Tensor> {
        self.weight_with(WeightSpec::new(name, shape).initializer(initializer))
    }

    /// A weight of the running layer, made at the first call; in the dtype that the layer computes in.
    ///
    /// # Errors
    /// `InvalidArgument` when it was made with another shape; what the initializer refuses.
    pub fn weight_with(&mut self, spec: WeightSpec) -> Result<Tensor> {
        let layer = self.current("Call.weight")?;
        let value = match layer.own_weight(&spec.name) {
            Some(w) if *w.variable.shape() != spec.shape => {
                return Err(Error::invalid(
                    layer.class_name(),
                    "inputs",
                    format_args!(
                        "an input that fits the weight {} of shape {}",
                        spec.name,
                        w.variable.shape()
                    ),
                    format_args!("one for which it would have shape {}", spec.shape),
                ));
            }
            Some(w) => self.current_value(&layer, &w)?,
            None => match &mut self.sketch {
                Some(sketch) => sketch.placeholder(&layer, &spec)?,
                None => layer.make_weight(&spec)?.variable.value()?,
            },
        };
        let dtype = self.compute_dtype();
        let cast = spec.autocast && value.dtype().is_float() && dtype.is_float() && value.dtype() != dtype;
        if cast { value.cast(dtype) } else { Ok(value) }
    }

    fn current_value(&self, layer: &AnyLayer, w: &Weight) -> Result<Tensor> {
        match self.sketch.as_ref().and_then(|s| s.value(layer, &w.name)) {
            Some(v) => Ok(v),
            None => w.variable.value(),
        }
    }

    /// Gives a weight of the running layer another value, as training statistics do. The value is cast to the weight's dtype.
    ///
    /// # Errors
    /// `NotFound` for a weight that was not asked for; `InvalidArgument` for another shape.
    pub fn assign(&mut self, name: &str, value: impl IntoTensor) -> Result<()> {
        let layer = self.current("Call.assign")?;
        let value = value.into_tensor(None)?;
        if let Some(w) = layer.own_weight(name) {
            return w.variable.assign(value.cast(w.variable.dtype())?);
        }
        match &mut self.sketch {
            Some(sketch) => sketch.assign(&layer, name, value),
            None => Err(Error::new(
                crate::ErrorKind::NotFound,
                layer.class_name(),
                format!("layer {} has no weight {name:?}", layer.name()),
            )),
        }
    }

    /// A pair of seeds for a random op of the running layer, another one at each call: from the layer's own stream, which `seed` starts,
    /// or without it the process' sequence of seeds ([`set_random_seed`](crate::keras::utils::set_random_seed)).
    ///
    /// # Errors
    /// `Internal` only.
    pub fn seed(&mut self, seed: Option<i64>) -> Result<Tensor> {
        if self.sketch.is_some() {
            return Literal::ints(DType::Int32, [2], vec![0, 0]).into_tensor(None);
        }
        let layer = self.current("Call.seed")?;
        let core = layer.core();
        if core.generator.get().is_none() {
            let made =
                init_scope(|| without_recorders(|| Generator::from_seed(seed.unwrap_or_else(next_seed))))?;
            let _ = core.generator.set(made);
        }
        match core.generator.get() {
            Some(g) => g.seed(),
            None => Err(Error::internal("Call.seed", "the layer has no stream")),
        }
    }

    /// Adds a scalar to the loss of the model (`Layer.add_loss`).
    ///
    /// # Errors
    /// `InvalidArgument` for a tensor that is no scalar.
    pub fn add_loss(&mut self, loss: impl IntoTensor) -> Result<()> {
        let loss = loss.into_tensor(None)?;
        if loss.rank() != 0 {
            return Err(Error::invalid(
                "add_loss",
                "loss",
                "a scalar",
                format_args!("shape {}", loss.shape()),
            ));
        }
        self.losses.push(loss);
        Ok(())
    }

    /// What was added to the loss so far.
    pub(crate) fn losses(&self) -> &[Tensor] {
        &self.losses
    }

    /// The mask of a tensor: false where an element (a time step, say) is to be left out.
    pub fn mask(&self, x: &Tensor) -> Option<Tensor> {
        self.masks.get(&x.id()).cloned()
    }

    /// Gives a tensor a mask.
    pub fn set_mask(&mut self, x: &Tensor, mask: Tensor) {
        self.masks.insert(x.id(), mask);
    }
}

impl AnyLayer {
    /// Takes a layer in as a sublayer.
    fn adopt(&self, layer: &AnyLayer) {
        let known = self.core().sublayers.borrow().contains(layer);
        if !known && self != layer {
            if !self.trainable() {
                layer.set_trainable(false);
            }
            self.core().sublayers.borrow_mut().push(layer.clone());
        }
    }

    pub(crate) fn own_weight(&self, name: &str) -> Option<Rc<Weight>> {
        self.core().weights.borrow().iter().find(|w| w.name == name).cloned()
    }

    /// Makes a weight now, whatever is being traced or recorded.
    pub(super) fn make_weight(&self, spec: &WeightSpec) -> Result<Rc<Weight>> {
        let dtype = spec.dtype.unwrap_or_else(|| self.dtype_policy().variable_dtype());
        let default = if dtype.is_float() { "glorot_uniform" } else { "zeros" };
        let initializer = spec.initializer.clone().unwrap_or_else(|| default.into());
        let full = match self.core().path.get() {
            Some(p) if !p.is_empty() => format!("{p}/{}", spec.name),
            _ => spec.name.clone(),
        };
        let make = || -> Result<Variable> {
            let mut initializer = initializer.get()?.clone();
            if spec.anew {
                // An initializer of one's own that nobody registered is used as it is.
                let described = initializers::serialize(&*initializer);
                initializer = initializers::deserialize(&described).unwrap_or(initializer);
            }
            let along = spec.axes.as_ref().and_then(|(i, o)| initializer.along(i, o));
            let value = along.unwrap_or(initializer).call(&spec.shape, dtype)?;
            Variable::named(value, full, spec.trainable)
        };
        let weight = Rc::new(Weight {
            name: spec.name.clone(),
            variable: init_scope(|| without_recorders(make))?,
            trainable: Cell::new(spec.trainable && self.trainable()),
            regularizer: spec.regularizer.clone(),
            constraint: spec.constraint.clone(),
        });
        self.core().weights.borrow_mut().push(weight.clone());
        Ok(weight)
    }

    /// Remembers the shapes of the first call, after which the weights exist.
    pub(crate) fn note_built(
        &self,
        inputs: impl FnOnce() -> Vec<PartialShape>,
        outputs: impl FnOnce() -> Vec<PartialShape>,
    ) {
        let core = self.core();
        if !core.built.get() {
            core.built.set(true);
            core.shapes.replace(Some(super::node::Shapes { inputs: inputs(), outputs: outputs() }));
        }
    }
}
