//! What a model is compiled with.

use crate::error::{Error, Result};
use crate::keras::losses::{self, Loss};
use crate::keras::metrics::{self, Metric};
use crate::keras::object::Setting;
use crate::keras::optimizers::{self, Optimizer};
use crate::tensor::Tensor;
use serde_json::Value;
use std::sync::Arc;

/// The arguments of [`Model::compile`](crate::keras::Model::compile).
///
/// ```
/// use wgflow::keras::{Compile, Sequential, layers::Dense, optimizers::SGD};
/// let model = Sequential::new(wgflow::layers![Dense::new(1)])?;
/// model.compile(Compile::new("adam", "mse"))?;
/// model.compile(Compile::new(SGD::new().learning_rate(0.1), "mse").metrics(["mae"]))?;
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Compile {
    /// The optimizer, by name or as an object; `rmsprop`, unless it is said.
    pub optimizer: OptimizerArg,
    /// The loss, or one an output.
    pub loss: LossArg,
    /// What each output's loss counts.
    pub loss_weights: LossWeights,
    /// What is measured, without weights of samples.
    pub metrics: MetricsArg,
    /// What is measured with weights of samples.
    pub weighted_metrics: MetricsArg,
    /// Whether steps run op by op rather than as compiled graphs.
    pub run_eagerly: bool,
    /// Kept for Keras' sake.
    pub jit_compile: JitCompile,
    /// Whether the optimizer of a model in `mixed_float16` gets a loss scale.
    pub auto_scale_loss: bool,
    /// How many batches of [`Model::fit`](crate::keras::Model::fit) are trained on between calls of callbacks.
    pub steps_per_execution: usize,
}

/// Whether Keras has XLA compile steps. Steps here are always compiled as a whole, but those of `run_eagerly`, so that this is kept with the
/// model's configuration and changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JitCompile {
    /// Where it can be done.
    #[default]
    Auto,
    /// Yes, or no.
    Is(bool),
}

impl From<bool> for JitCompile {
    fn from(jit_compile: bool) -> Self {
        JitCompile::Is(jit_compile)
    }
}

impl Setting for JitCompile {
    const WANTED: &'static str = "\"auto\", true or false";
    fn read(v: &Value) -> Option<Self> {
        if v == "auto" { Some(JitCompile::Auto) } else { v.as_bool().map(JitCompile::Is) }
    }
    fn write(&self) -> Value {
        match self {
            JitCompile::Auto => "auto".into(),
            JitCompile::Is(jit_compile) => (*jit_compile).into(),
        }
    }
}

/// An optimizer by name or as an object. What the name means is said at `compile`.
#[derive(Clone, Debug)]
pub struct OptimizerArg(pub(super) Result<Arc<dyn Optimizer>>);

impl<T: optimizers::IntoOptimizer> From<T> for OptimizerArg {
    fn from(optimizer: T) -> Self {
        OptimizerArg(optimizers::get(optimizer))
    }
}

/// A loss by name or as an object.
#[derive(Clone, Debug)]
pub struct LossItem(pub(super) Named<dyn Loss>);

/// A metric by name or as an object.
#[derive(Clone, Debug)]
pub struct MetricItem(pub(super) Named<dyn Metric>);

/// A thing that is known, or one that the shapes of labels and predictions decide.
#[derive(Debug)]
pub(super) enum Named<T: ?Sized> {
    Known { name: Option<String>, object: Result<Arc<T>> },
    ByShape(String),
}

impl<T: ?Sized> Clone for Named<T> {
    fn clone(&self) -> Self {
        match self {
            Named::Known { name, object } => Named::Known { name: name.clone(), object: object.clone() },
            Named::ByShape(name) => Named::ByShape(name.clone()),
        }
    }
}

impl<T: ?Sized> Named<T> {
    fn check(&self) -> Result<()> {
        match self {
            Named::Known { object: Err(e), .. } => Err(e.clone()),
            _ => Ok(()),
        }
    }
}

fn by_shape(name: &str, names: &[&str]) -> bool {
    names.contains(&name.to_lowercase().as_str())
}

impl From<&str> for LossItem {
    fn from(name: &str) -> Self {
        if by_shape(name, &["crossentropy", "ce"]) {
            return LossItem(Named::ByShape(name.into()));
        }
        LossItem(Named::Known { name: Some(name.into()), object: losses::get(name) })
    }
}

impl From<&str> for MetricItem {
    fn from(name: &str) -> Self {
        if by_shape(name, &["accuracy", "acc", "crossentropy", "ce"]) {
            return MetricItem(Named::ByShape(name.into()));
        }
        MetricItem(Named::Known { name: Some(name.into()), object: metrics::get(name) })
    }
}

