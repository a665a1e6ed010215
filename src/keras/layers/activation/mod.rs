//! Activations as layers of their own.

mod functions;
mod prelu;

pub(super) use functions::masked_softmax;
pub use functions::{Activation, ELU, LeakyReLU, ReLU, Softmax};
pub use prelu::PReLU;

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<Activation>(),
    entry::<ELU>(),
    entry::<LeakyReLU>(),
    entry::<PReLU>(),
    entry::<ReLU>(),
    entry::<Softmax>(),
];
