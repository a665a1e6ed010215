//! A compiled model: what a step computes, and the graphs of steps.

use super::compile::Compile;
use super::logs::Logs;
use super::losses::{Compared, CompiledLosses};
use super::metrics::CompiledMetrics;
use super::source::Batch;
use super::tracker::Tracker;
use crate::autodiff::GradientTape;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::function::{ConcreteFunction, Function, function};
use crate::keras::base::{AnyLayer, Call};
use crate::keras::models::{output_names, run_model};
use crate::keras::optimizers::{LossScaleOptimizer, Optimizer};
use crate::ops::{array, math};
use crate::tensor::{Tensor, without_recorders};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a step needs: the layers, the optimizer, losses and metrics.
pub(crate) struct State {
    layer: AnyLayer,
    args: Compile,
    optimizer: Arc<dyn Optimizer>,
    loss: Tracker,
    built: OnceCell<Built>,
    /// The results of all metrics in one vector.
    results: OnceCell<Function<Tensor>>,
}

/// What the first batch decides.
struct Built {
    losses: CompiledLosses,
    metrics: CompiledMetrics,
}

/// How many arrays of a step's arguments are inputs, labels and weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Parts {
    x: usize,
    y: usize,
    weights: usize,
}

/// Steps by how many arrays they take.
type Traced = RefCell<HashMap<Parts, Rc<Function<()>>>>;

/// What a step does with inputs, labels and weights.
type StepFn = fn(&State, &[Tensor], &[Tensor], &[Tensor]) -> Result<()>;

/// The graphs of a compiled model.
pub(crate) struct Steps {
    pub(super) state: Rc<State>,
    train: Traced,
    test: Traced,
}

impl Steps {
    pub(super) fn new(layer: &AnyLayer, args: Compile) -> Result<Self> {
        let mut optimizer = args.check()?;
        let mixed = layer.dtype_policy().name() == "mixed_float16";
        if mixed && args.auto_scale_loss && optimizer.class_name() != "LossScaleOptimizer" {
            optimizer = Arc::new(LossScaleOptimizer::new(optimizer)?.named("loss_scale_optimizer"));
        }
        let state = State {
            layer: layer.clone(),
            args,
            optimizer,
            loss: Tracker::new("loss")?,
            built: OnceCell::new(),
            results: OnceCell::new(),
        };
        Ok(Steps { state: Rc::new(state), train: RefCell::default(), test: RefCell::default() })
    }

    /// Forward pass, loss, gradients, updates of weights and metrics.
    pub(super) fn train(&self, batch: &Batch) -> Result<()> {
        self.run(&self.train, "train_step", batch, State::train_step)
    }

    /// The graph of [`Steps::train`] for batches like this one.
    pub(super) fn train_graph(&self, batch: &Batch) -> Result<Arc<ConcreteFunction>> {
        let (f, args) = self.step(&self.train, "train_step", batch, State::train_step);
        f.get_concrete_function(&args)
    }

    /// Forward pass, loss, updates of metrics.
    pub(super) fn test(&self, batch: &Batch) -> Result<()> {
        self.run(&self.test, "test_step", batch, State::test_step)
    }

    fn run(&self, known: &Traced, name: &str, batch: &Batch, step: StepFn) -> Result<()> {
        let (f, args) = self.step(known, name, batch, step);
        if self.state.args.run_eagerly { f.host_function(&args) } else { f.call(&args) }
    }

    /// The function of a step, made once for each number of arrays, and its arguments.
    fn step(
        &self,
        known: &Traced,
        name: &str,
        batch: &Batch,
        step: StepFn,
    ) -> (Rc<Function<()>>, Vec<Tensor>) {
        let args: Vec<Tensor> =
            [&batch.x, &batch.y, &batch.sample_weight].into_iter().flatten().cloned().collect();
        let parts = Parts { x: batch.x.len(), y: batch.y.len(), weights: batch.sample_weight.len() };
        let make = || {
            let state = self.state.clone();
            let host = move |args: &[Tensor]| {
                let (x, rest) = args.split_at(parts.x);
                let (y, weights) = rest.split_at(parts.y);
                step(&state, x, y, weights)
            };
            Rc::new(function(host).named(name))
        };
        let f = known.borrow_mut().entry(parts).or_insert_with(make).clone();
        (f, args)
    }
}

