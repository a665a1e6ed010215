//! Layers on symbols: tensors of partly known shape, the calls that made them, and what a call would give.

use super::args::{CallArgs, Named};
use super::call::Call;
use super::node::AnyLayer;
use super::weight::WeightSpec;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Spec;
use crate::ops::array;
use crate::shape::{PartialShape, Shape};
use crate::tensor::{Tensor, trace, without_recorders};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Partly known shape and dtype.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KerasSpec {
    pub(crate) shape: PartialShape,
    pub(crate) dtype: DType,
}

/// A symbol of the functional API (`keras.KerasTensor`): what a layer gives for a symbol, with a shape in which sizes may be unknown.
/// Clones are the same symbol.
///
/// ```
/// use wgflow::keras::{self, Layer, layers::Dense};
/// let x = keras::input([784]);
/// let y = Dense::new(10).apply(&x)?;
/// assert_eq!(y.shape().to_string(), "(None, 10)");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct KerasTensor {
    invocation: Rc<Invocation>,
    index: usize,
}

/// One call of a layer on symbols (Keras: a node).
pub(crate) struct Invocation {
    pub(crate) id: u64,
    pub(crate) layer: AnyLayer,
    /// The how-manieth call of the layer it is.
    pub(crate) index: usize,
    /// All symbols that it is called with, those by name last.
    pub(crate) inputs: Vec<KerasTensor>,
    pub(crate) named: Named,
    pub(crate) outputs: Vec<KerasSpec>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Invocation {
    fn new(layer: &AnyLayer, inputs: Vec<KerasTensor>, named: Named, outputs: Vec<KerasSpec>) -> Rc<Self> {
        let core = layer.core();
        let invocation = Rc::new(Invocation {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            layer: layer.clone(),
            index: core.calls.get(),
            inputs,
            named,
            outputs,
        });
        core.calls.set(core.calls.get() + 1);
        core.invocations.borrow_mut().push(Rc::downgrade(&invocation));
        invocation
    }

    /// The symbol of an input layer, made at the first request and then the same as long as something holds it.
    pub(crate) fn of_input(layer: &AnyLayer, spec: KerasSpec) -> KerasTensor {
        let core = layer.core();
        let known = core.invocations.borrow().first().and_then(std::rc::Weak::upgrade);
        let invocation = known.unwrap_or_else(|| {
            core.invocations.borrow_mut().clear();
            core.calls.set(0);
            layer.note_built(Vec::new, || vec![spec.shape.clone()]);
            Invocation::new(layer, vec![], Named::default(), vec![spec])
        });
        KerasTensor { invocation, index: 0 }
    }

    pub(crate) fn results(self: &Rc<Self>) -> Vec<KerasTensor> {
        (0..self.outputs.len()).map(|index| KerasTensor { invocation: self.clone(), index }).collect()
    }
}

impl KerasTensor {
    /// Its shape; `None` sizes are not known.
    pub fn shape(&self) -> &PartialShape {
        &self.spec().shape
    }

    /// Its dtype.
    pub fn dtype(&self) -> DType {
        self.spec().dtype
    }

    pub(crate) fn spec(&self) -> &KerasSpec {
        &self.invocation.outputs[self.index]
    }

    /// The layer that made it.
    pub fn layer(&self) -> &AnyLayer {
        &self.invocation.layer
    }

    pub(crate) fn invocation(&self) -> &Rc<Invocation> {
        &self.invocation
    }

    /// Which of its call's outputs it is.
    pub fn index(&self) -> usize {
        self.index
    }

    /// A number that no other call has.
    pub fn call_id(&self) -> u64 {
        self.invocation.id
    }

    /// A key that no other symbol has.
    pub(crate) fn key(&self) -> (u64, usize) {
        (self.invocation.id, self.index)
    }
}

impl AnyLayer {
    /// Its calls on symbols that are still held by something, each with the symbols that it took and those that it gave.
    pub fn symbolic_calls(&self) -> Vec<(Vec<KerasTensor>, Vec<KerasTensor>)> {
        let calls = self.core().invocations.borrow();
        calls.iter().filter_map(std::rc::Weak::upgrade).map(|i| (i.inputs.clone(), i.results())).collect()
    }
}

impl PartialEq for KerasTensor {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for KerasTensor {}

impl fmt::Debug for KerasTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<KerasTensor shape={}, dtype={}, name={}>",
            self.shape(),
            self.dtype(),
            self.layer().name()
        )
    }
}

/// What a layer may be applied to: one symbol or several.
pub trait KerasInputs {
    /// As a list.
    fn symbols(&self) -> Vec<KerasTensor>;
}

