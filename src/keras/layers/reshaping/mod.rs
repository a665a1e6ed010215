//! Layers that move elements.

mod cropping;
mod reshape;
mod up_sampling;
mod zero_padding;

pub use cropping::{Cropping1D, Cropping2D, Cropping3D};
pub use reshape::{Flatten, Permute, RepeatVector, Reshape};
pub use up_sampling::{Interpolation, UpSampling1D, UpSampling2D, UpSampling3D};
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D, ZeroPadding3D};

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<Cropping1D>(),
    entry::<Cropping2D>(),
    entry::<Cropping3D>(),
    entry::<Flatten>(),
    entry::<Permute>(),
    entry::<RepeatVector>(),
    entry::<Reshape>(),
    entry::<UpSampling1D>(),
    entry::<UpSampling2D>(),
    entry::<UpSampling3D>(),
    entry::<ZeroPadding1D>(),
    entry::<ZeroPadding2D>(),
    entry::<ZeroPadding3D>(),
];
