//! Objects that are known by name and made again from their configuration: losses, metrics, optimizers, initializers and the like.

mod class;
mod family;
mod names;
mod registry;
mod setting;

pub(crate) use class::class;
pub(crate) use family::{bare_type_name, classes, family};
pub use names::clear_session;
pub(crate) use names::{auto_name, is_auto_name, to_snake_case};
pub use registry::Config;
pub(crate) use registry::{Class, Fields, Registry};
pub(crate) use setting::{Setting, choice};
