//! Training, evaluation and prediction.

mod array_source;
mod arrays;
mod compile;
mod dataset;
mod fit;
mod host_array;
mod logs;
mod losses;
mod metrics;
mod source;
mod state;
mod stepper;
mod tracker;

pub use arrays::{Arrays, Data};
pub use compile::{
    Compile, JitCompile, LossArg, LossItem, LossWeights, MetricItem, MetricsArg, OptimizerArg,
};
pub use fit::{Evaluate, Fit, Predict, ValidationFreq, Verbose};
pub use logs::{Logs, StepLogs};
pub use source::{Batch, BatchSource};

use crate::function::Function;
use crate::tensor::Tensor;
use state::Steps;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

/// What a model keeps for training.
#[derive(Default)]
pub(crate) struct Training {
    steps: RefCell<Option<Rc<Steps>>>,
    predict: OnceCell<Function<Vec<Tensor>>>,
    stop: Rc<Cell<bool>>,
    /// The epoch that a callback has training begin with.
    pub(in crate::keras) resume: Rc<Cell<Option<usize>>>,
}
