//! The graph between symbols: which calls lead from inputs to outputs, in which order.

use crate::error::{Error, Result};
use crate::keras::base::{AnyLayer, Invocation, KerasTensor};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A symbol's key.
pub(super) type Key = (u64, usize);

/// The calls between symbols.
#[derive(Clone)]
pub(super) struct Graph {
    /// Where the graph begins: symbols of input layers, or others, whose making is not part of it.
    pub(super) inputs: Vec<KerasTensor>,
    /// The input layers, one for each input.
    pub(super) input_layers: Vec<AnyLayer>,
    pub(super) outputs: Vec<KerasTensor>,
    /// The calls, each after those that it depends on; without input layers.
    pub(super) calls: Vec<Rc<Invocation>>,
    /// The layers, input layers among them, in Keras' order.
    pub(super) layers: Vec<AnyLayer>,
    /// Whether it is one chain of layers that are called once each.
    pub(super) is_chain: bool,
}

impl Graph {
    /// The graph between symbols.
    pub(super) fn new(inputs: Vec<KerasTensor>, outputs: Vec<KerasTensor>) -> Result<Self> {
        const OP: &str = "Functional";
        for (arg, symbols) in [("inputs", &inputs), ("outputs", &outputs)] {
            if symbols.is_empty() {
                return Err(Error::invalid(OP, arg, "at least one symbol", "none"));
            }
        }
        let mut walk = Walk { ends: inputs.iter().map(KerasTensor::key).collect(), ..Walk::default() };
        outputs.iter().try_for_each(|o| walk.visit(o))?;
        let known: HashSet<Key> = inputs.iter().map(KerasTensor::key).collect();
        let mut made = known;
        for call in &walk.calls {
            if let Some(missing) = call.inputs.iter().find(|i| !made.contains(&i.key())) {
                return Err(Error::invalid(
                    OP,
                    "inputs",
                    "symbols from which all outputs can be computed",
                    format_args!(
                        "a graph that is disconnected: {missing:?}, which layer {} needs, comes from none of them",
                        call.layer.name()
                    ),
                ));
            }
            made.extend((0..call.outputs.len()).map(|i| (call.id, i)));
        }
        // Inputs that are no symbols of input layers get layers of their own.
        let input_layers: Vec<AnyLayer> = inputs.iter().map(input_layer_of).collect();
        let depths = walk.depths(&inputs, &input_layers);
        let mut layers = depths.layers;
        layers.sort_by(|a, b| b.depth.cmp(&a.depth).then(a.order.cmp(&b.order)));
        let layers: Vec<AnyLayer> = layers.into_iter().map(|p| p.layer).collect();
        unique_names(&layers)?;
        let mut per_layer: HashMap<u64, usize> = HashMap::new();
        walk.calls.iter().for_each(|c| *per_layer.entry(c.layer.id()).or_default() += 1);
        let is_chain = depths.widest == 1
            && walk.calls.iter().all(|c| c.inputs.len() <= 1)
            && per_layer.values().all(|n| *n == 1);
        Ok(Graph { inputs, input_layers, outputs, calls: walk.calls, layers, is_chain })
    }

    /// Names of the outputs: those of the layers that make them.
    pub(super) fn output_names(&self) -> Vec<String> {
        self.outputs.iter().map(|o| o.layer().name()).collect()
    }

    /// The calls of a layer that belong to the graph, in order.
    pub(super) fn calls_of<'a>(&'a self, layer: &'a AnyLayer) -> impl Iterator<Item = &'a Rc<Invocation>> {
        let mut calls: Vec<&Rc<Invocation>> = self.calls.iter().filter(move |c| c.layer == *layer).collect();
        calls.sort_by_key(|c| c.index);
        calls.into_iter()
    }
}

/// The layer of an input: its own, or a new one for a symbol from the midst of another graph.
fn input_layer_of(symbol: &KerasTensor) -> AnyLayer {
    if symbol.layer().input_symbol().is_some() {
        return symbol.layer().clone();
    }
    crate::keras::layers::InputLayer::of_batch(symbol.shape().clone()).dtype(symbol.dtype()).into()
}

