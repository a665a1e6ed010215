//! Training without input or output of its own: a stepper that asks for what it needs, and is driven by a loop that may wait for it.

use super::logs::{Logs, StepLogs};
use super::source::Batch;
use super::state::Steps;
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use std::cell::Cell;
use std::rc::Rc;

/// Which batches are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Train,
    Test,
}

/// What the stepper wants, or says.
pub(super) enum Request {
    /// Training begins.
    TrainBegin,
    /// An epoch begins.
    EpochBegin(usize),
    /// Give me the batch of a step with [`Reply::Batch`].
    NeedBatch(Phase, usize),
    /// A step is about to be run.
    BatchBegin(Phase, usize),
    /// A step was issued.
    BatchEnd(Phase, usize, StepLogs),
    /// Read these numbers and give them back with [`Reply::Values`].
    Read(Tensor),
    /// A pass over validation or test data begins.
    TestBegin,
    /// It ends.
    TestEnd(Logs),
    /// An epoch ends. Give the logs back with [`Reply::Logs`], which callbacks may have added to.
    EpochEnd(usize, Logs),
    /// Training ends.
    TrainEnd(Logs),
    /// There is nothing more to do.
    Done(Logs),
}

/// The answer to a [`Request`].
pub(super) enum Reply {
    Go,
    Batch(Option<Batch>),
    Values(Vec<f32>),
    Logs(Logs),
}

/// A pass of steps of one kind, up to the values of the metrics.
struct Pass {
    phase: Phase,
    at: At,
    /// Whether there are no more data.
    ended: bool,
}

enum At {
    Want(usize),
    Given(usize),
    Run(usize, Batch),
    /// The last batch of an execution was run.
    Ended(usize),
    Ran(usize),
    Read,
    Done,
}

enum Passing {
    Ask(Request),
    Read(Vec<f32>),
}

impl Pass {
    fn new(phase: Phase) -> Self {
        Pass { phase, at: At::Want(0), ended: false }
    }

    fn next(&mut self, steps: &Steps, stop: &Cell<bool>, mut reply: Reply) -> Result<Passing> {
        let each = steps.state.args().steps_per_execution;
        loop {
            match std::mem::replace(&mut self.at, At::Done) {
                At::Want(step) => {
                    self.at = At::Given(step);
                    return Ok(Passing::Ask(Request::NeedBatch(self.phase, step)));
                }
                At::Given(step) => match std::mem::replace(&mut reply, Reply::Go) {
                    Reply::Batch(Some(batch)) => {
                        self.at = At::Run(step, batch);
                        if step.is_multiple_of(each) {
                            return Ok(Passing::Ask(Request::BatchBegin(self.phase, step)));
                        }
                    }
                    // The data end in the midst of an execution.
                    Reply::Batch(None) if !step.is_multiple_of(each) => {
                        self.ended = true;
                        self.at = At::Ended(step - 1);
                    }
                    Reply::Batch(None) => {
                        self.at = At::Read;
                        return Ok(Passing::Ask(Request::Read(steps.state.results()?)));
                    }
                    _ => return Err(misanswered()),
                },
                At::Run(step, batch) => {
                    match self.phase {
                        Phase::Train => steps.train(&batch)?,
                        Phase::Test => steps.test(&batch)?,
                    }
                    let last = (step + 1).is_multiple_of(each);
                    self.at = if last { At::Ended(step) } else { At::Want(step + 1) };
                }
                At::Ended(step) => {
                    self.at = At::Ran(step);
                    let logs = StepLogs::new(&steps.state);
                    return Ok(Passing::Ask(Request::BatchEnd(self.phase, step, logs)));
                }
                At::Ran(_) if stop.get() || self.ended => {
                    self.at = At::Read;
                    return Ok(Passing::Ask(Request::Read(steps.state.results()?)));
                }
                At::Ran(step) => self.at = At::Want(step + 1),
                At::Read => match std::mem::replace(&mut reply, Reply::Go) {
                    Reply::Values(values) => return Ok(Passing::Read(values)),
                    _ => return Err(misanswered()),
                },
                At::Done => return Err(misanswered()),
            }
        }
    }
}

fn misanswered() -> Error {
    Error::internal("Model.fit", "the stepper got another answer than it asked for")
}

/// One pass over test data: the stepper of `evaluate`, and of validation in `fit`.
pub(super) struct TestStepper {
    steps: Rc<Steps>,
    stop: Rc<Cell<bool>>,
    stage: TestStage,
}

enum TestStage {
    Begin,
    Pass(Pass),
    Ended(Logs),
}

