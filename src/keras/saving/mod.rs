//! Models and their weights in files.

mod backup;
mod compiled;
mod file;
mod keys;
mod weights;
mod whole;

pub(crate) use compiled::{compile_config, compile_from};
pub(crate) use weights::assign_all;
pub(crate) use whole::described;
pub use whole::{load_model, model_from_json};
