//! Normalisation.

mod batch;
mod layer_norm;
mod unit;

pub use batch::BatchNormalization;
pub use layer_norm::LayerNormalization;
pub use unit::{RMSNormalization, UnitNormalization};

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<BatchNormalization>(),
    entry::<LayerNormalization>(),
    entry::<RMSNormalization>(),
    entry::<UnitNormalization>(),
];
