//! Small helpers (`keras.utils`).

mod seed;

pub(crate) use seed::next_seed;
pub use seed::set_random_seed;
