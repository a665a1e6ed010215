//! Layers that everything is made of.

mod dense;
mod einsum_dense;
mod embedding;
mod identity;
mod input_layer;
mod lambda;
mod masking;

pub use dense::Dense;
pub use einsum_dense::{EinsumDense, OutputShape};
pub use embedding::Embedding;
pub use identity::Identity;
pub use input_layer::{InputLayer, input};
pub(crate) use input_layer::{read_shape, shape_value};
pub use lambda::Lambda;
pub use masking::Masking;

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<InputLayer>(),
    entry::<Dense>(),
    entry::<EinsumDense>(),
    entry::<Embedding>(),
    entry::<Identity>(),
    entry::<Masking>(),
];
