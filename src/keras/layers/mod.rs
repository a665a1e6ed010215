//! Keras' layers (`keras.layers`).
//!
//! Each is a struct of its arguments, with setters of Keras' names and defaults. It becomes a layer of a model with weights of its own by
//! [`Layer::node`](super::Layer::node), [`Layer::named`](super::Layer::named) or `into()`; where layers are listed, [`layers!`](crate::layers) does that.

mod activation;
mod attention;
mod convolutional;
mod core;
mod merging;
mod normalization;
mod pooling;
mod preprocessing;
mod regularization;
mod reshaping;
mod rnn;
mod support;

pub use self::core::*;
pub use activation::*;
pub use attention::*;
pub use convolutional::*;
pub use merging::*;
pub use normalization::*;
pub use pooling::*;
pub use preprocessing::*;
pub use regularization::*;
pub use reshaping::*;
pub use rnn::*;
pub use support::{DataFormat, Margins, Padding, Sizes};

pub(crate) use self::core::{read_shape, shape_value};

use super::base::Entry;

/// Keras' layers by family.
pub(crate) const LAYERS: &[&[Entry]] = &[
    self::core::LAYERS,
    activation::LAYERS,
    attention::LAYERS,
    convolutional::LAYERS,
    merging::LAYERS,
    normalization::LAYERS,
    pooling::LAYERS,
    preprocessing::LAYERS,
    regularization::LAYERS,
    reshaping::LAYERS,
    rnn::LAYERS,
];

/// A list of layers of different kinds, for [`Sequential`](crate::keras::Sequential) models.
///
/// ```
/// use wgflow::keras::layers::{Dense, Flatten};
/// let list = wgflow::layers![Flatten::new(), Dense::new(10)];
/// assert_eq!(list[1].class_name(), "Dense");
/// ```
#[macro_export]
macro_rules! layers {
    ($($layer:expr),* $(,)?) => { vec![$($crate::keras::AnyLayer::from($layer)),*] };
}
