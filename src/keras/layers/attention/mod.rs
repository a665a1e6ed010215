//! Layers that attend.

mod additive;
mod equations;
mod grouped;
mod heads;
mod masks;
mod multi_head;
mod plain;

pub use additive::AdditiveAttention;
pub use grouped::GroupQueryAttention;
pub use multi_head::{AttentionAxes, MultiHeadAttention};
pub use plain::{Attention, ScoreMode};

use crate::keras::base::{Entry, entry};

pub(super) const LAYERS: &[Entry] = &[
    entry::<MultiHeadAttention>(),
    entry::<GroupQueryAttention>(),
    entry::<Attention>(),
    entry::<AdditiveAttention>(),
];
