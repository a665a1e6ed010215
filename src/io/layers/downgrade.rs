//! Configurations in the schema of Keras 2, which TensorFlow.js reads.

use crate::error::{Error, Result};
use serde_json::{Map, Value, json};

const OP: &str = "to_tfjs_layers_model";

/// Activations that Keras 2 and TensorFlow.js have, by the name that both know.
fn activation(name: &str) -> Result<&str> {
    Ok(match name {
        "keras2_hard_sigmoid" => "hard_sigmoid",
        "silu" => "swish",
        "elu" | "linear" | "relu" | "relu6" | "selu" | "sigmoid" | "softmax" | "softplus" | "softsign"
        | "tanh" | "mish" | "gelu" | "exponential" | "log_softmax" => name,
        other => {
            return Err(Error::unimplemented(
                OP,
                format_args!("activation {other:?}, which Keras 2 does not have"),
            ));
        }
    })
}

/// A model or layer that Keras 3's schema describes.
pub(super) fn layer(v: &Value) -> Result<Value> {
    let class = v["class_name"].as_str().unwrap_or_default();
    let empty = Map::new();
    let given = v["config"].as_object().unwrap_or(&empty);
    let config = match class {
        "Sequential" => json!({ "name": given.get("name"), "layers": layers(given)? }),
        "Functional" => graph(given)?,
        _ => plain(class, given).map_err(|e| e.context(format!("layer {}", given["name"])))?.into(),
    };
    Ok(json!({ "class_name": class, "config": config }))
}

fn layers(config: &Map<String, Value>) -> Result<Vec<Value>> {
    config.get("layers").and_then(Value::as_array).into_iter().flatten().map(layer).collect()
}

