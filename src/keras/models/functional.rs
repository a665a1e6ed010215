//! Models that are graphs of layers.

use super::config::{functional_arguments, functional_from};
use super::graph::{Graph, Key};
use crate::error::{Error, Result};
use crate::keras::base::{AnyLayer, Call, KerasTensor, Layer};
use crate::keras::object::Config;
use crate::ops::array;
use crate::shape::PartialShape;
use crate::tensor::Tensor;
use std::any::Any;
use std::collections::HashMap;
use std::fmt;

/// A graph of layers as a layer (`keras.Model(inputs, outputs)`).
pub(crate) struct Functional {
    pub(super) graph: Graph,
}

impl Functional {
    pub(super) fn new(inputs: Vec<KerasTensor>, outputs: Vec<KerasTensor>) -> Result<Self> {
        Ok(Functional { graph: Graph::new(inputs, outputs)? })
    }

    /// What a layer is, where it is such a graph.
    pub(super) fn of(layer: &AnyLayer) -> Option<&Functional> {
        (layer.layer().as_ref() as &dyn Any).downcast_ref()
    }

    /// The layer of a configuration.
    pub(super) fn from_config(config: &Config) -> Result<AnyLayer> {
        functional_from(config)
    }

    /// As a layer, which is built: its layers are.
    pub(super) fn into_layer(self, name: Option<String>) -> AnyLayer {
        let inputs: Vec<PartialShape> = self.graph.inputs.iter().map(|i| i.shape().clone()).collect();
        let outputs: Vec<PartialShape> = self.graph.outputs.iter().map(|o| o.shape().clone()).collect();
        let layer = AnyLayer::new(std::rc::Rc::new(self), name);
        layer.note_built(|| inputs, || outputs);
        layer
    }
}

impl fmt::Debug for Functional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functional").field("layers", &self.graph.layers).finish()
    }
}

impl Layer for Functional {
    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        if xs.len() != self.graph.inputs.len() {
            let names: Vec<String> = self.graph.input_layers.iter().map(AnyLayer::name).collect();
            return Err(Error::invalid(
                "Functional",
                "inputs",
                format_args!("{} inputs, {}", names.len(), names.join(", ")),
                format_args!("{} inputs", xs.len()),
            ));
        }
        let mut values: HashMap<Key, Tensor> = HashMap::new();
        for ((symbol, layer), x) in self.graph.inputs.iter().zip(&self.graph.input_layers).zip(xs) {
            let fitted = fitted(c, &layer.name(), symbol.shape(), symbol.dtype(), x)?;
            values.insert(symbol.key(), fitted);
        }
        for call in &self.graph.calls {
            let inputs = call.inputs.iter().map(|i| value(&values, i)).collect::<Result<Vec<_>>>()?;
            let (inputs, args) = call.named.of(&inputs);
            let outputs = c.run_with(&call.layer, inputs, &args)?;
            values.extend(outputs.into_iter().enumerate().map(|(i, y)| ((call.id, i), y)));
        }
        self.graph.outputs.iter().map(|o| value(&values, o)).collect()
    }

    fn class_name(&self) -> &'static str {
        "Functional"
    }

    fn config(&self) -> Result<Config> {
        functional_arguments(&self.graph)
    }

    fn sublayers(&self) -> Vec<AnyLayer> {
        self.graph.layers.clone()
    }

    fn supports_masking(&self) -> bool {
        true
    }

    /// Masks are set by the layers in it.
    fn compute_mask(&self, _: &mut Call, _: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(None)
    }
}

fn value(values: &HashMap<Key, Tensor>, symbol: &KerasTensor) -> Result<Tensor> {
    let found = values.get(&symbol.key()).cloned();
    found.ok_or_else(|| Error::internal("Functional", format_args!("{symbol:?} was not computed")))
}

/// An input in the dtype and rank of an input layer: a last dimension of 1 is added or taken away.
pub(super) fn fitted(
    c: &mut Call,
    name: &str,
    shape: &PartialShape,
    dtype: crate::DType,
    x: &Tensor,
) -> Result<Tensor> {
    let refuse = || {
        Error::invalid(
            "Functional",
            "inputs",
            format_args!("shape {shape} for the input {name:?}"),
            format_args!("shape {}", x.shape()),
        )
    };
    // The batch may have any size, even where the input layer has one.
    let fits = |s: &[usize]| {
        s.len() == shape.rank() && s.iter().zip(shape.iter()).skip(1).all(|(a, b)| b.is_none_or(|b| b == *a))
    };
    let mut y = x.clone();
    if x.rank() == shape.rank() + 1 && x.shape().last() == Some(&1) && x.rank() > 1 {
        y = array::squeeze(&y, -1)?;
    } else if x.rank() + 1 == shape.rank() && shape.last() == Some(&Some(1)) {
        y = array::expand_dims(&y, -1)?;
    }
    if !fits(y.shape()) {
        return Err(refuse());
    }
    let wanted = if dtype.is_float() { c.compute_dtype() } else { dtype };
    if y.dtype() != wanted {
        y = y.cast(wanted)?;
    }
    if y.id() != x.id()
        && let Some(mask) = c.mask(x)
    {
        c.set_mask(&y, mask);
    }
    Ok(y)
}
