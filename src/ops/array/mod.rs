//! Shapes and places: creation, views, joining, gathering.

mod creation;
mod views;

pub use creation::*;
pub use views::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[creation::OPS, views::OPS];
