//! The entry of functional and sequential models.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::{AnyLayer, Call, Configured, Invocation, KerasSpec, KerasTensor, Layer, Node};
use crate::keras::object::{Config, Setting};
use crate::shape::PartialShape;
use crate::tensor::Tensor;
use serde_json::{Value, json};
use std::any::Any;

/// What goes into a model (`keras.layers.InputLayer`): its shape, with or without the size of the batch, and its dtype.
///
/// ```
/// use wgflow::{DType, keras::{Layer, layers::InputLayer}};
/// let ids = InputLayer::new([None]).dtype(DType::Int32).named("ids").output();
/// assert_eq!(ids.shape().to_string(), "(None, None)");
/// ```
#[derive(Clone, Debug)]
pub struct InputLayer {
    /// Shape with the batch.
    pub batch_shape: PartialShape,
    /// Element type.
    pub dtype: DType,
}

impl InputLayer {
    /// An input of a shape without the batch, float32.
    pub fn new(shape: impl Into<PartialShape>) -> Self {
        let batch_shape = std::iter::once(None).chain(shape.into().0).collect();
        InputLayer { batch_shape, dtype: DType::Float32 }
    }

    /// An input of a shape with the batch.
    pub fn of_batch(batch_shape: impl Into<PartialShape>) -> Self {
        InputLayer { batch_shape: batch_shape.into(), dtype: DType::Float32 }
    }

    /// Fixes the size of the batch.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        if let Some(first) = self.batch_shape.0.first_mut() {
            *first = Some(batch_size);
        }
        self
    }

    /// Sets the element type.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }
}

impl Layer for InputLayer {
    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        Ok(x.clone())
    }

    fn class_name(&self) -> &'static str {
        Self::CLASS
    }

    fn config(&self) -> Result<Config> {
        Ok(self.arguments())
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

impl Configured for InputLayer {
    const CLASS: &'static str = "InputLayer";

    fn arguments(&self) -> Config {
        let mut c = Config::new();
        c.insert("batch_shape".into(), shape_value(&self.batch_shape));
        c.insert("dtype".into(), self.dtype.write());
        for fixed in ["sparse", "ragged", "optional"] {
            c.insert(fixed.into(), json!(false));
        }
        c
    }

    fn from_arguments(config: &Config) -> Result<Self> {
        let wanted = "a list of sizes, null where unknown";
        let given = config.get("batch_shape").unwrap_or(&Value::Null);
        let batch_shape =
            read_shape(given).ok_or_else(|| Error::invalid(Self::CLASS, "batch_shape", wanted, given))?;
        for kind in ["sparse", "ragged", "optional"] {
            if config.get(kind).is_some_and(|v| *v != json!(false)) {
                return Err(Error::unimplemented(Self::CLASS, format_args!("{kind} inputs")));
            }
        }
        let dtype = config.get("dtype").map_or(Some(DType::Float32), DType::read);
        let dtype =
            dtype.ok_or_else(|| Error::invalid(Self::CLASS, "dtype", DType::WANTED, &config["dtype"]))?;
        Ok(InputLayer { batch_shape, dtype })
    }

    fn check_arguments(&self) -> Result<()> {
        Ok(())
    }
}

/// A shape as Keras writes it: a list with null for what is unknown.
pub(crate) fn shape_value(shape: &PartialShape) -> Value {
    shape.iter().map(|d| d.map_or(Value::Null, Value::from)).collect()
}

/// The reverse of [`shape_value`].
pub(crate) fn read_shape(v: &Value) -> Option<PartialShape> {
    let size = |v: &Value| if v.is_null() { Some(None) } else { v.as_u64().map(|n| Some(n as usize)) };
    v.as_array()?.iter().map(size).collect()
}

/// The entry of a functional model (`keras.Input`): float32 of a shape without the batch. [`InputLayer`] has more arguments.
///
/// ```
/// let x = wgflow::keras::input([28, 28, 1]);
/// assert_eq!(x.shape().to_string(), "(None, 28, 28, 1)");
/// ```
pub fn input(shape: impl Into<PartialShape>) -> KerasTensor {
    InputLayer::new(shape).node().output()
}

impl Node<InputLayer> {
    /// The symbol that stands for the input.
    pub fn output(&self) -> KerasTensor {
        output_of(self, self.layer())
    }
}

/// The symbol of an input layer: always the same while it is in use.
fn output_of(node: &AnyLayer, layer: &InputLayer) -> KerasTensor {
    let spec = KerasSpec { shape: layer.batch_shape.clone(), dtype: layer.dtype };
    Invocation::of_input(node, spec)
}

impl AnyLayer {
    /// The symbol of an input layer; nothing for other layers.
    pub fn input_symbol(&self) -> Option<KerasTensor> {
        let layer = self.layer().as_ref() as &dyn Any;
        layer.downcast_ref::<InputLayer>().map(|l| output_of(self, l))
    }
}

/// The input layer of a symbol, where it comes from one: what a model is made of.
impl From<&KerasTensor> for AnyLayer {
    fn from(symbol: &KerasTensor) -> Self {
        symbol.layer().clone()
    }
}

impl From<KerasTensor> for AnyLayer {
    fn from(symbol: KerasTensor) -> Self {
        symbol.layer().clone()
    }
}
