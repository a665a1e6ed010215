//! Earlier programming models of TensorFlow.

pub mod v1;