impl<T: Loss + 'static> From<T> for LossItem {
    fn from(loss: T) -> Self {
        LossItem(Named::Known { name: None, object: Ok(Arc::new(loss)) })
    }
}

impl From<Arc<dyn Loss>> for LossItem {
    fn from(loss: Arc<dyn Loss>) -> Self {
        LossItem(Named::Known { name: None, object: Ok(loss) })
    }
}

impl<T: Metric + 'static> From<T> for MetricItem {
    fn from(metric: T) -> Self {
        MetricItem(Named::Known { name: None, object: Ok(Arc::new(metric)) })
    }
}

impl From<Arc<dyn Metric>> for MetricItem {
    fn from(metric: Arc<dyn Metric>) -> Self {
        MetricItem(Named::Known { name: None, object: Ok(metric) })
    }
}

impl<T: ?Sized> Named<T> {
    /// The name, where that is all there is to say.
    fn name(&self) -> Option<&str> {
        match self {
            Named::Known { name: Some(name), .. } | Named::ByShape(name) => Some(name),
            Named::Known { .. } => None,
        }
    }

    /// The thing, where it is known.
    fn object(&self) -> Option<&T> {
        match self {
            Named::Known { object: Ok(object), .. } => Some(object),
            _ => None,
        }
    }
}

impl LossItem {
    /// A loss that was read.
    pub(in crate::keras) fn known(object: Result<Arc<dyn Loss>>) -> Self {
        LossItem(Named::Known { name: None, object })
    }

    /// As a configuration.
    pub(in crate::keras) fn value(&self, object: fn(&dyn Loss) -> Value) -> Value {
        match (self.0.name(), self.0.object()) {
            (Some(name), _) => name.into(),
            (None, Some(o)) => object(o),
            (None, None) => Value::Null,
        }
    }
}

impl MetricItem {
    /// A metric that was read.
    pub(in crate::keras) fn known(object: Result<Arc<dyn Metric>>) -> Self {
        MetricItem(Named::Known { name: None, object })
    }

    /// As a configuration.
    pub(in crate::keras) fn value(&self, object: fn(&dyn Metric) -> Value) -> Value {
        match (self.0.name(), self.0.object()) {
            (Some(name), _) => name.into(),
            (None, Some(o)) => object(o),
            (None, None) => Value::Null,
        }
    }
}

/// A loss from a function of labels and predictions, under a name.
impl<F> From<(&str, F)> for LossItem
where
    F: Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    fn from((name, f): (&str, F)) -> Self {
        losses::from_fn(name, f).into()
    }
}

/// The loss of a model: none, one for all outputs, one an output, or by the names of outputs.
#[derive(Clone, Debug, Default)]
pub enum LossArg {
    /// No loss but what layers add.
    #[default]
    None,
    /// The same loss for all outputs.
    One(LossItem),
    /// A loss for each output, or none for it.
    List(Vec<Option<LossItem>>),
    /// By the names of outputs.
    Named(Vec<(String, LossItem)>),
}

impl<T: Into<LossItem>> From<T> for LossArg {
    fn from(loss: T) -> Self {
        LossArg::One(loss.into())
    }
}

impl<const N: usize> From<[LossItem; N]> for LossArg {
    fn from(all: [LossItem; N]) -> Self {
        LossArg::List(all.into_iter().map(Some).collect())
    }
}

impl<const N: usize> From<[&str; N]> for LossArg {
    fn from(all: [&str; N]) -> Self {
        LossArg::List(all.into_iter().map(|l| Some(l.into())).collect())
    }
}

impl<T: Into<LossItem>, const N: usize> From<[(&str, T); N]> for LossArg {
    fn from(all: [(&str, T); N]) -> Self {
        LossArg::Named(all.into_iter().map(|(n, l)| (n.into(), l.into())).collect())
    }
}

impl From<Vec<Option<LossItem>>> for LossArg {
    fn from(all: Vec<Option<LossItem>>) -> Self {
        LossArg::List(all)
    }
}

/// What outputs' losses count.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LossWeights {
    /// All the same.
    #[default]
    None,
    /// One a loss.
    List(Vec<f64>),
    /// By the names of outputs.
    Named(Vec<(String, f64)>),
}

impl<const N: usize> From<[f64; N]> for LossWeights {
    fn from(all: [f64; N]) -> Self {
        LossWeights::List(all.into())
    }
}

impl<const N: usize> From<[(&str, f64); N]> for LossWeights {
    fn from(all: [(&str, f64); N]) -> Self {
        LossWeights::Named(all.into_iter().map(|(n, w)| (n.into(), w)).collect())
    }
}

