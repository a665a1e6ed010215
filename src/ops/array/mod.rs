//! Shapes and places: creation, views, joining, gathering.

mod blocks;
mod creation;
mod diagonal;
mod gather;
mod index;
mod join;
mod one_hot;
mod pad;
mod partition;
mod patches;
mod ranges;
mod reverse;
mod same;
mod scatter;
mod search;
mod select;
mod shape;
mod slice;
mod sort;
mod tile;
mod unique;
mod views;

pub use blocks::*;
pub use creation::*;
pub use diagonal::*;
pub use gather::*;
pub use index::*;
pub use join::*;
pub use one_hot::*;
pub use pad::*;
pub use partition::*;
pub use patches::*;
pub use ranges::*;
pub use reverse::*;
pub use same::*;
pub use scatter::*;
pub use search::*;
pub use select::*;
pub use shape::*;
pub use slice::*;
pub use sort::*;
pub use tile::*;
pub use unique::*;
pub use views::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[
    blocks::OPS,
    creation::OPS,
    diagonal::OPS,
    gather::OPS,
    join::OPS,
    one_hot::OPS,
    pad::OPS,
    partition::OPS,
    patches::OPS,
    ranges::OPS,
    reverse::OPS,
    same::OPS,
    scatter::OPS,
    scatter::UPDATES,
    search::OPS,
    select::OPS,
    shape::OPS,
    slice::OPS,
    sort::OPS,
    tile::OPS,
    unique::OPS,
    views::OPS,
];
