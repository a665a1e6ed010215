//! Layers that everything is made of.

mod dense;
mod embedding;
mod identity;
mod input_layer;
mod lambda;
mod masking;

pub use dense::Dense;
pub use embedding::Embedding;
pub use identity::Identity;
pub use input_layer::{InputLayer, input};
pub(crate) use input_layer::{read_shape, shape_value};
pub use lambda::Lambda;
pub use masking::Masking;

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] =
    &[entry::<InputLayer>(), entry::<Dense>(), entry::<Embedding>(), entry::<Identity>(), entry::<Masking>()];
