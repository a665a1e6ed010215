//! wgflow for JavaScript: free functions over handles, thin over the registry of ops and over Keras. The package's TypeScript
//! (`web/js`) makes TensorFlow.js' API of them.
//!
//! A handle is a number that stands for a tensor, variable, tape, function or Keras object of this module; 0 stands for none. Errors are
//! thrown as JavaScript `Error`s whose `kind` is TensorFlow's canonical code.
#![cfg(target_family = "wasm")]

pub mod attrs;
pub mod callbacks;
pub mod device;
pub mod errors;
pub mod functions;
pub mod gradients;
pub mod handles;
pub mod io;
pub mod keras;
pub mod ops;
pub mod page_read;
pub mod panics;
pub mod strings;
pub mod tensors;
pub mod variables;
