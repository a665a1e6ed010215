//! Pooling.

mod global;
mod windows;

pub use global::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D,
    GlobalMaxPooling2D, GlobalMaxPooling3D,
};
pub use windows::{
    AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D,
};

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<AveragePooling1D>(),
    entry::<AveragePooling2D>(),
    entry::<AveragePooling3D>(),
    entry::<GlobalAveragePooling1D>(),
    entry::<GlobalAveragePooling2D>(),
    entry::<GlobalAveragePooling3D>(),
    entry::<GlobalMaxPooling1D>(),
    entry::<GlobalMaxPooling2D>(),
    entry::<GlobalMaxPooling3D>(),
    entry::<MaxPooling1D>(),
    entry::<MaxPooling2D>(),
    entry::<MaxPooling3D>(),
];
