//! Keras: what models are made of and trained with.

pub mod activations;
pub mod applications;
mod base;
pub mod callbacks;
pub mod config;
pub mod constraints;
pub mod initializers;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod mixed_precision;
mod models;
pub mod object;
pub mod optimizers;
pub mod regularizers;
mod saving;
pub mod schedules;
mod training;
pub mod utils;

pub(crate) use base::Weight;
pub use base::{
    AnyLayer, Call, CallArgs, ConstraintArg, DTypePolicy, InitializerArg, KerasInputs, KerasTensor, Layer,
    Node, ObjectArg, RegularizerArg, RnnCell, WeightSpec, deserialize_layer, dtype_policy, register_layer,
    register_layer_source, serialize_layer, set_dtype_policy,
};
pub use layers::input;
pub use models::{Model, Sequential, Summary};
pub(crate) use saving::{assign_all, compile_config, compile_from, described};
pub use saving::{load_model, model_from_json};
pub use training::{
    Arrays, Batch, BatchSource, Compile, Data, Evaluate, Fit, JitCompile, Logs, LossArg, LossItem,
    LossWeights, MetricItem, MetricsArg, OptimizerArg, Predict, StepLogs, ValidationFreq, Verbose,
};
