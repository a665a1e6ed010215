//! Training: what a model is compiled with, and its steps. The loop over batches is the program's, so that the page stays responsive.

use super::json;
use crate::callbacks::Callback;
use crate::errors::Out;
use crate::handles::{self, Object};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use wgflow::keras::{
    Batch, Compile, LossArg, LossItem, LossWeights, MetricItem, MetricsArg, losses, metrics,
};
use wgflow::{Error, Result, Tensor};

const OP: &str = "Model.compile";

/// Says how a model is trained: the handle of an optimizer; a loss, a list of them, or an object of them by output; likewise metrics. Each
/// is a name, the JSON of class and configuration, or a function from handles of labels and predictions to that of the result.
#[wasm_bindgen(js_name = modelCompile)]
pub fn model_compile(
    model: u32,
    optimizer: u32,
    loss: &JsValue,
    metrics: &JsValue,
    loss_weights: &JsValue,
) -> Out<()> {
    let compile = Compile::new(handles::optimizer(optimizer)?, loss_arg(loss)?)
        .metrics(metrics_arg(metrics)?)
        .loss_weights(weights_arg(loss_weights)?);
    Ok(handles::model(model)?.compile(compile)?)
}

/// The properties of a plain object.
fn entries(value: &JsValue) -> Option<Vec<(String, JsValue)>> {
    if value.is_function() || Array::is_array(value) {
        return None;
    }
    let object = value.dyn_ref::<js_sys::Object>()?;
    let pair = |key: JsValue| Some((key.as_string()?, Reflect::get(object, &key).ok()?));
    js_sys::Object::keys(object).iter().map(pair).collect()
}

fn loss_arg(value: &JsValue) -> Result<LossArg> {
    if value.is_null() || value.is_undefined() {
        return Ok(LossArg::None);
    }
    if let Some(list) = value.dyn_ref::<Array>() {
        let item = |v: JsValue| if v.is_null() { Ok(None) } else { loss_item(&v).map(Some) };
        return Ok(LossArg::List(list.iter().map(item).collect::<Result<_>>()?));
    }
    match entries(value) {
        Some(all) => {
            Ok(LossArg::Named(all.into_iter().map(|(n, v)| Ok((n, loss_item(&v)?))).collect::<Result<_>>()?))
        }
        None => loss_item(value).map(LossArg::One),
    }
}

/// A function of labels and predictions that JavaScript has.
fn function(f: Function) -> impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static {
    let callback = Callback::new(f);
    move |y_true, y_pred| {
        let results = callback.map(OP, &[y_true.clone(), y_pred.clone()])?;
        results.into_iter().next().ok_or_else(|| Error::invalid(OP, "function", "a tensor", "nothing"))
    }
}

/// A name as Keras knows it, or JSON of class and configuration.
fn described(value: &JsValue) -> Result<serde_json::Value> {
    let text =
        value.as_string().ok_or_else(|| Error::invalid(OP, "loss", "a name or function", "another value"))?;
    if text.starts_with('{') { json(OP, "loss", &text) } else { Ok(text.into()) }
}

fn name_of(f: &Function) -> String {
    let name = String::from(f.name());
    if name.is_empty() { "custom".into() } else { name }
}

fn loss_item(value: &JsValue) -> Result<LossItem> {
    if let Some(f) = value.dyn_ref::<Function>() {
        return Ok(losses::from_fn(name_of(f), function(f.clone())).into());
    }
    let described = described(value)?;
    match described.as_str() {
        Some(name) => Ok(name.into()),
        None => Ok(losses::deserialize(&described)?.into()),
    }
}

fn metric_item(value: &JsValue) -> Result<MetricItem> {
    if let Some(f) = value.dyn_ref::<Function>() {
        return Ok(metrics::from_fn(name_of(f), function(f.clone())).into());
    }
    let described = described(value)?;
    match described.as_str() {
        Some(name) => Ok(name.into()),
        None => Ok(metrics::deserialize(&described)?.into()),
    }
}

fn metric_items(value: &JsValue) -> Result<Vec<MetricItem>> {
    match value.dyn_ref::<Array>() {
        Some(list) => list.iter().map(|v| metric_item(&v)).collect(),
        None => Ok(vec![metric_item(value)?]),
    }
}

fn metrics_arg(value: &JsValue) -> Result<MetricsArg> {
    if value.is_null() || value.is_undefined() {
        return Ok(MetricsArg::default());
    }
    if let Some(list) = value.dyn_ref::<Array>().filter(|l| l.iter().any(|v| Array::is_array(&v))) {
        return Ok(MetricsArg::Lists(list.iter().map(|v| metric_items(&v)).collect::<Result<_>>()?));
    }
    match entries(value) {
        Some(all) => Ok(MetricsArg::Named(
            all.into_iter().map(|(n, v)| Ok((n, metric_items(&v)?))).collect::<Result<_>>()?,
        )),
        None => Ok(MetricsArg::List(metric_items(value)?)),
    }
}

fn weights_arg(value: &JsValue) -> Result<LossWeights> {
    let number =
        |v: JsValue| v.as_f64().ok_or_else(|| Error::invalid(OP, "lossWeights", "numbers", "another value"));
    if let Some(list) = value.dyn_ref::<Array>() {
        return Ok(LossWeights::List(list.iter().map(number).collect::<Result<_>>()?));
    }
    match entries(value) {
        Some(all) => {
            Ok(LossWeights::Named(all.into_iter().map(|(n, v)| Ok((n, number(v)?))).collect::<Result<_>>()?))
        }
        None => Ok(LossWeights::None),
    }
}

fn batch(x: &[u32], y: &[u32], sample_weight: &[u32]) -> Result<Batch> {
    Ok(Batch {
        x: handles::tensors(x)?,
        y: handles::tensors(y)?,
        sample_weight: handles::tensors(sample_weight)?,
    })
}

/// One step of training on a batch; nothing is read.
#[wasm_bindgen(js_name = modelTrainStep)]
pub fn model_train_step(model: u32, x: &[u32], y: &[u32], sample_weight: &[u32]) -> Out<()> {
    Ok(handles::model(model)?.train_step(&batch(x, y, sample_weight)?)?)
}

/// Loss and metrics of a batch; nothing is read.
#[wasm_bindgen(js_name = modelTestStep)]
pub fn model_test_step(model: u32, x: &[u32], y: &[u32], sample_weight: &[u32]) -> Out<()> {
    Ok(handles::model(model)?.test_step(&batch(x, y, sample_weight)?)?)
}

/// The loss and the metrics since they were reset, a tensor in the order of `modelMetricsNames`.
#[wasm_bindgen(js_name = modelResults)]
pub fn model_results(model: u32) -> Out<u32> {
    Ok(handles::keep(Object::Tensor(handles::model(model)?.results()?))?)
}

/// The names of loss and metrics; those of metrics are known after the first batch.
#[wasm_bindgen(js_name = modelMetricsNames)]
pub fn model_metrics_names(model: u32) -> Out<Vec<String>> {
    Ok(handles::model(model)?.metrics_names()?)
}

/// Sets loss and metrics back, as each epoch does.
#[wasm_bindgen(js_name = modelResetMetrics)]
pub fn model_reset_metrics(model: u32) -> Out<()> {
    Ok(handles::model(model)?.reset_metrics()?)
}
