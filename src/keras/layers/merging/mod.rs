//! Layers of several inputs.

mod concatenate;
mod dot;
mod elementwise;

pub use concatenate::Concatenate;
pub use dot::{Dot, DotAxes};
pub use elementwise::{Add, Average, Maximum, Minimum, Multiply, Subtract};

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<Add>(),
    entry::<Average>(),
    entry::<Concatenate>(),
    entry::<Dot>(),
    entry::<Maximum>(),
    entry::<Minimum>(),
    entry::<Multiply>(),
    entry::<Subtract>(),
];
