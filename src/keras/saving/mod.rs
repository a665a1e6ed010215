//! Models and their weights in files.

mod backup;
mod compiled;
mod file;
mod keys;
mod weights;
mod whole;

pub use whole::{load_model, model_from_json};
