//! Calls between layers: from Keras 2's lists to Keras 3's arguments.

use crate::error::{Error, Result};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const OP: &str = "modelTopology";

/// Rewrites the calls of a graph's layers, and where it begins and ends.
pub(super) fn upgrade(layers: &mut [Value], config: &mut Map<String, Value>) -> Result<()> {
    let first = first_calls(layers, config);
    for layer in &mut *layers {
        let class = layer["class_name"].as_str().unwrap_or_default().to_string();
        let nodes = match layer.get("inbound_nodes") {
            None | Some(Value::Null) => vec![],
            Some(Value::Array(nodes)) => nodes.clone(),
            Some(other) => return Err(Error::invalid(OP, "inbound_nodes", "a list of calls", other)),
        };
        let nodes = nodes.iter().filter(|n| !is_empty(n)).map(|n| node(&class, n, &first));
        layer["inbound_nodes"] = Value::Array(nodes.collect::<Result<_>>()?);
        if layer.get("name").is_none() {
            layer["name"] = layer["config"]["name"].clone();
        }
    }
    // A graph's own making counts as its first call where the graph ends.
    let graphs: Vec<String> = layers
        .iter()
        .filter(|l| l["class_name"] == "Functional")
        .filter_map(|l| l["config"]["name"].as_str().map(str::to_string))
        .collect();
    for key in ["input_layers", "output_layers"] {
        let found = config.get(key).cloned().unwrap_or(Value::Null);
        let one = source(&found).map(|s| vec![s]);
        let all = one
            .or_else(|| found.as_array()?.iter().map(source).collect())
            .or_else(|| found.as_object()?.values().map(source).collect());
        let all: Vec<Source> =
            all.ok_or_else(|| Error::invalid(OP, key, "[layer, call, output], or a list of such", &found))?;
        let ends = all.into_iter().map(|(name, call, output)| {
            let call = call - first.get(&name).copied().unwrap_or(0).min(call);
            json!([name, call + u64::from(graphs.contains(&name)), output])
        });
        let ends: Value = ends.collect();
        config.insert(key.into(), ends);
    }
    Ok(())
}

/// A call without inputs is a layer's of inputs.
fn is_empty(node: &Value) -> bool {
    node.as_array().is_some_and(Vec::is_empty)
}

/// Layer, which of its calls, which output.
type Source = (String, u64, u64);

fn source(v: &Value) -> Option<Source> {
    let all = v.as_array()?;
    let [name, call, output, ..] = &all[..] else { return None };
    Some((name.as_str()?.into(), call.as_u64()?, output.as_u64()?))
}

/// The number of each layer's first call: layers that are models may have one before, their own making.
fn first_calls(layers: &[Value], config: &Map<String, Value>) -> HashMap<String, u64> {
    let models: Vec<&str> = layers
        .iter()
        .filter(|l| l["class_name"] == "Functional" || l["class_name"] == "Sequential")
        .filter_map(|l| l["config"]["name"].as_str())
        .collect();
    let mut first: HashMap<String, u64> = HashMap::new();
    let mut todo: Vec<&Value> = layers.iter().filter_map(|l| l.get("inbound_nodes")).collect();
    todo.extend(config.get("output_layers"));
    while let Some(v) = todo.pop() {
        if let Some((name, call, _)) = source(v).filter(|s| models.contains(&s.0.as_str())) {
            first.entry(name).and_modify(|f| *f = (*f).min(call)).or_insert(call);
        }
        match v {
            Value::Array(all) => todo.extend(all),
            Value::Object(all) => todo.extend(all.values()),
            _ => {}
        }
    }
    first
}

fn symbol(s: Source, first: &HashMap<String, u64>) -> Value {
    let (name, call, output) = s;
    let call = call - first.get(&name).copied().unwrap_or(0).min(call);
    json!({ "class_name": "__keras_tensor__", "config": { "keras_history": [name, call, output] } })
}

/// One call.
fn node(class: &str, v: &Value, first: &HashMap<String, u64>) -> Result<Value> {
    let refuse = || Error::invalid(OP, "inbound_nodes", "lists of [layer, call, output, arguments]", v);
    let one = source(v).map(|_| vec![v.clone()]);
    let inputs = one.or_else(|| v.as_array().cloned()).ok_or_else(refuse)?;
    let mut kwargs = Map::new();
    let mut args: Vec<Value> = vec![];
    for input in &inputs {
        args.push(symbol(source(input).ok_or_else(refuse)?, first));
        if let Some(named) = input.get(3).and_then(Value::as_object) {
            kwargs.extend(named.clone());
        }
    }
    for value in kwargs.values_mut() {
        *value = argument(value, first);
    }
    // Queries, values and keys are arguments of their own.
    if class == "MultiHeadAttention" {
        args.extend(["value", "key"].iter().filter_map(|k| kwargs.remove(*k)));
        return Ok(json!({ "args": args, "kwargs": kwargs }));
    }
    let recurrent = kwargs.contains_key("initial_state");
    let args = if args.len() == 1 || recurrent { json!(args) } else { json!([args]) };
    Ok(json!({ "args": args, "kwargs": kwargs }))
}

/// An argument by name: a symbol, a list of symbols, or a value.
fn argument(v: &Value, first: &HashMap<String, u64>) -> Value {
    if let Some(s) = source(v) {
        return symbol(s, first);
    }
    let all: Option<Vec<Source>> = v.as_array().and_then(|all| all.iter().map(source).collect());
    match all {
        Some(all) if !all.is_empty() => all.into_iter().map(|s| symbol(s, first)).collect(),
        _ => v.clone(),
    }
}