impl KerasInputs for &KerasTensor {
    fn symbols(&self) -> Vec<KerasTensor> {
        vec![(*self).clone()]
    }
}

impl KerasInputs for &[KerasTensor] {
    fn symbols(&self) -> Vec<KerasTensor> {
        self.to_vec()
    }
}

impl KerasInputs for &Vec<KerasTensor> {
    fn symbols(&self) -> Vec<KerasTensor> {
        self.to_vec()
    }
}

impl<const N: usize> KerasInputs for [&KerasTensor; N] {
    fn symbols(&self) -> Vec<KerasTensor> {
        self.iter().map(|&t| t.clone()).collect()
    }
}

impl AnyLayer {
    /// Calls the layer on symbols, for one output (the functional API). Its weights are made now.
    ///
    /// # Errors
    /// What the layer refuses; `InvalidArgument` where it has several outputs, or weights whose shape depends on an unknown size.
    pub fn apply(&self, inputs: impl KerasInputs) -> Result<KerasTensor> {
        let mut all = self.apply_many(inputs)?;
        let n = all.len();
        all.pop().filter(|_| n == 1).ok_or_else(|| {
            Error::invalid(self.class_name(), "outputs", "one output; use `apply_many` for more", n)
        })
    }

    /// Calls the layer on symbols, for any number of outputs.
    ///
    /// # Errors
    /// As [`AnyLayer::apply`].
    pub fn apply_many(&self, inputs: impl KerasInputs) -> Result<Vec<KerasTensor>> {
        self.apply_under(&[], inputs.symbols(), Named::default())
    }

    /// Calls the layer on symbols with arguments by name, which may be symbols too.
    ///
    /// # Errors
    /// As [`AnyLayer::apply`].
    pub fn apply_with(
        &self,
        inputs: impl KerasInputs,
        args: &CallArgs<KerasTensor>,
    ) -> Result<Vec<KerasTensor>> {
        let (named, tensors) = args.split();
        self.apply_under(&[], inputs.symbols().into_iter().chain(tensors).collect(), named)
    }

    /// As [`AnyLayer::apply_many`], inside of other layers, whose names the weights' paths begin with.
    pub(crate) fn apply_under(
        &self,
        path: &[AnyLayer],
        inputs: Vec<KerasTensor>,
        named: Named,
    ) -> Result<Vec<KerasTensor>> {
        let specs: Vec<KerasSpec> = inputs.iter().map(|t| t.spec().clone()).collect();
        let outputs = self.infer(path, &specs, &named)?;
        Ok(Invocation::new(self, inputs, named, outputs).results())
    }

    /// The shapes of the outputs for inputs of these shapes (`compute_output_shape`), of float32 or the given dtype. The layer's weights
    /// are made if it has none yet.
    ///
    /// # Errors
    /// As [`AnyLayer::apply`].
    pub fn compute_output_shape(&self, input_shapes: &[PartialShape]) -> Result<Vec<PartialShape>> {
        let dtype = self.dtype_policy().compute_dtype();
        let specs: Vec<KerasSpec> =
            input_shapes.iter().map(|s| KerasSpec { shape: s.clone(), dtype }).collect();
        Ok(self.infer(&[], &specs, &Named::default())?.into_iter().map(|s| s.shape).collect())
    }

    /// What the layer gives for such inputs. It is called on symbols, twice where a size is not known, with different sizes in its place:
    /// sizes of results that differ are not known either. Then the weights it asked for are made.
    pub(crate) fn infer(
        &self,
        path: &[AnyLayer],
        inputs: &[KerasSpec],
        named: &Named,
    ) -> Result<Vec<KerasSpec>> {
        let open = inputs.iter().any(|s| s.shape.known().is_none());
        let (first, outputs) = self.sketch(path, inputs, named, SIZES[0])?;
        let (second, others) = if open {
            let (s, o) = self.sketch(path, inputs, named, SIZES[1])?;
            (Some(s), o)
        } else {
            (None, outputs.clone())
        };
        if let Some(second) = &second {
            first.check_weights(second, inputs)?;
        }
        for (layer, spec) in &first.wanted {
            layer.make_weight(spec)?;
        }
        let other = second.as_ref().unwrap_or(&first);
        for (a, b) in first.visits.iter().zip(&other.visits) {
            a.layer.note_built(|| partial_all(&a.inputs, &b.inputs), || partial_all(&a.outputs, &b.outputs));
        }
        let spec = |(a, b): (&Spec, &Spec)| KerasSpec { shape: partial(&a.shape, &b.shape), dtype: a.dtype };
        Ok(outputs.iter().zip(&others).map(spec).collect())
    }