fn unique_names(layers: &[AnyLayer]) -> Result<()> {
    let mut seen = HashSet::new();
    match layers.iter().find(|l| !seen.insert(l.name())) {
        None => Ok(()),
        Some(l) => Err(Error::invalid(
            "Functional",
            "layers",
            "names that are unique in the model",
            format_args!("{:?} twice", l.name()),
        )),
    }
}

/// The walk from outputs back to inputs.
#[derive(Default)]
struct Walk {
    ends: HashSet<Key>,
    done: HashSet<u64>,
    calls: Vec<Rc<Invocation>>,
    /// Layers in the order in which the walk met them first.
    order: HashMap<u64, usize>,
}

/// A layer and its place in Keras' order.
struct Placed {
    layer: AnyLayer,
    depth: usize,
    order: i64,
}

struct Depths {
    layers: Vec<Placed>,
    /// The largest number of calls at one depth.
    widest: usize,
}

impl Walk {
    /// Visits the call that made a symbol after those that it depends on. Without recursion: graphs may be deep.
    fn visit(&mut self, from: &KerasTensor) -> Result<()> {
        let mut stack = vec![(from.clone(), false)];
        while let Some((symbol, left)) = stack.pop() {
            let call = symbol.invocation().clone();
            if left {
                if self.done.insert(call.id) {
                    self.calls.push(call);
                }
                continue;
            }
            let is_end = self.ends.contains(&symbol.key());
            if self.done.contains(&call.id) || (is_end && !call.inputs.is_empty()) {
                continue;
            }
            let next = self.order.len();
            self.order.entry(call.layer.id()).or_insert(next);
            if call.inputs.is_empty() {
                if !is_end {
                    return Err(Error::invalid(
                        "Functional",
                        "inputs",
                        "all inputs that the outputs depend on",
                        format_args!("inputs without {symbol:?}"),
                    ));
                }
                continue;
            }
            stack.push((symbol, true));
            stack.extend(call.inputs.iter().rev().map(|i| (i.clone(), false)));
        }
        Ok(())
    }

    /// How far each layer is from the outputs, as Keras counts.
    fn depths(&self, inputs: &[KerasTensor], input_layers: &[AnyLayer]) -> Depths {
        let mut of_call: HashMap<u64, usize> = HashMap::new();
        let mut of_layer: HashMap<u64, usize> = HashMap::new();
        let mut of_input: HashMap<Key, usize> = HashMap::new();
        for call in self.calls.iter().rev() {
            let depth = of_call
                .get(&call.id)
                .copied()
                .unwrap_or(0)
                .max(of_layer.get(&call.layer.id()).copied().unwrap_or(0));
            of_call.insert(call.id, depth);
            of_layer.insert(call.layer.id(), depth);
            for input in &call.inputs {
                let below = if self.ends.contains(&input.key()) {
                    of_input.entry(input.key()).or_default()
                } else {
                    of_call.entry(input.invocation().id).or_default()
                };
                *below = (*below).max(depth + 1);
            }
        }
        let mut layers: Vec<Placed> = vec![];
        let mut seen = HashSet::new();
        for (input, layer) in inputs.iter().zip(input_layers) {
            let met = self.order.get(&layer.id()).map_or(-1, |o| *o as i64);
            let depth = of_input.get(&input.key()).copied().unwrap_or(0);
            if seen.insert(layer.id()) {
                layers.push(Placed { layer: layer.clone(), depth, order: met });
            }
        }
        for call in &self.calls {
            if seen.insert(call.layer.id()) {
                let depth = of_layer[&call.layer.id()];
                let order = self.order.get(&call.layer.id()).map_or(-1, |o| *o as i64);
                layers.push(Placed { layer: call.layer.clone(), depth, order });
            }
        }
        let mut at: HashMap<usize, usize> = HashMap::new();
        of_call.values().chain(of_input.values()).for_each(|d| *at.entry(*d).or_default() += 1);
        Depths { layers, widest: at.values().copied().max().unwrap_or(0) }
    }
}
