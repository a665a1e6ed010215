//! `compile`, `fit`, `evaluate`, `predict`, and the steps on single batches.

use super::Training;
use super::arrays::{Arrays, Data, Kind};
use super::compile::Compile;
use super::logs::Logs;
use super::source::{Batch, Batching, Feed, source_of};
use super::state::Steps;
use super::stepper::{FitStepper, Phase, Reply, Request, TestStepper};
use crate::error::{Error, ErrorKind, Result};
use crate::function::{ConcreteFunction, Function, function};
use crate::keras::base::Call;
use crate::keras::callbacks::{Callback, CallbackList, History, Params};
use crate::keras::models::{Model, run_model};
use crate::keras::optimizers::Optimizer;
use crate::ops::array;
use crate::shape::PartialShape;
use crate::tensor::Tensor;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// How much `fit`, `evaluate` and `predict` print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbose {
    /// Nothing (0).
    Silent,
    /// A progress bar (1).
    #[default]
    Bar,
    /// A line an epoch (2).
    Line,
}

/// The arguments of [`Model::fit`], with Keras' defaults.
pub struct Fit<'a> {
    /// Samples in a batch: 32 for arrays.
    pub batch_size: Option<usize>,
    /// The epoch to end before.
    pub epochs: usize,
    /// How much is printed.
    pub verbose: Verbose,
    /// What is called while it trains.
    pub callbacks: Vec<&'a mut dyn Callback>,
    /// The last part of the arrays, which is for validation.
    pub validation_split: f64,
    /// Data that each epoch ends with a pass over.
    pub validation_data: Option<Data>,
    /// Whether samples come in another order each epoch.
    pub shuffle: bool,
    /// How much samples of a class count.
    pub class_weight: Option<BTreeMap<i64, f64>>,
    /// How much each sample counts.
    pub sample_weight: Option<Arrays>,
    /// The epoch to begin with.
    pub initial_epoch: usize,
    /// Steps of an epoch; by default those of one pass.
    pub steps_per_epoch: Option<usize>,
    /// Steps of validation.
    pub validation_steps: Option<usize>,
    /// Samples in a batch of validation; by default `batch_size`.
    pub validation_batch_size: Option<usize>,
    /// Which epochs end with validation.
    pub validation_freq: ValidationFreq,
}

/// Which epochs end with validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidationFreq {
    /// Each so manieth.
    Every(usize),
    /// These, counted from 1.
    At(Vec<usize>),
}

impl From<usize> for ValidationFreq {
    fn from(n: usize) -> Self {
        ValidationFreq::Every(n)
    }
}

impl Default for Fit<'_> {
    fn default() -> Self {
        Fit {
            batch_size: None,
            epochs: 1,
            verbose: Verbose::default(),
            callbacks: vec![],
            validation_split: 0.0,
            validation_data: None,
            shuffle: true,
            class_weight: None,
            sample_weight: None,
            initial_epoch: 0,
            steps_per_epoch: None,
            validation_steps: None,
            validation_batch_size: None,
            validation_freq: ValidationFreq::Every(1),
        }
    }
}

impl fmt::Debug for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fit")
            .field("batch_size", &self.batch_size)
            .field("epochs", &self.initial_epoch)
            .finish_non_exhaustive()
    }
}

/// The arguments of [`Model::evaluate`] and [`Model::predict`], with Keras' defaults.
#[derive(Default)]
pub struct Evaluate<'a> {
    /// Samples in a batch: 32 for arrays.
    pub batch_size: Option<usize>,
    /// How much is printed.
    pub verbose: Verbose,
    /// How much each sample counts.
    pub sample_weight: Option<Arrays>,
    /// Steps to run; by default those of one pass.
    pub steps: Option<usize>,
    /// What is called in between.
    pub callbacks: Vec<&'a mut dyn Callback>,
}

/// The arguments of [`Model::predict`].
pub type Predict<'a> = Evaluate<'a>;