impl State {
    pub(crate) fn optimizer(&self) -> &Arc<dyn Optimizer> {
        &self.optimizer
    }

    pub(crate) fn args(&self) -> &Compile {
        &self.args
    }

    fn train_step(&self, x: &[Tensor], y: &[Tensor], weights: &[Tensor]) -> Result<()> {
        let tape = GradientTape::new();
        let mut c = Call::new(true);
        let y_pred = run_model(&self.layer, &mut c, x)?;
        let made = self.compared(&c, y, weights, y_pred)?;
        let loss = self.compute_loss(&c, &made, x)?;
        let loss = self.optimizer.scale_loss(&loss)?;
        let trained = self.layer.trained();
        if trained.is_empty() {
            log::warn!("the model has no weights to train");
        } else {
            let vars: Vec<_> = trained.iter().map(|w| w.variable.clone()).collect();
            let grads = tape.gradient(&loss, &vars)?;
            self.optimizer.apply_gradients(&grads.into_iter().zip(vars).collect::<Vec<_>>())?;
            for w in &trained {
                if let Some(constraint) = &w.constraint {
                    w.variable.assign(constraint.get()?.call(&w.variable.value()?)?)?;
                }
            }
        }
        self.update_metrics(&made)
    }

    fn test_step(&self, x: &[Tensor], y: &[Tensor], weights: &[Tensor]) -> Result<()> {
        let mut c = Call::new(false);
        let y_pred = run_model(&self.layer, &mut c, x)?;
        let made = self.compared(&c, y, weights, y_pred)?;
        self.compute_loss(&c, &made, x)?;
        self.update_metrics(&made)
    }

    fn update_metrics(&self, made: &Made) -> Result<()> {
        without_recorders(|| self.built(made)?.metrics.update(&made.compared()))
    }

    /// Labels and weights, each beside its output.
    fn compared(&self, c: &Call, y: &[Tensor], weights: &[Tensor], y_pred: Vec<Tensor>) -> Result<Made> {
        const OP: &str = "Model.fit";
        let outputs = y_pred.len();
        let mut labels: Vec<Option<Tensor>> = vec![None; outputs];
        if y.len() == outputs {
            labels = y.iter().cloned().map(Some).collect();
        } else if !y.is_empty() {
            // Labels for those outputs alone that have a loss.
            let names = output_names(&self.layer);
            let wanted = CompiledLosses::wanted(&self.args.loss, outputs, names.as_deref())?;
            let with_loss: Vec<usize> = (0..outputs).filter(|o| wanted[*o].is_some()).collect();
            if with_loss.len() != y.len() {
                let wanted = format!("labels for {outputs} outputs");
                return Err(Error::invalid(OP, "y", wanted, format_args!("{} arrays", y.len())));
            }
            for (o, y) in with_loss.into_iter().zip(y) {
                labels[o] = Some(y.clone());
            }
        }
        let weights = match weights {
            [] => vec![None; outputs],
            [one] => vec![Some(one.clone()); outputs],
            all if all.len() == outputs => all.iter().cloned().map(Some).collect(),
            all => {
                let wanted = format!("one array, or one for each of the {outputs} outputs");
                return Err(Error::invalid(
                    OP,
                    "sample_weight",
                    wanted,
                    format_args!("{} arrays", all.len()),
                ));
            }
        };
        let masks = y_pred.iter().map(|p| c.mask(p)).collect();
        Ok(Made { y: labels, y_pred, masks, weights })
    }

