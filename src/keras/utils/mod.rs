//! Small helpers (`keras.utils`).

mod io;
mod progbar;
mod seed;

pub use crate::keras::object::clear_session;
pub(crate) use io::print_msg;
pub use progbar::Progbar;
pub(crate) use seed::next_seed;
pub use seed::{permutation, set_random_seed};
