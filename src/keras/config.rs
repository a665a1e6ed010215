//! What holds for all of Keras (`keras.config`).

pub use super::base::{dtype_policy, set_dtype_policy};