    /// The loss of a batch: that of the outputs, and what layers and regularizers add.
    fn compute_loss(&self, c: &Call, made: &Made, x: &[Tensor]) -> Result<Tensor> {
        let samples = x.first().and_then(|x| x.shape().first().copied()).unwrap_or(1);
        let mut all = self.built(made)?.losses.compute(&made.compared())?;
        let added = c.losses().iter().cloned().chain(self.layer.regularization_losses()?);
        for loss in added {
            all.push(math::reduce_sum(loss.cast(DType::Float32)?, None, false)?);
        }
        let mut losses = all.into_iter();
        let Some(first) = losses.next() else {
            let wanted = "a loss, or layers that add one";
            return Err(Error::invalid("Model.compile", "loss", wanted, "none"));
        };
        let total = losses.try_fold(first, math::add)?;
        without_recorders(|| self.loss.update(&total, samples))?;
        Ok(total)
    }

    fn built(&self, made: &Made) -> Result<&Built> {
        if let Some(b) = self.built.get() {
            return Ok(b);
        }
        let names = output_names(&self.layer);
        let (a, names) = (&self.args, names.as_deref());
        let losses = CompiledLosses::new(&a.loss, &a.loss_weights, names, &made.y, &made.y_pred)?;
        let metrics = CompiledMetrics::new(&a.metrics, &a.weighted_metrics, names, &made.y, &made.y_pred)?;
        Ok(self.built.get_or_init(|| Built { losses, metrics }))
    }

    /// Sets all metrics back.
    pub(super) fn reset_metrics(&self) -> Result<()> {
        self.loss.reset()?;
        if let Some(b) = self.built.get() {
            b.losses.trackers().try_for_each(Tracker::reset)?;
            b.metrics.reset()?;
        }
        Ok(())
    }

    /// The names of [`State::results`], in Keras' order.
    pub(super) fn result_names(&self) -> Vec<String> {
        let mut names = vec![self.loss.name.clone()];
        if let Some(b) = self.built.get() {
            names.extend(b.metrics.iter().map(|(n, _)| n.to_string()));
            names.extend(b.losses.trackers().map(|t| t.name.clone()));
        }
        names
    }

    /// The class of the metric of a name.
    pub(super) fn metric_class(&self, name: &str) -> Option<&'static str> {
        let metrics = &self.built.get()?.metrics;
        metrics.iter().find(|(n, _)| *n == name).map(|(_, m)| m.class_name())
    }

    /// The metrics' results in one vector, to be read at once.
    pub(super) fn results(self: &Rc<Self>) -> Result<Tensor> {
        if self.built.get().is_none() {
            return self.stacked_results();
        }
        let state = Rc::downgrade(self);
        let make = || {
            function(move |_: &[Tensor]| match state.upgrade() {
                Some(state) => state.stacked_results(),
                None => Err(Error::internal("Model", "a compiled model that is gone")),
            })
            .named("metrics")
        };
        self.results.get_or_init(make).call(())
    }

    fn stacked_results(&self) -> Result<Tensor> {
        let mut all = vec![self.loss.result()?];
        if let Some(b) = self.built.get() {
            for (_, metric) in b.metrics.iter() {
                let result = metric.result()?.cast(DType::Float32)?;
                // Logs have numbers: of several, the mean.
                all.push(if result.rank() == 0 { result } else { math::reduce_mean(result, None, false)? });
            }
            for t in b.losses.trackers() {
                all.push(t.result()?);
            }
        }
        array::stack(&all, 0)
    }

    /// Reads all results.
    pub(super) fn read_results(self: &Rc<Self>) -> Result<Logs> {
        let values = self.results()?.to_vec::<f32>()?;
        Ok(self.logs(values))
    }

    pub(super) fn logs(&self, values: Vec<f32>) -> Logs {
        self.result_names().into_iter().zip(values.into_iter().map(f64::from)).collect()
    }
}

/// What a forward pass made, beside what it is compared with.
struct Made {
    y: Vec<Option<Tensor>>,
    y_pred: Vec<Tensor>,
    masks: Vec<Option<Tensor>>,
    weights: Vec<Option<Tensor>>,
}

impl Made {
    fn compared(&self) -> Compared<'_> {
        Compared { y: &self.y, y_pred: &self.y_pred, masks: &self.masks, weights: &self.weights }
    }
}
