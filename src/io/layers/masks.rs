//! Arguments that Keras 3 writes into graphs though they follow from the layers.

use serde_json::{Map, Value};

/// Takes away masks that are an embedding's, which goes from layer to layer by itself, with the comparisons that make them, and
/// whether the model was trained when its graph was made.
pub(super) fn simplify(v: &mut Value) {
    match v {
        Value::Array(all) => all.iter_mut().for_each(simplify),
        Value::Object(all) => {
            if let Some(layers) = all.get_mut("layers").and_then(Value::as_array_mut) {
                simplify_graph(layers);
            }
            all.values_mut().for_each(simplify);
        }
        _ => {}
    }
}

fn simplify_graph(layers: &mut Vec<Value>) {
    let comparisons: Vec<String> = layers
        .iter()
        .filter(|l| l["class_name"] == "NotEqual" && l["inbound_nodes"][0]["args"][1] == 0)
        .filter_map(|l| l["config"]["name"].as_str().map(str::to_string))
        .collect();
    let is_comparison = |v: &Value| {
        v["config"]["keras_history"][0].as_str().is_some_and(|n| comparisons.iter().any(|c| c == n))
    };
    let mut used = false;
    for layer in layers.iter_mut() {
        for node in layer.get_mut("inbound_nodes").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(kwargs) = node.get_mut("kwargs").and_then(Value::as_object_mut) {
                simplify_arguments(kwargs, &is_comparison);
            }
            used |= mentions(node, &is_comparison);
        }
    }
    if !used {
        layers.retain(|l| !l["config"]["name"].as_str().is_some_and(|n| comparisons.iter().any(|c| c == n)));
    }
}

fn simplify_arguments(kwargs: &mut Map<String, Value>, is_comparison: &dyn Fn(&Value) -> bool) {
    kwargs.remove("training");
    if kwargs.get("mask").is_some_and(is_comparison) {
        kwargs.remove("mask");
    }
}

fn mentions(v: &Value, f: &dyn Fn(&Value) -> bool) -> bool {
    f(v) || match v {
        Value::Array(all) => all.iter().any(|v| mentions(v, f)),
        Value::Object(all) => all.values().any(|v| mentions(v, f)),
        _ => false,
    }
}
