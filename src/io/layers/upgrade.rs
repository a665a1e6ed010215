//! Configurations of Keras 2 and TensorFlow.js in the schema of Keras 3.

use super::nodes;
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};

const OP: &str = "modelTopology";
/// Models may stand in models; a file may not make the reader run out of stack.
const MAX_DEPTH: usize = 64;

/// Whether a configuration is of Keras 3, where no version is said.
pub(super) fn is_keras_3(v: &Value) -> bool {
    match v {
        Value::Object(o) => o.contains_key("batch_shape") || o.values().any(is_keras_3),
        Value::Array(all) => all.iter().any(is_keras_3),
        _ => false,
    }
}

/// A model or layer; `tfjs` where TensorFlow.js wrote it.
pub(super) fn model(v: &Value, tfjs: bool) -> Result<Value> {
    Upgrade { tfjs }.layer(v, 0)
}

#[derive(Clone, Copy)]
struct Upgrade {
    tfjs: bool,
}

impl Upgrade {
    fn layer(self, v: &Value, depth: usize) -> Result<Value> {
        let class = v.get("class_name").and_then(Value::as_str);
        let class = class.ok_or_else(|| Error::invalid(OP, "class_name", "the class of a layer", v))?;
        if depth > MAX_DEPTH {
            return Err(Error::invalid(
                OP,
                "layers",
                format_args!("at most {MAX_DEPTH} levels of layers"),
                "more",
            ));
        }
        let class = match class {
            "Model" => "Functional",
            "BatchNormalizationV1" | "BatchNormalizationV2" => "BatchNormalization",
            "ThresholdedReLU" => "ReLU",
            "UnifiedGRU" => "GRU",
            "UnifiedLSTM" => "LSTM",
            other => other,
        };
        let mut config = match v.get("config") {
            Some(Value::Object(c)) => c.clone(),
            // Chains were lists of layers once.
            Some(Value::Array(layers)) if class == "Sequential" => {
                Map::from_iter([("layers".to_string(), Value::Array(layers.clone()))])
            }
            None | Some(Value::Null) => Map::new(),
            Some(other) => return Err(Error::invalid(OP, "config", "an object", other)),
        };
        match class {
            "Sequential" => self.chain(&mut config, depth)?,
            "Functional" => self.graph(&mut config, depth)?,
            _ => self.plain(class, &mut config, depth)?,
        }
        let mut out = v.clone();
        out["class_name"] = class.into();
        out["config"] = config.into();
        Ok(out)
    }

    fn layers(self, config: &Map<String, Value>, depth: usize) -> Result<Vec<Value>> {
        let found = config.get("layers").unwrap_or(&Value::Null);
        let all = found.as_array().ok_or_else(|| Error::invalid(OP, "layers", "a list of layers", found))?;
        all.iter().map(|l| self.layer(l, depth + 1)).collect()
    }

    fn chain(self, config: &mut Map<String, Value>, depth: usize) -> Result<()> {
        let mut layers = self.layers(config, depth)?;
        // The first layer may say what goes into the chain.
        let declared = config.get("layers").and_then(|l| input_shape(l.get(0)?));
        if let (Some((shape, dtype)), Some(first)) = (declared, layers.first())
            && first["class_name"] != "InputLayer"
        {
            let name = format!("{}_input", first["config"]["name"].as_str().unwrap_or("layer"));
            let input = json!({ "batch_shape": shape, "dtype": dtype, "name": name });
            layers.insert(0, json!({ "class_name": "InputLayer", "config": input }));
        }
        config.insert("layers".into(), layers.into());
        Ok(())
    }

    fn graph(self, config: &mut Map<String, Value>, depth: usize) -> Result<()> {
        let mut layers = self.layers(config, depth)?;
        nodes::upgrade(&mut layers, config)?;
        config.insert("layers".into(), layers.into());
        Ok(())
    }