impl fmt::Debug for Evaluate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluate").field("batch_size", &self.batch_size).finish_non_exhaustive()
    }
}

impl Model {
    /// Says how the model is trained: optimizer, loss and metrics. What was compiled before is forgotten.
    ///
    /// # Errors
    /// `InvalidArgument` for names that nothing has, which lists those that there are.
    pub fn compile(&self, args: Compile) -> Result<()> {
        let steps = Steps::new(self.as_layer(), args)?;
        self.training().steps.replace(Some(Rc::new(steps)));
        Ok(())
    }

    /// Whether [`Model::compile`] was called.
    pub fn compiled(&self) -> bool {
        self.training().steps.borrow().is_some()
    }

    /// The optimizer that it was compiled with.
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Model::compile`].
    pub fn optimizer(&self) -> Result<Arc<dyn Optimizer>> {
        Ok(self.steps("optimizer")?.state.optimizer().clone())
    }

    /// Names of the loss and the metrics, as `evaluate` orders them. Those of metrics are known after the first batch.
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Model::compile`].
    pub fn metrics_names(&self) -> Result<Vec<String>> {
        Ok(self.steps("metrics_names")?.state.result_names())
    }

    /// Makes `fit` end after the batch at hand, or, from a callback at an epoch's end, after that epoch.
    pub fn stop_training(&self) {
        self.training().stop.set(true);
    }

    /// Whether training was asked to end.
    pub fn is_stopping(&self) -> bool {
        self.training().stop.get()
    }

    /// What it was compiled with.
    pub(in crate::keras) fn compile_args(&self) -> Option<Compile> {
        self.training().steps.borrow().as_ref().map(|s| s.state.args().clone())
    }

    /// The class of the metric of a name.
    pub(in crate::keras) fn metric_class(&self, name: &str) -> Option<&'static str> {
        self.training().steps.borrow().as_ref().and_then(|s| s.state.metric_class(name))
    }

    pub(super) fn steps(&self, what: &str) -> Result<Rc<Steps>> {
        self.training().steps.borrow().clone().ok_or_else(|| {
            let text = format!("you must call `compile` before calling `{what}` of model {}", self.name());
            Error::new(ErrorKind::FailedPrecondition, format!("Model.{what}"), text)
        })
    }

    /// Trains the model for some epochs, on arrays `(x, y)` or on batches, and gives what was measured.
    ///
    /// ```
    /// use wgflow::keras::{Compile, Fit, Sequential, Verbose, layers::Dense, optimizers::SGD};
    /// use wgflow::IntoTensor;
    /// let x = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].into_tensor(None)?;
    /// let y = [[10.0], [20.0]].into_tensor(None)?;
    /// let model = Sequential::new(wgflow::layers![Dense::new(1).kernel_initializer("zeros")])?;
    /// model.compile(Compile::new(SGD::new().learning_rate(0.01), "mse"))?;
    /// let history = model.fit((&x, &y), Fit { epochs: 100, verbose: Verbose::Silent, ..Fit::default() })?;
    /// assert_eq!(history.epoch.len(), 100);
    /// assert!(history.history["loss"][99] < 0.16);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Model::compile`]; `InvalidArgument` for data that do not fit the model or each other; what layers, the
    /// loss, metrics, callbacks or the device meet.
    pub fn fit(&self, data: impl Into<Data>, args: Fit<'_>) -> Result<History> {
        const OP: &str = "Model.fit";
        let steps = self.steps("fit")?;
        let (inputs, outputs) = (self.input_names(), self.output_names());
        let how = Batching {
            op: OP,
            batch_size: args.batch_size,
            shuffle: args.shuffle,
            sample_weight: args.sample_weight,
            class_weight: args.class_weight,
            input_names: inputs.as_deref(),
            output_names: outputs.as_deref(),
        };
        let split = if args.validation_data.is_some() { 0.0 } else { args.validation_split };
        let (source, mut held) = source_of(data.into(), &how, split)?;
        if let Some(data) = args.validation_data {
            let batch_size = match &data.0 {
                Kind::Arrays { .. } => args.validation_batch_size.or(args.batch_size),
                Kind::Dataset(_) | Kind::Source(_) => args.validation_batch_size,
            };
            let how = Batching { batch_size, shuffle: false, sample_weight: None, class_weight: None, ..how };
            held = Some(source_of(data, &how, 0.0)?.0);
        }
        let mut train = Feed::new(OP, source, args.steps_per_epoch)?;
        let mut test = held.map(|s| Feed::new(OP, s, args.validation_steps)).transpose()?;
        self.ready(OP, &mut train)?;
        let params = Params { verbose: args.verbose, epochs: args.epochs, steps: train.steps() };
        let mut callbacks = CallbackList::new(self, args.callbacks, &params, true);
        let freq = args.validation_freq;
        let has_test = test.is_some();
        let validates = move |epoch: usize| {
            has_test
                && match &freq {
                    ValidationFreq::Every(n) => (epoch + 1).is_multiple_of((*n).max(1)),
                    ValidationFreq::At(epochs) => epochs.contains(&(epoch + 1)),
                }
        };
        let Training { stop, resume, .. } = self.training();
        let mut stepper = FitStepper::new(&steps, stop, resume, args.initial_epoch..args.epochs, validates);
        let mut reply = Reply::Go;
        loop {
            let request = stepper.next(reply)?;
            if let Request::Done(_) = request {
                return Ok(callbacks.into_history());
            }
            reply = answer(request, &mut callbacks, &mut train, test.as_mut())?;
        }
    }

    /// Computes the loss and the metrics on data, and gives them in the order of [`Model::metrics_names`].
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn evaluate(&self, data: impl Into<Data>, args: Evaluate<'_>) -> Result<Logs> {
        const OP: &str = "Model.evaluate";
        let steps = self.steps("evaluate")?;
        let (mut feed, params) = self.pass(OP, data.into(), &args)?;
        let mut callbacks = CallbackList::new(self, args.callbacks, &params, false);
        let mut stepper = TestStepper::new(&steps, &Rc::default());
        let mut reply = Reply::Go;
        loop {
            let request = stepper.next(reply)?;
            if let Request::Done(logs) = request {
                return Ok(logs);
            }
            reply = answer(request, &mut callbacks, &mut feed, None)?;
        }
    }

    /// What the model gives for data, batch by batch, put together; for models with one output.
    ///
    /// # Errors
    /// As [`Model::fit`], and `InvalidArgument` for models with several outputs.
    pub fn predict(&self, data: impl Into<Data>, args: Predict<'_>) -> Result<Tensor> {
        let mut all = self.predict_many(data, args)?;
        let n = all.len();
        all.pop().filter(|_| n == 1).ok_or_else(|| {
            Error::invalid("Model.predict", "outputs", "one output; use `predict_many` for more", n)
        })
    }

    /// As [`Model::predict`], for any number of outputs.
    ///
    /// # Errors
    /// As there.
    pub fn predict_many(&self, data: impl Into<Data>, args: Predict<'_>) -> Result<Vec<Tensor>> {
        const OP: &str = "Model.predict";
        let (mut feed, params) = self.pass(OP, data.into(), &args)?;
        let mut callbacks = CallbackList::new(self, args.callbacks, &params, false);
        callbacks.each(|c, m| c.on_predict_begin(m))?;
        let mut outputs: Vec<Vec<Tensor>> = vec![];
        let mut step = 0;
        while let Some(batch) = feed.next(step)? {
            callbacks.each(|c, m| c.on_predict_batch_begin(m, step))?;
            let ys = self.predict_on_batch(&batch.x)?;
            callbacks.each(|c, m| c.on_predict_batch_end(m, step, &ys))?;
            outputs.resize(ys.len(), vec![]);
            outputs.iter_mut().zip(ys).for_each(|(all, y)| all.push(y));
            step += 1;
        }
        callbacks.each(|c, m| c.on_predict_end(m))?;
        let join = |all: Vec<Tensor>| match &all[..] {
            [one] => Ok(one.clone()),
            _ => array::concat(&all, 0),
        };
        outputs.into_iter().map(join).collect()
    }

    /// What the model gives for one batch.
    ///
    /// # Errors
    /// What a layer refuses.
    pub fn predict_on_batch(&self, x: &[Tensor]) -> Result<Vec<Tensor>> {
        self.predict_step().call(x)
    }

    /// The graph that [`Model::predict`] runs for batches like this one (Keras' `make_predict_function`).
    ///
    /// # Errors
    /// What a layer refuses.
    pub fn make_predict_function(&self, x: &[Tensor]) -> Result<Arc<ConcreteFunction>> {
        self.predict_step().get_concrete_function(x)
    }

    fn predict_step(&self) -> &Function<Vec<Tensor>> {
        self.training().predict.get_or_init(|| {
            let layer = self.as_layer().clone();
            function(move |x: &[Tensor]| run_model(&layer, &mut Call::new(false), x)).named("predict_step")
        })
    }

    /// One step of training on one batch; the metrics go on from where they are.
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn train_on_batch(&self, data: impl Into<Data>) -> Result<Logs> {
        let (steps, batch) = self.one_batch("train_on_batch", data.into())?;
        steps.train(&batch)?;
        steps.state.read_results()
    }

    /// The graph that [`Model::fit`] runs for batches like this one (Keras' `make_train_function`): forward pass, gradients, updates of
    /// weights and metrics.
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn make_train_function(&self, data: impl Into<Data>) -> Result<Arc<ConcreteFunction>> {
        let (steps, batch) = self.one_batch("make_train_function", data.into())?;
        steps.train_graph(&batch)
    }

    /// One step of training on one batch, without a read-back: loss and metrics stay on the device until [`Model::results`] is read.
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn train_step(&self, batch: &Batch) -> Result<()> {
        let steps = self.steps("train_step")?;
        self.build_for_batch("Model.train_step", &batch.x)?;
        steps.train(batch)
    }

    /// Loss and metrics of one batch, as [`Model::train_step`].
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn test_step(&self, batch: &Batch) -> Result<()> {
        let steps = self.steps("test_step")?;
        self.build_for_batch("Model.test_step", &batch.x)?;
        steps.test(batch)
    }

    /// The loss and the metrics as they are, in the order of [`Model::metrics_names`], in one tensor that need not be read at once.
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Model::compile`].
    pub fn results(&self) -> Result<Tensor> {
        self.steps("results")?.state.results()
    }

    /// Loss and metrics of one batch; the metrics go on from where they are.
    ///
    /// # Errors
    /// As [`Model::fit`].
    pub fn test_on_batch(&self, data: impl Into<Data>) -> Result<Logs> {
        let (steps, batch) = self.one_batch("test_on_batch", data.into())?;
        steps.test(&batch)?;
        steps.state.read_results()
    }

    /// The loss and the metrics as they are (`Model.get_metrics_result`).
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Model::compile`]; what the device meets.
    pub fn get_metrics_result(&self) -> Result<Logs> {
        self.steps("get_metrics_result")?.state.read_results()
    }

    /// Sets loss and metrics back, as each epoch does.
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Model::compile`].
    pub fn reset_metrics(&self) -> Result<()> {
        self.steps("reset_metrics")?.state.reset_metrics()
    }

    fn one_batch(&self, what: &str, data: Data) -> Result<(Rc<Steps>, Batch)> {
        let steps = self.steps(what)?;
        let args = Evaluate { batch_size: Some(usize::MAX), ..Evaluate::default() };
        let (mut feed, _) = self.pass("Model.train_on_batch", data, &args)?;
        Ok((steps, feed.peek("Model.train_on_batch")?))
    }

    /// The batches of one pass without shuffling.
    fn pass(&self, op: &'static str, data: Data, args: &Evaluate<'_>) -> Result<(Feed, Params)> {
        let (inputs, outputs) = (self.input_names(), self.output_names());
        let how = Batching {
            op,
            batch_size: args.batch_size,
            shuffle: false,
            sample_weight: args.sample_weight.clone(),
            class_weight: None,
            input_names: inputs.as_deref(),
            output_names: outputs.as_deref(),
        };
        let mut feed = Feed::new(op, source_of(data, &how, 0.0)?.0, args.steps)?;
        self.ready(op, &mut feed)?;
        let params = Params { verbose: args.verbose, epochs: 1, steps: feed.steps() };
        Ok((feed, params))
    }

    /// Builds the model for the data, where it is not built.
    fn ready(&self, op: &str, feed: &mut Feed) -> Result<()> {
        let first = feed.peek(op)?;
        self.build_for_batch(op, &first.x)
    }

    /// Builds the model for inputs, where it is not built.
    fn build_for_batch(&self, op: &str, x: &[Tensor]) -> Result<()> {
        if let Some(names) = self.input_names()
            && names.len() != x.len()
        {
            let wanted = format!("{} inputs, {}", names.len(), names.join(", "));
            return Err(Error::invalid(op, "x", wanted, format_args!("{} arrays", x.len())));
        }
        if self.built() {
            return Ok(());
        }
        // The batch is left open, as the last one may be smaller.
        let open = |x: &Tensor| {
            std::iter::once(None).chain(x.shape().iter().skip(1).map(|d| Some(*d))).collect::<PartialShape>()
        };
        let shapes: Vec<PartialShape> = x.iter().map(open).collect();
        self.build_many(&shapes)
    }
}

/// Does what the stepper asks for.
fn answer(
    request: Request,
    callbacks: &mut CallbackList<'_, '_>,
    train: &mut Feed,
    test: Option<&mut Feed>,
) -> Result<Reply> {
    match request {
        Request::TrainBegin => callbacks.each(|c, m| c.on_train_begin(m))?,
        Request::EpochBegin(epoch) => callbacks.each(|c, m| c.on_epoch_begin(m, epoch))?,
        Request::NeedBatch(Phase::Test, step) => {
            return Ok(Reply::Batch(test.unwrap_or(train).next(step)?));
        }
        Request::NeedBatch(Phase::Train, step) => return Ok(Reply::Batch(train.next(step)?)),
        Request::BatchBegin(Phase::Train, step) => callbacks.each(|c, m| c.on_train_batch_begin(m, step))?,
        Request::BatchBegin(Phase::Test, step) => callbacks.each(|c, m| c.on_test_batch_begin(m, step))?,
        Request::BatchEnd(Phase::Train, step, logs) => {
            callbacks.each(|c, m| c.on_train_batch_end(m, step, &logs))?;
        }
        Request::BatchEnd(Phase::Test, step, logs) => {
            callbacks.each(|c, m| c.on_test_batch_end(m, step, &logs))?;
        }
        Request::Read(values) => return Ok(Reply::Values(values.to_vec()?)),
        Request::TestBegin => callbacks.each(|c, m| c.on_test_begin(m))?,
        Request::TestEnd(logs) => callbacks.each(|c, m| c.on_test_end(m, &logs))?,
        Request::EpochEnd(epoch, mut logs) => {
            callbacks.each(|c, m| c.on_epoch_end(m, epoch, &mut logs))?;
            return Ok(Reply::Logs(logs));
        }
        Request::TrainEnd(logs) => callbacks.each(|c, m| c.on_train_end(m, &logs))?,
        Request::Done(_) => {}
    }
    Ok(Reply::Go)
}
