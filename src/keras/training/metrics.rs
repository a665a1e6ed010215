//! The metrics of a model's outputs (Keras: `CompileMetrics`).

use super::compile::{MetricItem, MetricsArg, Named};
use super::losses::{Compared, by_name};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::losses::{Reduction, apply_mask};
use crate::keras::metrics::{self, Metric};
use crate::tensor::{Tensor, init_scope, without_recorders};
use std::collections::HashMap;
use std::sync::Arc;

/// The metrics, with the names that logs have for them.
#[derive(Debug)]
pub(super) struct CompiledMetrics {
    all: Vec<OutputMetric>,
}

#[derive(Debug)]
struct OutputMetric {
    output: usize,
    weighted: bool,
    name: String,
    metric: Arc<dyn Metric>,
}

impl CompiledMetrics {
    pub(super) fn new(
        plain: &MetricsArg,
        weighted: &MetricsArg,
        names: Option<&[String]>,
        y: &[Option<Tensor>],
        y_pred: &[Tensor],
    ) -> Result<Self> {
        let mut all: Vec<OutputMetric> = vec![];
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (arg, weighted) in [(plain, false), (weighted, true)] {
            let lists =
                per_output(arg, if weighted { "weighted_metrics" } else { "metrics" }, y_pred.len(), names)?;
            for (output, list) in lists.into_iter().enumerate() {
                for item in list {
                    let Some(y) = &y[output] else {
                        let wanted = format!("labels for output {output}, which has metrics");
                        return Err(Error::invalid("Model.fit", "y", wanted, "none"));
                    };
                    let (own, metric) = made(item, y, &y_pred[output])?;
                    let of = names.and_then(|n| n.get(output)).filter(|_| y_pred.len() > 1);
                    let prefixed = |name: &str| of.map_or(name.to_string(), |o| format!("{o}_{name}"));
                    let name = unique(
                        &mut counts,
                        prefixed(&own),
                        weighted.then(|| prefixed(&format!("weighted_{own}"))),
                    );
                    all.push(OutputMetric { output, weighted, name, metric });
                }
            }
        }
        Ok(CompiledMetrics { all })
    }

    pub(super) fn update(&self, c: &Compared<'_>) -> Result<()> {
        for m in &self.all {
            let Some(y) = &c.y[m.output] else {
                let wanted = format!("labels for output {}", m.output);
                return Err(Error::invalid("Model.fit", "y", wanted, "none"));
            };
            let weight = c.weights[m.output].as_ref().filter(|_| m.weighted);
            let mask = c.masks[m.output].as_ref().filter(|_| m.metric.heeds_masks());
            let weight = apply_mask(weight, mask, DType::Float32, Reduction::Sum)?;
            m.metric.update_state(y, &c.y_pred[m.output], weight.as_ref())?;
        }
        Ok(())
    }

    pub(super) fn reset(&self) -> Result<()> {
        self.all.iter().try_for_each(|m| m.metric.reset_state())
    }

    /// Names and metrics, in Keras' order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Metric>)> {
        self.all.iter().map(|m| (m.name.as_str(), &m.metric))
    }
}

/// A name that no other metric has.
fn unique(counts: &mut HashMap<String, usize>, name: String, second: Option<String>) -> String {
    let name = match second {
        Some(second) if counts.contains_key(&name) => second,
        _ => name,
    };
    let n = counts.entry(name.clone()).or_default();
    *n += 1;
    if *n == 1 { name } else { format!("{name}_{}", *n - 1) }
}

fn per_output(
    arg: &MetricsArg,
    what: &str,
    outputs: usize,
    names: Option<&[String]>,
) -> Result<Vec<Vec<MetricItem>>> {
    match arg {
        MetricsArg::List(all) if all.is_empty() => Ok(vec![vec![]; outputs]),
        MetricsArg::List(all) if outputs == 1 => Ok(vec![all.clone()]),
        MetricsArg::List(all) if all.len() == outputs => Ok(all.iter().map(|m| vec![m.clone()]).collect()),
        MetricsArg::Lists(all) if all.len() == outputs => Ok(all.clone()),
        MetricsArg::Lists(_) | MetricsArg::List(_) => {
            let n = match arg {
                MetricsArg::List(all) => all.len(),
                MetricsArg::Lists(all) => all.len(),
                MetricsArg::Named(all) => all.len(),
            };
            let wanted = format!("a list of metrics for each of the {outputs} outputs");
            Err(Error::invalid("Model.compile", what, wanted, format_args!("{n} of them")))
        }
        MetricsArg::Named(all) if outputs == 1 && names.is_none() => {
            Ok(vec![all.iter().flat_map(|(_, m)| m.clone()).collect()])
        }
        MetricsArg::Named(all) => {
            Ok(by_name(what, all, names)?.into_iter().map(Option::unwrap_or_default).collect())
        }
    }
}

/// A metric and its name.
fn made(item: MetricItem, y: &Tensor, y_pred: &Tensor) -> Result<(String, Arc<dyn Metric>)> {
    match item.0 {
        Named::Known { name, object } => {
            let metric = object?;
            Ok((name.unwrap_or_else(|| metric.name().to_string()), metric))
        }
        Named::ByShape(name) => {
            let metric =
                init_scope(|| without_recorders(|| metrics::resolve(&name, y.shape(), y_pred.shape())))?;
            Ok((name, metric))
        }
    }
}