fn graph(config: &Map<String, Value>) -> Result<Value> {
    let described = config.get("layers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // A model's own making is its first call.
    let is_model = |name: &Value| {
        described.iter().any(|l| {
            l["config"]["name"] == *name
                && matches!(l["class_name"].as_str(), Some("Functional" | "Sequential"))
        })
    };
    let is_graph = |name: &Value| {
        described.iter().any(|l| l["config"]["name"] == *name && l["class_name"] == "Functional")
    };
    let place = |history: &Value, counted: bool| -> [Value; 3] {
        let own = u64::from(is_model(&history[0]) && !counted);
        [history[0].clone(), (history[1].as_u64().unwrap_or(0) + own).into(), history[2].clone()]
    };
    let mut out = vec![];
    for l in described {
        let mut made = layer(l)?;
        made["name"] = l["config"]["name"].clone();
        let nodes = l["inbound_nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        made["inbound_nodes"] = nodes.iter().map(|n| call(l, n, &|h| place(h, false))).collect();
        out.push(made);
    }
    let ends = |key: &str| -> Value {
        let found = config.get(key).unwrap_or(&Value::Null);
        let one = found[0].is_string().then(|| std::slice::from_ref(found));
        let all = one.or(found.as_array().map(Vec::as_slice)).unwrap_or_default();
        all.iter().map(|h| json!(place(h, is_graph(&h[0])))).collect()
    };
    Ok(json!({
        "name": config.get("name"), "trainable": config.get("trainable").unwrap_or(&Value::Bool(true)), "layers": out,
        "input_layers": ends("input_layers"), "output_layers": ends("output_layers"),
    }))
}

/// A call of a layer as a list of its inputs, with arguments by name beside the first.
fn call(layer: &Value, node: &Value, place: &dyn Fn(&Value) -> [Value; 3]) -> Value {
    let history = |v: &Value| v.get("config").and_then(|c| c.get("keras_history")).map(|h| json!(place(h)));
    let mut kwargs = Map::new();
    for (key, value) in node["kwargs"].as_object().into_iter().flatten().filter(|(_, v)| !v.is_null()) {
        let list = || value.as_array()?.iter().map(history).collect::<Option<Vec<_>>>().map(Value::Array);
        kwargs.insert(key.clone(), history(value).or_else(list).unwrap_or_else(|| value.clone()));
    }
    let mut inputs = vec![];
    let mut todo: Vec<&Value> = node["args"].as_array().into_iter().flatten().rev().collect();
    while let Some(v) = todo.pop() {
        match v {
            Value::Array(all) => todo.extend(all.iter().rev()),
            v => inputs.extend(history(v)),
        }
    }
    // Values and keys are arguments by name.
    if layer["class_name"] == "MultiHeadAttention" {
        for (key, input) in ["value", "key"].iter().zip(inputs.split_off(inputs.len().min(1))) {
            kwargs.insert((*key).into(), input);
        }
    }
    let mut first = Some(kwargs);
    let inputs = inputs
        .into_iter()
        .map(|input| json!([input[0], input[1], input[2], first.take().unwrap_or_default()]));
    inputs.collect()
}

/// Arguments that Keras 2 does not have: for what values a layer does what Keras 2's does, where any.
fn newer(class: &str, key: &str) -> Option<Option<Value>> {
    Some(Some(match (class, key) {
        (_, "quantization_config" | "shared_object_id") => return Some(None),
        ("MultiHeadAttention", "use_gate")
        | ("LayerNormalization", "rms_scaling")
        | ("BatchNormalization", "synchronized" | "renorm") => false.into(),
        ("MultiHeadAttention", "sliding_window" | "seed") => Value::Null,
        ("BatchNormalization", "renorm_clipping" | "renorm_momentum") => return Some(None),
        ("InputLayer", "optional") => return Some(None),
        ("Conv3DTranspose", "dilation_rate") => json!([1, 1, 1]),
        ("SpatialDropout2D" | "SpatialDropout3D", "data_format") => return None,
        (
            "SimpleRNN" | "LSTM" | "GRU" | "SimpleRNNCell" | "LSTMCell" | "GRUCell" | "ConvLSTM1D"
            | "ConvLSTM2D" | "ConvLSTM3D" | "RNN",
            "zero_output_for_mask" | "seed",
        ) => {
            return Some(None);
        }
        _ => return None,
    }))
}

fn plain(class: &str, given: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut c = Map::new();
    for (key, value) in given {
        match newer(class, key) {
            Some(usual) => {
                if let Some(usual) = usual.filter(|u| u != value) {
                    let text = format!(
                        "{class} with {key}={value}: Keras 2 has no such argument, only {usual} can be written"
                    );
                    return Err(Error::unimplemented(OP, text));
                }
                continue;
            }
            None => c.insert(key.clone(), argument(key, value)?),
        };
    }
    let rename = |c: &mut Map<String, Value>, from: &str, to: &str| {
        if let Some(v) = c.remove(from) {
            c.insert(to.into(), v);
        }
    };
    match class {
        "InputLayer" => rename(&mut c, "batch_shape", "batch_input_shape"),
        "LeakyReLU" => rename(&mut c, "negative_slope", "alpha"),
        "Bidirectional" => bidirectional(&mut c),
        // Keras 2 asks for them, and finds them out if they are not known.
        "MultiHeadAttention" => {
            ["query_shape", "key_shape", "value_shape"].iter().for_each(|k| {
                c.insert((*k).into(), Value::Null);
            });
        }
        _ => {}
    }
    Ok(c)
}

/// The layer from the end is written where it is not the other one turned around; names of both are made anew.
fn bidirectional(c: &mut Map<String, Value>) {
    let bare = |v: &Value| {
        let mut v = v["config"].clone();
        if let Some(o) = v.as_object_mut() {
            o.remove("name");
            o.remove("go_backwards");
        }
        v
    };
    if let (Some(forward), Some(backward)) = (c.get("layer"), c.get("backward_layer"))
        && bare(forward) == bare(backward)
    {
        c.remove("backward_layer");
    }
    for key in ["layer", "backward_layer"] {
        let name = c.get(key).and_then(|l| l["config"]["name"].as_str()).map(str::to_string);
        if let (Some(name), Some(l)) = (name, c.get_mut(key)) {
            let bare = name.strip_prefix("forward_").or(name.strip_prefix("backward_")).unwrap_or(&name);
            l["config"]["name"] = bare.into();
        }
    }
}

fn argument(key: &str, value: &Value) -> Result<Value> {
    Ok(match (key, value) {
        ("activation" | "recurrent_activation", Value::String(name)) => activation(name)?.into(),
        ("activation" | "recurrent_activation", Value::Object(_)) => {
            return Err(Error::unimplemented(OP, "activations of one's own"));
        }
        // Values are float32 in TensorFlow.js.
        ("dtype", v @ Value::Object(_)) => match v["config"]["name"].as_str() {
            Some(name) if !name.starts_with("mixed") => name.into(),
            _ => "float32".into(),
        },
        ("layer" | "backward_layer" | "cell", v @ Value::Object(_)) => layer(v)?,
        ("cells", Value::Array(all)) => Value::Array(all.iter().map(layer).collect::<Result<_>>()?),
        (_, Value::Object(o)) if o.contains_key("class_name") => object(value)?,
        _ => value.clone(),
    })
}

/// An initializer, a penalty or a constraint.
fn object(v: &Value) -> Result<Value> {
    if v["registered_name"].is_string() {
        return Err(Error::unimplemented(
            OP,
            format_args!("class {}, which is of one's own", v["class_name"]),
        ));
    }
    let mut config = v["config"].clone();
    if let Some(c) = config.as_object_mut() {
        c.remove("input_axes");
        c.remove("output_axes");
    }
    // TensorFlow.js has one class for both penalties.
    let class = match v["class_name"].as_str() {
        Some("L1" | "L2") => {
            config = json!({ "l1": config.get("l1").unwrap_or(&json!(0)), "l2": config.get("l2").unwrap_or(&json!(0)) });
            "L1L2".into()
        }
        _ => v["class_name"].clone(),
    };
    Ok(json!({ "class_name": class, "config": config }))
}
