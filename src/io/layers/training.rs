//! What models were trained with, in TensorFlow.js' files.

use crate::error::Result;
use crate::keras::object::to_snake_case;
use crate::keras::{Model, compile_config as compiled_with, compile_from};
use serde_json::{Map, Value, json};

/// Compiles a model as a configuration of Keras 3 says.
pub(super) fn compile(model: &Model, config: &Value) -> Result<()> {
    model.compile(compile_from(config)?)
}

/// A `training_config` in the schema of Keras 3.
pub(super) fn compile_config(v: &Value) -> Value {
    let part = |key: &str| v.get(key).cloned().unwrap_or(Value::Null);
    json!({
        "optimizer": optimizer(&part("optimizer_config")),
        "loss": each(&part("loss"), &named),
        "loss_weights": part("loss_weights"),
        "metrics": metrics(&part("metrics")),
        "weighted_metrics": metrics(&part("weighted_metrics")),
        "auto_scale_loss": false,
    })
}

/// An optimizer with the arguments that Keras 3 has.
fn optimizer(v: &Value) -> Value {
    let class = v.get("class_name").and_then(Value::as_str).unwrap_or_default();
    let class = class.strip_prefix("Custom>").unwrap_or(class);
    let mut config = Map::new();
    for (key, value) in v.get("config").and_then(Value::as_object).into_iter().flatten() {
        let key = match key.as_str() {
            "lr" | "learningRate" => "learning_rate",
            "beta1" => "beta_1",
            "beta2" => "beta_2",
            "useNesterov" => "nesterov",
            "initialAccumulatorValue" => "initial_accumulator_value",
            // RMSprop of TensorFlow.js.
            "decay" if class == "RMSProp" => "rho",
            // What Keras 3 has no more, and says of itself otherwise.
            "decay" | "jit_compile" | "is_legacy_optimizer" | "name" => continue,
            other => other,
        };
        if !value.is_null() {
            config.insert(key.into(), value.clone());
        }
    }
    let class = match class {
        "Momentum" => "SGD",
        "RMSProp" => "RMSprop",
        other => other,
    };
    json!({ "class_name": class, "config": config })
}

/// Applies `f` to what stands for one output each.
fn each(v: &Value, f: &dyn Fn(&Value) -> Value) -> Value {
    match v {
        Value::Array(all) => all.iter().map(|v| each(v, f)).collect(),
        Value::Object(all) if !all.contains_key("class_name") => {
            all.iter().map(|(k, v)| (k.clone(), each(v, f))).collect::<Map<_, _>>().into()
        }
        v => f(v),
    }
}

/// Metrics; with one output alone, a list in a list is that list.
fn metrics(v: &Value) -> Value {
    let all = each(v, &named);
    match all.as_array().map(Vec::as_slice) {
        Some([one @ Value::Array(_)]) => one.clone(),
        _ => all,
    }
}

/// A loss or metric by name or class. Keras 2 writes a function as a class that holds it.
fn named(v: &Value) -> Value {
    let config = v.get("config");
    let function = config.and_then(|c| c.get("fn")).map(|f| f.get("config").unwrap_or(f));
    match (v["class_name"].as_str(), function.and_then(Value::as_str)) {
        (Some("MeanMetricWrapper" | "LossFunctionWrapper"), Some(function)) => {
            let name = config.and_then(|c| c.get("name")).cloned().unwrap_or_else(|| function.into());
            json!({ "class_name": camel(function), "config": { "name": name } })
        }
        (Some(class), _) => {
            let mut config = config.cloned().unwrap_or_else(|| json!({}));
            if let Some(c) = config.as_object_mut() {
                // Keras 3 calls it otherwise, or not at all.
                if c.get("reduction").is_some_and(|r| r == "auto") {
                    c.insert("reduction".into(), "sum_over_batch_size".into());
                }
                c.remove("fn");
            }
            json!({ "class_name": class, "config": config })
        }
        _ => v.clone(),
    }
}

/// `mean_squared_error` to `MeanSquaredError`.
fn camel(name: &str) -> String {
    let word = |w: &str| {
        let mut c = w.chars();
        c.next().map(|f| f.to_ascii_uppercase()).into_iter().chain(c).collect::<String>()
    };
    name.split('_').map(word).collect()
}

/// What a model was compiled with, as TensorFlow.js writes it; nothing where it was not, or in a way that TensorFlow.js does not have.
pub(super) fn training_config(model: &Model) -> Option<Value> {
    let v = compiled_with(model)?;
    let loss = each(&v["loss"], &written);
    if mentions_null(&loss) {
        return None;
    }
    let metrics = each(&v["metrics"], &written);
    let metrics = if mentions_null(&metrics) { Value::Null } else { metrics };
    let class = v["optimizer"]["class_name"].as_str()?;
    let given = v["optimizer"]["config"].as_object()?;
    let number = |key: &str| given.get(key).filter(|n| n.is_number());
    let nested = given.get("nesterov").and_then(Value::as_bool).unwrap_or(false);
    let momentum = number("momentum").and_then(Value::as_f64).unwrap_or(0.0);
    let (class, keys): (&str, &[(&str, &str)]) = match class {
        "SGD" if momentum != 0.0 => ("Momentum", &[("momentum", "momentum")]),
        "SGD" => ("SGD", &[]),
        "Adam" => ("Adam", &[("beta_1", "beta1"), ("beta_2", "beta2"), ("epsilon", "epsilon")]),
        "Adamax" => ("Adamax", &[("beta_1", "beta1"), ("beta_2", "beta2"), ("epsilon", "epsilon")]),
        "RMSprop" => ("RMSProp", &[("rho", "decay"), ("momentum", "momentum"), ("epsilon", "epsilon")]),
        "Adagrad" => ("Adagrad", &[("initial_accumulator_value", "initialAccumulatorValue")]),
        "Adadelta" => ("Adadelta", &[("rho", "rho"), ("epsilon", "epsilon")]),
        _ => return None,
    };
    let mut config = Map::new();
    config.insert("learningRate".into(), number("learning_rate")?.clone());
    for (from, to) in keys {
        config.insert((*to).into(), number(from)?.clone());
    }
    match class {
        "Momentum" => config.insert("useNesterov".into(), nested.into()),
        "RMSProp" => config.insert("centered".into(), given.get("centered").cloned().unwrap_or(false.into())),
        _ => None,
    };
    Some(json!({
        "loss": loss, "metrics": metrics, "optimizer_config": { "class_name": class, "config": config },
    }))
}

/// A loss or metric by its name, where it is all that there is to it; null otherwise.
fn written(v: &Value) -> Value {
    let Some(class) = v.get("class_name").and_then(Value::as_str) else { return v.clone() };
    let usual = |(key, value): (&String, &Value)| match key.as_str() {
        "name" | "dtype" | "reduction" | "fn" => true,
        "from_logits" => value == false,
        "label_smoothing" => value == 0.0,
        "axis" => value == -1,
        "ignore_class" => value.is_null(),
        _ => false,
    };
    let plain = v["config"].as_object().is_none_or(|c| c.iter().all(usual));
    if plain { to_snake_case(class).into() } else { Value::Null }
}

fn mentions_null(v: &Value) -> bool {
    match v {
        Value::Null => true,
        Value::Array(all) => all.iter().any(mentions_null),
        Value::Object(all) => all.values().any(mentions_null),
        _ => false,
    }
}
