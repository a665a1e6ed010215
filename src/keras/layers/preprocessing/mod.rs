//! Layers that prepare data.

mod rescaling;

pub use rescaling::Rescaling;

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[entry::<Rescaling>()];
