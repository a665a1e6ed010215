//! Configurations of models, in Keras' schema.

use super::functional::Functional;
use super::graph::Graph;
use super::sequential::Chain;
use crate::error::{Error, Result};
use crate::keras::base::{AnyLayer, Invocation, KerasTensor, Named, deserialize_layer, serialize_layer};
use crate::keras::layers::{read_shape, shape_value};
use crate::keras::object::Config;
use crate::shape::PartialShape;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::rc::Rc;

pub(super) fn sequential_arguments(chain: &Chain) -> Result<Config> {
    let mut config = Config::new();
    let layers = chain.all().iter().map(serialize_layer).collect::<Result<Vec<_>>>()?;
    config.insert("layers".into(), layers.into());
    if let Some((input, _)) = chain.symbols() {
        config.insert("build_input_shape".into(), shape_value(input.shape()));
    }
    Ok(config)
}

type SequentialParts = (Option<String>, Vec<AnyLayer>, Option<PartialShape>);

/// Name, layers and input shape of a sequential model.
pub(super) fn sequential_from(config: &Config) -> Result<SequentialParts> {
    let layers = list("Sequential", config, "layers")?;
    let layers = layers.iter().map(deserialize_layer).collect::<Result<Vec<_>>>()?;
    let name = config.get("name").and_then(Value::as_str).map(str::to_string);
    Ok((name, layers, config.get("build_input_shape").and_then(read_shape)))
}

fn list<'a>(class: &str, config: &'a Config, key: &str) -> Result<&'a Vec<Value>> {
    let found = config.get(key);
    found
        .and_then(Value::as_array)
        .ok_or_else(|| Error::invalid(class, key, "a list", found.unwrap_or(&Value::Null)))
}

/// Where a symbol comes from, as Keras writes it: the layer's name, which of its calls in the model, which output.
pub(super) fn reference(graph: &Graph, symbol: &KerasTensor) -> (String, usize, usize) {
    if let Some(at) = graph.inputs.iter().position(|i| i == symbol) {
        return (graph.input_layers[at].name(), 0, 0);
    }
    let call = symbol.invocation();
    let index = graph.calls_of(&call.layer).position(|c| c.id == call.id).unwrap_or(0);
    (call.layer.name(), index, symbol.index())
}

pub(super) fn functional_arguments(graph: &Graph) -> Result<Config> {
    let symbol = |s: &KerasTensor| {
        let (name, call, output) = reference(graph, s);
        json!({ "class_name": "__keras_tensor__", "config": {
            "shape": shape_value(s.shape()), "dtype": s.dtype().name(), "keras_history": [name, call, output],
        } })
    };
    let mut layers = vec![];
    for layer in &graph.layers {
        let mut described = serialize_layer(layer)?;
        let calls = graph.calls_of(layer).map(|call| {
            let all: Vec<Value> = call.inputs.iter().map(symbol).collect();
            let (inputs, named) = all.split_at(all.len() - call.named.tensors.len());
            let mut kwargs = call.named.settings.clone();
            kwargs.extend(call.named.tensors.iter().cloned().zip(named.iter().cloned()));
            if layer.layer().takes_states() && inputs.len() > 1 && named.is_empty() {
                return json!({ "args": inputs[..1], "kwargs": { "initial_state": inputs[1..] } });
            }
            let separate = inputs.len() == 1 || layer.layer().separate_inputs();
            let args = if separate { json!(inputs) } else { json!([inputs]) };
            json!({ "args": args, "kwargs": kwargs })
        });
        described["inbound_nodes"] = calls.collect();
        described["name"] = layer.name().into();
        layers.push(described);
    }
    let ends = |symbols: &[KerasTensor]| {
        let all: Vec<Value> = symbols
            .iter()
            .map(|s| {
                let (name, call, output) = reference(graph, s);
                // Keras counts a graph's own making as its first call.
                let call = call + usize::from(Functional::of(s.layer()).is_some());
                json!([name, call, output])
            })
            .collect();
        if let [one] = &all[..] { one.clone() } else { Value::Array(all) }
    };
    let mut config = Config::new();
    config.insert("layers".into(), layers.into());
    config.insert("input_layers".into(), ends(&graph.inputs));
    config.insert("output_layers".into(), ends(&graph.outputs));
    Ok(config)
}

/// Where an input of a call comes from.
type Source = (String, usize, usize);

/// A call that is to be made.
struct Todo {
    layer: AnyLayer,
    /// Those by name last.
    inputs: Vec<Source>,
    named: Named,
}

