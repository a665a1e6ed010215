//! What a model was compiled with, as a configuration.

use crate::error::{Error, Result};
use crate::keras::models::Model;
use crate::keras::object::Setting;
use crate::keras::training::{Compile, JitCompile, LossArg, LossItem, LossWeights, MetricItem, MetricsArg};
use crate::keras::{losses, metrics, optimizers};
use serde_json::{Map, Value, json};

/// What a model was compiled with; nothing where it was not.
pub(crate) fn compile_config(model: &Model) -> Option<Value> {
    let (args, optimizer) = (model.compile_args()?, model.optimizer().ok()?);
    Some(json!({
        "optimizer": optimizers::serialize(&*optimizer),
        "loss": loss_value(&args.loss),
        "loss_weights": match &args.loss_weights {
            LossWeights::None => Value::Null,
            LossWeights::List(all) => json!(all),
            LossWeights::Named(all) => map(all, |w| json!(w)),
        },
        "metrics": metrics_value(&args.metrics),
        "weighted_metrics": metrics_value(&args.weighted_metrics),
        "run_eagerly": args.run_eagerly,
        "jit_compile": args.jit_compile.write(),
        "auto_scale_loss": args.auto_scale_loss,
        "steps_per_execution": args.steps_per_execution,
    }))
}

/// The reverse of [`compile_config`]; reads what Keras writes, too.
pub(crate) fn compile_from(v: &Value) -> Result<Compile> {
    let part = |key: &str| v.get(key).unwrap_or(&Value::Null);
    let refuse = |key: &str, wanted: &str| Error::invalid("compile_config", key, wanted, part(key));
    let optimizer = match part("optimizer") {
        Value::String(name) => name.as_str().into(),
        object => object.into(),
    };
    let weights = match part("loss_weights") {
        Value::Null => LossWeights::None,
        Value::Number(n) => LossWeights::List(n.as_f64().into_iter().collect()),
        Value::Array(all) => {
            let all: Option<Vec<f64>> = all.iter().map(Value::as_f64).collect();
            LossWeights::List(all.ok_or_else(|| refuse("loss_weights", "a list of numbers"))?)
        }
        Value::Object(all) => {
            let all: Option<Vec<_>> = all.iter().map(|(k, w)| Some((k.clone(), w.as_f64()?))).collect();
            LossWeights::Named(all.ok_or_else(|| refuse("loss_weights", "numbers by name"))?)
        }
        _ => return Err(refuse("loss_weights", "numbers, as a list or by name")),
    };
    Ok(Compile {
        optimizer,
        loss: loss_from(part("loss")),
        loss_weights: weights,
        metrics: metrics_from(part("metrics")).ok_or_else(|| refuse("metrics", "metrics"))?,
        weighted_metrics: metrics_from(part("weighted_metrics"))
            .ok_or_else(|| refuse("weighted_metrics", "metrics"))?,
        run_eagerly: part("run_eagerly").as_bool().unwrap_or(false),
        jit_compile: JitCompile::read(part("jit_compile")).unwrap_or_default(),
        // The optimizer that was saved has its loss scale already.
        auto_scale_loss: part("auto_scale_loss").as_bool().unwrap_or(true),
        steps_per_execution: part("steps_per_execution").as_u64().unwrap_or(1) as usize,
    })
}

fn map<T>(all: &[(String, T)], f: impl Fn(&T) -> Value) -> Value {
    Value::Object(all.iter().map(|(k, v)| (k.clone(), f(v))).collect::<Map<String, Value>>())
}

fn loss_value(loss: &LossArg) -> Value {
    let one = |l: &LossItem| l.value(losses::serialize);
    match loss {
        LossArg::None => Value::Null,
        LossArg::One(l) => one(l),
        LossArg::List(all) => all.iter().map(|l| l.as_ref().map_or(Value::Null, one)).collect(),
        LossArg::Named(all) => map(all, one),
    }
}

fn loss_from(v: &Value) -> LossArg {
    let one = |v: &Value| -> LossItem {
        match v {
            Value::String(name) => name.as_str().into(),
            object => LossItem::known(losses::deserialize(object)),
        }
    };
    match v {
        Value::Null => LossArg::None,
        Value::Array(all) => LossArg::List(all.iter().map(|l| (!l.is_null()).then(|| one(l))).collect()),
        Value::Object(all) if !all.contains_key("class_name") => {
            let some = all.iter().filter(|(_, l)| !l.is_null());
            LossArg::Named(some.map(|(k, l)| (k.clone(), one(l))).collect())
        }
        v => LossArg::One(one(v)),
    }
}

fn metrics_value(metrics: &MetricsArg) -> Value {
    let one = |m: &MetricItem| m.value(metrics::serialize);
    let list = |all: &Vec<MetricItem>| all.iter().map(one).collect::<Value>();
    match metrics {
        MetricsArg::List(all) if all.is_empty() => Value::Null,
        MetricsArg::List(all) => list(all),
        MetricsArg::Lists(all) => all.iter().map(list).collect(),
        MetricsArg::Named(all) => map(all, list),
    }
}

fn metrics_from(v: &Value) -> Option<MetricsArg> {
    let one = |v: &Value| -> MetricItem {
        match v {
            Value::String(name) => name.as_str().into(),
            object => MetricItem::known(metrics::deserialize(object)),
        }
    };
    // An output may have one metric, a list, or none.
    let list = |v: &Value| -> Vec<MetricItem> {
        match v {
            Value::Null => vec![],
            Value::Array(all) => all.iter().map(one).collect(),
            v => vec![one(v)],
        }
    };
    Some(match v {
        Value::Null => MetricsArg::default(),
        Value::Array(all) if all.iter().any(|m| m.is_array() || m.is_null()) => {
            MetricsArg::Lists(all.iter().map(list).collect())
        }
        Value::Array(_) => MetricsArg::List(list(v)),
        Value::Object(all) => MetricsArg::Named(all.iter().map(|(k, m)| (k.clone(), list(m))).collect()),
        _ => return None,
    })
}
