//! Keras: what models are made of and trained with.

pub mod constraints;
pub mod initializers;
pub mod losses;
pub mod metrics;
pub mod object;
pub mod optimizers;
pub mod regularizers;
pub mod schedules;
pub mod utils;