impl TestStepper {
    pub(super) fn new(steps: &Rc<Steps>, stop: &Rc<Cell<bool>>) -> Self {
        TestStepper { steps: steps.clone(), stop: stop.clone(), stage: TestStage::Begin }
    }

    pub(super) fn next(&mut self, reply: Reply) -> Result<Request> {
        match &mut self.stage {
            TestStage::Begin => {
                self.steps.state.reset_metrics()?;
                self.stage = TestStage::Pass(Pass::new(Phase::Test));
                Ok(Request::TestBegin)
            }
            TestStage::Pass(pass) => match pass.next(&self.steps, &self.stop, reply)? {
                Passing::Ask(request) => Ok(request),
                Passing::Read(values) => {
                    let logs = self.steps.state.logs(values);
                    self.stage = TestStage::Ended(logs.clone());
                    Ok(Request::TestEnd(logs))
                }
            },
            TestStage::Ended(logs) => Ok(Request::Done(logs.clone())),
        }
    }
}

/// Epochs of training with validation: the stepper of `fit`.
pub(super) struct FitStepper {
    steps: Rc<Steps>,
    stop: Rc<Cell<bool>>,
    /// The epoch to begin with instead, which callbacks may say as training begins.
    resume: Rc<Cell<Option<usize>>>,
    /// Never set: validation is not stopped by what stops training.
    go_on: Rc<Cell<bool>>,
    epoch: usize,
    epochs: usize,
    validates: Box<dyn Fn(usize) -> bool>,
    logs: Logs,
    stage: Stage,
}

enum Stage {
    Begin,
    Begun,
    EpochBegin,
    Train(Pass),
    Test(Box<TestStepper>),
    EpochEnd,
    Ended,
}

impl FitStepper {
    /// `validates` says whether an epoch ends with validation.
    pub(super) fn new(
        steps: &Rc<Steps>,
        stop: &Rc<Cell<bool>>,
        resume: &Rc<Cell<Option<usize>>>,
        epochs: std::ops::Range<usize>,
        validates: impl Fn(usize) -> bool + 'static,
    ) -> Self {
        FitStepper {
            steps: steps.clone(),
            stop: stop.clone(),
            resume: resume.clone(),
            go_on: Rc::default(),
            epoch: epochs.start,
            epochs: epochs.end,
            validates: Box::new(validates),
            logs: Logs::default(),
            stage: Stage::Begin,
        }
    }

    pub(super) fn next(&mut self, mut reply: Reply) -> Result<Request> {
        loop {
            match &mut self.stage {
                Stage::Begin => {
                    self.stop.set(false);
                    self.resume.set(None);
                    self.stage = Stage::Begun;
                    return Ok(Request::TrainBegin);
                }
                Stage::Begun => {
                    self.epoch = self.resume.take().unwrap_or(self.epoch);
                    self.stage = Stage::EpochBegin;
                }
                Stage::EpochBegin if self.epoch >= self.epochs || self.stop.get() => {
                    self.steps.state.optimizer().finalize_variable_values()?;
                    self.stage = Stage::Ended;
                    return Ok(Request::TrainEnd(self.logs.clone()));
                }
                Stage::EpochBegin => {
                    self.steps.state.reset_metrics()?;
                    self.stage = Stage::Train(Pass::new(Phase::Train));
                    return Ok(Request::EpochBegin(self.epoch));
                }
                Stage::Train(pass) => match pass.next(&self.steps, &self.stop, reply)? {
                    Passing::Ask(request) => return Ok(request),
                    Passing::Read(values) => {
                        self.logs = self.steps.state.logs(values).sorted();
                        reply = Reply::Go;
                        if !(self.validates)(self.epoch) {
                            return Ok(self.end_epoch());
                        }
                        self.stage = Stage::Test(Box::new(TestStepper::new(&self.steps, &self.go_on)));
                    }
                },
                Stage::Test(test) => match test.next(reply)? {
                    Request::Done(logs) => {
                        self.logs.extend("val_", &logs.sorted());
                        return Ok(self.end_epoch());
                    }
                    request => return Ok(request),
                },
                Stage::EpochEnd => {
                    if let Reply::Logs(logs) = std::mem::replace(&mut reply, Reply::Go) {
                        self.logs = logs;
                    }
                    self.epoch += 1;
                    self.stage = Stage::EpochBegin;
                }
                Stage::Ended => return Ok(Request::Done(self.logs.clone())),
            }
        }
    }

    fn end_epoch(&mut self) -> Request {
        self.stage = Stage::EpochEnd;
        Request::EpochEnd(self.epoch, self.logs.clone())
    }
}
