//! Objects that are known by name and made again from their configuration: losses, metrics, optimizers, initializers and the like.

mod class;
mod family;
mod names;
mod registry;
mod setting;

pub(crate) use class::class;
pub(crate) use family::{bare_type_name, classes, family};
pub(crate) use names::auto_name;
pub use registry::Config;
pub(crate) use registry::{Class, Fields, Registry};
pub(crate) use setting::{Setting, choice};