    /// One call on symbols, with `size` for unknown sizes.
    fn sketch(
        &self,
        path: &[AnyLayer],
        inputs: &[KerasSpec],
        named: &Named,
        size: usize,
    ) -> Result<(Sketch, Vec<Spec>)> {
        let specs: Vec<Spec> = inputs.iter().map(|s| Spec::new(s.dtype, s.shape.filled(size))).collect();
        let run = |xs: &[Tensor]| {
            let mut c = Call::sketching(path.to_vec(), Sketch::default());
            let (inputs, args) = named.of(xs);
            let ys = c.run_with(self, inputs, &args)?;
            let specs: Vec<Spec> = ys.iter().map(|y| y.spec().clone()).collect();
            Ok((vec![], (c.sketch.take().unwrap_or_default(), specs)))
        };
        without_recorders(|| trace(&self.name(), &specs, run)).map(|(_, found)| found)
    }
}

/// What stands for unknown sizes: large enough for windows and strides, divisible by many numbers, and rarely a size that is known.
const SIZES: [usize; 2] = [720, 1008];

fn partial(a: &Shape, b: &Shape) -> PartialShape {
    a.iter().zip(b.iter()).map(|(a, b)| (a == b).then_some(*a)).collect()
}

fn partial_all(a: &[Shape], b: &[Shape]) -> Vec<PartialShape> {
    a.iter().zip(b).map(|(a, b)| partial(a, b)).collect()
}

/// What a call on symbols asked for and met.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    /// Weights that are to be made.
    wanted: Vec<(AnyLayer, WeightSpec)>,
    /// What stands for weights, by layer and name.
    values: HashMap<(u64, String), Tensor>,
    visits: Vec<Visit>,
}

#[derive(Debug)]
struct Visit {
    layer: AnyLayer,
    inputs: Vec<Shape>,
    outputs: Vec<Shape>,
}

impl Sketch {
    pub(super) fn visit(&mut self, layer: &AnyLayer, inputs: Vec<Shape>, outputs: Vec<Shape>) {
        self.visits.push(Visit { layer: layer.clone(), inputs, outputs });
    }

    /// What stands for a weight that does not exist yet.
    pub(super) fn placeholder(&mut self, layer: &AnyLayer, spec: &WeightSpec) -> Result<Tensor> {
        let key = (layer.id(), spec.name.clone());
        if let Some(v) = self.values.get(&key) {
            if *v.shape() != spec.shape {
                return Err(Error::invalid(
                    layer.class_name(),
                    &spec.name,
                    format_args!("shape {}, as at its first use", v.shape()),
                    format_args!("shape {}", spec.shape),
                ));
            }
            return Ok(v.clone());
        }
        let dtype = spec.dtype.unwrap_or_else(|| layer.dtype_policy().variable_dtype());
        let v = array::zeros(&spec.shape, dtype)?;
        self.values.insert(key, v.clone());
        self.wanted.push((layer.clone(), spec.clone()));
        Ok(v)
    }

    pub(super) fn value(&self, layer: &AnyLayer, name: &str) -> Option<Tensor> {
        self.values.get(&(layer.id(), name.to_string())).cloned()
    }

    pub(super) fn assign(&mut self, layer: &AnyLayer, name: &str, value: Tensor) -> Result<()> {
        let key = (layer.id(), name.to_string());
        match self.values.get(&key) {
            Some(old) if old.shape() == value.shape() => {
                self.values.insert(key, value.cast(old.dtype())?);
                Ok(())
            }
            Some(old) => Err(Error::invalid(
                layer.class_name(),
                name,
                format_args!("shape {}", old.shape()),
                format_args!("shape {}", value.shape()),
            )),
            None => Err(Error::new(
                crate::ErrorKind::NotFound,
                layer.class_name(),
                format!("layer {} has no weight {name:?}", layer.name()),
            )),
        }
    }

    /// Checks that another size of what is unknown asks for the same weights.
    fn check_weights(&self, other: &Sketch, inputs: &[KerasSpec]) -> Result<()> {
        for (i, (layer, spec)) in self.wanted.iter().enumerate() {
            let same = other
                .wanted
                .get(i)
                .is_some_and(|(l, s)| l == layer && s.name == spec.name && s.shape == spec.shape);
            if !same {
                let shapes: Vec<String> = inputs.iter().map(|s| s.shape.to_string()).collect();
                return Err(Error::invalid(
                    layer.class_name(),
                    "inputs",
                    format_args!(
                        "a shape that defines that of the weight {} of layer {}",
                        spec.name,
                        layer.name()
                    ),
                    format_args!("{}, in which a size it depends on is unknown", shapes.join(", ")),
                ));
            }
        }
        Ok(())
    }
}
