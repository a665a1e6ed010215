//! Shared helpers of the test suite.

pub mod compare;
pub mod costs;
pub mod device;
pub mod examples;
pub mod goldens;
pub mod gpu;
pub mod models;
pub mod operands;
pub mod page;
pub mod rng;
pub mod samples;
pub mod server;
pub mod shader;

/// Held by tests that set the global random seed or compare draws without a seed of their own: they would see each other's.
pub static GLOBAL_STREAMS: std::sync::Mutex<()> = std::sync::Mutex::new(());