pub(super) fn functional_from(config: &Config) -> Result<AnyLayer> {
    const CLASS: &str = "Functional";
    let mut layers: HashMap<String, AnyLayer> = HashMap::new();
    let mut calls: HashMap<String, Vec<Rc<Invocation>>> = HashMap::new();
    let mut held: Vec<KerasTensor> = vec![];
    let mut todo: Vec<Todo> = vec![];
    for described in list(CLASS, config, "layers")? {
        let layer = deserialize_layer(described)?;
        if let Some(symbol) = layer.input_symbol() {
            calls.insert(layer.name(), vec![symbol.invocation().clone()]);
            held.push(symbol);
        }
        let nodes = described.get("inbound_nodes").and_then(Value::as_array);
        for node in nodes.into_iter().flatten() {
            let (inputs, named) = sources(&layer, node)?;
            todo.push(Todo { layer: layer.clone(), inputs, named });
        }
        if layers.insert(layer.name(), layer.clone()).is_some() {
            return Err(Error::invalid(
                CLASS,
                "layers",
                "names that are unique",
                format_args!("{:?} twice", layer.name()),
            ));
        }
    }
    let symbol = |calls: &HashMap<String, Vec<Rc<Invocation>>>, (name, call, output): &Source| {
        calls.get(name)?.get(*call)?.results().get(*output).cloned()
    };
    // Calls of one layer are made in their order, each when its inputs are there.
    while !todo.is_empty() {
        let before = todo.len();
        let mut blocked: Vec<AnyLayer> = vec![];
        let mut rest = vec![];
        for t in todo {
            let inputs: Option<Vec<KerasTensor>> = t.inputs.iter().map(|s| symbol(&calls, s)).collect();
            match inputs {
                Some(inputs) if !blocked.contains(&t.layer) => {
                    let outputs = t.layer.apply_under(&[], inputs, t.named)?;
                    if let Some(first) = outputs.first() {
                        calls.entry(t.layer.name()).or_default().push(first.invocation().clone());
                    }
                    held.extend(outputs);
                }
                _ => {
                    blocked.push(t.layer.clone());
                    rest.push(t);
                }
            }
        }
        if rest.len() == before {
            let names: Vec<String> = rest.iter().map(|t| t.layer.name()).collect();
            let received = format!("a loop, or unknown inputs, at {}", names.join(", "));
            return Err(Error::invalid(
                CLASS,
                "layers",
                "a graph without loops and missing layers",
                received,
            ));
        }
        todo = rest;
    }
    let ends = |key: &str| -> Result<Vec<KerasTensor>> {
        let given = config.get(key).unwrap_or(&Value::Null);
        let refuse = || {
            Error::invalid(
                CLASS,
                key,
                "[layer, call, output], or a list of such, of layers that exist",
                given,
            )
        };
        let found =
            history(given).map(|s| vec![s]).or_else(|| given.as_array()?.iter().map(history).collect());
        let found = found.or_else(|| given.as_object()?.values().map(history).collect());
        let resolve = |(name, call, output): Source| {
            let nested = layers.get(&name).is_some_and(|l| Functional::of(l).is_some());
            symbol(&calls, &(name, call.checked_sub(usize::from(nested))?, output))
        };
        found.ok_or_else(refuse)?.into_iter().map(|s| resolve(s).ok_or_else(refuse)).collect()
    };
    let model = Functional::new(ends("input_layers")?, ends("output_layers")?)?;
    let name = config.get("name").and_then(Value::as_str).map(str::to_string);
    Ok(model.into_layer(name))
}

/// The inputs of a described call, and the names of the last of them.
fn sources(layer: &AnyLayer, node: &Value) -> Result<(Vec<Source>, Named)> {
    let mut found = vec![];
    let refuse = || {
        let wanted = format!("args of symbols for the calls of layer {}", layer.name());
        Error::invalid("Functional", "inbound_nodes", wanted, node)
    };
    let args = node.get("args").and_then(Value::as_array).ok_or_else(refuse)?;
    collect(&Value::Array(args.clone()), &mut found).ok_or_else(refuse)?;
    let kwargs = node.get("kwargs").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    let mut named = Named::default();
    let recurrent = layer.layer().takes_states();
    for (key, value) in kwargs.into_iter().filter(|(_, v)| !v.is_null()) {
        match symbol_of(&value) {
            // First states may be given by name or by place; whoever runs the model says whether it is trained.
            _ if recurrent && key == "initial_state" => collect(&value, &mut found).ok_or_else(refuse)?,
            _ if recurrent && key == "training" => {}
            Some(source) => {
                found.push(source);
                named.tensors.push(key);
            }
            None => {
                named.settings.insert(key, value);
            }
        }
    }
    Ok((found, named))
}

fn collect(v: &Value, found: &mut Vec<Source>) -> Option<()> {
    if let Value::Array(all) = v {
        return all.iter().try_for_each(|v| collect(v, found));
    }
    found.push(symbol_of(v)?);
    Some(())
}

/// Where a symbol that Keras describes comes from.
fn symbol_of(v: &Value) -> Option<Source> {
    history(v.get("config")?.get("keras_history")?)
}

fn history(v: &Value) -> Option<Source> {
    let [name, call, output] = &v.as_array()?[..] else { return None };
    Some((name.as_str()?.into(), call.as_u64()? as usize, output.as_u64()? as usize))
}
