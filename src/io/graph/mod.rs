//! Graph models: graphs of TensorFlow in TensorFlow.js' format.

mod attr;
mod def;
mod fused;
mod inputs;
mod lists;
mod model;
mod ops;
mod plan;
mod run;
mod value;

pub use model::{GraphModel, GraphTensor};