    /// Arguments of a layer that is no model.
    fn plain(self, class: &str, c: &mut Map<String, Value>, depth: usize) -> Result<()> {
        let class = class.strip_prefix("Custom>").unwrap_or(class);
        if let Some(shape) = c.remove("batch_input_shape")
            && class == "InputLayer"
        {
            c.insert("batch_shape".into(), shape);
        }
        for key in ["layer", "backward_layer", "cell"] {
            if let Some(inner) = c.get(key).filter(|l| l.is_object()) {
                let inner = self.layer(inner, depth + 1)?;
                c.insert(key.into(), inner);
            }
        }
        // TensorFlow.js writes the cells of a stack a second time.
        if class == "RNN" {
            c.remove("cells");
        }
        if let Some(cells) = c.get("cells").and_then(Value::as_array) {
            let cells = cells.iter().map(|l| self.layer(l, depth + 1)).collect::<Result<Vec<_>>>()?;
            c.insert("cells".into(), cells.into());
        }
        if let Some(time_major) = c.remove("time_major")
            && time_major == true
        {
            return Err(Error::unimplemented(class, "time_major=true; only false is supported"));
        }
        // How something was computed, and what follows from other arguments.
        for key in ["implementation", "rank", "input_dtype", "input_shape", "input_spec", "num_constants"] {
            c.remove(key);
        }
        for key in ["activation", "recurrent_activation"] {
            if c.get(key).is_some_and(|a| a == "hard_sigmoid") {
                c.insert(key.into(), "keras2_hard_sigmoid".into());
            }
        }
        let drop: &[&str] = match class {
            "Embedding" => &["input_length"],
            "SeparableConv1D" | "SeparableConv2D" => {
                &["kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups"]
            }
            "DepthwiseConv1D" | "DepthwiseConv2D" => {
                &["kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups", "filters"]
            }
            "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => &["groups"],
            "MultiHeadAttention" => &["query_shape", "key_shape", "value_shape", "softmax_robust_masking"],
            "SpatialDropout1D" | "SpatialDropout2D" | "SpatialDropout3D" => &["noise_shape"],
            "BatchNormalization" => &["virtual_batch_size", "fused", "adjustment"],
            _ => &[],
        };
        drop.iter().for_each(|key| {
            c.remove(*key);
        });
        match class {
            "LeakyReLU" => {
                if let Some(alpha) = c.remove("alpha") {
                    c.insert("negative_slope".into(), alpha);
                }
            }
            "ReLU" => {
                if let Some(theta) = c.remove("theta") {
                    c.insert("threshold".into(), theta);
                }
            }
            // Both write one axis as a list of it.
            "BatchNormalization" => {
                if let Some([one]) = c.get("axis").and_then(Value::as_array).map(Vec::as_slice) {
                    let one = one.clone();
                    c.insert("axis".into(), one);
                }
            }
            // Before there was a choice, the reset came first.
            "GRU" | "GRUCell" if !c.contains_key("reset_after") => {
                c.insert("reset_after".into(), false.into());
            }
            _ => {}
        }
        // What was not given is null in TensorFlow.js.
        if self.tfjs {
            c.retain(|_, v| !v.is_null());
        }
        c.values_mut().for_each(|v| object(v, 0));
        Ok(())
    }
}

/// Initializers and the like by the names that Keras 3 has for them and their arguments.
fn object(v: &mut Value, depth: usize) {
    match v {
        Value::Object(o) if depth < MAX_DEPTH => {
            if let Some(class) = o.get("class_name").and_then(Value::as_str)
                && class == "VarianceScaling"
                && o.get("config").is_some_and(|c| c["distribution"] == "normal")
            {
                o["config"]["distribution"] = "truncated_normal".into();
            }
        }
        Value::Array(all) if depth < MAX_DEPTH => all.iter_mut().for_each(|v| object(v, depth + 1)),
        _ => {}
    }
}

/// What goes into a layer, where its description says it: shape and dtype.
fn input_shape(first: &Value) -> Option<(Value, Value)> {
    let mut layer = first;
    for _ in 0..MAX_DEPTH {
        let config = layer.get("config")?;
        let shape = config.get("batch_input_shape").or(config.get("batch_shape")).filter(|s| s.is_array());
        if let Some(shape) = shape {
            let dtype = config.get("dtype").filter(|d| d.is_string()).cloned().unwrap_or("float32".into());
            // Lookups take any number.
            let dtype = if layer["class_name"] == "Embedding" { "float32".into() } else { dtype };
            return Some((shape.clone(), dtype));
        }
        layer = config.get("layers").unwrap_or(config).get(0)?;
    }
    None
}
