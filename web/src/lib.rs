//! wgflow for JavaScript: free functions over handles, thin over the registry of ops and over Keras. The package's TypeScript
//! (`web/js`) makes TensorFlow.js' API of them.
//!
//! A handle is a number that stands for a tensor, variable, tape, function or Keras object of this module; 0 stands for none. Errors are
//! thrown as JavaScript `Error`s whose `kind` is TensorFlow's canonical code.
#![cfg(target_family = "wasm")]

mod attrs;
mod callbacks;
mod device;
mod errors;
mod functions;
mod gradients;
mod handles;
mod keras;
mod ops;
mod page_read;
mod panics;
mod tensors;
mod variables;