/// What is measured: a list for the only output, a list an output, or lists by the names of outputs.
#[derive(Clone, Debug)]
pub enum MetricsArg {
    /// Of the only output; or one an output.
    List(Vec<MetricItem>),
    /// A list an output.
    Lists(Vec<Vec<MetricItem>>),
    /// By the names of outputs.
    Named(Vec<(String, Vec<MetricItem>)>),
}

impl Default for MetricsArg {
    fn default() -> Self {
        MetricsArg::List(vec![])
    }
}

impl<T: Into<MetricItem>, const N: usize> From<[T; N]> for MetricsArg {
    fn from(all: [T; N]) -> Self {
        MetricsArg::List(all.into_iter().map(Into::into).collect())
    }
}

impl From<Vec<MetricItem>> for MetricsArg {
    fn from(all: Vec<MetricItem>) -> Self {
        MetricsArg::List(all)
    }
}

impl From<Vec<Vec<MetricItem>>> for MetricsArg {
    fn from(all: Vec<Vec<MetricItem>>) -> Self {
        MetricsArg::Lists(all)
    }
}

impl<const N: usize> From<[(&str, Vec<MetricItem>); N]> for MetricsArg {
    fn from(all: [(&str, Vec<MetricItem>); N]) -> Self {
        MetricsArg::Named(all.into_iter().map(|(n, m)| (n.into(), m)).collect())
    }
}

impl Compile {
    /// An optimizer and a loss; Keras' defaults for the rest.
    pub fn new(optimizer: impl Into<OptimizerArg>, loss: impl Into<LossArg>) -> Self {
        Compile { optimizer: optimizer.into(), loss: loss.into(), ..Self::default() }
    }

    /// What is measured.
    #[must_use]
    pub fn metrics(mut self, metrics: impl Into<MetricsArg>) -> Self {
        self.metrics = metrics.into();
        self
    }

    /// What is measured with weights of samples.
    #[must_use]
    pub fn weighted_metrics(mut self, metrics: impl Into<MetricsArg>) -> Self {
        self.weighted_metrics = metrics.into();
        self
    }

    /// What each output's loss counts.
    #[must_use]
    pub fn loss_weights(mut self, weights: impl Into<LossWeights>) -> Self {
        self.loss_weights = weights.into();
        self
    }

    /// Whether steps run op by op.
    #[must_use]
    pub fn run_eagerly(mut self, run_eagerly: bool) -> Self {
        self.run_eagerly = run_eagerly;
        self
    }

    /// Kept for Keras' sake: steps are compiled in any case.
    #[must_use]
    pub fn jit_compile(mut self, jit_compile: impl Into<JitCompile>) -> Self {
        self.jit_compile = jit_compile.into();
        self
    }

    /// Whether the optimizer of a model in `mixed_float16` gets a loss scale.
    #[must_use]
    pub fn auto_scale_loss(mut self, auto_scale_loss: bool) -> Self {
        self.auto_scale_loss = auto_scale_loss;
        self
    }

    /// How many batches are trained on between calls of callbacks.
    #[must_use]
    pub fn steps_per_execution(mut self, steps_per_execution: usize) -> Self {
        self.steps_per_execution = steps_per_execution;
        self
    }

    /// Checks what can be checked without data.
    pub(super) fn check(&self) -> Result<Arc<dyn Optimizer>> {
        let all: Vec<&LossItem> = match &self.loss {
            LossArg::None => vec![],
            LossArg::One(l) => vec![l],
            LossArg::List(l) => l.iter().flatten().collect(),
            LossArg::Named(l) => l.iter().map(|(_, l)| l).collect(),
        };
        all.iter().try_for_each(|l| l.0.check())?;
        if self.steps_per_execution == 0 {
            return Err(Error::invalid("Model.compile", "steps_per_execution", "a positive number", 0));
        }
        for m in [&self.metrics, &self.weighted_metrics] {
            m.items().iter().try_for_each(|m| m.0.check())?;
        }
        self.optimizer.0.clone().map_err(|e: Error| e.context("Model.compile"))
    }
}

impl MetricsArg {
    fn items(&self) -> Vec<&MetricItem> {
        match self {
            MetricsArg::List(m) => m.iter().collect(),
            MetricsArg::Lists(m) => m.iter().flatten().collect(),
            MetricsArg::Named(m) => m.iter().flat_map(|(_, m)| m).collect(),
        }
    }
}

impl Default for Compile {
    fn default() -> Self {
        Compile {
            optimizer: "rmsprop".into(),
            loss: LossArg::None,
            loss_weights: LossWeights::None,
            metrics: MetricsArg::default(),
            weighted_metrics: MetricsArg::default(),
            run_eagerly: false,
            jit_compile: JitCompile::Auto,
            auto_scale_loss: true,
            steps_per_execution: 1,
        }
    }
}
