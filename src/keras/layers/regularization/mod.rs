//! Layers that make training harder, or add to its loss.

mod activity;
mod alpha;
mod dropout;
mod noise;

pub use activity::ActivityRegularization;
pub use alpha::AlphaDropout;
pub use dropout::{Dropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D};
pub use noise::{GaussianDropout, GaussianNoise};

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<ActivityRegularization>(),
    entry::<AlphaDropout>(),
    entry::<Dropout>(),
    entry::<GaussianDropout>(),
    entry::<GaussianNoise>(),
    entry::<SpatialDropout1D>(),
    entry::<SpatialDropout2D>(),
    entry::<SpatialDropout3D>(),
];
