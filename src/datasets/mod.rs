//! Data sets to try things on (`keras.datasets`): small ones that come with the library, the classics from the network or a folder.
//!
//! | data | images | labels | from |
//! |---|---|---|---|
//! | [`digits`] | uint8 [n, 8, 8] | uint8 [n] | the library |
//! | [`mnist`], [`fashion_mnist`] | uint8 [n, 28, 28] | uint8 [n] | the network, once, or a folder |
//! | [`cifar10`] | uint8 [n, 32, 32, 3] | uint8 [n, 1] | the network, once, or a folder |
//! | [`idx`] | any | any | files in MNIST's format |

pub mod cifar10;
mod digits;
pub mod fashion_mnist;
#[cfg_attr(any(not(feature = "download"), target_family = "wasm"), path = "no_fetch.rs")]
mod fetch;
mod get_file;
mod home;
pub mod idx;
pub mod mnist;
mod source;

pub use digits::digits;
pub use get_file::{GetFile, get_file};
pub use home::cache_dir;

use crate::tensor::Tensor;

/// `(x_train, y_train), (x_test, y_test)`, on the current device.
pub type Split = ((Tensor, Tensor), (Tensor, Tensor));
